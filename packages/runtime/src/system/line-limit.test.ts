// How many lines a storm of events may write.

import { expect, test } from 'vitest'
import { actor } from '../actor/define.ts'
import { ManualEnv } from '../testing/manual-env.ts'
import { createSystem } from './system.ts'

test('of one type 100 lines are written a second, and then how many were left out; listeners get all', async () => {
  const env = new ManualEnv()
  const lines: string[] = []
  const write = (fields: object, text: string): void => void lines.push(`${(fields as { event: string }).event}: ${text}`)
  const system = createSystem({ env, log: { debug: () => {}, info: () => {}, warn: write, error: write } })
  let failures = 0
  system.onEvent('actor.failed', () => failures++)
  const fragile = actor({
    name: 'fragile',
    on: {
      fail: () => {
        throw new Error('crash')
      },
    },
  })
  for (let second = 1; second <= 2; second++) {
    for (let i = 0; i < 1_000; i++) system.spawn(fragile).tell({ type: 'fail' })
    await env.settle()
    const failed = lines.filter((line) => line.startsWith('actor.failed'))
    expect(failed).toHaveLength(100)
    expect(lines.filter((line) => line.startsWith('actor.stopped'))).toHaveLength(100)
    lines.length = 0
    await env.advance(1_000)
    expect(lines.toSorted()).toEqual([
      'actor.failed: 900 more lines of this kind (actor.failed) were left out',
      'actor.stopped: 900 more lines of this kind (actor.stopped) were left out',
    ])
    lines.length = 0
  }
  expect(failures).toBe(2_000)
  await system.stop()
  expect(lines).toEqual([])
  expect(env.pendingTimers).toBe(0)
})
