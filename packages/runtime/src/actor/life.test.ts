import { expect, test } from 'vitest'
import type { ActorContext } from '../contracts/behavior.ts'
import { describeExit, type ExitReason } from '../contracts/exit-reason.ts'
import type { Protocol } from '../contracts/message.ts'
import type { AnyRef } from '../contracts/ref.ts'
import type { Shutdown } from '../contracts/shutdown.ts'
import { ActorFailedError, NameTakenError, SystemStoppedError } from '../errors.ts'
import { deferred, expectBalanced, stage } from '../testing/stage.fixture.ts'
import { actor } from './define.ts'

/** Watches what it is given, and writes down why each is gone. */
function watcher(told: string[]) {
  return actor({
    name: 'watcher',
    on: { watch: (_, { ref }: { ref: AnyRef }, ctx) => ctx.watch(ref) },
    terminated: (_, { address, reason }) => void told.push(`${address.path}: ${describeExit(reason)}`),
  })
}

/** A parent with three children, each of which writes down that it has stopped. */
function family(log: string[], stopped: (name: string) => unknown = () => undefined, shutdownMs: Shutdown = 'infinity') {
  const child = (name: string) =>
    actor({
      name,
      shutdownMs,
      on: { work: (_, { until }: { until: Promise<unknown> }) => until },
      stopped(_, reason) {
        log.push(`${name} ${describeExit(reason)}`)
        return stopped(name)
      },
    })
  return actor({
    name: 'parent',
    shutdownMs,
    state: (_: undefined, ctx) => ['a', 'b', 'c'].map((name) => ctx.spawn(child(name), { name })),
    on: {},
    stopped: (_, reason) => void log.push(`parent ${describeExit(reason)}`),
  })
}

test.each([
  [
    'sync',
    () => {
      throw new RangeError('no state')
    },
  ],
  ['async', () => Promise.reject(new RangeError('no state'))],
])('a start that fails (%s) ends the actor with that failure, and whoever watches is told it', async (_, state) => {
  const { env, system, events } = stage()
  const told: string[] = []
  let hooks = 0
  const failing = system.spawn(actor({ name: 'failing', state, on: { q: () => 1 }, stopped: () => void hooks++ }), { name: 'failing' })
  system.spawn(watcher(told)).tell({ type: 'watch', ref: failing })
  const answer = failing.ask({ type: 'q' }).catch((cause: unknown) => cause)
  await env.settle()
  expect(told).toEqual(['/failing: failed while starting: RangeError: no state'])
  expect(await answer).toMatchObject({ outcome: 'never-handled' })
  expect(events.filter(({ type }) => type.startsWith('actor.')).map(({ type }) => type)).toEqual(['actor.failed', 'actor.stopped'])
  expect(hooks).toBe(0)
  expectBalanced(system)
})

test('a parent is stopped after its children, and they last to first, each after the hook of the one before', async () => {
  const { env, system } = stage()
  const log: string[] = []
  const gates = { a: deferred(), b: deferred(), c: deferred() }
  system.spawn(family(log, (name) => gates[name as 'a'].promise))
  let over = false
  void system.stop().then(() => (over = true))
  await env.settle()
  expect(log).toEqual(['c shutdown'])
  gates.a.resolve()
  gates.c.resolve()
  await env.settle()
  expect(log).toEqual(['c shutdown', 'b shutdown'])
  gates.b.resolve()
  await env.settle()
  expect(log).toEqual(['c shutdown', 'b shutdown', 'a shutdown', 'parent shutdown'])
  expect(over).toBe(true)
  expectBalanced(system)
})

test('an actor that takes longer than its shutdown time is killed at the deadline, not before', async () => {
  const { env, system, events } = stage()
  const log: string[] = []
  system.spawn(
    family(log, () => new Promise(() => {}), 100),
    { name: 'parent' },
  )
  let over = false
  void system.stop().then(() => (over = true))
  await env.advance(99)
  expect(over).toBe(false)
  await env.advance(1)
  expect(over).toBe(true)
  // The parent's own time ran out with its last child's: the others have none left, and a is not even asked.
  expect(log).toEqual(['c shutdown', 'b shutdown'])
  const gone = events.flatMap((event) => (event.type === 'actor.stopped' ? [`${event.path} ${event.reason}`] : []))
  expect(gone.toSorted()).toEqual([' shutdown', '/parent killed', '/parent/a killed', '/parent/b killed', '/parent/c killed'])
  expectBalanced(system)
})

test("an actor whose shutdown is 'infinity' is waited for as long as it takes", async () => {
  const { env, system } = stage()
  const gate = deferred()
  system.spawn(family([], () => gate.promise, 'infinity'))
  let over = false
  void system.stop().then(() => (over = true))
  await env.advance(10_000_000)
  expect(over).toBe(false)
  gate.resolve()
  await env.settle()
  expect(over).toBe(true)
})

test("an actor whose shutdown is 'brutal' is gone at once, without its hook, and with what it was doing", async () => {
  const { env, system, cell } = stage()
  const log: string[] = []
  const work = deferred<string>()
  system.spawn(family(log, undefined, 'brutal'), { name: 'parent' })
  const answer = (cell('/parent/b').ref as AnyRef).ask({ type: 'work', until: work.promise }).catch((cause: unknown) => cause)
  await env.settle()
  await system.stop()
  expect(log).toEqual([])
  expect(await answer).toBeInstanceOf(ActorFailedError)
  expect(system.deadLetters.counts.stopped).toBe(1)
  expectBalanced(system)
  work.resolve('late')
  await env.settle()
  expect(system.counters.handled).toBe(0)
  expectBalanced(system)
})

test.each(['resolve', 'reject'] as const)(
  'a message in flight at the deadline is dead-lettered as maybe handled, and its late %s is ignored',
  async (how) => {
    const { env, system, cell } = stage()
    const work = deferred<string>()
    const ref = system.spawn(actor({ name: 'hung', shutdownMs: 50, on: { work: () => work.promise } }), { name: 'hung' })
    const answer = ref.ask({ type: 'work' }).catch((cause: unknown) => cause)
    ref.tell({ type: 'work' })
    await env.settle()
    cell('/hung').end('shutdown')
    await env.advance(50)
    expect(await answer).toMatchObject({ code: 'ACTOR_FAILED', outcome: 'maybe-handled', undelivered: { type: 'work' } })
    expect(system.deadLetters.counts.stopped).toBe(2)
    expectBalanced(system)
    if (how === 'resolve') work.resolve('late')
    else work.reject(new Error('late'))
    await env.settle()
    expect(system.counters).toMatchObject({ handled: 0, waiting: 0 })
    expect(system.deadLetters.counts.poison).toBe(0)
    expectBalanced(system)
  },
)

test('a message in flight that settles within the shutdown time is handled and answered', async () => {
  const { env, system, cell } = stage()
  const work = deferred<string>()
  let aborted = false
  const ref = system.spawn(
    actor({
      name: 'busy',
      shutdownMs: 50,
      on: {
        work(_s, _m, ctx) {
          ctx.signal.addEventListener('abort', () => (aborted = true))
          return work.promise
        },
      },
    }),
    { name: 'busy' },
  )
  const answer = ref.ask({ type: 'work' })
  await env.settle()
  cell('/busy').end('shutdown')
  await env.advance(49)
  expect(aborted).toBe(true)
  work.resolve('done')
  expect(await answer).toBe('done')
  await env.settle()
  expect(cell('/busy')).toBeUndefined()
  expect(env.pendingTimers <= 1).toBe(true)
  expectBalanced(system)
})

test('a stop during an async start waits for the start and hands what it made to the hook', async () => {
  const { env, system, cell } = stage()
  const ready = deferred<string>()
  const closed: string[] = []
  const ref = system.spawn(
    actor({ name: 'opening', state: () => ready.promise, on: { q: () => 1 }, stopped: (state) => void closed.push(state) }),
    {
      name: 'opening',
    },
  )
  const answer = ref.ask({ type: 'q' }).catch((cause: unknown) => cause)
  await env.settle()
  cell('/opening').end('shutdown')
  await env.settle()
  expect(cell('/opening').life).toBe('stopping')
  ready.resolve('connection')
  await env.settle()
  expect(closed).toEqual(['connection'])
  expect(await answer).toMatchObject({ outcome: 'never-handled' })
  expectBalanced(system)
})

test('an async start that never ends is given up at the deadline', async () => {
  const { env, system, cell } = stage()
  system.spawn(
    actor({ name: 'stuck', state: () => new Promise<never>(() => {}), shutdownMs: 20, on: {}, stopped: () => expect.unreachable() }),
    { name: 'stuck' },
  )
  cell('/stuck').end('shutdown')
  await env.advance(20)
  expect(cell('/stuck')).toBeUndefined()
  expectBalanced(system)
})

test.each([
  [
    'throws',
    () => {
      throw new Error('no goodbye')
    },
  ],
  ['rejects', () => Promise.reject(new Error('no goodbye'))],
])('a stopped hook that %s is reported, and the end goes on', async (_, stopped) => {
  const { env, system, events, cell } = stage()
  system.spawn(actor({ name: 'rude', on: {}, stopped }), { name: 'rude' })
  cell('/rude').end('normal')
  await env.settle()
  expect(cell('/rude')).toBeUndefined()
  expect(events.map((event) => (event.type === 'actor.failed' ? event.phase : event.type))).toEqual(['stopping', 'actor.stopped'])
  expect(events.at(-1)).toMatchObject({ reason: 'normal' })
})

test('an actor without a supervisor that fails is gone with its children, and says so', async () => {
  const { env, system, events, lines } = stage()
  const log: string[] = []
  const ref = system.spawn(
    actor({
      name: 'parent',
      state: (_: undefined, ctx) => ctx.spawn(actor({ name: 'child', on: {}, stopped: () => void log.push('child') }), { name: 'child' }),
      on: {
        fail() {
          throw new Error('boom')
        },
      },
      stopped: () => void log.push('parent'),
    }),
    { name: 'parent' },
  )
  ref.tell({ type: 'fail' })
  await env.settle()
  expect(log).toEqual(['child', 'parent'])
  expect(events.map(({ type }) => type)).toEqual(['actor.failed', 'dead-letter', 'actor.stopped', 'actor.stopped'])
  const said = lines.filter(({ level }) => level === 'warn').map(({ text }) => text)
  expect(said).toEqual(['/parent failed while handling: Error: boom', '/parent stopped: failed while handling: Error: boom'])
  expectBalanced(system)
})

test('no child outlives its parent, not even one that its stopped hook starts', async () => {
  const { env, system, events } = stage()
  let kept: ActorContext<Protocol> | undefined
  const late = actor({ name: 'late', on: {} })
  system.spawn(
    actor({
      name: 'parent',
      state: (_: undefined, ctx) => void (kept = ctx),
      on: {},
      stopped: () => void kept!.spawn(late, { name: 'late' }),
    }),
    { name: 'parent' },
  )
  await env.settle()
  await system.stop()
  const gone = events.flatMap((event) => (event.type === 'actor.stopped' ? [event.path] : []))
  expect(gone).toEqual(['/parent/late', '/parent', ''])
  expectBalanced(system)
})

test('a name is taken while its actor lives, and free afterwards', async () => {
  const { env, system, cell } = stage()
  const a = actor({ name: 'a', on: { q: () => 1 } })
  const first = system.spawn(a, { name: 'a' })
  expect(() => system.spawn(a, { name: 'a' })).toThrow(NameTakenError)
  cell('/a').end('shutdown')
  await env.settle()
  const second = system.spawn(a, { name: 'a' })
  expect(second.address.uid).not.toBe(first.address.uid)
  const answers = Promise.allSettled([first.ask({ type: 'q' }), second.ask({ type: 'q' })])
  await env.settle()
  expect((await answers).map(({ status }) => status)).toEqual(['rejected', 'fulfilled'])
})

test('a system stops once, whoever asks, and then refuses to spawn', async () => {
  const { env, system } = stage()
  const a = actor({ name: 'a', on: { q: () => 1 } })
  const ref = system.spawn(a)
  await Promise.all([system.stop(), system.stop()])
  await system.stop()
  expect(() => system.spawn(a)).toThrow(SystemStoppedError)
  await expect(ref.ask({ type: 'q' })).rejects.toMatchObject({ outcome: 'never-handled' })
  await env.advance(100)
  expect(env.pendingTimers).toBe(0)
  expectBalanced(system)
})

test('a logger or a listener that throws stops nobody', async () => {
  const { env, system, host } = stage()
  const broken = () => {
    throw new Error('disk full')
  }
  Object.assign(host.log, { debug: broken, info: broken, warn: broken, error: broken })
  system.onEvent(broken)
  const told: ExitReason[] = []
  const failing = system.spawn(
    actor({
      name: 'failing',
      on: {
        q() {
          throw new Error('boom')
        },
      },
    }),
  )
  system.spawn(
    actor({ name: 'w', state: (_: undefined, ctx) => ctx.watch(failing), on: {}, terminated: (_, { reason }) => void told.push(reason) }),
  )
  await env.settle()
  failing.tell({ type: 'q' })
  await env.settle()
  expect(told).toMatchObject([{ phase: 'handling' }])
  await system.stop()
  expectBalanced(system)
})
