// Dynamic supervisors in a real system, in virtual time.

import { actor, createSystem } from '@understudy/runtime'
import type { ActorDefinition, ActorSystem, Protocol, Ref, SystemEvent } from '@understudy/runtime'
import { ManualEnv } from '@understudy/runtime/testing'
import { afterEach, beforeEach, describe, expect, expectTypeOf, test } from 'vitest'
import { child } from '../child.ts'
import { backoff } from '../recovery/library/backoff.ts'
import { restartAtOnce } from '../recovery/library/restart-at-once.ts'
import { supervisor } from '../supervisor.ts'
import type { DynamicSupervisorProtocol } from './dynamic-call.ts'
import { dynamicSupervisor } from './dynamic-supervisor.ts'
import type { DynamicSupervisorOptions } from './dynamic-supervisor.ts'

const quiet = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }

interface Input {
  readonly user: string
  readonly fails?: boolean
  readonly until?: Promise<void>
}

type SessionProtocol = { user(): string; crash(): void; end(): void; breakdown(): void }
type Sessions = DynamicSupervisorProtocol<SessionProtocol, Input>

/** What happened, in order: `+anna` a start, `-anna` a stop. */
let story: string[]
/** How long the sessions take to stop. */
let stopMs: number
/** Sessions of these users cannot be started. */
let broken: Set<string>
let env: ManualEnv
let system: ActorSystem
let events: SystemEvent[]

const session = actor({
  name: 'session',
  state: async (input: Input) => {
    story.push(`+${input.user}`)
    await input.until
    if (broken.has(input.user)) throw new Error('broken')
    return input
  },
  on: {
    user: ({ user }: Input) => user,
    crash: () => {
      throw new Error('crash')
    },
    breakdown: ({ user }) => {
      broken.add(user)
      throw new Error('breakdown')
    },
    end: (_, __: unknown, ctx) => ctx.stop(),
  },
  stopped: async ({ user }) => {
    if (stopMs > 0) await new Promise<void>((resolve) => env.setTimer(stopMs, resolve))
    story.push(`-${user}`)
  },
})

type Options = Partial<DynamicSupervisorOptions<SessionProtocol, Input>>

async function run(options: Options = {}): Promise<Ref<Sessions>> {
  const definition = dynamicSupervisor({ name: 'sessions', child: session, recovery: restartAtOnce(), ...options } as never)
  const ref = system.spawn(definition, { name: 'sessions' }) as unknown as Ref<Sessions>
  await env.settle()
  return ref
}

async function answered<T>(answer: Promise<T>): Promise<T> {
  await env.settle()
  return answer
}

async function start(sessions: Ref<Sessions>, ...users: string[]): Promise<Ref<SessionProtocol>[]> {
  const started = await answered(Promise.all(users.map((user) => sessions.ask({ type: 'startChild', input: { user } }))))
  return started.map((result) => {
    if (!result.ok) throw new Error(result.detail)
    return result.ref
  })
}

const counts = (sessions: Ref<Sessions>): ReturnType<typeof answered> => answered(sessions.ask({ type: 'countChildren' }))
const ids = async (sessions: Ref<Sessions>): Promise<string[]> =>
  (await answered(sessions.ask({ type: 'whichChildren' }))).map(({ id, state }) => `${id} ${state}`)

beforeEach(() => {
  story = []
  stopMs = 0
  broken = new Set()
  events = []
  env = new ManualEnv({ seed: 5 })
  system = createSystem({ env, log: quiet })
  system.onEvent((event) => events.push(event))
})

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

describe('children', () => {
  test('none at the start; each is started with its own input and answered with its ref', async () => {
    const sessions = await run()
    expect(await counts(sessions)).toEqual({ specs: 0, active: 0, supervisors: 0, workers: 0 })
    const [anna, bob] = await start(sessions, 'anna', 'bob')
    expect(await answered(Promise.all([anna!.ask({ type: 'user' }), bob!.ask({ type: 'user' })]))).toEqual(['anna', 'bob'])
    expect(await counts(sessions)).toEqual({ specs: 2, active: 2, supervisors: 0, workers: 2 })
    expect(await ids(sessions)).toEqual(['session-1 running', 'session-2 running'])
  })

  test('an id of their own is unique while they are there', async () => {
    const sessions = await run()
    const ask = (id: string) => answered(sessions.ask({ type: 'startChild', id, input: { user: id } }))
    expect(await ask('session-1')).toMatchObject({ ok: true, id: 'session-1' })
    expect(await ask('session-1')).toMatchObject({ ok: false, error: 'already-started', ref: { address: { path: '/sessions/session-1' } } })
    expect(await ask('a/b')).toMatchObject({ ok: false, error: 'invalid-spec' })
    await start(sessions, 'next')
    expect(await ids(sessions)).toEqual(['session-1 running', 'session-2 running'])
    await answered(sessions.ask({ type: 'terminateChild', id: 'session-1' }))
    expect(await ask('session-1')).toMatchObject({ ok: true })
  })

  test('one that starts slowly makes no other wait, and can be terminated meanwhile', async () => {
    const sessions = await run()
    const slow = sessions.ask({ type: 'startChild', id: 'slow', input: { user: 'slow', until: new Promise(() => {}) } })
    await start(sessions, 'quick')
    expect(await ids(sessions)).toEqual(['slow starting', 'session-1 running'])
    const terminated = sessions.ask({ type: 'terminateChild', id: 'slow' }, { timeoutMs: 20_000 })
    await env.advance(5_000)
    expect(await terminated).toEqual({ ok: true })
    expect(await slow).toMatchObject({ ok: false, error: 'terminated' })
    expect(await ids(sessions)).toEqual(['session-1 running'])
  })

  test('a failed start is answered and leaves nothing behind', async () => {
    const sessions = await run()
    broken.add('anna')
    const answer = await answered(sessions.ask({ type: 'startChild', input: { user: 'anna' } }))
    expect(answer).toMatchObject({ ok: false, error: 'start-failed' })
    expect(await ids(sessions)).toEqual([])
    expect(events.filter(({ type }) => type === 'supervisor.gave-up')).toEqual([])
  })

  test('a spec is complete and can be asked for', async () => {
    const sessions = await run({ restart: 'temporary', shutdownMs: 50 })
    const [anna] = await start(sessions, 'anna')
    const spec = { id: 'session-1', restart: 'temporary', shutdownMs: 50, type: 'worker', significant: false, input: { user: 'anna' } }
    expect(await answered(sessions.ask({ type: 'getChildSpec', ref: anna! }))).toMatchObject({ ok: true, spec })
    expect(await answered(sessions.ask({ type: 'getChildSpec', id: 'session-1' }))).toMatchObject({ ok: true, spec })
    expect(await answered(sessions.ask({ type: 'getChildSpec', id: 'nobody' }))).toMatchObject({ ok: false, error: 'not-found' })
  })

  test('input and answers are typed', () => {
    const typed = dynamicSupervisor({ name: 's', child: session })
    type Typed = typeof typed extends ActorDefinition<infer P> ? P : never
    const ask = (ref: Ref<Typed>) => ref.ask({ type: 'startChild', input: { user: 'anna' } })
    expectTypeOf(ask).returns.resolves.toExtend<{ readonly ok: boolean }>()
    // @ts-expect-error -- a session needs an input
    const wrong = (ref: Ref<Typed>) => ref.ask({ type: 'startChild' })
    expectTypeOf(wrong).toBeFunction()
  })
})

describe('ends and restarts', () => {
  test.each([
    { restart: 'permanent' as const, end: 'end' as const, left: ['session-1 running'] },
    { restart: 'permanent' as const, end: 'crash' as const, left: ['session-1 running'] },
    { restart: 'transient' as const, end: 'end' as const, left: [] },
    { restart: 'transient' as const, end: 'crash' as const, left: ['session-1 running'] },
    { restart: 'temporary' as const, end: 'end' as const, left: [] },
    { restart: 'temporary' as const, end: 'crash' as const, left: [] },
  ])('a $restart child after $end: $left', async ({ restart, end, left }) => {
    const sessions = await run({ restart })
    const [anna] = await start(sessions, 'anna')
    anna!.tell({ type: end })
    await env.settle()
    expect(await ids(sessions)).toEqual(left)
    expect(story.filter((entry) => entry === '+anna')).toHaveLength(1 + left.length)
    expect(await counts(sessions)).toMatchObject({ specs: left.length, active: left.length })
  })

  test('a restarted child has its own input again, and its ref stays good', async () => {
    const sessions = await run()
    const [anna, bob] = await start(sessions, 'anna', 'bob')
    anna!.tell({ type: 'crash' })
    expect(await answered(anna!.ask({ type: 'user' }))).toBe('anna')
    expect(await answered(bob!.ask({ type: 'user' }))).toBe('bob')
    expect(story).toEqual(['+anna', '+bob', '+anna'])
  })

  test('the intensity counts the restarts of all children together; giving up ends all of them', async () => {
    const sessions = await run({ intensity: { restarts: 2, withinMs: 5_000 } })
    const all = await start(sessions, 'anna', 'bob', 'carl')
    for (const one of all) one.tell({ type: 'crash' })
    await env.settle()
    expect(events.filter(({ type }) => type === 'supervisor.gave-up')).toMatchObject([{ path: '/sessions', restarts: 2 }])
    expect(story.filter((entry) => entry.startsWith('-')).sort()).toEqual(['-anna', '-bob', '-carl'])
    expect(system.counters.waiting).toBe(0)
  })

  test('its children are lost when the supervisor itself is restarted', async () => {
    const inner = dynamicSupervisor({ name: 'sessions', child: session, intensity: { restarts: 0, withinMs: 1 } })
    system.spawn(supervisor({ name: 'top', children: [child(inner)] }), { name: 'top' })
    await env.settle()
    const sessions = system.ref<Sessions>('/top/sessions')
    const [anna] = await start(sessions, 'anna', 'bob')
    anna!.tell({ type: 'crash' })
    await env.settle()
    expect(await ids(sessions)).toEqual([])
    await start(sessions, 'carl')
    expect(await ids(sessions)).toEqual(['session-1 running'])
  })
})

describe('maxChildren', () => {
  test('one more is refused; so it is while one waits for its restart; a free place can be taken', async () => {
    const sessions = await run({ maxChildren: 2, recovery: backoff({ restartsAtOnce: 0, minMs: 100, maxMs: 100 }) })
    const [anna] = await start(sessions, 'anna', 'bob')
    const more = () => answered(sessions.ask({ type: 'startChild', input: { user: 'carl' } }))
    expect(await more()).toMatchObject({ ok: false, error: 'max-children' })
    anna!.tell({ type: 'crash' })
    await env.settle()
    expect(await ids(sessions)).toEqual(['session-1 restarting', 'session-2 running'])
    expect(await counts(sessions)).toEqual({ specs: 2, active: 1, supervisors: 0, workers: 2 })
    expect(await more()).toMatchObject({ ok: false, error: 'max-children' })
    expect(await answered(sessions.ask({ type: 'terminateChild', id: 'session-1' }))).toEqual({ ok: true })
    expect(await more()).toMatchObject({ ok: true })
  })

  test('0 refuses every child', async () => {
    const sessions = await run({ maxChildren: 0 })
    expect(await answered(sessions.ask({ type: 'startChild', input: { user: 'anna' } }))).toMatchObject({ error: 'max-children' })
  })
})

describe('terminateChild', () => {
  test('by id and by ref: it is stopped and forgotten, the others go on, and it does not count as a restart', async () => {
    const sessions = await run({ intensity: { restarts: 0, withinMs: 5_000 } })
    const [anna] = await start(sessions, 'anna', 'bob', 'carl')
    expect(await answered(sessions.ask({ type: 'terminateChild', ref: anna! }))).toEqual({ ok: true })
    expect(await answered(sessions.ask({ type: 'terminateChild', id: 'session-2' }))).toEqual({ ok: true })
    expect(story.slice(3)).toEqual(['-anna', '-bob'])
    expect(await ids(sessions)).toEqual(['session-3 running'])
  })

  test('an unknown id, a child that is gone, its name used by another, and a stranger are not found', async () => {
    const sessions = await run()
    const stranger = system.spawn(session, { name: 'stranger', input: { user: 'stranger' } })
    const first = await answered(sessions.ask({ type: 'startChild', id: 'a', input: { user: 'one' } }))
    if (!first.ok) throw new Error(first.detail)
    await answered(sessions.ask({ type: 'terminateChild', id: 'a' }))
    await answered(sessions.ask({ type: 'startChild', id: 'a', input: { user: 'two' } }))
    for (const key of [{ id: 'nobody' }, { ref: first.ref }, { ref: stranger }]) {
      expect(await answered(sessions.ask({ type: 'terminateChild', ...key }))).toMatchObject({ ok: false, error: 'not-found' })
    }
    expect(await ids(sessions)).toEqual(['a running'])
  })

  test('of one that waits for its restart: no restart comes', async () => {
    const sessions = await run({ recovery: backoff({ restartsAtOnce: 0, minMs: 100, maxMs: 100 }) })
    const [anna] = await start(sessions, 'anna')
    anna!.tell({ type: 'crash' })
    await env.settle()
    expect(await answered(sessions.ask({ type: 'terminateChild', ref: anna! }))).toEqual({ ok: true })
    await env.advance(1_000)
    expect(story).toEqual(['+anna', '-anna'])
    expect(await ids(sessions)).toEqual([])
  })

  test('twice at once: the second is answered when the child is gone, and finds nothing any more', async () => {
    const sessions = await run()
    stopMs = 100
    await start(sessions, 'anna')
    const both = [1, 2].map(() => sessions.ask({ type: 'terminateChild', id: 'session-1' }))
    await env.advance(100)
    expect(await Promise.all(both)).toMatchObject([{ ok: true }, { ok: false, error: 'not-found' }])
  })
})

describe('stopping', () => {
  test('stops all children side by side: it takes as long as the slowest, not as all together', async () => {
    const sessions = await run()
    await start(sessions, 'anna', 'bob', 'carl')
    stopMs = 100
    const stopped = system.stop()
    await env.advance(100)
    await stopped
    expect(story.slice(3).sort()).toEqual(['-anna', '-bob', '-carl'])
    expect(env.now()).toBe(100)
  })

  test('each child has its own time, and is killed at the end of it', async () => {
    const sessions = await run({ shutdownMs: 30 })
    await start(sessions, 'anna', 'bob')
    stopMs = 100
    const stopped = system.stop()
    await env.advance(30)
    await stopped
    expect(env.now()).toBe(30)
    const stops = events.filter(({ type }) => type === 'actor.stopped') as Extract<SystemEvent, { type: 'actor.stopped' }>[]
    expect(stops.map(({ path, reason }) => `${path} ${reason}`)).toEqual([
      '/sessions/session-1 killed',
      '/sessions/session-2 killed',
      '/sessions shutdown',
      ' shutdown',
    ])
    await env.advance(100)
  })

  test('brutal: nobody is waited for', async () => {
    const sessions = await run({ shutdownMs: 'brutal' })
    await start(sessions, 'anna', 'bob')
    stopMs = 100
    const stopped = system.stop()
    await env.settle()
    await stopped
    expect(env.now()).toBe(0)
    expect(story).toEqual(['+anna', '+bob'])
  })

  test('calls that wait are answered', async () => {
    const sessions = await run({ shutdownMs: 'brutal' })
    const waiting = sessions.ask({ type: 'startChild', input: { user: 'slow', until: new Promise(() => {}) } })
    await env.settle()
    const stopped = system.stop()
    await env.settle()
    await stopped
    expect(await waiting).toMatchObject({ ok: false, error: 'stopping' })
  })
})

test.each<[field: string, options: object]>([
  ['name', { name: 'a b' }],
  ['maxChildren', { maxChildren: -1 }],
  ['maxChildren', { maxChildren: 1.5 }],
  ['intensity.restarts', { intensity: { restarts: -1, withinMs: 1 } }],
  ['child.definition', { child: {} }],
  ['child.restart', { restart: 'always' }],
  ['child.shutdownMs', { shutdownMs: -1 }],
  ['child.recovery', { recovery: {} }],
  ['autoShutdown', { autoShutdown: 'any-significant' }],
  ['significant', { significant: true }],
  ['strategy', { strategy: 'one-for-one' }],
])('a wrong %s is refused in the caller: %j', (field, options) => {
  const make = (): unknown => dynamicSupervisor({ name: 's', child: session, ...options } as never)
  expect(make).toThrow(expect.objectContaining({ code: 'INVALID_OPTION', field }))
})

test('supervisors can be dynamic children, too', async () => {
  const room = supervisor({ name: 'room', children: [child(actor({ name: 'chat', on: { hi: () => 'hi' } }))] })
  const rooms = system.spawn(dynamicSupervisor({ name: 'rooms', child: room }), { name: 'rooms' })
  await env.settle()
  expect(await answered(rooms.ask({ type: 'startChild', id: 'kitchen' }))).toMatchObject({ ok: true })
  expect(await answered(system.ref<Protocol>('/rooms/kitchen/chat').ask({ type: 'hi' }))).toBe('hi')
  expect(await answered(rooms.ask({ type: 'countChildren' }))).toEqual({ specs: 1, active: 1, supervisors: 1, workers: 0 })
})
