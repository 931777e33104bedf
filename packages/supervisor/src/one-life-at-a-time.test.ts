// Whatever fails and whoever decides: an incarnation begins only when the one before it, its open handler included, is over.

import { actor, createSystem } from '@understudy/runtime'
import { expectBalanced, ManualEnv } from '@understudy/runtime/testing'
import { expect, test } from 'vitest'
import { child } from './child.ts'
import { backoff } from './recovery/library/backoff.ts'
import { circuitBreaker } from './recovery/library/circuit-breaker.ts'
import { dependencyGate } from './recovery/library/dependency-gate.ts'
import { failover } from './recovery/library/failover.ts'
import { ladder } from './recovery/library/ladder.ts'
import { quarantine } from './recovery/library/quarantine.ts'
import { rejuvenate } from './recovery/library/rejuvenate.ts'
import { restartAtOnce } from './recovery/library/restart-at-once.ts'
import { retryMessage } from './recovery/library/retry-message.ts'
import { warmRestart } from './recovery/library/warm-restart.ts'
import type { RecoveryPolicy } from './recovery/machine.ts'
import { seededRandom } from './seeded-random.fixture.ts'
import { supervisor } from './supervisor.ts'

type Work = { work(message: { ms: number; fails: boolean }): void }

const quiet = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {}, isLevelEnabled: () => false }

const policies: readonly (readonly [string, () => RecoveryPolicy])[] = [
  ['restartAtOnce', () => restartAtOnce()],
  ['backoff', () => backoff({ minMs: 10, maxMs: 200 })],
  ['circuitBreaker', () => circuitBreaker({ openMs: 50, maxOpenMs: 200, probeMs: 20 })],
  ['quarantine', () => quarantine({ probesAfterMs: [100] })],
  ['retryMessage', () => retryMessage()],
  ['dependencyGate', () => dependencyGate({ on: ['sibling'] })],
  ['warmRestart', () => warmRestart()],
  ['failover', () => failover()],
  ['ladder', () => ladder({ probesAfterMs: [100], probeMs: 20 })],
  ['rejuvenate', () => rejuvenate({ maxAgeMs: 300 })],
]

test.each(policies)('under %s, and under any strategy, no life begins before the last one is over', async (_name, policy) => {
  const overlaps: string[] = []
  let begun = 0
  for (let seed = 1; seed <= 30; seed++) {
    const random = seededRandom(seed)
    const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)]!
    const env = new ManualEnv({ seed })
    const system = createSystem({ env, log: quiet })
    const open = new Map<string, number>()
    const sleep = (ms: number): Promise<void> => new Promise((resolve) => void env.setTimer(ms, resolve))
    const worker = (id: string) =>
      actor({
        name: id,
        shutdownMs: 'infinity',
        state: async (_input: undefined, ctx) => {
          begun++
          // Not thrown: here that would be one more failed start.
          if ((open.get(id) ?? 0) > 0) overlaps.push(`seed ${seed}: ${id} begins life ${ctx.incarnation}`)
          open.set(id, 1)
          await sleep(5)
          if (random() < 0.1) {
            open.set(id, 0)
            throw new Error('no start')
          }
          open.set(id, 0)
          return {}
        },
        on: {
          work: async (_state, { ms, fails }: { ms: number; fails: boolean }, ctx) => {
            open.set(id, open.get(id)! + 1)
            await sleep(ms)
            open.set(id, open.get(id)! - 1)
            if (fails) throw Object.assign(new Error(`bad in life ${ctx.incarnation}`), pick([{}, { code: 'ECONNREFUSED' }]))
          },
        },
        restarting: () => sleep(3),
      })
    const root = system.spawn(
      supervisor({
        name: 'top',
        strategy: pick(['one-for-one', 'one-for-all', 'rest-for-one'] as const),
        intensity: { restarts: 1_000, withinMs: 1_000 },
        children: [child(worker('sibling'), { recovery: restartAtOnce() }), child(worker('worker'), { recovery: policy() })],
      }),
      { name: 'top' },
    )
    await env.advance(20)
    for (let step = 0; step < 40; step++) {
      const id = pick(['worker', 'worker', 'sibling'])
      const what = random()
      if (what < 0.5) system.ref<Work>(`/top/${id}`).tell({ type: 'work', ms: pick([0, 10, 60]), fails: random() < 0.6 })
      else if (what < 0.6) void root.ask({ type: pick(['restartChild', 'terminateChild'] as const), id }).catch(() => {})
      else if (what < 0.65) void root.ask({ type: 'recoverChild', id, order: pick(['retry', 'park', 'release'] as const) }).catch(() => {})
      else await env.advance(pick([1, 7, 40, 150]))
    }
    await env.advance(2_000)
    const stopped = system.stop()
    await env.advance(10_000)
    await stopped
    expectBalanced(system)
  }
  expect(overlaps).toEqual([])
  expect(begun).toBeGreaterThan(150)
})
