// What a supervisor with `persist` remembers from one process to the next. A process here is a system of its own, in virtual time; the store
// is a map that can be slow, down, deaf or full of garbage.

import { actor, createSystem } from '@understudy/runtime'
import type { ActorSystem, Ref, SystemEvent } from '@understudy/runtime'
import { hostOf, RevisionConflictError } from '@understudy/runtime/spi'
import type { Entry } from '@understudy/runtime/spi'
import { ManualEnv } from '@understudy/runtime/testing'
import { expect, test } from 'vitest'
import { child } from '../child.ts'
import { recoveryOf } from '../recovery-info.ts'
import { recoveryExecutor } from '../recovery/executor-hook.ts'
import { backoff } from '../recovery/library/backoff.ts'
import { ladder } from '../recovery/library/ladder.ts'
import { quarantine } from '../recovery/library/quarantine.ts'
import type { RecoveryPolicy } from '../recovery/machine.ts'
import { recovery, recoverySetup } from '../recovery/machine.ts'
import { supervisor } from '../supervisor.ts'
import type { SupervisorOptions, SupervisorProtocol } from '../supervisor.ts'
import { recoveryStore, scopedStore } from './recovery-store.ts'
import type { RecoveryStore } from './recovery-store.ts'

const quiet = { debug() {}, info() {}, warn() {}, error() {} }

/** A store in memory whose answers can be held back or fail. */
class TestStore implements RecoveryStore {
  readonly entries = new Map<string, Entry>()
  /** How it answers: at once, never, or with an error. */
  mood: 'well' | 'deaf' | 'down' = 'well'
  writes = 0
  readonly #held: (() => void)[] = []
  #revision = 0

  write(key: string, value: Uint8Array, condition: { readonly key: string; readonly revision: number }): Promise<number> {
    this.writes++
    return this.#answer(() => {
      const actual = this.entries.get(condition.key)?.revision ?? 0
      if (actual !== condition.revision) throw new RevisionConflictError(key, condition.revision, actual)
      this.entries.set(key, { key, value, revision: ++this.#revision })
      return this.#revision
    })
  }

  list(prefix: string): Promise<readonly Entry[]> {
    return this.#answer(() => [...this.entries.values()].filter(({ key }) => key.startsWith(prefix)))
  }

  /** Those that wait for a deaf store are served after all. */
  hear(): void {
    this.mood = 'well'
    for (const serve of this.#held.splice(0)) serve()
  }

  /** What is stored, without what stands for nothing. */
  get texts(): string[] {
    return [...this.entries.values()].map(({ value }) => new TextDecoder().decode(value)).filter((text) => text !== '')
  }

  #answer<T>(serve: () => T): Promise<T> {
    if (this.mood === 'down') return Promise.reject(new Error('the disk is full'))
    if (this.mood === 'well') return new Promise((resolve) => resolve(serve()))
    return new Promise((resolve, reject) => {
      this.#held.push(() => void new Promise<T>((done) => done(serve())).then(resolve, reject))
    })
  }
}

type WorkerProtocol = { work(message: { ok: boolean }): string; lives(): number }

interface Life {
  readonly env: ManualEnv
  readonly system: ActorSystem
  readonly sup: Ref<SupervisorProtocol>
  readonly events: SystemEvent[]
  readonly ref: (id: string) => Ref<WorkerProtocol>
  readonly kept: () => string[]
  readonly fail: (id: string, times: number) => Promise<void>
}

/** One process: begins at the wall-clock time given. Nothing of it is stopped in order: it is just left. */
async function live(
  policies: Readonly<Record<string, RecoveryPolicy>>,
  { wallMs = 0, broken = new Set<string>(), ...options }: Partial<SupervisorOptions> & { wallMs?: number; broken?: ReadonlySet<string> },
  prepare: (system: ActorSystem) => void = () => {},
): Promise<Life> {
  const env = new ManualEnv({ seed: 5 })
  env.jumpWallClock(wallMs)
  const system = createSystem({ env, log: quiet })
  prepare(system)
  const events: SystemEvent[] = []
  system.onEvent((event) => events.push(event))
  const worker = (name: string) =>
    actor({
      name,
      state: () => {
        if (broken.has(name)) throw new Error('it cannot start')
        return {}
      },
      on: {
        work: (_state, { ok }: { ok: boolean }) => {
          if (!ok) throw new TypeError('always the same')
          return 'done'
        },
        lives: (_state, _message, ctx) => ctx.incarnation,
      },
    })
  const children = Object.entries(policies).map(([name, policy]) => child(worker(name), { recovery: policy }))
  const definition = supervisor({ name: 'sup', intensity: { restarts: 100, withinMs: 1_000 }, children, ...options })
  const sup = system.spawn(definition, { name: 'sup' })
  await env.advance(1)
  const ref = (id: string): Ref<WorkerProtocol> => system.ref(`/sup/${id}`)
  const fail = async (id: string, times: number): Promise<void> => {
    for (let n = 0; n < times; n++) {
      ref(id).tell({ type: 'work', ok: false })
      await env.settle()
    }
  }
  const kept = (): string[] => events.flatMap((event) => (event.type === 'recovery.not-kept' ? [event.cause] : []))
  return { env, system, sup, events, ref, kept, fail }
}

const rungs = ['restart', 'group', 'quarantine'] as const
const oneRung = ladder({ rungs: [...rungs], tries: 2, probesAfterMs: [10_000] })

test('the ladder goes on where it was: the rung and what of its budget is used are those of the process before', async () => {
  const persist = new TestStore()
  const before = await live({ a: oneRung }, { persist })
  await before.fail('a', 3)
  expect(recoveryOf(before.system, '/sup/a')).toMatchObject({ state: 'group' })

  const after = await live({ a: oneRung }, { persist, wallMs: 5_000 })
  expect(recoveryOf(after.system, '/sup/a')).toMatchObject({ state: 'group' })
  expect(after.events).toContainEqual(expect.objectContaining({ type: 'recovery.revived', path: '/sup/a', state: 'group' }))
  await after.fail('a', 1)
  expect(recoveryOf(after.system, '/sup/a')).toMatchObject({ state: 'group' })
  await after.fail('a', 1)
  expect(recoveryOf(after.system, '/sup/a')).toMatchObject({ state: 'quarantine', standing: 'parked' })
})

test('a child in quarantine stays there, its siblings start, and the time of its trial is that of the process before', async () => {
  const persist = new TestStore()
  const policies = { a: quarantine({ alike: 1, probesAfterMs: [60_000] }), b: oneRung }
  const before = await live(policies, { persist })
  await before.fail('a', 1)
  await before.env.advance(20_000)

  const after = await live(policies, { persist, wallMs: 30_000 })
  expect(recoveryOf(after.system, '/sup/a')).toMatchObject({ state: 'quarantined', standing: 'parked' })
  const { dueInMs } = recoveryOf(after.system, '/sup/a')!.timers[0]!
  expect(dueInMs).toBeGreaterThan(29_990)
  expect(dueInMs).toBeLessThanOrEqual(30_000)
  const answer = after.ref('b').ask({ type: 'lives' })
  await after.env.settle()
  expect(await answer).toBe(1)
  await after.env.advance(30_000)
  expect(recoveryOf(after.system, '/sup/a')).toMatchObject({ state: 'onTrial' })
})

test('a parked child can be released in the next process', async () => {
  const persist = new TestStore()
  const policies = { a: quarantine({ alike: 1 }) }
  await (await live(policies, { persist })).fail('a', 1)
  const after = await live(policies, { persist })
  const released = after.sup.ask({ type: 'recoverChild', id: 'a', order: 'release' })
  await after.env.settle()
  expect(await released).toEqual({ ok: true })
  await after.env.advance(1_000)
  const answer = after.ref('a').ask({ type: 'work', ok: true })
  await after.env.settle()
  expect(await answer).toBe('done')
})

test('a wait that ended meanwhile is over at once, and a clock that has jumped makes none longer', async () => {
  for (const [wallMs, waitsMs] of [
    [1e9, 0],
    [-1e9, 8_000],
  ] as const) {
    const persist = new TestStore()
    const policies = { a: backoff({ minMs: 8_000, maxMs: 8_000, restartsAtOnce: 0 }) }
    const before = await live(policies, { persist })
    await before.fail('a', 1)
    expect(recoveryOf(before.system, '/sup/a')!.timers).toHaveLength(1)

    const after = await live(policies, { persist, wallMs })
    const restarts = (): boolean => recoveryOf(after.system, '/sup/a')!.timers.every(({ key }) => key === 'stable')
    if (waitsMs > 0) {
      await after.env.advance(waitsMs - 2)
      expect(restarts()).toBe(false)
    }
    await after.env.advance(2)
    expect(restarts()).toBe(true)
  }
})

test('a child that cannot start where it was in recovery is not the end of its supervisor: its recovery decides, after the others', async () => {
  const persist = new TestStore()
  const policies = { a: oneRung, b: oneRung }
  await (await live(policies, { persist })).fail('a', 1)
  const after = await live(policies, { persist, broken: new Set(['a']) })
  await after.env.settle()
  expect(recoveryOf(after.system, '/sup/a')).toMatchObject({ state: 'quarantine', standing: 'parked' })
  const answer = after.ref('b').ask({ type: 'work', ok: true })
  await after.env.settle()
  expect(await answer).toBe('done')

  // The same without anything to go on with: a first start that fails undoes the start of all, as in OTP.
  const fresh = await live(policies, { persist: new TestStore(), broken: new Set(['a']) })
  expect(fresh.events).toContainEqual(expect.objectContaining({ type: 'actor.failed', path: '/sup', phase: 'starting' }))
})

test('of a child in health nothing is kept, whether it has recovered or was let go of', async () => {
  const persist = new TestStore()
  const before = await live({ a: oneRung, b: quarantine({ alike: 1 }) }, { persist })
  expect(persist.writes).toBe(0)
  await before.fail('a', 1)
  await before.fail('b', 1)
  expect(persist.texts).toHaveLength(2)
  await before.env.advance(60_000)
  expect(persist.texts).toHaveLength(1)
  before.sup.tell({ type: 'terminateChild', id: 'b' })
  await before.env.settle()
  expect(persist.texts).toEqual([])
})

test('a degraded child is degraded in the next process, too, until it is released', async () => {
  const persist = new TestStore()
  const { createMachine } = recoverySetup()
  const limping = recovery(
    createMachine({
      id: 'limping',
      initial: 'on',
      states: { on: { on: { FAILED: { actions: ['degrade', 'restart'] }, 'OPERATOR.release': { actions: 'release' } } } },
    }),
  )
  await (await live({ a: limping }, { persist })).fail('a', 1)
  const after = await live({ a: limping }, { persist })
  const refused = after
    .ref('a')
    .ask({ type: 'work', ok: true })
    .catch((error: unknown) => error)
  await after.env.settle()
  expect(String(await refused)).toContain('shed')
  after.sup.tell({ type: 'recoverChild', id: 'a', order: 'release' })
  await after.env.settle()
  const answer = after.ref('a').ask({ type: 'work', ok: true })
  await after.env.settle()
  expect(await answer).toBe('done')
})

test('many changes are few writes: the newest state is written, one write at a time', async () => {
  const persist = new TestStore()
  const { env, fail } = await live({ a: ladder({ rungs: ['restart'], tries: 100 }) }, { persist })
  persist.mood = 'deaf'
  await fail('a', 50)
  expect(persist.writes).toBe(1)
  persist.hear()
  await env.settle()
  expect(persist.writes).toBe(2)
  expect(persist.texts.join()).toContain('"tried":50')
})

test.each(['deaf', 'down'] as const)(
  'a store that is %s delays no recovery, says so once, and is given the newest state later',
  async (mood) => {
    const persist = new TestStore()
    const { env, fail, kept, ref } = await live({ a: ladder({ rungs: ['restart'], tries: 100, resetAfterMs: 600_000 }) }, { persist })
    persist.mood = mood
    await fail('a', 3)
    const answer = ref('a').ask({ type: 'lives' })
    await env.settle()
    expect(await answer).toBe(4)
    await env.advance(30_000)
    expect(kept()).toHaveLength(1)
    persist.hear()
    await env.advance(30_000)
    expect(persist.texts.join()).toContain('"tried":3')
    // The next episode is told of again.
    persist.mood = mood
    await fail('a', 1)
    await env.advance(5_000)
    expect(kept()).toHaveLength(2)
  },
)

test.each(['deaf', 'down'] as const)(
  'a store that is %s at the start: all begin in health within 2 s, and what was there is no longer good',
  async (mood) => {
    const persist = new TestStore()
    const policies = { a: quarantine({ alike: 1 }) }
    await (await live(policies, { persist })).fail('a', 1)
    persist.mood = mood
    const after = await live(policies, { persist })
    await after.env.advance(2_000)
    const answer = after.ref('a').ask({ type: 'work', ok: true })
    await after.env.settle()
    expect(await answer).toBe('done')
    expect(after.kept()).toHaveLength(1)
    persist.hear()
    await after.env.advance(30_000)
    expect(persist.texts).toEqual([])
  },
)

test('garbage is refused with a log line, and removed', async () => {
  const text = (value: string): Uint8Array => new TextEncoder().encode(value)
  for (const garbage of [
    '',
    'no JSON',
    '{}',
    '[]',
    '{"path":"/sup/a"}',
    '{"path":"/sup/b","recovery":{}}',
    '{"path":"/sup/a","recovery":{"format":2}}',
  ]) {
    const persist = new TestStore()
    persist.entries.set('_2fsup.a', { key: '_2fsup.a', value: text(garbage), revision: 7 })
    const { env, kept, ref } = await live({ a: oneRung }, { persist })
    const answer = ref('a').ask({ type: 'work', ok: true })
    await env.settle()
    expect(await answer).toBe('done')
    expect(kept()).toHaveLength(garbage === '' || garbage === '{"path":"/sup/a"}' ? 0 : 1)
    expect(persist.texts).toEqual([])
  }
})

test('a recovery of another policy is refused: the child has its own', async () => {
  const persist = new TestStore()
  await (await live({ a: quarantine({ alike: 1 }) }, { persist })).fail('a', 1)
  const after = await live({ a: oneRung }, { persist })
  expect(after.kept().join()).toContain("the child has 'ladder'")
  expect(recoveryOf(after.system, '/sup/a')).toMatchObject({ policy: 'ladder', own: 'ladder', state: 'healthy' })
})

test('a machine that remembers what cannot be written recovers all the same, and is told of once', async () => {
  const { createMachine } = recoverySetup<{ since: Date }, undefined>()
  const dated = recovery(
    createMachine({
      id: 'dated',
      context: { since: new Date(0) },
      initial: 'on',
      states: { on: { on: { FAILED: { actions: 'restart' } } } },
    }),
  )
  const { fail, kept, ref, env } = await live({ a: dated }, { persist: new TestStore() })
  await fail('a', 3)
  expect(kept()).toHaveLength(1)
  const answer = ref('a').ask({ type: 'lives' })
  await env.settle()
  expect(await answer).toBe(4)
})

test('before the process is ended on purpose, what it ends for is written', async () => {
  const persist = new TestStore()
  const toEnd: string[] = []
  const prepare = (system: ActorSystem): void =>
    hostOf(system).provide(recoveryExecutor, {
      able: new Set(['restartNode'] as const),
      execute: (_command, { path }) => void toEnd.push(path),
    })
  const policies = { a: ladder({ rungs: ['process', 'quarantine'], tries: 1 }) }
  const before = await live(policies, { persist }, prepare)
  persist.mood = 'deaf'
  await before.fail('a', 1)
  expect(toEnd).toEqual([])
  persist.hear()
  await before.env.settle()
  expect(toEnd).toEqual(['/sup/a'])
  const after = await live(policies, { persist }, prepare)
  await after.fail('a', 1)
  expect(recoveryOf(after.system, '/sup/a')).toMatchObject({ state: 'quarantine' })

  // Without an answer it is ended nevertheless.
  const deaf = new TestStore()
  const other = await live(policies, { persist: deaf }, prepare)
  deaf.mood = 'deaf'
  await other.fail('a', 1)
  await other.env.advance(2_000)
  expect(toEnd).toEqual(['/sup/a', '/sup/a'])
})

test('true means the store that the system provides; without one it says so, and recovers all the same', async () => {
  const shared = new TestStore()
  const prepare = (system: ActorSystem): void => hostOf(system).provide(recoveryStore, scopedStore(shared, 'recovery.n1.'))
  await (await live({ a: oneRung }, { persist: true }, prepare)).fail('a', 1)
  expect([...shared.entries.keys()]).toEqual(['recovery.n1._2fsup.a'])
  const after = await live({ a: oneRung }, { persist: true }, prepare)
  expect(recoveryOf(after.system, '/sup/a')).toMatchObject({ state: 'restart' })

  const without = await live({ a: oneRung }, { persist: true })
  await without.fail('a', 1)
  expect(without.kept()).toHaveLength(1)
  expect(recoveryOf(without.system, '/sup/a')).toMatchObject({ state: 'restart' })
})

test('what cannot be a store is refused in the caller', () => {
  expect(() => supervisor({ name: 's', children: [], persist: 'yes' as never })).toThrow(/persist/)
})
