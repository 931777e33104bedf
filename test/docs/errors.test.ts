// docs/errors.md and the code name the same errors and the same dead-letter reasons.

import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { deadLetterReasons } from '@understudy/actors'
import { expect, test } from 'vitest'
import { root, rows, section, textOf } from './markdown.ts'

const sources = readdirSync(join(root, 'packages'))
  .flatMap((name) =>
    readdirSync(join(root, 'packages', name, 'src'), { recursive: true, encoding: 'utf8' }).map((file) => `packages/${name}/src/${file}`),
  )
  .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'))

/** Each error class with its code. */
const declared = sources.flatMap((file) =>
  [...textOf(file).matchAll(/class (\w+) extends \w+ \{[^}]*?static override readonly code = '(\w+)'/g)].map(([, name, code]) => ({
    name: name!,
    code: code!,
  })),
)
const entries = textOf('docs/errors.md').split('\n### ').slice(1)

test('every error code has an entry, and every entry a code', () => {
  const written = sources.flatMap((file) => [...textOf(file).matchAll(/static override readonly code = '(\w+)'/g)])
  expect(declared).toHaveLength(written.length)
  expect(entries.map((entry) => entry.split('\n')[0]!).sort()).toEqual(declared.map(({ code }) => code).sort())
})

test('every entry begins with its class', () => {
  for (const { name, code } of declared) {
    const entry = entries.find((text) => text.startsWith(`${code}\n`))!
    expect(entry.slice(code.length).trimStart().startsWith(`\`${name}\``), `${code}: ${name}`).toBe(true)
  }
})

test('every reason of a dead letter is explained, in the order of the list', () => {
  expect(rows(section('docs/errors.md', 'Dead-letter reasons')).map(([reason]) => reason)).toEqual(
    deadLetterReasons.map((reason) => `\`${reason}\``),
  )
})
