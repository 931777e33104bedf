// What the tests of the documentation read: markdown files, their code blocks, their tables.

import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The root of the repository. */
export const root = fileURLToPath(new URL('../..', import.meta.url))

/** The text of a file, by its path from the root. */
export function textOf(path: string): string {
  return readFileSync(join(root, path), 'utf8')
}

/** The README and everything in docs/, by path from the root. */
export function pages(): string[] {
  const inDocs = readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
  const inPackages = readdirSync(join(root, 'packages')).map((name) => `packages/${name}/README.md`)
  const all = ['README.md', 'CONTRIBUTING.md', ...inDocs.map((name) => join('docs', name)), ...inPackages]
  return all.filter((path) => path.endsWith('.md') && existsSync(join(root, path)))
}

/** The code blocks of a page whose first line is this language and nothing else, and where they begin. */
export function blocks(page: string, language: string): { readonly at: string; readonly code: string }[] {
  const found: { at: string; code: string }[] = []
  const lines = textOf(page).split('\n')
  for (let start = 0; start < lines.length; start++) {
    if (!lines[start]!.startsWith('```')) continue
    const end = lines.indexOf('```', start + 1)
    if (end < 0) throw new Error(`${page}:${start + 1}: the code block has no end`)
    if (lines[start] === `\`\`\`${language}`) found.push({ at: `${page}:${start + 1}`, code: lines.slice(start + 1, end).join('\n') })
    start = end
  }
  return found
}

/** Where each code block of a page begins, and its first line without the ticks; also those that are indented. */
export function fences(page: string): { readonly at: string; readonly info: string }[] {
  let open: string | undefined
  return textOf(page)
    .split('\n')
    .flatMap((line, index) => {
      const [, ticks, info] = /^\s*(`{3,}|~{3,})(.*)$/.exec(line) ?? []
      if (ticks === undefined || info === undefined) return []
      if (open !== undefined) {
        if (ticks.startsWith(open) && info.trim() === '') open = undefined
        return []
      }
      open = ticks
      return [{ at: `${page}:${index + 1}`, info }]
    })
}

/** Pages with programs of several files, each `ts file=name`. Those called `main…` run, with the others beside them: see `test/threads/guide.test.ts`. */
export const pagesOfFiles: readonly string[] = ['docs/guide/threads.md']

/** The files that a page consists of. */
export function filesOf(page: string): { readonly name: string; readonly code: string }[] {
  return [...textOf(page).matchAll(/^```ts file=(\S+)\n([\s\S]*?)^```$/gm)].map(([, name, code]) => ({ name: name!, code: code! }))
}

/** The cells of all table rows of a text, heads and rules left out. */
export function rows(text: string): string[][] {
  const lines = text.split('\n')
  return lines
    .filter((line, index) => line.startsWith('|') && !isRule(line) && !isRule(lines[index + 1] ?? ''))
    .map((line) =>
      line
        .slice(1, line.lastIndexOf('|'))
        .split('|')
        .map((cell) => cell.trim()),
    )
}

function isRule(line: string): boolean {
  return /^\|[\s:|-]+\|$/.test(line)
}

/** The part of a page from one heading of the second level to the next. */
export function section(page: string, heading: string): string {
  const [, body] = textOf(page).split(`\n## ${heading}\n`)
  if (body === undefined) throw new Error(`${page} has no section '${heading}'`)
  return body.split('\n## ')[0]!
}
