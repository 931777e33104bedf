// Recovery policies in a real system, in virtual time: from the failure of a handler to what becomes of the child, and back.

import { actor, createSystem } from '@understudy/runtime'
import type { ActorDefinition, ActorSystem, Ref, SystemEvent } from '@understudy/runtime'
import { hostOf } from '@understudy/runtime/spi'
import { ManualEnv } from '@understudy/runtime/testing'
import { expect, test } from 'vitest'
import { child } from './child.ts'
import type { Executor } from './executor.ts'
import { recoveryOf } from './recovery-info.ts'
import { recoveryExecutor } from './recovery/executor-hook.ts'
import type { OutsideCommand } from './recovery/executor-hook.ts'
import { circuitBreaker } from './recovery/library/circuit-breaker.ts'
import { dependencyGate } from './recovery/library/dependency-gate.ts'
import { failover } from './recovery/library/failover.ts'
import { ladder } from './recovery/library/ladder.ts'
import { quarantine } from './recovery/library/quarantine.ts'
import { rejuvenate } from './recovery/library/rejuvenate.ts'
import { retryMessage } from './recovery/library/retry-message.ts'
import { warmRestart } from './recovery/library/warm-restart.ts'
import type { RecoveryPolicy } from './recovery/machine.ts'
import { supervisor } from './supervisor.ts'
import type { SupervisorOptions, SupervisorProtocol } from './supervisor.ts'

const quiet = { debug() {}, info() {}, warn() {}, error() {} }

type WorkerProtocol = { work(message: { ok: boolean }): void; lives(): number }

interface Stage {
  readonly env: ManualEnv
  readonly system: ActorSystem
  readonly sup: Ref<SupervisorProtocol>
  readonly events: SystemEvent[]
  readonly ref: (id: string) => Ref<WorkerProtocol>
  readonly handled: string[]
  readonly broken: Set<string>
  /** How many more bad messages fail. */
  readonly faults: { left: number }
  readonly ask: <T>(answer: Promise<T>) => Promise<T>
}

async function stage(
  policies: Readonly<Record<string, RecoveryPolicy | undefined>>,
  options: Partial<SupervisorOptions> = {},
  prepare: (system: ActorSystem) => void = () => {},
): Promise<Stage> {
  const env = new ManualEnv({ seed: 3 })
  const system = createSystem({ env, log: quiet })
  prepare(system)
  const events: SystemEvent[] = []
  system.onEvent((event) => events.push(event))
  const handled: string[] = []
  const broken = new Set<string>()
  const faults = { left: Infinity }
  const worker = (name: string): ActorDefinition<WorkerProtocol> =>
    actor({
      name,
      state: () => {
        if (broken.has(name)) throw new Error('it cannot start')
        return {}
      },
      on: {
        work: (_state: object, { ok }: { ok: boolean }) => {
          if (!ok && faults.left-- > 0) throw new TypeError('always the same')
          handled.push(name)
        },
        lives: (_state: object, _message: object, ctx) => ctx.incarnation,
      },
    }) as unknown as ActorDefinition<WorkerProtocol>
  const children = Object.entries(policies).map(([name, recovery]) => child(worker(name), recovery === undefined ? {} : { recovery }))
  const sup = system.spawn(supervisor({ name: 'sup', intensity: { restarts: 100, withinMs: 1_000 }, children, ...options }), {
    name: 'sup',
  })
  await env.settle()
  const ask = async <T>(answer: Promise<T>): Promise<T> => {
    await env.settle()
    return answer
  }
  return { env, system, sup, events, handled, broken, faults, ask, ref: (id) => system.ref<WorkerProtocol>(`/sup/${id}`) }
}

test('the same failure three times: parked, its messages wait; released by hand it is on trial, and then handles them', async () => {
  const { env, system, sup, events, handled, ask, ref } = await stage({ a: quarantine() })
  for (let n = 0; n < 3; n++) ref('a').tell({ type: 'work', ok: false })
  ref('a').tell({ type: 'work', ok: true })
  await env.advance(60_000)
  expect(handled).toEqual([])
  expect(events.filter(({ type }) => type === 'actor.parked')).toMatchObject([{ path: '/sup/a', attempt: 3 }])
  expect(recoveryOf(system, '/sup/a')).toMatchObject({
    policy: 'quarantine',
    state: 'quarantined',
    standing: 'parked',
    why: 'TypeError: always the same',
    timers: [{ dueInMs: expect.any(Number) }],
  })
  expect(await ask(sup.ask({ type: 'recoverChild', id: 'a', order: 'release' }))).toEqual({ ok: true })
  expect(handled).toEqual(['a'])
  expect(recoveryOf(system, '/sup/a')).toMatchObject({ state: 'onTrial', standing: 'trial' })
  await env.advance(1_000)
  expect(recoveryOf(system, '/sup/a')).toMatchObject({ state: 'running' })
  await env.advance(60_000)
  expect(recoveryOf(system, '/sup/a')).toEqual({
    path: '/sup/a',
    policy: 'quarantine',
    own: 'quarantine',
    state: 'healthy',
    attempt: 0,
    timers: [],
  })
})

test('a trial comes by itself, and one that fails begins the next, longer wait', async () => {
  const { env, system, events, ref, ask } = await stage({ a: quarantine({ alike: 1, probesAfterMs: [1_000, 5_000] }) })
  for (let n = 0; n < 2; n++) ref('a').tell({ type: 'work', ok: false })
  await env.advance(999)
  expect(await ask(Promise.resolve(recoveryOf(system, '/sup/a')!.state))).toBe('quarantined')
  await env.advance(1)
  expect(events.filter(({ type }) => type === 'actor.restarted')).toHaveLength(1)
  expect(recoveryOf(system, '/sup/a')).toMatchObject({ state: 'quarantined', timers: [{ dueInMs: 5_000 }] })
  await env.advance(6_000)
  expect(await ask(ref('a').ask({ type: 'lives' }))).toBe(3)
})

test('what a person decides is refused where there is nothing to decide', async () => {
  const { sup, ask } = await stage({ a: undefined })
  expect(await ask(sup.ask({ type: 'recoverChild', id: 'a', order: 'retry' }))).toMatchObject({ ok: false, error: 'running' })
  expect(await ask(sup.ask({ type: 'recoverChild', id: 'x', order: 'retry' }))).toMatchObject({ ok: false, error: 'not-found' })
  expect(await ask(sup.ask({ type: 'recoverChild', id: 'a', order: 'up' as never }))).toMatchObject({ ok: false, error: 'invalid-spec' })
})

test('a parked child can be terminated and started again, and its recovery begins anew', async () => {
  const { env, system, sup, ask, ref } = await stage({ a: quarantine({ alike: 1 }) })
  ref('a').tell({ type: 'work', ok: false })
  await env.settle()
  expect(await ask(sup.ask({ type: 'terminateChild', id: 'a' }))).toEqual({ ok: true })
  expect(await ask(sup.ask({ type: 'restartChild', id: 'a' }))).toMatchObject({ ok: true })
  expect(recoveryOf(system, '/sup/a')!.state).toBe('healthy')
})

test('a parked child does not keep its siblings from being restarted', async () => {
  const { env, ask, ref } = await stage({ a: quarantine({ alike: 1 }), b: undefined })
  ref('a').tell({ type: 'work', ok: false })
  ref('b').tell({ type: 'work', ok: false })
  await env.settle()
  expect(await ask(ref('b').ask({ type: 'lives' }))).toBe(2)
})

test('a child whose dependency is down waits until that one is well again', async () => {
  const { env, system, events, broken, ask, ref } = await stage({
    database: circuitBreaker({ failures: 1, openMs: 2_000 }),
    shop: dependencyGate({ on: 'database', spreadMs: 100 }),
  })
  ref('database').tell({ type: 'work', ok: false })
  ref('shop').tell({ type: 'work', ok: false })
  broken.add('shop')
  await env.advance(1_000)
  expect(recoveryOf(system, '/sup/shop')).toMatchObject({ state: 'gated', standing: 'parked' })
  broken.delete('shop')
  await env.advance(2_500) // two until the trial, one on trial
  expect(await ask(ref('shop').ask({ type: 'lives' }))).toBe(2)
  const restarted = events.filter(({ type }) => type === 'actor.restarted').map((event) => 'path' in event && event.path)
  expect(restarted).toEqual(['/sup/database', '/sup/shop'])
})

test('every transition of a recovery is an event: from, to, by what, what was ordered, and why', async () => {
  const { env, events, ref } = await stage({ a: circuitBreaker({ failures: 1, openMs: 1_000, resetAfterMs: 1_000 }) })
  ref('a').tell({ type: 'work', ok: false })
  await env.advance(10_000)
  const moves = events.flatMap((event) =>
    event.type === 'recovery.moved' ? [[event.from, event.to, event.commands.filter((command) => !command.startsWith('schedule'))]] : [],
  )
  expect(moves).toEqual([
    ['healthy', 'open', ['park']],
    ['open', 'halfOpen', ['probe']],
    ['halfOpen', 'halfOpen', []],
    ['halfOpen', 'closed', []],
    ['closed', 'recovered', []],
  ])
  expect(events.find(({ type }) => type === 'recovery.moved')).toMatchObject({
    path: '/sup/a',
    machine: 'circuit-breaker',
    event: 'FAILED',
    why: 'bug, attempt 1: TypeError: always the same',
  })
})

test('an old child is restarted as planned, without failure, and lives on', async () => {
  const { env, events, ask, ref } = await stage({ a: rejuvenate({ maxAgeMs: 10_000, spreadMs: 1_000 }) })
  await env.advance(9_999)
  expect(await ask(ref('a').ask({ type: 'lives' }))).toBe(1)
  await env.advance(1_001)
  expect(await ask(ref('a').ask({ type: 'lives' }))).toBe(2)
  await env.advance(11_000)
  expect(await ask(ref('a').ask({ type: 'lives' }))).toBe(3)
  expect(events.filter(({ type }) => type === 'actor.failed')).toEqual([])
})

test('a child that has failed and is well again gets old as before', async () => {
  const { env, ask, ref } = await stage({ a: rejuvenate({ maxAgeMs: 100_000, spreadMs: 0 }) })
  ref('a').tell({ type: 'work', ok: false })
  await env.advance(60_000)
  expect(await ask(ref('a').ask({ type: 'lives' }))).toBe(2)
  await env.advance(100_000)
  expect(await ask(ref('a').ask({ type: 'lives' }))).toBe(3)
})

test('the ladder climbs from the child to its siblings, and parks what nothing mends', async () => {
  const policy = ladder({ tries: 1, rungs: ['restart', 'group', 'quarantine'] })
  const { env, system, ask, ref } = await stage({ a: policy, b: undefined })
  ref('a').tell({ type: 'work', ok: false })
  await env.settle()
  expect(await ask(ref('b').ask({ type: 'lives' }))).toBe(1)
  ref('a').tell({ type: 'work', ok: false })
  await env.settle()
  expect(await ask(ref('b').ask({ type: 'lives' }))).toBe(2)
  expect(await ask(ref('a').ask({ type: 'lives' }))).toBe(3)
  ref('a').tell({ type: 'work', ok: false })
  await env.settle()
  expect(recoveryOf(system, '/sup/a')).toMatchObject({ state: 'quarantine', standing: 'parked' })
})

test('what nobody here can do is done by whoever provides it; without them the next policy goes on', async () => {
  const done: string[] = []
  const promotes = (system: ActorSystem): void =>
    hostOf(system).provide(recoveryExecutor, {
      able: new Set(['failOver'] as const),
      execute: ({ type }: OutsideCommand, { path, incarnation }) => void done.push(`${type} ${path} ${incarnation}`),
    })
  const away = await stage({ a: failover({ restarts: 1 }) }, {}, promotes)
  for (let n = 0; n < 2; n++) away.ref('a').tell({ type: 'work', ok: false })
  await away.env.settle()
  expect(done).toEqual(['failOver /sup/a 2'])
  expect(await away.ask(away.sup.ask({ type: 'whichChildren' }))).toMatchObject([{ id: 'a', state: 'absent' }])

  const here = await stage({ a: failover({ restarts: 1 }) })
  for (let n = 0; n < 2; n++) here.ref('a').tell({ type: 'work', ok: false })
  await here.env.settle()
  expect(recoveryOf(here.system, '/sup/a')).toMatchObject({ policy: 'restart-then-backoff', own: 'failover' })
})

test('a mistake of whoever carries out a command is reported, and harms nobody', async () => {
  const { env, events, ask, ref } = await stage({ a: failover({ restarts: 0 }), b: undefined }, {}, (system) =>
    hostOf(system).provide(recoveryExecutor, {
      able: new Set(['failOver'] as const),
      execute: () => {
        throw new Error('no quorum')
      },
    }),
  )
  ref('a').tell({ type: 'work', ok: false })
  await env.settle()
  expect(events.find(({ type }) => type === 'recovery.failed')).toMatchObject({
    path: '/sup/a',
    command: 'failOver',
    cause: 'Error: no quorum',
  })
  expect(await ask(ref('b').ask({ type: 'lives' }))).toBe(1)
})

test('a message that fails is handled again, before those behind it; its asker waits', async () => {
  const { env, handled, faults, ref, ask, events } = await stage({ a: retryMessage({ attempts: 3, delayMs: 100 }) })
  faults.left = 2
  const answer = ref('a').ask({ type: 'work', ok: false })
  ref('a').tell({ type: 'work', ok: true })
  await env.advance(1_000)
  await ask(answer)
  expect(handled).toEqual(['a', 'a'])
  expect(events.filter(({ type }) => type === 'dead-letter')).toEqual([])
  expect(events.filter(({ type }) => type === 'actor.restarted')).toHaveLength(2)
})

test('a message that fails the same way each time is a dead letter, and the next one is handled', async () => {
  const { env, handled, ref, events } = await stage({ a: retryMessage({ attempts: 3, delayMs: 100 }) })
  ref('a').tell({ type: 'work', ok: false })
  ref('a').tell({ type: 'work', ok: true })
  await env.advance(149)
  expect(events.filter(({ type }) => type === 'dead-letter')).toEqual([])
  await env.advance(1_000)
  expect(handled).toEqual(['a'])
  expect(events.flatMap((event) => (event.type === 'dead-letter' ? [event.letter.reason] : []))).toEqual(['poison'])
  expect(events.filter(({ type }) => type === 'actor.failed')).toHaveLength(3)
})

test('while a breaker that sheds is open new messages are refused, and taken again when it is not', async () => {
  const { env, events, handled, ref } = await stage({ a: circuitBreaker({ failures: 1, openMs: 1_000, whileOpen: 'shed' }) })
  ref('a').tell({ type: 'work', ok: false })
  await env.settle()
  ref('a').tell({ type: 'work', ok: true })
  const reasons = (): string[] => events.flatMap((event) => (event.type === 'dead-letter' ? [event.letter.reason] : []))
  expect(reasons()).toEqual(['poison', 'shed'])
  await env.advance(1_200)
  ref('a').tell({ type: 'work', ok: true })
  await env.settle()
  expect(handled).toEqual(['a'])
  expect(reasons()).toEqual(['poison', 'shed'])
})

test('a child that is slow is given a rest: what waits is handled, new messages are refused for a while', async () => {
  const { env, system, handled, ref } = await stage({ a: circuitBreaker({ openMs: 1_000 }) })
  const run = (hostOf(system).lookup('/sup', 0) as unknown as { supervision: Executor }).supervision
  run.tellRecovery('a', { type: 'OVERLOADED', resource: 'latency', ratio: 9 })
  expect(recoveryOf(system, '/sup/a')).toMatchObject({ state: 'slow' })
  // It has had no message yet: the mailbox that sheds is made for it.
  expect(ref('a').tryTell({ type: 'work', ok: true })).toBe(false)
  await env.advance(1_200)
  expect(ref('a').tryTell({ type: 'work', ok: true })).toBe(true)
  await env.settle()
  expect(handled).toEqual(['a'])
})

test('a group restart leaves a parked child parked', async () => {
  const { env, system, ask, ref } = await stage({ a: quarantine({ alike: 1 }), b: undefined, c: undefined }, { strategy: 'one-for-all' })
  ref('a').tell({ type: 'work', ok: false })
  await env.settle()
  ref('b').tell({ type: 'work', ok: false })
  await env.settle()
  expect(await ask(ref('c').ask({ type: 'lives' }))).toBe(2)
  expect(recoveryOf(system, '/sup/a')).toMatchObject({ standing: 'parked' })
})

test('a child that hangs is restarted where its policy says so: the ladder does, the default does not', async () => {
  const env = new ManualEnv()
  const system = createSystem({ env, log: quiet, hangMs: 1_000 })
  const sleeper = (name: string): ActorDefinition<{ sleep(): Promise<void> }> =>
    actor({ name, on: { sleep: () => new Promise<void>(() => {}) } }) as unknown as ActorDefinition<{ sleep(): Promise<void> }>
  const children = [child(sleeper('a'), { recovery: ladder(), shutdownMs: 100 }), child(sleeper('b'))]
  const sup = system.spawn(supervisor({ name: 'sup', children }), { name: 'sup' })
  const incarnationOf = async (id: string): Promise<number | undefined> => {
    const answer = sup.ask({ type: 'whichChildren' })
    await env.settle()
    return (await answer).find((info) => info.id === id)?.incarnation
  }
  await env.settle()
  for (const id of ['a', 'b']) system.ref(`/sup/${id}`, sleeper(id)).tell({ type: 'sleep' })
  await env.advance(5_000)
  expect(await incarnationOf('a')).toBe(2)
  expect(await incarnationOf('b')).toBe(1)
})

test('a child that has lost its lease is let go of, whether it runs or is just being started', async () => {
  for (const ms of [0, 50]) {
    const { env, sup, system, ask } = await stage({ a: failover() })
    const run = (hostOf(system).lookup('/sup', 0) as unknown as { supervision: Executor }).supervision
    const slow = child(actor({ name: 'slow', state: () => new Promise((done) => env.setTimer(100, () => done({}))), on: {} }), {
      recovery: failover(),
    })
    const started = sup.ask({ type: 'startChild', child: slow })
    await env.advance(150)
    await started
    run.tellRecovery('slow', { type: 'OPERATOR.retry' })
    run.down(run.child('slow')!, { cause: 'x', phase: 'handling', incarnation: 1, attempt: 1 })
    await env.advance(ms)
    run.tellRecovery('slow', { type: 'LEASE_LOST' })
    await env.advance(200)
    expect(await ask(sup.ask({ type: 'whichChildren' }))).toMatchObject([{ id: 'a' }, { id: 'slow', state: 'absent' }])
    expect(hostOf(system).lookup('/sup/slow', 0)).toBeUndefined()
  }
})

test('a warm restart goes on from the last snapshot, then from the one before, then from nothing', async () => {
  const env = new ManualEnv()
  const system = createSystem({ env, log: quiet })
  const counter = actor({
    name: 'counter',
    state: () => ({ count: 0 }),
    snapshots: { everyMs: 1_000 },
    on: {
      add: (state) => ++state.count,
      fail: () => {
        throw new Error('spoilt')
      },
    },
  })
  system.spawn(supervisor({ name: 'sup', children: [child(counter, { recovery: warmRestart() })] }), { name: 'sup' })
  await env.settle()
  const ref = system.ref('/sup/counter', counter)
  const add = async (): Promise<number> => {
    const answer = ref.ask({ type: 'add' })
    await env.settle()
    return answer
  }
  expect(await add()).toBe(1)
  await env.advance(1_000)
  expect(await add()).toBe(2)
  await env.advance(1_000)
  const after: number[] = []
  for (let n = 0; n < 3; n++) {
    ref.tell({ type: 'fail' })
    after.push(await add())
  }
  expect(after).toEqual([3, 2, 1])
  expect(recoveryOf(system, '/sup/counter')).toMatchObject({ policy: 'restart-then-backoff', own: 'warm-restart' })
})
