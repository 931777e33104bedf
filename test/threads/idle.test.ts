// Actors in threads keep a process alive while they have something to do, and no longer.

import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'

const idle = fileURLToPath(new URL('./programs/idle.ts', import.meta.url))

test.each(['restart', 'start'])('a process ends when it has nothing more to do, also when a %s in a thread was killed', async (what) => {
  const run = promisify(execFile)(process.execPath, ['--conditions=understudy-source', idle, what], { timeout: 40_000 })
  expect((await run).stdout).toBe('nothing more to do\n')
})
