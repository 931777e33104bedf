// Actors in worker threads, behind the same refs as all others.

import type { Worker } from 'node:worker_threads'
import {
  ActorFailedError,
  type ActorDefinition,
  type ActorSystem,
  type AnyRef,
  actor,
  child,
  createSystem,
  describeExit,
  InvalidOptionError,
  isFailure,
  type Isolation,
  type Message,
  MessageRefusedError,
  NoSuchActorError,
  type Protocol,
  type Ref,
  recoverySetup,
  restartAtOnce,
  supervisor,
  type SystemEvent,
  ThreadCrashedError,
  ThreadHungError,
  ThreadModuleError,
  ThreadUnsupportedError,
} from '@understudy/actors'
import { expectBalanced } from '@understudy/runtime/testing'
import { expect, onTestFinished, test, vi } from 'vitest'
import { careful, clerk, keeper, shop, slow, talker, teller, unborn, waiter } from './guests.fixture.ts'

const quick = { hangMs: 600 }
const numbers = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, n) => from + n)

/** Workers that have been started and have not exited. */
const living = new Set<Worker>()
process.on('worker', (worker) => {
  living.add(worker)
  worker.on('exit', () => living.delete(worker))
})

interface Stage {
  readonly system: ActorSystem
  readonly events: SystemEvent[]
  readonly lines: { readonly level: string; readonly fields: object; readonly text: string }[]
}

function stage(): Stage {
  const lines: Stage['lines'] = []
  const write = (level: string) => (fields: object, text: string) => void lines.push({ level, fields, text })
  const log = { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') }
  const system = createSystem({ log })
  const events: SystemEvent[] = []
  system.onEvent((event) => void events.push(event))
  onTestFinished(async () => {
    await system.stop()
    expectBalanced(system)
    expect(living.size).toBe(0)
  })
  return { system, events, lines }
}

/** An actor of the main loop that writes down what it is told, and who is gone. */
function witness(system: ActorSystem): {
  readonly ref: AnyRef
  readonly told: unknown[]
  readonly gone: string[]
  readonly causes: unknown[]
} {
  const told: unknown[] = []
  const gone: string[] = []
  const causes: unknown[] = []
  const definition = actor({
    name: 'witness',
    terminated: (_state, { address, reason }) => {
      gone.push(`${address.path} ${isFailure(reason) ? 'failed' : describeExit(reason)}`)
      if (isFailure(reason)) causes.push(reason.cause)
    },
    on: {
      note: (_state, message: { text: unknown; from?: AnyRef }) => {
        told.push(message.text)
        if (message.from !== undefined) told.push(message.from.toString())
      },
      watch: (_state, message: { whom: AnyRef }, ctx) => ctx.watch(message.whom),
      question: () => 'answer',
    },
  })
  return { ref: system.spawn(definition, { name: 'witness' }), told, gone, causes }
}

/** A supervised actor in a thread, which is restarted at once. */
async function supervised<P extends Protocol>(
  system: ActorSystem,
  definition: ActorDefinition<P, never>,
  isolation: Isolation = quick,
): Promise<Ref<P>> {
  const spec = child(definition as never, { isolation, recovery: restartAtOnce(), input: undefined } as never)
  system.spawn(supervisor({ name: 'sup', intensity: { restarts: 10, withinMs: 60_000 }, children: [spec] }), { name: 'sup' })
  return system.ref(`/sup/${definition.name}`, definition)
}

function eventually(check: () => unknown): Promise<unknown> {
  return vi.waitFor(check, { timeout: 20_000, interval: 10 })
}

async function failure(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    (value) => expect.fail(`it resolved with ${String(value)}`),
    (error: unknown) => error,
  )
}

// --- Like any other actor ----------------------------------------------------------------------------------------------------

test('an actor in a thread is told, asked and stopped like any other', async () => {
  const { system } = stage()
  const ref = system.spawn(keeper, { name: 'keeper', isolation: 'thread', input: { first: -1 } })
  for (const n of numbers(0, 500)) ref.tell({ type: 'add', n })
  expect(ref.tryTell({ type: 'add', n: 500 })).toBe(true)
  await ref.offer({ type: 'add', n: 501 })
  expect(await ref.ask({ type: 'items' })).toEqual(numbers(-1, 502))
  expect(await ref.ask({ type: 'where' })).not.toBe(0)
  expectBalanced(system)
  const { ref: watcher, gone } = witness(system)
  watcher.tell({ type: 'watch', whom: ref })
  await watcher.ask({ type: 'question' })
  await system.stop()
  expect(gone).toEqual([])
  expect(await failure(ref.ask({ type: 'items' }))).toBeInstanceOf(NoSuchActorError)
})

test('inside it has the address, path, incarnation and clock that others see', async () => {
  const { system } = stage()
  const ref = system.spawn(keeper, { isolation: 'thread' })
  const { self, path, incarnation, now } = await ref.ask({ type: 'who' })
  expect([self.toString(), path, incarnation]).toEqual([ref.toString(), ref.address.path, 1])
  expect(Math.abs(performance.now() - now)).toBeLessThan(1000)
  self.tell({ type: 'add', n: 7 })
  expect(await ref.ask({ type: 'items' })).toEqual([7])
})

test('refs travel both ways, and lead to where they came from', async () => {
  const { system } = stage()
  const { ref: other, told } = witness(system)
  const ref = system.spawn(talker, { name: 'talker', isolation: 'thread' })
  ref.tell({ type: 'greet', whom: other, with: { list: [1, new Map([['a', 1n]])] } })
  expect(await ref.ask({ type: 'relay', whom: other, question: { type: 'question' } })).toBe('answer')
  expect(told).toEqual([{ list: [1, new Map([['a', 1n]])] }, ref.toString()])
  const inner = await ref.ask({ type: 'child', name: 'junior' })
  expect(inner.address.path).toBe('/talker/junior')
  inner.tell({ type: 'add', n: 1 })
  expect(await inner.ask({ type: 'items' })).toEqual([1])
  expect(await system.ref<{ items(): number[] }>('/talker/junior').ask({ type: 'items' })).toEqual([1])
  expect(await ref.ask({ type: 'relay', whom: inner, question: { type: 'items' } })).toEqual([1])
})

test('an answer can be left to others, or given later', async () => {
  const { system } = stage()
  const { ref: other } = witness(system)
  const ref = system.spawn(talker, { isolation: 'thread' }) as AnyRef
  const keeps = system.spawn(keeper, { isolation: 'thread' })
  expect(await ref.ask({ type: 'later', ms: 20 })).toBe('later')
  expect(await failure(ref.ask({ type: 'pass', whom: other }))).toBeInstanceOf(MessageRefusedError)
  expect(await failure(ref.ask({ type: 'relay', whom: keeps, question: { type: 'fail', why: 'x' } }))).toBeInstanceOf(ActorFailedError)
})

test('watching works in both directions', async () => {
  const { system } = stage()
  const { ref: watcher, gone } = witness(system)
  const ref = system.spawn(talker, { name: 'talker', isolation: 'thread' }) as AnyRef
  const other = system.spawn(keeper, { name: 'other', isolation: 'thread' }) as AnyRef
  const inner = (await ref.ask({ type: 'child', name: 'junior' })) as AnyRef
  for (const whom of [other, inner]) watcher.tell({ type: 'watch', whom })
  await ref.ask({ type: 'watch', whom: other })
  await ref.ask({ type: 'watch', whom: system.ref('/nobody') })
  other.tell({ type: 'fail', why: 'x' })
  inner.tell({ type: 'fail', why: 'x' })
  await eventually(async () => {
    expect(gone.toSorted()).toEqual(['/other failed', '/talker/junior failed'])
    expect(((await ref.ask({ type: 'told' })) as unknown[]).length).toBe(2)
  })
  expect(await ref.ask({ type: 'told' })).toEqual([
    ['/nobody', 'failure'],
    ['/other', 'failure'],
  ])
})

test('timers, log lines, events and dead letters of a thread come out', async () => {
  const { system, lines, events } = stage()
  const ref = system.spawn(talker, { name: 'talker', isolation: 'thread' }) as AnyRef
  ref.tell({ type: 'tick', ms: 5 })
  ref.tell({ type: 'log' })
  ref.tell({ type: 'lose' })
  const inner = (await ref.ask({ type: 'child', name: 'junior' })) as AnyRef
  inner.tell({ type: 'fail', why: 'inside' })
  await eventually(async () => {
    expect(await ref.ask({ type: 'told' })).toEqual(['tick'])
    expect(lines.find(({ text }) => text === 'from the thread')).toMatchObject({ level: 'warn', fields: { colour: 'blue' } })
    expect(events.find((event) => event.type === 'actor.failed')).toMatchObject({ path: '/talker/junior' })
  })
  expect(system.deadLetters.query({ reason: 'no-such-actor' })).toMatchObject([{ message: { type: 'lost' } }])
  expect(system.deadLetters.query({ reason: 'poison' })).toMatchObject([{ message: { type: 'fail' } }])
})

test.each([false, true])(
  'an ask made in a thread waits no longer than the one it serves, nor one made behind that (late: %s)',
  async (isLate) => {
    const { system } = stage()
    const inside = system.spawn(talker, { name: 'inside', isolation: 'thread' })
    const outside = system.spawn(talker, { name: 'outside' })
    const silent = system.spawn(keeper) as AnyRef
    const beneath = await inside.ask({ type: 'child', name: 'silent' })
    const never = { type: 'never' }
    const question = {
      type: 'wait',
      whom: outside as AnyRef,
      question: { type: 'wait', whom: silent, question: never, isLate },
      isLate,
    } as const
    await failure(inside.ask({ type: 'wait', whom: beneath, question: never, isLate }, { timeoutMs: 500 }))
    await failure(inside.ask(question, { timeoutMs: 500 }))
    // By themselves they would wait for 5 seconds.
    const waited = (name: string): unknown => [`/${name}`, 'ASK_TIMEOUT', expect.toSatisfy((ms: number) => ms < 2500)]
    await eventually(async () => {
      expect(await inside.ask({ type: 'told' })).toEqual([waited('inside'), waited('inside')])
      expect(await outside.ask({ type: 'told' })).toEqual([waited('outside')])
    })
  },
)

test('an idempotency key travels into a thread, and out of it', async () => {
  const { system } = stage()
  const inside = system.spawn(keeper, { name: 'keeper', isolation: 'thread' })
  expect(await inside.ask({ type: 'key', idempotencyKey: 'k1' })).toBe('k1')
  const talks = system.spawn(talker, { isolation: 'thread' })
  const outside = system.spawn(keeper) as AnyRef
  expect(await talks.ask({ type: 'relay', whom: outside, question: { type: 'key', idempotencyKey: 'k2' } as Message })).toBe('k2')
})

test('what is stashed in a thread waits outside, in order, also through a restart', async () => {
  const { system } = stage()
  const ref = await supervised(system, shop)
  for (const n of numbers(0, 80)) ref.tell({ type: 'buy', n })
  expect(await ref.ask({ type: 'sold' })).toEqual([])
  expectBalanced(system)
  ref.tell({ type: 'fail' })
  ref.tell({ type: 'buy', n: 80 })
  ref.tell({ type: 'open' })
  ref.tell({ type: 'buy', n: 81 })
  expect(await ref.ask({ type: 'sold' })).toEqual(numbers(0, 82))
})

test('schemas are checked where messages enter the thread, once', async () => {
  const { system } = stage()
  const ref = system.spawn(teller, { isolation: 'thread' }) as AnyRef
  expect(await ref.ask({ type: 'add', by: '40' })).toBe(40)
  expect(await ref.ask({ type: 'add', by: '2' })).toBe(42)
  const error = await failure(ref.ask({ type: 'add', by: 2 }))
  expect(error).toBeInstanceOf(MessageRefusedError)
  expect((error as MessageRefusedError).reason).toBe('invalid')
  expect(system.deadLetters.counts.invalid).toBe(1)
})

// --- Failures ----------------------------------------------------------------------------------------------------------------

test('a throw in a thread is a failure: fresh state, messages kept in order, the failing one poison', async () => {
  const { system } = stage()
  const ref = await supervised(system, keeper)
  const before = await ref.ask({ type: 'where' })
  ref.tell({ type: 'add', n: -1 })
  const asked = ref.ask({ type: 'fail', why: 'on purpose' })
  for (const n of numbers(0, 300)) ref.tell({ type: 'add', n })
  const error = await failure(asked)
  expect(error).toBeInstanceOf(ActorFailedError)
  expect((error as ActorFailedError).cause).toMatchObject({ name: 'RangeError', message: 'on purpose' })
  expect(await ref.ask({ type: 'items' })).toEqual(numbers(0, 300))
  expect(await ref.ask({ type: 'where' })).toBe(before)
  expect((await ref.ask({ type: 'who' })).incarnation).toBe(2)
  expect(system.deadLetters.counts.poison).toBe(1)
})

test.each([
  ['it calls process.exit()', { type: 'exit', code: 3 }, ThreadCrashedError, 'exited with code 3'],
  ['it never comes to an end', { type: 'spin' }, ThreadHungError, "was in 'spin'"],
  ['it waits for too long', { type: 'sleep', ms: 60_000 }, ThreadHungError, "was in 'sleep'"],
  ['it takes more memory than it may', { type: 'gorge' }, ThreadCrashedError, 'more memory'],
] as const)(
  'the death of a thread because %s is a failure: the message in hand is it, all others are kept in order',
  async (_, harm, type, why) => {
    const { system, events } = stage()
    const ref = await supervised(system, keeper, {
      hangMs: harm.type === 'gorge' ? 20_000 : 600,
      resourceLimits: { maxOldGenerationSizeMb: 48 },
    })
    for (const n of numbers(0, 10)) ref.tell({ type: 'add', n })
    const before = ref.ask({ type: 'items' })
    const asked = ref.ask(harm, { timeoutMs: 30_000 })
    for (const n of numbers(10, 200)) ref.tell({ type: 'add', n })
    const after = ref.ask({ type: 'items' }, { timeoutMs: 30_000 })
    expect(await before).toEqual(numbers(0, 10))
    const error = await failure(asked)
    expect(error).toBeInstanceOf(ActorFailedError)
    expect((error as ActorFailedError).outcome).toBe('maybe-handled')
    expect((error as ActorFailedError).cause).toBeInstanceOf(type)
    expect((error as ActorFailedError).message).toContain(why)
    expect(await after).toEqual(numbers(10, 200))
    expect((await ref.ask({ type: 'who' })).incarnation).toBe(2)
    expect(system.deadLetters.counts.poison).toBe(1)
    expect(events.filter((event) => event.type === 'actor.hung').length).toBe(type === ThreadHungError ? 1 : 0)
  },
)

test.each([{}, { pauseMs: 5 }])('an actor that fails with the answer in other hands has failed (%o)', async (how) => {
  const { system, events } = stage()
  const ref = (await supervised(system, talker, 'thread')) as AnyRef
  expect(await failure(ref.ask({ type: 'owe', ...how }))).toBeInstanceOf(ActorFailedError)
  ref.tell({ type: 'owe', ...how })
  expect(await ref.ask({ type: 'told' })).toEqual([])
  const causes = events.flatMap((event) => (event.type === 'actor.failed' ? [event.cause] : []))
  expect(causes).toEqual(['Error: owes true', 'Error: owes false'])
  expect(system.deadLetters.counts.poison).toBe(2)
})

test('an error that nobody catches in a thread is a failure, also when no message is in hand', async () => {
  const { system, events } = stage()
  const ref = await supervised(system, keeper)
  ref.tell({ type: 'stray' })
  await eventually(() => expect(events.some((event) => event.type === 'actor.restarted')).toBe(true))
  expect(events.find((event) => event.type === 'actor.failed')).toMatchObject({ cause: expect.stringContaining('nobody catches this') })
  expect(await ref.ask({ type: 'items' })).toEqual([])
})

test('a stray error that belongs to an actor in a thread is the failure of that one only', async () => {
  const { system, events } = stage()
  const ref = await supervised(system, careful)
  const thread = await ref.ask({ type: 'where' })
  ref.tell({ type: 'stray' })
  await eventually(() => expect(events.some((event) => event.type === 'actor.restarted')).toBe(true))
  expect(events.find((event) => event.type === 'actor.failed')).toMatchObject({
    path: '/sup/careful',
    phase: 'stray',
    cause: 'Error: left behind',
  })
  expect(await ref.ask({ type: 'where' })).toBe(thread)
})

test('a supervisor that lets a failed actor go on finds its state in the thread', async () => {
  const { system } = stage()
  const machine = recoverySetup().createMachine({ id: 'resumes', on: { FAILED: { actions: 'resume' } } })
  const spec = child(keeper, { isolation: quick, recovery: { name: 'resumes', machine } })
  system.spawn(supervisor({ name: 'sup', children: [spec] }), { name: 'sup' })
  const ref = system.ref('/sup/keeper', keeper)
  for (const n of numbers(0, 5)) ref.tell({ type: 'add', n })
  ref.tell({ type: 'fail', why: 'x' })
  for (const n of numbers(5, 200)) ref.tell({ type: 'add', n })
  expect(await ref.ask({ type: 'items' })).toEqual(numbers(0, 200))
  expect((await ref.ask({ type: 'who' })).incarnation).toBe(1)
})

test('an answer that was to come later ends with its thread', async () => {
  const { system } = stage()
  const ref = (await supervised(system, talker)) as AnyRef
  const owed = failure(ref.ask({ type: 'later', ms: 60_000 }, { timeoutMs: 60_000 }))
  await ref.ask({ type: 'told' })
  ref.tell({ type: 'crash' })
  expect(await owed).toBeInstanceOf(ActorFailedError)
})

test.each([1, 2, 3])('whatever fails or crashes, every message is handled once and in order, or told of (seed %i)', async (seed) => {
  const { system } = stage()
  const { ref: witnessRef, told } = witness(system)
  const spec = child(clerk, { isolation: 'thread', recovery: restartAtOnce() })
  system.spawn(supervisor({ name: 'sup', intensity: { restarts: 1000, withinMs: 1000 }, children: [spec] }), { name: 'sup' })
  const ref = system.ref('/sup/clerk', clerk)
  let state = seed
  const below = (n: number): number => {
    state = (state * 48_271) % 2_147_483_647
    return state % n
  }
  const kinds = ['plain', 'plain', 'plain', 'slow', 'aside'] as const
  const sent = numbers(0, 250).map((n) => {
    const harm = below(60)
    const how = harm === 0 ? ('exit' as const) : harm < 4 ? ('fail' as const) : kinds[below(kinds.length)]!
    const message = { type: 'file', n, how, witness: witnessRef } as const
    const answer =
      below(3) === 0
        ? ref.ask(message, { timeoutMs: 50_000 }).then(
            (value) => value,
            () => 'error',
          )
        : undefined
    if (answer === undefined) ref.tell(message)
    return { n, how, answer }
  })
  ref.tell({ type: 'file', n: 250, how: 'plain', witness: witnessRef })
  await eventually(() => expect(told).toContain(250))
  await eventually(() => expect(system.counters.waiting).toBe(0))
  // What an actor puts aside comes again after the next one.
  expect(told.toSorted((a, b) => (a as number) - (b as number))).toEqual([
    ...sent.filter(({ how }) => how !== 'fail').map(({ n }) => n),
    250,
  ])
  for (const { n, how, answer } of sent) {
    if (answer !== undefined) expect([n, await answer]).toEqual([n, how === 'fail' || how === 'exit' ? 'error' : n])
  }
  expect(system.deadLetters.counts.poison).toBe(sent.filter(({ how }) => how === 'fail' || how === 'exit').length)
})

test('a thread whose port says nonsense harms those who live there, and not the main loop', async () => {
  const { system } = stage()
  const ref = await supervised(system, keeper)
  const thread = await ref.ask({ type: 'where' })
  ref.tell({ type: 'babble' })
  await eventually(async () => expect(await ref.ask({ type: 'where' })).not.toBe(thread))
})

test('what is no message is refused when it comes from a thread, also by an actor with schemas', async () => {
  const { system } = stage()
  const talks = system.spawn(talker, { isolation: 'thread' })
  const takes = system.spawn(teller, { name: 'teller' })
  for (const what of [null, 5, {}, { type: { toString: 1, valueOf: 1 } }]) talks.tell({ type: 'say', whom: takes as AnyRef, what })
  await eventually(() => expect(system.deadLetters.counts.invalid).toBe(4))
  expect(await takes.ask({ type: 'add', by: 1 } as never)).toBe(1)
})

test('without a supervisor an actor is gone with its thread, and its watchers know why', async () => {
  const { system } = stage()
  const { ref: watcher, gone, causes } = witness(system)
  const ref = system.spawn(keeper, { name: 'keeper', isolation: 'thread' })
  await watcher.ask({ type: 'watch', whom: ref })
  ref.tell({ type: 'exit', code: 0 })
  ref.tell({ type: 'add', n: 1 })
  await eventually(() => expect(gone).toEqual(['/keeper failed']))
  expect(causes[0]).toBeInstanceOf(ThreadCrashedError)
  expect(system.deadLetters.query({ reason: 'stopped' })).toMatchObject([{ message: { type: 'add' } }])
  await eventually(() => expect(living.size).toBe(0))
})

test('an exit signal to oneself ends an actor in a thread, too', async () => {
  const { system } = stage()
  const { ref: watcher, gone } = witness(system)
  for (const reason of ['normal', 'shutdown', 'killed'] as const) {
    const ref = system.spawn(talker, { name: reason, isolation: 'thread' })
    await watcher.ask({ type: 'watch', whom: ref as AnyRef })
    ref.tell({ type: 'exit', reason })
    ref.tell({ type: 'note', text: 'not handled any more' })
    await eventually(() => expect(gone).toContain(`/${reason} ${reason}`))
  }
  expect(system.deadLetters.query({ reason: 'stopped' }).filter(({ message }) => message.type === 'note')).toHaveLength(3)
})

test('reentrant handlers in a thread may take their time', async () => {
  const { system } = stage()
  const ref = system.spawn(waiter, { isolation: quick })
  expect(await Promise.all(numbers(0, 10).map(() => ref.ask({ type: 'slow', ms: 1200 })))).toEqual(numbers(0, 10).map(() => 'served'))
})

test('actors that name the same thread share it, and what kills it', async () => {
  const { system } = stage()
  const isolation = { thread: 'shared', ...quick }
  const spec = (id: string) => child(keeper, { id, isolation, recovery: restartAtOnce() })
  system.spawn(supervisor({ name: 'sup', children: ['a', 'b'].map(spec) }), { name: 'sup' })
  const a = system.ref('/sup/a', keeper)
  const b = system.ref('/sup/b', keeper)
  const thread = await a.ask({ type: 'where' })
  expect(await b.ask({ type: 'where' })).toBe(thread)
  b.tell({ type: 'add', n: 1 })
  await b.ask({ type: 'items' })
  a.tell({ type: 'spin' })
  b.tell({ type: 'add', n: 2 })
  expect(await b.ask({ type: 'items' }, { timeoutMs: 20_000 })).toEqual([2])
  const next = await a.ask({ type: 'where' })
  expect(next).not.toBe(thread)
  expect(await b.ask({ type: 'where' })).toBe(next)
  expect(living.size).toBe(1)
})

// --- What cannot be loaded, cloned or done -----------------------------------------------------------------------------------

test('an actor that says no module is refused where it is spawned, with what to type', () => {
  const { system } = stage()
  const homeless = actor({ name: 'homeless', on: { hi: () => 'hi' } })
  expect(() => system.spawn(homeless, { isolation: 'thread' })).toThrow("actor({ name: 'homeless', module: import.meta.url, … })")
  expect(() => actor({ name: 'x', module: './x.ts', on: {} })).toThrow(InvalidOptionError)
  for (const isolation of ['process', { hangMs: 0 }, { thread: '' }, { resourceLimits: { maxOldGenerationSizeMb: -1 } }, { typo: 1 }])
    expect(() => system.spawn(keeper, { isolation: isolation as never })).toThrow(InvalidOptionError)
  expect(() => system.spawn(supervisor({ name: 'sup', children: [] }), { isolation: 'thread' })).toThrow(ThreadUnsupportedError)
})

test.each([
  ['throws when it is imported', './broken.fixture.ts', 'this module is broken'],
  ['does not export it', './guests.fixture.ts', 'exports no actor of that name'],
  ['is not there', './nowhere.ts', 'importing it failed'],
])('a module that %s is a failed start that says so', async (_, file, why) => {
  const { system } = stage()
  const { ref: watcher, gone, causes } = witness(system)
  const definition = actor({ name: 'stranger', module: new URL(file, import.meta.url).href, on: { hi: () => 'hi' } })
  const ref = system.spawn(definition, { name: 'stranger', isolation: 'thread' })
  watcher.tell({ type: 'watch', whom: ref })
  ref.tell({ type: 'hi' })
  await eventually(() => expect(gone).toEqual(['/stranger failed']))
  expect(causes[0]).toBeInstanceOf(ThreadModuleError)
  expect((causes[0] as Error).message).toContain(why)
  expect((causes[0] as Error).message).toContain("actor({ name: 'stranger', module: import.meta.url, … })")
})

test.each([
  [
    'ends the process',
    actor({ name: 'quitter', module: new URL('./quitter.fixture.ts', import.meta.url).href, on: {} }),
    ThreadCrashedError,
  ],
  ['never comes to an end', unborn, ThreadHungError],
])('a start that %s is a failed start', async (_, definition, type) => {
  const { system } = stage()
  const { ref: watcher, causes } = witness(system)
  watcher.tell({ type: 'watch', whom: system.spawn(definition as typeof unborn, { isolation: quick }) })
  await eventually(() => expect(causes).toEqual([expect.any(type)]))
})

test('an actor in a thread can end itself, and what comes after that is not handled', async () => {
  const { system } = stage()
  const { ref: watcher, gone } = witness(system)
  const ref = system.spawn(talker, { name: 'talker', isolation: 'thread' })
  watcher.tell({ type: 'watch', whom: ref })
  expect(await ref.ask({ type: 'told' })).toEqual([])
  ref.tell({ type: 'bye' })
  expect(await failure(ref.ask({ type: 'told' }))).toBeInstanceOf(NoSuchActorError)
  await eventually(() => expect(gone).toEqual(['/talker normal']))
  expect(ref.tryTell({ type: 'bye' })).toBe(false)
  await eventually(() => expect(living.size).toBe(0))
})

test('a message that cannot be cloned is refused at the sender, and its neighbours arrive', async () => {
  const { system } = stage()
  const ref = system.spawn(keeper, { isolation: 'thread' })
  ref.tell({ type: 'add', n: 1 })
  ref.tell({ type: 'add', n: (() => {}) as never })
  ref.tell({ type: 'add', n: 2 })
  const error = await failure(ref.ask({ type: 'add', n: Symbol('s') as never }))
  expect(error).toBeInstanceOf(MessageRefusedError)
  expect(error).toMatchObject({ reason: 'undeliverable-codec', outcome: 'never-handled' })
  expect(await ref.ask({ type: 'items' })).toEqual([1, 2])
  expect(system.deadLetters.counts['undeliverable-codec']).toBe(2)
})

test('an answer that cannot be cloned is an error for the asker, and nobody else is harmed', async () => {
  const { system } = stage()
  const ref = system.spawn(keeper, { isolation: 'thread' })
  ref.tell({ type: 'odd' })
  const error = await failure(ref.ask({ type: 'odd' }))
  expect(error).toBeInstanceOf(MessageRefusedError)
  expect(error).toMatchObject({ reason: 'undeliverable-codec', outcome: 'handled' })
  expect(await ref.ask({ type: 'items' })).toEqual([])
})

test('an input that cannot be cloned is a failed start', async () => {
  const { system } = stage()
  const { ref: watcher, gone, causes } = witness(system)
  const ref = system.spawn(keeper, { name: 'keeper', isolation: 'thread', input: { first: (() => {}) as never } })
  watcher.tell({ type: 'watch', whom: ref })
  await eventually(() => expect(gone.length).toBe(1))
  expect(gone[0]).toContain('/keeper')
  expect(causes.every((cause) => cause instanceof InvalidOptionError)).toBe(true)
})

test('what an actor cannot do in a thread is a typed error', async () => {
  const { system } = stage()
  const { ref: other } = witness(system)
  const ref = system.spawn(talker, { isolation: 'thread' }) as AnyRef
  for (const what of ['register', 'whereis', 'join', 'guard', 'thread'])
    expect([what, await ref.ask({ type: 'unsupported', what })]).toEqual([what, 'THREAD_UNSUPPORTED'])
  expect(await ref.ask({ type: 'unsupported', what: 'link', whom: other })).toBe('INVALID_OPTION')
})

// --- Bounds, time, ends ------------------------------------------------------------------------------------------------------

test('a flood fills the mailbox and not the thread: what finds no room is refused, all else is handled', async () => {
  const { system } = stage()
  const ref = system.spawn(keeper, { isolation: 'thread' })
  await ref.ask({ type: 'items' })
  for (const n of numbers(0, 30_000)) ref.tell({ type: 'add', n })
  expectBalanced(system)
  const { deadLettered } = system.counters
  expect(deadLettered).toBe(20_000)
  await eventually(() => expect(system.counters.waiting).toBe(0))
  expect(await ref.ask({ type: 'items' })).toEqual(numbers(0, 10_000))
})

test('work that takes all of a processor in a thread leaves the main loop free', async () => {
  const { system } = stage()
  const ref = system.spawn(keeper, { isolation: 'thread' })
  await ref.ask({ type: 'items' })
  const burning = ref.ask({ type: 'burn', ms: 1500 })
  let longestMs = 0
  let last = performance.now()
  const timer = setInterval(() => {
    longestMs = Math.max(longestMs, performance.now() - last)
    last = performance.now()
  }, 5)
  expect(await burning).toBe('burnt')
  clearInterval(timer)
  // On the main loop it would be 1500.
  expect(longestMs).toBeLessThan(750)
})

test('hooks are called in the thread, in order, and a stop aborts what is in hand', async () => {
  const { system } = stage()
  const { ref, told } = witness(system)
  const input = { startMs: 20, stopMs: 20, teller: ref }
  system.spawn(supervisor({ name: 'sup', children: [child(slow, { isolation: 'thread', input, recovery: restartAtOnce() })] }), {
    name: 'sup',
  })
  const guest = system.ref('/sup/slow', slow)
  guest.tell({ type: 'fail' })
  expect(await guest.ask({ type: 'hi' })).toBe('hi')
  expect(told).toEqual(['restarting'])
  const held = guest.ask({ type: 'await' })
  await eventually(() => expect(told).toContain('begun'))
  const { phases } = await system.shutdown({ drainTimeoutMs: 50 })
  expect(phases.map(({ name }) => name)).toEqual(['drain', 'stop'])
  expect(await held).toBe('aborted')
  expect(told).toEqual(['restarting', 'begun', 'stopping', 'stopped shutdown'])
  expect(living.size).toBe(0)
})

test('an actor in a thread that does not stop in time is killed, and its thread goes', async () => {
  const { system } = stage()
  const { ref, told } = witness(system)
  const spec = child(slow, { isolation: 'thread', input: { startMs: 0, stopMs: 0, teller: ref }, shutdownMs: 100 })
  system.spawn(supervisor({ name: 'sup', children: [spec] }), { name: 'sup' })
  const guest = system.ref('/sup/slow', slow)
  await guest.ask({ type: 'hi' })
  const held = failure(guest.ask({ type: 'forever' }))
  const waits = failure(guest.ask({ type: 'hi' }))
  await eventually(() => expect(told).toContain('begun'))
  await system.stop()
  expect(await held).toBeInstanceOf(ActorFailedError)
  expect(await waits).toBeInstanceOf(NoSuchActorError)
  expect(living.size).toBe(0)
})

test('a system that stops while threads start leaves none behind', async () => {
  const { system } = stage()
  const { ref } = witness(system)
  for (const n of numbers(0, 3)) system.spawn(keeper, { name: `k${n}`, isolation: 'thread' }).tell({ type: 'add', n })
  system.spawn(slow, { isolation: 'thread', input: { startMs: 100, stopMs: 0, teller: ref } })
  await system.stop()
  expect(living.size).toBe(0)
  expectBalanced(system)
})
