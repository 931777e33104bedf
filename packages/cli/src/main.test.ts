import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, expect, test, vi } from 'vitest'
import { isSupportedNode, run } from './main.ts'

afterEach(() => vi.restoreAllMocks())

test.each([
  ['22.17.1', false],
  ['22.18.0', true],
  ['20.19.0', false],
  ['24.0.0', true],
])('Node %s is supported: %s', (version, expected) => {
  expect(isSupportedNode(version)).toBe(expected)
})

test('--version prints the version of the package and ends with 0', async () => {
  const write = vi.spyOn(process.stdout, 'write').mockReturnValue(true)
  const { version } = JSON.parse(readFileSync(join(import.meta.dirname, '../package.json'), 'utf8')) as { version: string }
  expect(await run(['node', 'understudy', '--version'])).toBe(0)
  expect(write.mock.calls.map(([text]) => text).join('')).toBe(`${version}\n`)
})

test('--help names the commands and ends with 0', async () => {
  const write = vi.spyOn(process.stdout, 'write').mockReturnValue(true)
  expect(await run(['node', 'understudy', '--help'])).toBe(0)
  expect(write.mock.calls.map(([text]) => text).join('')).toMatch(/dev[^]*examples[^]*Exit codes/)
})
