// The supervisor in a real system, in virtual time.

import { actor, createSystem, StartFailedError } from '@understudy/runtime'
import type { ActorContext, ActorDefinition, ActorSystem, Protocol, Ref, SystemEvent } from '@understudy/runtime'
import { ManualEnv } from '@understudy/runtime/testing'
import { afterEach, describe, expect, test } from 'vitest'
import { child } from './child.ts'
import { backoff } from './recovery/library/backoff.ts'
import { restartAtOnce } from './recovery/library/restart-at-once.ts'
import { supervisor } from './supervisor.ts'
import type { SupervisorOptions, SupervisorProtocol } from './supervisor.ts'

const quiet = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }

type WorkerProtocol = { crash(): void; end(): void; value(): number; add(message: { by: number }): void }

/** What happened, in order: `+a` a start, `-a` a stop. */
let story: string[]
/** Children of these names fail to start. */
let broken: Set<string>
/** Starts of these names wait until told. */
let gates: Map<string, () => void>
let env: ManualEnv
let system: ActorSystem
let events: SystemEvent[]

const worker = (name: string): ActorDefinition<WorkerProtocol> =>
  actor({
    name,
    state: async () => {
      story.push(`+${name}`)
      if (gates.has(name)) await new Promise<void>((resolve) => gates.set(name, resolve))
      if (broken.has(name)) throw new Error(`${name} is broken`)
      return { value: 0 }
    },
    on: {
      crash: () => {
        throw new Error('crash')
      },
      end: (_state: { value: number }, _message: object, ctx) => ctx.stop(),
      value: (state) => state.value,
      add: (state, message: { by: number }) => {
        state.value += message.by
      },
    },
    stopped: () => {
      story.push(`-${name}`)
    },
  }) as unknown as ActorDefinition<WorkerProtocol>

function setUp(): void {
  story = []
  broken = new Set()
  gates = new Map()
  events = []
  env = new ManualEnv({ seed: 5 })
  system = createSystem({ env, log: quiet })
  system.onEvent((event) => events.push(event))
}

async function run(options: Partial<SupervisorOptions> & Pick<SupervisorOptions, 'children'>): Promise<Ref<SupervisorProtocol>> {
  setUp()
  const ref = system.spawn(supervisor({ name: 'sup', ...options }), { name: 'sup' })
  await env.settle()
  return ref
}

const ref = (id: string): Ref<WorkerProtocol> => system.ref<WorkerProtocol>(`/sup/${id}`)
const seen = (type: SystemEvent['type']): SystemEvent[] => events.filter((event) => event.type === type)

async function states(sup: Ref<SupervisorProtocol>): Promise<Record<string, string>> {
  const answer = sup.ask({ type: 'whichChildren' })
  await env.settle()
  return Object.fromEntries((await answer).map(({ id, state }) => [id, state]))
}

afterEach(async () => {
  const stopped = system.stop()
  await env.advance(60_000)
  await stopped
  expectNothingLeft()
})

function expectNothingLeft(): void {
  const { sent, received, handled, rejected, deadLettered, forwarded, waiting } = system.counters
  expect(sent + received).toBe(handled + rejected + deadLettered + forwarded + waiting)
  expect(waiting).toBe(0)
  expect(env.pendingTimers).toBe(0)
}

describe('start and stop', () => {
  test('children start one at a time in order, the next when the one before is up, and stop in reverse order', async () => {
    setUp()
    gates.set('b', () => {})
    const sup = system.spawn(supervisor({ name: 'sup', children: ['a', 'b', 'c'].map((name) => child(worker(name))) }), { name: 'sup' })
    await env.settle()
    expect(story).toEqual(['+a', '+b'])
    gates.get('b')!()
    await env.settle()
    expect(story).toEqual(['+a', '+b', '+c'])
    expect(await states(sup)).toEqual({ a: 'running', b: 'running', c: 'running' })
    const stopped = system.stop()
    await env.settle()
    await stopped
    expect(story.slice(3)).toEqual(['-c', '-b', '-a'])
  })

  test('a start that fails is undone in reverse order and fails the supervisor with StartFailedError naming the child', async () => {
    setUp()
    broken.add('c')
    let reason: unknown
    const watcher = actor({
      name: 'watcher',
      state: (_: undefined, ctx: ActorContext<Protocol>) => {
        const sup = system.spawn(supervisor({ name: 'sup', children: ['a', 'b', 'c', 'd'].map((name) => child(worker(name))) }), {
          name: 'sup',
        })
        ctx.watch(sup as unknown as Ref<Protocol>)
      },
      on: {},
      terminated: (_state: void, event) => {
        reason = event.reason
      },
    })
    system.spawn(watcher)
    await env.settle()
    expect(story).toEqual(['+a', '+b', '+c', '-b', '-a'])
    const { phase, cause } = reason as { phase: string; cause: StartFailedError }
    expect(phase).toBe('starting')
    expect(cause).toBeInstanceOf(StartFailedError)
    expect(cause.message).toBe('/sup/c could not be started: Error: c is broken')
    expect((cause.cause as Error).message).toBe('c is broken')
  })

  test('a supervisor that is stopped while a child is still starting does not wait for it longer than its shutdown time', async () => {
    setUp()
    gates.set('b', () => {})
    system.spawn(supervisor({ name: 'sup', children: [child(worker('a')), child(worker('b'), { shutdownMs: 500 })] }), { name: 'sup' })
    await env.settle()
    const stopped = system.stop()
    await env.advance(500)
    await stopped
    expect(story).toEqual(['+a', '+b', '-a'])
  })

  test('one definition can run several times, in several systems', async () => {
    setUp()
    const definition = supervisor({ name: 'sup', children: [child(worker('a'))] })
    const other = createSystem({ env, log: quiet })
    const one = system.spawn(definition, { name: 'one' })
    const two = system.spawn(definition, { name: 'two' })
    const three = other.spawn(definition, { name: 'one' })
    await env.settle()
    for (const sup of [one, two, three]) expect(await states(sup)).toEqual({ a: 'running' })
    const stopped = other.stop()
    await env.settle()
    await stopped
  })
})

describe('restarts', () => {
  test('a failed child is restarted at once with fresh state, keeps what waits in its mailbox, and its ref stays good', async () => {
    const sup = await run({ children: [child(worker('a')), child(worker('b'))] })
    const a = ref('a')
    a.tell({ type: 'add', by: 5 })
    a.tell({ type: 'crash' })
    a.tell({ type: 'add', by: 2 })
    const value = a.ask({ type: 'value' })
    await env.settle()
    expect(await value).toBe(2)
    expect(story).toEqual(['+a', '+b', '+a'])
    expect(await states(sup)).toEqual({ a: 'running', b: 'running' })
    expect(seen('actor.failed')).toMatchObject([{ path: '/sup/a', incarnation: 1, phase: 'handling' }])
    expect(seen('actor.restarted')).toMatchObject([{ path: '/sup/a', incarnation: 2 }])
  })

  test('the second failure waits in backoff, is reported with its delay, and does not block the supervisor', async () => {
    const sup = await run({ children: [child(worker('a'))] })
    ref('a').tell({ type: 'crash' })
    ref('a').tell({ type: 'crash' })
    await env.settle()
    expect(await states(sup)).toEqual({ a: 'restarting' })
    const [waiting] = seen('actor.backoff') as Extract<SystemEvent, { type: 'actor.backoff' }>[]
    expect(waiting).toMatchObject({ path: '/sup/a' })
    expect(waiting!.delayMs).toBeGreaterThanOrEqual(100)
    expect(waiting!.delayMs).toBeLessThanOrEqual(300)
    await env.advance(Math.floor(waiting!.delayMs) - 1)
    expect(story).toEqual(['+a', '+a'])
    await env.advance(3)
    expect(story).toEqual(['+a', '+a', '+a'])
    expect(await states(sup)).toEqual({ a: 'running' })
  })

  test('a minute of health makes the next restart immediate again', async () => {
    await run({ children: [child(worker('a'))] })
    for (let n = 0; n < 2; n++) ref('a').tell({ type: 'crash' })
    await env.advance(400)
    expect(story).toHaveLength(3)
    await env.advance(60_000)
    ref('a').tell({ type: 'crash' })
    await env.settle()
    expect(story).toHaveLength(4)
  })

  test.each([
    { restart: 'permanent' as const, after: { a: 'running' }, starts: 2 },
    { restart: 'transient' as const, after: { a: 'absent' }, starts: 1 },
    { restart: 'temporary' as const, after: {}, starts: 1 },
  ])('a $restart child that ends in order', async ({ restart, after, starts }) => {
    const sup = await run({ children: [child(worker('a'), { restart })] })
    ref('a').tell({ type: 'end' })
    await env.settle()
    expect(await states(sup)).toEqual(after)
    expect(story.filter((entry) => entry === '+a')).toHaveLength(starts)
  })

  test('too many restarts: it says so, stops the other children and exits shutdown; its permanent place is filled again', async () => {
    setUp()
    const inner = supervisor({ name: 'inner', children: [child(worker('a'), { recovery: restartAtOnce() }), child(worker('b'))] })
    system.spawn(supervisor({ name: 'sup', children: [child(inner)] }), { name: 'sup' })
    await env.settle()
    for (let n = 0; n < 4; n++) {
      system.ref<WorkerProtocol>('/sup/inner/a').tell({ type: 'crash' })
      await env.settle()
    }
    expect(seen('supervisor.gave-up')).toMatchObject([{ path: '/sup/inner', child: 'a', restarts: 3, withinMs: 5_000 }])
    expect(story).toEqual(['+a', '+b', '+a', '+a', '+a', '-a', '-b', '+a', '+b'])
    expect(seen('actor.stopped')).toContainEqual(expect.objectContaining({ path: '/sup/inner', reason: 'shutdown' }))
  })

  test('a transient supervisor that gives up is not restarted', async () => {
    setUp()
    const inner = supervisor({ name: 'inner', intensity: { restarts: 0, withinMs: 1 }, children: [child(worker('a'))] })
    const sup = system.spawn(supervisor({ name: 'sup', children: [child(inner, { restart: 'transient' })] }), { name: 'sup' })
    await env.settle()
    system.ref<WorkerProtocol>('/sup/inner/a').tell({ type: 'crash' })
    await env.settle()
    expect(await states(sup)).toEqual({ inner: 'absent' })
  })

  test('a child that cannot start again is tried at growing distances until the supervisor gives up', async () => {
    await run({
      children: [child(worker('a'), { recovery: backoff({ minMs: 1_000, maxMs: 1_000 }) })],
      intensity: { restarts: 3, withinMs: 10_000 },
    })
    broken.add('a')
    ref('a').tell({ type: 'crash' })
    await env.advance(1_999)
    expect(story).toEqual(['+a', '+a', '+a'])
    await env.advance(1_001)
    expect(seen('supervisor.gave-up')).toHaveLength(1)
    expect(story).toEqual(['+a', '+a', '+a', '+a'])
  })

  test('a child that fails to start again, at once and without end, can be terminated between two attempts', async () => {
    let starts = 0
    const doomed = actor({
      name: 'doomed',
      state: () => {
        if (starts++ > 0) throw new Error('no more')
      },
      on: {
        crash: () => {
          throw new Error('crash')
        },
      },
    })
    const intensity = { restarts: Infinity, withinMs: 5_000 }
    const sup = await run({ children: [child(doomed, { recovery: restartAtOnce() })], intensity })
    system.ref('/sup/doomed', doomed).tell({ type: 'crash' })
    const others = Array.from({ length: 10 }, () => sup.ask({ type: 'countChildren' }))
    const answer = sup.ask({ type: 'terminateChild', id: 'doomed' })
    await env.settle()
    expect(await answer).toEqual({ ok: true })
    expect(await Promise.all(others)).toHaveLength(10)
    expect(starts).toBe(2)
    expect(await states(sup)).toEqual({ doomed: 'absent' })
  })

  test('one-for-all: all are stopped and started again, and what waited for them is handled', async () => {
    const sup = await run({ strategy: 'one-for-all', children: ['a', 'b', 'c'].map((name) => child(worker(name))) })
    ref('b').tell({ type: 'crash' })
    const value = ref('c').ask({ type: 'value' })
    await env.settle()
    expect(await value).toBe(0)
    expect(story.slice(3)).toEqual(['-c', '-a', '+a', '+b', '+c'])
    expect(await states(sup)).toEqual({ a: 'running', b: 'running', c: 'running' })
  })

  test('rest-for-one: those after the failed one are stopped and started again', async () => {
    await run({ strategy: 'rest-for-one', children: ['a', 'b', 'c'].map((name) => child(worker(name))) })
    ref('b').tell({ type: 'crash' })
    await env.settle()
    expect(story.slice(3)).toEqual(['-c', '+b', '+c'])
  })

  test('a supervisor is stopped between attempts without waiting for the backoff', async () => {
    await run({ children: [child(worker('a'), { recovery: backoff({ minMs: 10_000, maxMs: 10_000 }) })] })
    for (let n = 0; n < 2; n++) ref('a').tell({ type: 'crash' })
    await env.settle()
    const stopped = system.stop()
    await env.settle()
    await stopped
    expect(env.now()).toBe(0)
  })
})

describe('management', () => {
  test('children are counted, added, terminated, restarted and deleted by messages', async () => {
    const sup = await run({ children: [child(worker('a')), child(supervisor({ name: 'inner', children: [] }))] })
    const ask = async <M extends Parameters<typeof sup.ask>[0]>(message: M): Promise<unknown> => {
      const answer = sup.ask(message)
      await env.settle()
      return answer
    }
    expect(await ask({ type: 'countChildren' })).toEqual({ specs: 2, active: 2, supervisors: 1, workers: 1 })
    expect(await ask({ type: 'startChild', child: child(worker('x')) })).toMatchObject({
      ok: true,
      id: 'x',
      ref: { address: { path: '/sup/x' } },
    })
    expect(await ask({ type: 'startChild', child: child(worker('x')) })).toMatchObject({
      ok: false,
      error: 'already-started',
      ref: { address: { path: '/sup/x' } },
    })
    for (const wrong of [{ shutdownMs: -1 }, { restart: 'transient', significant: true }] as const) {
      expect(await ask({ type: 'startChild', child: { ...child(worker('y')), ...wrong } })).toMatchObject({
        ok: false,
        error: 'invalid-spec',
      })
    }
    expect(await ask({ type: 'getChildSpec', id: 'x' })).toMatchObject({
      ok: true,
      spec: { id: 'x', restart: 'permanent', shutdownMs: 5_000 },
    })
    expect(await ask({ type: 'getChildSpec', id: 'y' })).toMatchObject({ ok: false, error: 'not-found' })
    broken.add('z')
    expect(await ask({ type: 'startChild', child: child(worker('z')) })).toMatchObject({ ok: false, error: 'start-failed' })
    expect(await ask({ type: 'terminateChild', id: 'a' })).toEqual({ ok: true })
    expect(await states(sup)).toEqual({ a: 'absent', inner: 'running', x: 'running' })
    expect(await ask({ type: 'countChildren' })).toEqual({ specs: 3, active: 2, supervisors: 1, workers: 2 })
    expect(await ask({ type: 'restartChild', id: 'a' })).toMatchObject({ ok: true, id: 'a' })
    expect(await ask({ type: 'deleteChild', id: 'a' })).toMatchObject({ ok: false, error: 'running' })
    expect(await ask({ type: 'terminateChild', id: 'x' })).toEqual({ ok: true })
    expect(await ask({ type: 'deleteChild', id: 'x' })).toEqual({ ok: true })
    expect(await states(sup)).toEqual({ a: 'running', inner: 'running' })
  })

  test('a call that waits for a child is answered when the supervisor stops', async () => {
    const sup = await run({ children: [] })
    gates.set('slow', () => {})
    const answer = sup.ask({ type: 'startChild', child: child(worker('slow'), { shutdownMs: 'brutal' }) }, { timeoutMs: 60_000 })
    await env.settle()
    const stopped = system.stop()
    await env.settle()
    await stopped
    expect(await answer).toMatchObject({ ok: false, error: 'stopping' })
  })
})
