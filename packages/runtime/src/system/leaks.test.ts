import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'

const program = fileURLToPath(new URL('./spawn-stop.fixture.ts', import.meta.url))

test('a million actors that came and went leave at most 64 bytes each, and so do those with timers, watches, links, names and children', async () => {
  const run = promisify(execFile)(process.execPath, ['--expose-gc', program, '1000000', '50000'])
  const left = JSON.parse((await run).stdout) as { plain: number; busy: number }
  expect(left).toMatchObject({ waiting: 0, isBalanced: true, names: 0 })
  expect(left.plain).toBeLessThanOrEqual(64)
  expect(left.busy).toBeLessThanOrEqual(64)
})
