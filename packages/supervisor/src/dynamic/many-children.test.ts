// Very many children in a real system: ten times as many may cost about ten times as much, in time of the processor.

import { actor, createSystem } from '@understudy/runtime'
import type { Ref } from '@understudy/runtime'
import { ManualEnv } from '@understudy/runtime/testing'
import { expect, test } from 'vitest'
import { restartAtOnce } from '../recovery/library/restart-at-once.ts'
import { limitRestarts } from '../node-budget.ts'
import { dynamicSupervisor } from './dynamic-supervisor.ts'

const quiet = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }

const session = actor({
  name: 'session',
  state: (input: { lives: { starts: number; stops: number } }) => {
    input.lives.starts++
    return input.lives
  },
  on: {
    crash: () => {
      throw new Error('crash')
    },
  },
  stopped: (lives) => {
    lives.stops++
  },
})

/** Starts, restarts and stops so many children; answers the microseconds of the processor. */
async function cost(count: number): Promise<number> {
  const env = new ManualEnv({ seed: 1 })
  const system = createSystem({ env, log: quiet })
  // What is measured is the work of the restarts, not the wait for their turn.
  limitRestarts(system, { perSecond: Infinity })
  const lives = { starts: 0, stops: 0 }
  const intensity = { restarts: Infinity, withinMs: 5_000 }
  const sessions = system.spawn(dynamicSupervisor({ name: 'sessions', child: session, recovery: restartAtOnce(), intensity }))
  const refs: Ref<{ crash(): void }>[] = []
  const before = process.cpuUsage()
  for (let done = 0; done < count; done += 5_000) {
    const answers = Promise.all(Array.from({ length: 5_000 }, () => sessions.ask({ type: 'startChild', input: { lives } })))
    await env.settle()
    for (const answer of await answers) if (answer.ok) refs.push(answer.ref as unknown as Ref<{ crash(): void }>)
  }
  expect(refs).toHaveLength(count)
  for (const ref of refs) ref.tell({ type: 'crash' })
  await env.settle()
  expect(lives.starts).toBe(2 * count)
  const stopped = system.stop()
  await env.settle()
  await stopped
  expect(lives.stops).toBe(count)
  expect(env.pendingTimers).toBe(0)
  const { user, system: kernel } = process.cpuUsage(before)
  return user + kernel
}

test('100 000 children start, fail, live again and stop, at about ten times the cost of 10 000', { timeout: 120_000 }, async () => {
  await cost(5_000)
  const some = await cost(10_000)
  const many = await cost(100_000)
  // Quadratic would be a hundred times; the collector may have its share.
  expect(many / some).toBeLessThan(35)
})
