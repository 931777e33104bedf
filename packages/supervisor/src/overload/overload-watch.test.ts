// Who measures for OVERLOADED, and what the library's machines do about it: in a real system, in virtual time.

import { actor, createSystem } from '@understudy/runtime'
import { ManualEnv } from '@understudy/runtime/testing'
import { expect, test } from 'vitest'
import { child } from '../child.ts'
import { recoveryOf } from '../recovery-info.ts'
import { backoff } from '../recovery/library/backoff.ts'
import { circuitBreaker } from '../recovery/library/circuit-breaker.ts'
import { rejuvenate } from '../recovery/library/rejuvenate.ts'
import type { RecoveryPolicy } from '../recovery/machine.ts'
import { supervisor } from '../supervisor.ts'
import { overloadWatch } from './overload-watch.ts'
import type { OverloadWatchOptions } from './overload-watch.ts'

const quiet = { debug() {}, info() {}, warn() {}, error() {} }

/** A loop whose timers come late, and that counts those which keep no process alive. */
class BusyEnv extends ManualEnv {
  lateMs = 0
  background = 0

  override setTimer(delayMs: number, callback: () => void, isBackground = false): unknown {
    if (isBackground) this.background++
    return super.setTimer(delayMs + this.lateMs, callback)
  }
}

/** A window is a second, so what is normal is known after six. */
async function stage(policy: RecoveryPolicy, options?: OverloadWatchOptions) {
  const env = new BusyEnv()
  const heap = { bytes: 100e6 }
  const system = createSystem({ env, log: quiet })
  if (options !== undefined) system.provide(overloadWatch, { everyMs: 100, heapBytes: () => heap.bytes, ...options })
  const restarts: number[] = []
  system.onEvent('actor.restarted', ({ at }) => restarts.push(at))
  const worker = actor({
    name: 'worker',
    reentrant: true,
    on: { work: (_state, { ms }: { ms: number }) => new Promise<void>((resolve) => void env.setTimer(ms, resolve)), works: () => true },
  })
  system.spawn(supervisor({ name: 'sup', children: [child(worker, { recovery: policy })] }), { name: 'sup' })
  await env.settle()
  return { env, system, heap, restarts, ref: system.ref('/sup/worker', worker) }
}

test('a heap that has grown has the child restarted, and what is normal is learnt anew after that', async () => {
  const { env, heap, restarts } = await stage(rejuvenate({ spreadMs: 0 }), {})
  await env.advance(10_000)
  expect(restarts).toEqual([])
  heap.bytes = 140e6
  await env.advance(10_000)
  expect(restarts).toEqual([])
  heap.bytes = 160e6
  await env.advance(2_000)
  expect(restarts).toHaveLength(1)
  // It was not this child, or it is no leak: nobody is restarted for it again and again.
  await env.advance(60_000)
  expect(restarts).toHaveLength(1)
  heap.bytes = 250e6
  await env.advance(2_000)
  expect(restarts).toHaveLength(2)
})

test('a peak of the heap that is collected within the window is none', async () => {
  const { env, heap, restarts } = await stage(rejuvenate({ spreadMs: 0 }), {})
  await env.advance(10_000)
  for (let n = 0; n < 50; n++) {
    heap.bytes = n % 5 === 0 ? 100e6 : 900e6
    await env.advance(100)
  }
  expect(restarts).toEqual([])
})

test('a loop that lags has the child restarted', async () => {
  const { env, restarts } = await stage(rejuvenate({ spreadMs: 0 }), {})
  await env.advance(10_000)
  env.lateMs = 30
  await env.advance(4_000)
  expect(restarts).toEqual([])
  env.lateMs = 60
  await env.advance(4_000)
  expect(restarts).toHaveLength(1)
})

test('a child that gets slower under the same load gets a rest from its circuit breaker', async () => {
  const { env, system, ref } = await stage(circuitBreaker({ slowRatio: 5, openMs: 1_000 }), {})
  const serve = async (ms: number, seconds: number): Promise<void> => {
    for (let n = 0; n < seconds * 100; n++) {
      ref.tell({ type: 'work', ms })
      await env.advance(10)
    }
  }
  await serve(200, 10) // 20 in hand
  await serve(500, 3)
  expect(recoveryOf(system, '/sup/worker')).toMatchObject({ state: 'healthy' })
  expect(system.deadLetters.counts).toMatchObject({ shed: 0 })
  await serve(2_000, 3)
  expect(recoveryOf(system, '/sup/worker')).toMatchObject({ policy: 'circuit-breaker', state: 'slow' })
  expect(system.deadLetters.counts.shed).toBeGreaterThan(0)
})

test('nobody measures where nobody wants it, or listens, or lives any more', async () => {
  const unwanted = await stage(rejuvenate({ spreadMs: 0 }))
  await unwanted.env.advance(5_000)
  expect(unwanted.env.background).toBe(0)
  const unheard = await stage(backoff(), {})
  await unheard.env.advance(5_000)
  expect(unheard.env.background).toBe(0)

  const { env, system, ref } = await stage(rejuvenate({ spreadMs: 0 }), {})
  await env.advance(5_000)
  expect(env.background).toBeGreaterThan(40)
  const answer = ref.ask({ type: 'works' })
  await env.settle()
  expect(await answer).toBe(true)
  const stopped = system.stop()
  await env.settle()
  await stopped
  const before = env.background
  await env.advance(5_000)
  expect(env.background).toBe(before)
})

test.each([{ everyMs: 0 }, { everyMs: Infinity }, { samples: 0.5 }])('%o is refused', async (wrong) => {
  const env = new ManualEnv()
  const system = createSystem({ env, log: quiet })
  const causes: unknown[] = []
  system.onEvent('actor.failed', ({ cause }) => causes.push(cause))
  system.provide(overloadWatch, wrong)
  system.spawn(supervisor({ name: 'sup', children: [] }), { name: 'sup' })
  await env.settle()
  expect(causes).toEqual([expect.stringContaining(`overloadWatch.${Object.keys(wrong)[0]}`)])
})
