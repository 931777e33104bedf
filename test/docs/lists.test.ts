// Tables of the documentation that list what is in the code are complete: events, environment variables, rooms, packages, decisions.

import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import * as testkit from '@understudy/testkit'
import { expect, test } from 'vitest'
import { root, rows, section, textOf } from './markdown.ts'

function folders(path: string): string[] {
  return readdirSync(join(root, path), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
}

function codeIn(cells: readonly string[]): string[] {
  return cells.flatMap((cell) => [...cell.matchAll(/`([^`]+)`/g)].map(([, code]) => code!))
}

test('every event has its line in the operations page, and every line its event', () => {
  const declared = [...textOf('packages/runtime/src/contracts/event.ts').matchAll(/readonly type: '([^']+)'/g)].map(([, type]) => type!)
  const table = rows(section('docs/operations.md', 'What the log says')).map(([event]) => event!)
  expect(new Set(codeIn(table))).toEqual(new Set(declared))
})

test('every environment variable of ours is explained', () => {
  const sources = folders('packages').flatMap((name) =>
    readdirSync(join(root, 'packages', name, 'src'), { recursive: true, encoding: 'utf8' }).map((file) => `packages/${name}/src/${file}`),
  )
  const texts = sources.filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts')).map(textOf)
  const used = new Set(texts.flatMap((text) => [...text.matchAll(/\b(UNDERSTUDY_[A-Z_]+|NATS_SERVER)\b/g)].map(([, name]) => name!)))
  const table = codeIn(rows(section('docs/operations.md', 'Environment variables')).map(([name]) => name!))
  expect(new Set(table.filter((name) => !name.endsWith('_COLOR')))).toEqual(used)
})

test('every room has its line in the architecture page, and every line its room', () => {
  const rooms = folders('packages').flatMap((name) => folders(`packages/${name}/src`).map((folder) => `${name}/src/${folder}`))
  const table = rows(section('docs/architecture.md', 'Rooms')).map(([room]) => /^\[([^\]]+)\]/.exec(room!)?.[1])
  expect(new Set(table)).toEqual(new Set(rooms))
})

test('every package has its line in the README', () => {
  const table = rows(section('README.md', 'Packages')).map(([name]) => /`@understudy\/([\w-]+)`/.exec(name!)?.[1])
  expect(new Set(table)).toEqual(new Set(folders('packages')))
})

test('every decision is in the list of decisions', () => {
  const decisions = readdirSync(join(root, 'docs/decisions')).filter((name) => /^\d{4}-.*\.md$/.test(name))
  const listed = [...textOf('docs/decisions/README.md').matchAll(/\]\(([^)]+)\)/g)].map(([, link]) => link)
  expect(listed).toEqual(decisions.sort())
})

test('every third-party dependency is defended, and nothing else is', () => {
  const workspace = textOf('pnpm-workspace.yaml')
  const catalog = workspace.slice(workspace.indexOf('\ncatalog:'), workspace.indexOf('\n\n', workspace.indexOf('\ncatalog:')))
  const pinned = [...catalog.matchAll(/^ {2}'?([@\w/-]+)'?: \d/gm)].map(([, name]) => name!)
  const defended = rows(textOf('docs/dependencies.md')).flatMap(([name]) => codeIn([name!]))
  expect(new Set(defended)).toEqual(new Set(pinned))
})

test('everything that the testkit exports is explained in the guide', () => {
  const guide = textOf('docs/guide/testing.md')
  expect(Object.keys(testkit).filter((name) => !new RegExp(`\\b${name}\\b`).test(guide))).toEqual([])
})
