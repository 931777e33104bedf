// Machines in worker threads, beside the same ones on the main loop: what is promised of them holds for both.

import type { Worker } from 'node:worker_threads'
import {
  ActorFailedError,
  type ActorSystem,
  type AnyRef,
  actor,
  child,
  createSystem,
  InvalidOptionError,
  isFailure,
  type Isolation,
  machineActor,
  machineOutput,
  machineState,
  MessageRefusedError,
  NoSuchActorError,
  persistMachine,
  type RefOf,
  recoverySetup,
  restartAtOnce,
  supervisor,
  type SystemEvent,
  ThreadHungError,
} from '@understudy/actors'
import { expectBalanced } from '@understudy/runtime/testing'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { createMachine } from 'xstate'
import { brief, kilns, ledger, mourner, odd, once, purse } from './machines.fixture.ts'

const numbers = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, n) => from + n)

const living = new Set<Worker>()
process.on('worker', (worker) => {
  living.add(worker)
  worker.on('exit', () => living.delete(worker))
})

interface Stage {
  readonly system: ActorSystem
  readonly events: SystemEvent[]
  readonly witness: AnyRef
  /** What the witness was told, and who is gone, of whom it watches. */
  readonly told: string[]
  readonly gone: unknown[]
}

function stage(): Stage {
  const system = createSystem({ log: { debug() {}, info() {}, warn() {}, error() {} } })
  const [events, told, gone]: [SystemEvent[], string[], unknown[]] = [[], [], []]
  system.onEvent((event) => void events.push(event))
  onTestFinished(async () => {
    await system.stop()
    expectBalanced(system)
    expect(living.size).toBe(0)
  })
  const definition = actor({
    name: 'witness',
    terminated: (_state, { reason, output }) => void gone.push([isFailure(reason) ? 'failed' : reason, output]),
    on: {
      note: (_state, message: { text: string }) => void told.push(message.text),
      watch: (_state, message: { whom: AnyRef }, ctx) => ctx.watch(message.whom),
    },
  })
  return { system, events, told, gone, witness: system.spawn(definition, { name: 'witness' }) as AnyRef }
}

type Kiln = RefOf<typeof kilns>

/** A machine beneath a supervisor that restarts it at once. */
function supervised({ system, witness }: Stage, isolation: Isolation | undefined): Kiln {
  const spec = child(kilns, { ...(isolation && { isolation }), input: { witness }, recovery: restartAtOnce() })
  system.spawn(supervisor({ name: 'sup', intensity: { restarts: 1000, withinMs: 60_000 }, children: [spec] }), { name: 'sup' })
  return system.ref('/sup/kiln', kilns)
}

const eventually = (check: () => unknown): Promise<unknown> => vi.waitFor(check, { timeout: 20_000, interval: 10 })
const failure = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    (value) => expect.fail(`it resolved with ${String(value)}`),
    (error: unknown) => error,
  )

describe.each<[string, Isolation | undefined]>([
  ['on the main loop', undefined],
  ['in a thread', 'thread'],
])('a machine %s', (_, isolation) => {
  const options = { name: 'it', ...(isolation && { isolation }) }

  test('is told, asked, and answers by its actions', async () => {
    const { system, witness } = stage()
    const ref = system.spawn(kilns, { ...options, input: { witness } })
    expect((await ref.ask({ type: 'where' })) === 0).toBe(isolation === undefined)
    ref.tell({ type: 'ready' })
    for (const n of numbers(0, 300)) ref.tell({ type: 'load', n })
    expect(await ref.ask({ type: 'loads' })).toEqual(numbers(0, 300))
    const { value, status } = await machineState(ref)
    expect([value, status]).toEqual(['open', 'active'])
  })

  test('refuses what its state does not take, and counts what it is told of it', async () => {
    const { system, witness } = stage()
    const ref = system.spawn(kilns, { ...options, input: { witness } })
    const error = await failure(ref.ask({ type: 'cancel' }))
    expect(error).toBeInstanceOf(MessageRefusedError)
    expect(error).toMatchObject({ outcome: 'never-handled', message: expect.stringContaining('"cold"') })
    expect((error as Error).message).toContain(ref.toString())
    ref.tell({ type: 'cancel' })
    expect((await machineState(ref)).ignored).toBe(2)
    expect(system.counters.deadLettered).toBe(0)
  })

  test('answers when a promise that it has invoked is done, also those told and asked meanwhile', async () => {
    const { system, witness, told } = stage()
    const ref = system.spawn(kilns, { ...options, input: { witness } })
    const fired = ref.ask({ type: 'fire', ms: 30 })
    ref.tell({ type: 'talk' })
    expect(await ref.ask({ type: 'loads' })).toEqual([])
    expect(await fired).toBe('fired')
    await eventually(() => expect(told).toEqual(['draught heard talk', 'draught is cleaned up']))
    ref.tell({ type: 'owe' })
    const owed = ref.ask({ type: 'owe' })
    ref.tell({ type: 'pay' })
    expect(await owed).toBe('paid')
  })

  test('aborts and cleans up what it has invoked when it leaves the state, and when it is stopped', async () => {
    const { system, witness, told } = stage()
    const ref = system.spawn(kilns, { ...options, input: { witness } })
    ref.tell({ type: 'fire', ms: 60_000 })
    ref.tell({ type: 'cancel' })
    await eventually(() => expect(told).toHaveLength(2))
    const asked = failure(ref.ask({ type: 'fire', ms: 60_000 }))
    await ref.ask({ type: 'loads' })
    const gone = actor({ name: 'end', on: { it: (_s, _m, ctx) => ctx.exit(ref, 'shutdown') } })
    system.spawn(gone).tell({ type: 'it' })
    expect(await asked).toBeInstanceOf(ActorFailedError)
    await eventually(() => expect(told.toSorted()).toEqual(['draught is cleaned up', 'heat is aborted'].flatMap((text) => [text, text])))
  })

  test('has its delays on a clock, and its children beneath it', async () => {
    const { system, witness, told } = stage()
    const ref = system.spawn(kilns, { ...options, input: { witness } })
    ref.tell({ type: 'bell', ms: 5 })
    ref.tell({ type: 'cat' })
    const here = await ref.ask({ type: 'where' })
    const kitten = system.ref('/it/cat') as AnyRef
    expect(await kitten.ask({ type: 'where' })).toBe(here)
    kitten.tell({ type: 'stroke' })
    expect(await machineState(kitten)).toMatchObject({ value: 'awake' })
    await eventually(() => expect(told).toEqual(['talk']))
  })

  test('ends in its final state: those who watch, ask for the output or are owed an answer are told of it', async () => {
    const { system, witness, gone } = stage()
    const ref = system.spawn(kilns, { ...options, input: { witness } })
    const far = system.spawn(mourner, { isolation: 'thread' })
    witness.tell({ type: 'watch', whom: ref })
    await far.ask({ type: 'watch', whom: ref })
    ref.tell({ type: 'ready' })
    ref.tell({ type: 'load', n: 1 })
    const open = [machineOutput(ref), ref.ask({ type: 'owe' })]
    const closing = ref.ask({ type: 'close' })
    const late = failure(ref.ask({ type: 'loads' }))
    ref.tell({ type: 'load', n: 2 })
    const output = { loads: [1] }
    expect(await Promise.all([...open, closing])).toEqual([output, output, output])
    // What came after its end was not handled.
    expect(await late).toBeInstanceOf(NoSuchActorError)
    await eventually(async () => {
      expect(gone).toEqual([['normal', output]])
      expect(await far.ask({ type: 'gone' })).toEqual([['normal', output]])
    })
    expect(system.deadLetters.query({ reason: 'stopped' }).map(({ message }) => message.type)).toEqual(['loads', 'load'])
  })

  test('that is done as it begins ends with its output', async () => {
    const { system, witness, gone } = stage()
    witness.tell({ type: 'watch', whom: system.spawn(brief, options) })
    await eventually(() => expect(gone).toEqual([['normal', 1]]))
  })

  test.each(['fail', 'guarded', 'owe and fail'] as const)(
    'that throws (%s) is restarted by its supervisor, with what waits for it',
    async (type) => {
      const set = stage()
      const { system, events } = set
      const ref = supervised(set, isolation)
      for (const n of numbers(0, 3)) ref.tell({ type: 'load', n })
      const asked = failure(ref.ask({ type }))
      const over = failure(ref.ask({ type: 'load', n: 3 }))
      ref.tell({ type: 'ready' })
      expect(await ref.ask({ type: 'loads' })).toEqual(numbers(0, 3))
      expect(await asked).toBeInstanceOf(ActorFailedError)
      expect(await over).toMatchObject({ code: 'MAILBOX_FULL', outcome: 'never-handled' })
      expect(events.filter((event) => event.type === 'actor.failed')).toMatchObject([
        { path: '/sup/kiln', cause: expect.stringContaining('on purpose') },
      ])
      expect(system.deadLetters.query({ reason: 'poison' })).toMatchObject([
        { message: { type }, target: expect.stringContaining('/sup/kiln') },
      ])
    },
  )

  test('has an output of one life, and not of the next', async () => {
    const { system, witness, gone } = stage()
    const spec = child(once, { ...(isolation && { isolation }), restart: 'permanent' })
    system.spawn(supervisor({ name: 'sup', intensity: { restarts: 1, withinMs: 60_000 }, children: [spec] }), { name: 'sup' })
    const ref = system.ref('/sup/once', once)
    witness.tell({ type: 'watch', whom: ref })
    expect(await ref.ask({ type: 'end' })).toBe('of the first life')
    await eventually(async () => expect(await machineState(ref)).toMatchObject({ value: 'on' }))
    expect(await ref.ask({ type: 'end' })).toBe(undefined)
    await eventually(() => expect(gone).toEqual([['normal', undefined]]))
  })

  test('that its supervisor lets go on is where it was before it failed, with all it owes', async () => {
    const { system, witness, events, told } = stage()
    const machine = recoverySetup().createMachine({ id: 'resumes', on: { FAILED: { actions: 'resume' } } })
    const recovery = { name: 'resumes', machine }
    const spec = child(kilns, { ...(isolation && { isolation }), input: { witness }, recovery })
    system.spawn(supervisor({ name: 'sup', children: [spec] }), { name: 'sup' })
    const ref = system.ref('/sup/kiln', kilns)
    ref.tell({ type: 'ready' })
    ref.tell({ type: 'load', n: 1 })
    const owed = ref.ask({ type: 'owe and fail' })
    ref.tell({ type: 'load', n: 2 })
    expect(await ref.ask({ type: 'loads' })).toEqual([1, 2])
    ref.tell({ type: 'pay' })
    expect(await owed).toBe('paid')
    // Nobody sends it anything: its own delays wake it.
    ref.tell({ type: 'fail later', ms: 1 })
    ref.tell({ type: 'bell', ms: 20 })
    await eventually(() => expect(told).toEqual(['talk']))
    expect(events.filter(({ type }) => type === 'actor.failed')).toHaveLength(2)
  })

  test('goes on from paper when it is restarted, and answers with it', async () => {
    const { system } = stage()
    const spec = child(ledger, { ...(isolation && { isolation }), recovery: restartAtOnce() })
    system.spawn(supervisor({ name: 'sup', children: [spec] }), { name: 'sup' })
    const ref = system.ref('/sup/ledger', ledger)
    const before = (await machineState<string, { n: number }>(ref)).context.n
    await ref.ask({ type: 'add' })
    ref.tell({ type: 'lose' })
    await ref.ask({ type: 'add' })
    const { snapshot } = await persistMachine(ref)
    expect(snapshot).toMatchObject({ value: 'open', context: { n: before + 2 }, delayed: [{ dueAt: expect.any(Number) }] })
  })
})

test('machines share a thread, and what it dies of', async () => {
  const { system, witness } = stage()
  const isolation = { thread: 'shared', hangMs: 600 }
  const children = ['a', 'b'].map((id) => child(kilns, { id, isolation, input: { witness }, recovery: restartAtOnce() }))
  system.spawn(supervisor({ name: 'sup', children }), { name: 'sup' })
  const [a, b] = ['a', 'b'].map((id) => system.ref(`/sup/${id}`, kilns)) as [Kiln, Kiln]
  const first = await a.ask({ type: 'where' })
  expect(await b.ask({ type: 'where' })).toBe(first)
  a.tell({ type: 'spin' })
  await eventually(async () => expect(await b.ask({ type: 'where' }, { timeoutMs: 20_000 })).not.toBe(first))
})

test.each([1, 2, 3])('a machine in a thread does what it does on the main loop, whatever it is told (seed %i)', async (seed) => {
  const runs = ([undefined, 'thread'] as const).map(async (isolation) => {
    const set = stage()
    const ref = supervised(set, isolation) as AnyRef
    const answers: Promise<unknown>[] = []
    let state = seed
    const below = (n: number): number => (state = (state * 48_271) % 2_147_483_647) % n
    const types = ['load', 'load', 'ready', 'loads', 'owe', 'pay', 'cat', 'talk', 'owe and fail', 'fail', 'guarded', 'cancel', 'nonsense']
    for (const n of numbers(0, 200)) {
      const message = { type: types[below(types.length)]!, n }
      if (below(2) === 0) ref.tell(message)
      else
        answers.push(
          ref.ask(message, { timeoutMs: 20_000 }).then(
            (value) => [n, message.type, value],
            (error: { code: string }) => [n, message.type, error.code],
          ),
        )
    }
    // Nothing stays postponed, and nothing is owed.
    for (const type of ['ready', 'close']) ref.tell({ type })
    await eventually(() => expect(set.system.counters.waiting).toBe(0))
    return { answers: await Promise.all(answers), told: set.told, letters: set.system.deadLetters.counts }
  })
  const [onMainLoop, inThread] = await Promise.all(runs)
  expect(inThread).toEqual(onMainLoop)
})

test('a machine that hangs, in an event or when a delay is over, is terminated with its thread and restarted', async () => {
  const set = stage()
  const ref = supervised(set, { hangMs: 600 })
  const first = await ref.ask({ type: 'where' })
  const owed = failure(ref.ask({ type: 'owe' }, { timeoutMs: 20_000 }))
  const hung = failure(ref.ask({ type: 'spin' }, { timeoutMs: 20_000 }))
  ref.tell({ type: 'ready' })
  ref.tell({ type: 'load', n: 1 })
  expect(await ref.ask({ type: 'loads' }, { timeoutMs: 20_000 })).toEqual([1])
  for (const error of [await owed, await hung]) {
    expect(error).toBeInstanceOf(ActorFailedError)
    expect(error).toMatchObject({ cause: expect.any(ThreadHungError) })
  }
  const second = await ref.ask({ type: 'where' })
  ref.tell({ type: 'spin later' })
  await eventually(async () => expect([first, second]).not.toContain(await ref.ask({ type: 'where' }, { timeoutMs: 20_000 })))
  expect(set.events.filter((event) => event.type === 'actor.hung')).toHaveLength(2)
})

test('an output that cannot be cloned stays in the thread: the machine ends as it should, and who asks is told why', async () => {
  const { system, witness, gone } = stage()
  const ref = system.spawn(odd, { isolation: 'thread' })
  witness.tell({ type: 'watch', whom: ref })
  const asked = failure(ref.ask({ type: 'end' }))
  expect(await asked).toMatchObject({ reason: 'undeliverable-codec', outcome: 'handled' })
  await eventually(() => expect(gone).toEqual([['normal', undefined]]))
})

test('a machine that says no module is refused where it is spawned, with what to type', () => {
  const { system } = stage()
  const homeless = machineActor(createMachine({ id: 'homeless' }))
  expect(() => system.spawn(homeless, { isolation: 'thread' })).toThrow(
    "machineActor(machine, { name: 'homeless', module: import.meta.url, … })",
  )
  expect(() => machineActor(createMachine({ id: 'x' }), { module: './x.ts' })).toThrow(InvalidOptionError)
})

test('the schemas of a machine are checked where events enter its thread, once', async () => {
  const { system } = stage()
  const ref = system.spawn(purse, { isolation: 'thread' }) as AnyRef
  expect(await ref.ask({ type: 'add', by: '40' })).toBe(40)
  expect(await ref.ask({ type: 'add', by: '2' })).toBe(42)
  expect(await failure(ref.ask({ type: 'add', by: 2 }))).toMatchObject({ code: 'MESSAGE_REFUSED', reason: 'invalid' })
  expect(system.deadLetters.counts.invalid).toBe(1)
})
