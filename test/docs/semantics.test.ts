// docs/semantics.md is held to its word: every promise names tests that exist, every default is what the code says.

import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { root, rows, section, textOf } from './markdown.ts'

const page = 'docs/semantics.md'
const headings = ['Messages', 'Actors', 'Machines and the testkit', 'Supervision', 'Nodes', 'Leaders', 'Bad input']
const promises = headings.flatMap((heading) => rows(section(page, heading)))
const reference = /^\[[^\]]+\]\(\.\.\/([^)]+)\): (.+)$/

/** The references of a cell: a file, by its path from the root, and what is to be found there. */
function references(cell: string): { readonly file: string; readonly what: string }[] {
  return cell.split('<br>').map((text) => {
    const [, file, what] = reference.exec(text) ?? []
    if (file === undefined || what === undefined) throw new Error(`'${text}' is not [label](../file): what is there`)
    return { file, what }
  })
}

/** The title of a test as it stands in code; `…` is a part that the code fills in. */
function titled(what: string): RegExp {
  const title = what.replaceAll(/[$()*+./?[\\\]^{|}-]/g, '\\$&').replaceAll('…', '.+')
  return new RegExp(`(['"\`])${title}\\1`)
}

test.each(promises)('%s', (_promise, proof) => {
  for (const { file, what } of references(proof!)) {
    expect(file).toMatch(/\.test\.ts$|-contract\.ts$/)
    expect(existsSync(join(root, file)), `${file} is there`).toBe(true)
    const isThere = titled(what).test(textOf(file))
    expect(isThere, `${file} has a test '${what}'`).toBe(true)
  }
})

test.each(rows(section(page, 'Defaults')))('the default of %s (%s) is in the code', (_what, _value, where) => {
  for (const { file, what } of references(where!)) {
    const code = what.slice(1, -1)
    expect(what, 'code in backticks').toBe(`\`${code}\``)
    expect(textOf(file)).toContain(code)
  }
})

test('the page is short enough to be read', () => {
  expect(promises.length).toBeGreaterThan(30)
  expect(textOf(page).split('\n').length).toBeLessThanOrEqual(151)
})
