// Policies that share the care for one child, in a real system and virtual time: each failure goes to the first that is about it.

import { actor, createSystem } from '@understudy/runtime'
import type { ActorDefinition, ActorSystem, Ref, SystemEvent } from '@understudy/runtime'
import { ManualEnv } from '@understudy/runtime/testing'
import { describe, expect, test } from 'vitest'
import { child } from '../child.ts'
import { recoveryOf } from '../recovery-info.ts'
import { supervisor } from '../supervisor.ts'
import type { SupervisorProtocol } from '../supervisor.ts'
import { backoff } from './library/backoff.ts'
import { circuitBreaker } from './library/circuit-breaker.ts'
import { dependencyGate } from './library/dependency-gate.ts'
import { quarantine } from './library/quarantine.ts'
import { restartAtOnce } from './library/restart-at-once.ts'
import { retryMessage } from './library/retry-message.ts'
import type { RecoveryPolicy } from './machine.ts'

type WorkerProtocol = { work(message: { n: number; code?: string; idempotencyKey?: string }): number }

interface Stage {
  readonly env: ManualEnv
  readonly system: ActorSystem
  readonly sup: Ref<SupervisorProtocol>
  readonly events: SystemEvent[]
  /** The code of the error that every message of a child ends with, as long as it is there. */
  readonly faults: Map<string, string>
  readonly handled: number[]
  readonly ref: (id: string) => Ref<WorkerProtocol>
}

async function stage(policies: Readonly<Record<string, RecoveryPolicy>>): Promise<Stage> {
  const env = new ManualEnv({ seed: 3 })
  const system = createSystem({ env, log: { debug() {}, info() {}, warn() {}, error() {} } })
  const events: SystemEvent[] = []
  system.onEvent((event) => events.push(event))
  const faults = new Map<string, string>()
  const handled: number[] = []
  const worker = (name: string): ActorDefinition<WorkerProtocol> =>
    actor({
      name,
      on: {
        work: (_state: undefined, { n, code = faults.get(name) }: { n: number; code?: string }) => {
          if (code !== undefined) throw Object.assign(new Error(code), { code })
          return handled.push(n)
        },
      },
    }) as unknown as ActorDefinition<WorkerProtocol>
  const children = Object.entries(policies).map(([name, recovery]) => child(worker(name), { recovery }))
  const sup = system.spawn(supervisor({ name: 'sup', intensity: { restarts: 1_000, withinMs: 1_000 }, children }), { name: 'sup' })
  await env.settle()
  return { env, system, sup, events, faults, handled, ref: (id) => system.ref<WorkerProtocol>(`/sup/${id}`) }
}

const deadLetters = (events: readonly SystemEvent[]): unknown[] => events.filter(({ type }) => type === 'dead-letter')

describe('retryMessage', () => {
  test.each(['ECONNREFUSED', 'ECONNRESET', 'EBUSY', 'ETIMEDOUT'])(
    'an outage (%s) is no fault of the message: `then` decides when, and the messages are kept',
    async (code) => {
      const { env, system, events, faults, handled, ref } = await stage({ a: retryMessage({ then: backoff() }) })
      faults.set('a', code)
      for (const n of [1, 2, 3]) ref('a').tell({ type: 'work', n })
      await env.advance(1_000)
      expect(recoveryOf(system, '/sup/a')).toMatchObject({ own: 'retry-message', policy: 'restart-then-backoff' })
      faults.clear()
      await env.advance(30_000)
      expect(handled).toEqual([1, 2, 3])
      expect(deadLetters(events)).toEqual([])
    },
  )

  test('a message that fails by itself is poison also after an outage: the count of its failures outlives it', async () => {
    const { env, events, faults, handled, ref } = await stage({ a: retryMessage({ then: backoff() }) })
    ref('a').tell({ type: 'work', n: 1, code: 'ODD', idempotencyKey: 'odd' })
    await env.advance(0) // its first try
    await env.advance(50) // its second
    expect(deadLetters(events)).toEqual([])
    faults.set('a', 'ECONNREFUSED')
    ref('a').tell({ type: 'work', n: 2 })
    await env.advance(100) // the third is the last
    expect(deadLetters(events)).toHaveLength(1)
    await env.advance(1_000)
    faults.clear()
    await env.advance(30_000)
    expect(handled).toEqual([2])
    expect(deadLetters(events)).toHaveLength(1)
  })

  test.each([
    ['on trial', circuitBreaker({ failures: 1, openMs: 100 })],
    ['out of quarantine', quarantine({ alike: 1, probesAfterMs: [100] })],
    ['when its gate opens', dependencyGate({ on: 'a', then: backoff() })],
  ])('the message is kept whatever the order of `then`: %s', async (_, then) => {
    const { env, events, faults, handled, ref } = await stage({ a: retryMessage({ then }) })
    faults.set('a', 'ECONNREFUSED')
    ref('a').tell({ type: 'work', n: 1 })
    await env.advance(50)
    faults.clear()
    await env.advance(60_000)
    expect(handled).toEqual([1])
    expect(deadLetters(events)).toEqual([])
  })

  test('a message that is wrong is not kept', async () => {
    const { env, events, ref } = await stage({ a: retryMessage() })
    ref('a').tell({ type: 'work', n: 1, code: 'MESSAGE_REFUSED' })
    await env.advance(10_000)
    expect(deadLetters(events)).toMatchObject([{ letter: { reason: 'poison' } }])
  })
})

describe('dependencyGate', () => {
  test.each([
    ['backoff', backoff()],
    ['restartAtOnce', restartAtOnce()],
    ['backoff at its end, and quarantine', backoff({ maxRestarts: 0, then: quarantine() })],
  ])('is asked again after a failure that was for %s', async (_, then) => {
    const { env, system, ref } = await stage({
      database: quarantine({ alike: 1, probesAfterMs: [20_000] }),
      a: dependencyGate({ on: 'database', spreadMs: 0, then }),
    })
    ref('a').tell({ type: 'work', n: 1, code: 'ODD' })
    await env.advance(1_000)
    ref('database').tell({ type: 'work', n: 2, code: 'ODD' })
    ref('a').tell({ type: 'work', n: 3, code: 'ECONNREFUSED' })
    await env.advance(10_000)
    expect(recoveryOf(system, '/sup/a')).toMatchObject({ policy: 'dependency-gate', state: 'gated', standing: 'parked' })
    await env.advance(11_000)
    expect(recoveryOf(system, '/sup/a')).toMatchObject({ policy: 'dependency-gate', state: 'open' })
    await env.advance(60_000)
    expect(recoveryOf(system, '/sup/a')).toMatchObject({ policy: 'dependency-gate', state: 'healthy' })
  })

  test('what comes after it goes on with what it knows', async () => {
    const { env, system, ref } = await stage({
      database: quarantine({ alike: 1, probesAfterMs: [1_000], probeMs: 0 }),
      a: dependencyGate({ on: 'database', spreadMs: 0, then: quarantine({ alike: 2, probesAfterMs: [100_000] }) }),
    })
    ref('a').tell({ type: 'work', n: 1, code: 'ODD' })
    ref('database').tell({ type: 'work', n: 2, code: 'ODD' })
    ref('a').tell({ type: 'work', n: 3, code: 'ECONNREFUSED' })
    await env.advance(5_000)
    expect(recoveryOf(system, '/sup/a')).toMatchObject({ policy: 'dependency-gate', state: 'open' })
    ref('a').tell({ type: 'work', n: 4, code: 'ODD' })
    await env.settle()
    expect(recoveryOf(system, '/sup/a')).toMatchObject({ policy: 'quarantine', state: 'quarantined' })
  })

  test('opens only when what it needs is out of trial', async () => {
    const { env, system, ref } = await stage({
      database: circuitBreaker({ failures: 1, openMs: 1_000, probeMs: 5_000 }),
      a: dependencyGate({ on: 'database', spreadMs: 0 }),
    })
    ref('database').tell({ type: 'work', n: 1, code: 'ODD' })
    ref('a').tell({ type: 'work', n: 2, code: 'ECONNREFUSED' })
    await env.advance(2_000)
    expect(recoveryOf(system, '/sup/database')).toMatchObject({ standing: 'trial' })
    expect(recoveryOf(system, '/sup/a')).toMatchObject({ state: 'gated' })
    await env.advance(4_500)
    expect(recoveryOf(system, '/sup/database')).toMatchObject({ state: 'closed' })
    expect(recoveryOf(system, '/sup/a')).toMatchObject({ state: 'open' })
  })

  test('a child that fails while what it needs is on trial waits for the verdict', async () => {
    const { env, system, ref } = await stage({
      database: circuitBreaker({ failures: 1, openMs: 1_000, probeMs: 5_000 }),
      a: dependencyGate({ on: 'database', spreadMs: 0 }),
    })
    ref('database').tell({ type: 'work', n: 1, code: 'ODD' })
    await env.advance(2_000)
    ref('a').tell({ type: 'work', n: 2, code: 'ECONNREFUSED' })
    await env.settle()
    expect(recoveryOf(system, '/sup/a')).toMatchObject({ state: 'gated' })
    await env.advance(4_500)
    expect(recoveryOf(system, '/sup/a')).toMatchObject({ state: 'open' })
  })
})

describe('to people', () => {
  test('an order that the recovery has no use for now is refused, and says what it is in', async () => {
    const { env, sup, ref } = await stage({ a: quarantine() })
    ref('a').tell({ type: 'work', n: 1, code: 'ONE' })
    ref('a').tell({ type: 'work', n: 2, code: 'TWO' })
    await env.settle()
    const order = async (name: 'retry' | 'park' | 'release'): Promise<unknown> => {
      const answer = sup.ask({ type: 'recoverChild', id: 'a', order: name })
      await env.settle()
      return answer
    }
    expect(await order('release')).toEqual({
      ok: false,
      error: 'ignored',
      detail: "quarantine has no use for 'release' while it is in waiting; it can be told retry, park, stop",
    })
    expect(await order('park')).toEqual({ ok: true })
    expect(await order('park')).toMatchObject({ ok: false, error: 'ignored' })
    expect(await order('release')).toEqual({ ok: true })
  })

  test('timers have plain names, in what is told and in what is asked', async () => {
    const { env, system, events, ref } = await stage({ a: quarantine({ alike: 1, probesAfterMs: [1_000] }) })
    ref('a').tell({ type: 'work', n: 1, code: 'ONE' })
    await env.settle()
    expect(recoveryOf(system, '/sup/a')!.timers).toEqual([{ key: 'probeDelay', dueInMs: 1_000 }])
    await env.advance(1_000)
    const moves = events.filter((event) => event.type === 'recovery.moved')
    expect(moves.map(({ event, commands }) => [event, commands])).toEqual([
      ['FAILED', ['park', 'schedule probeDelay 1000 ms']],
      ['after probeDelay', ['probe']],
      ['STARTED', []],
    ])
    expect(JSON.stringify(moves)).not.toContain('xstate')
  })

  test('an asker is told that the child refuses on purpose, and when to ask again', async () => {
    const { env, ref } = await stage({ a: circuitBreaker({ failures: 1, whileOpen: 'shed' }) })
    ref('a').tell({ type: 'work', n: 1, code: 'ONE' })
    await env.settle()
    const answer = ref('a').ask({ type: 'work', n: 2 })
    answer.catch(() => {})
    await env.settle()
    await expect(answer).rejects.toMatchObject({ code: 'OVERLOADED', outcome: 'never-handled' })
  })
})
