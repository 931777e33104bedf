// Code in the documentation that is marked as runnable runs, and prints what its comments say: `console.log(x) // → what it prints`.

import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, onTestFinished, test } from 'vitest'
import { blocks, fences, filesOf, pages, pagesOfFiles, root } from './markdown.ts'

const run = promisify(execFile)
const snippets = pages().flatMap((page) => blocks(page, 'ts runnable'))
// Where `@understudy/actors` is found, as by a program that has installed it.
const cwd = join(root, 'test')

test.each(snippets)('$at runs and prints what it says', async ({ code }) => {
  const running = run(process.execPath, ['--conditions=understudy-source', '--input-type=module-typescript', '-'], { cwd, timeout: 30_000 })
  running.child.stdin!.end(code)
  const { stdout } = await running
  const promised = [...code.matchAll(/\/\/ → (.*)$/gm)].map(([, text]) => text)
  expect(promised.length).toBeGreaterThan(0)
  expect(stdout.trimEnd().split('\n')).toEqual(promised)
})

test('all code in the documentation runs: a block of it is runnable, or a file of a page whose programs run', () => {
  const code = pages().flatMap((page) => fences(page).map((fence) => ({ ...fence, page })))
  const isRun = ({ page, info }: (typeof code)[number]): boolean =>
    info === 'ts runnable' || (/^ts file=[\w-]+\.ts$/.test(info) && pagesOfFiles.includes(page))
  const others = code.filter((fence) => !isRun(fence) && !['sh', 'text', 'mermaid', 'json'].includes(fence.info))
  expect(others).toEqual([])
  // All of them are found by what runs them, too, wherever on their page they stand.
  expect(code.filter(isRun)).toHaveLength(snippets.length + pagesOfFiles.flatMap(filesOf).length)
})

test('code of the documentation compiles under the strict settings of the repository', async () => {
  // Beneath node_modules no other tool looks at it.
  const folder = mkdtempSync(join(cwd, 'node_modules', '.snippets-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const files = snippets.map(({ code }, index) => ({ name: `snippet-${index}.ts`, code }))
  for (const [index, page] of pagesOfFiles.entries()) {
    mkdirSync(join(folder, `snippet-page-${index}`))
    files.push(...filesOf(page).map(({ name, code }) => ({ name: join(`snippet-page-${index}`, name), code })))
  }
  for (const { name, code } of files) writeFileSync(join(folder, name), code)
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }')
  const compilerOptions = { noEmit: true, composite: false, incremental: false, rewriteRelativeImportExtensions: false }
  writeFileSync(
    join(folder, 'tsconfig.json'),
    JSON.stringify({ extends: join(root, 'tsconfig.base.json'), compilerOptions, files: files.map(({ name }) => name) }),
  )
  const { stdout } = await run(join(root, 'node_modules/.bin/tsc'), ['-p', folder], { cwd: root }).catch(
    (error: { stdout: string }) => error,
  )
  // What is wrong elsewhere is for the gate that checks it all.
  expect(stdout.split('\n').filter((line) => line.includes('snippet-'))).toEqual([])
})

test('the README has code to run', () => {
  expect(snippets.filter(({ at }) => at.startsWith('README.md')).length).toBeGreaterThan(0)
})
