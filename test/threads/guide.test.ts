// The programs of the guide to threads: files that import each other, so they are written down before they run.

import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, onTestFinished, test } from 'vitest'
import { filesOf, pagesOfFiles } from '../docs/markdown.ts'

test.each(pagesOfFiles)('%s runs and prints what it says', async (page) => {
  const files = filesOf(page)
  const folder = mkdtempSync(join(fileURLToPath(new URL('.', import.meta.url)), '.guide-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  for (const { name, code } of files) writeFileSync(join(folder, name), code)
  const programs = files.filter(({ name }) => name.startsWith('main'))
  expect(programs).toHaveLength(2)
  // A file that no program imports would not run.
  const isUsed = (file: string): boolean => programs.some(({ name, code }) => name === file || code.includes(`'./${file}'`))
  expect(files.filter(({ name }) => !isUsed(name))).toEqual([])
  for (const { name, code } of programs) {
    const options = { cwd: folder, timeout: 30_000 }
    const { stdout } = await promisify(execFile)(process.execPath, ['--conditions=understudy-source', name], options)
    const promised = [...code.matchAll(/\/\/ → (.*)$/gm)].map(([, text]) => text)
    expect(promised.length).toBeGreaterThan(1)
    expect(stdout.trimEnd().split('\n')).toEqual(promised)
  }
})
