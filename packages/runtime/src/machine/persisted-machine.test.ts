// A machine on paper: what is written down, and that a machine goes on from there as if nothing had happened.

import { expect, test } from 'vitest'
import { assign, createMachine, fromCallback, fromPromise, raise, sendTo, setup, spawnChild } from 'xstate'
import { boss } from '../testing/boss.fixture.ts'
import { expectBalanced, stage } from '../testing/stage.fixture.ts'
import { machineActor } from './machine-actor.ts'
import { machineState, persistMachine } from './machine-queries.ts'
import type { PersistedMachine } from './persisted-machine.ts'

/** As it comes back from a file or a database. */
const onPaper = (machine: PersistedMachine): PersistedMachine => JSON.parse(JSON.stringify(machine)) as PersistedMachine

const timed = createMachine({
  id: 'timed',
  context: { n: 1, list: [{ deep: true }] },
  initial: 'a',
  states: { a: { after: { 100: 'b' }, on: { n: { actions: assign({ n: ({ context }) => context.n + 1 }) } } }, b: {} },
})

test('the envelope is plain JSON with a version, the machine, and absolute deadlines', async () => {
  const { system, env } = stage()
  const ref = system.spawn(machineActor(timed))
  await env.advance(40)
  const paper = await persistMachine(ref)
  expect(onPaper(paper)).toEqual(paper)
  expect(paper).toMatchObject({
    format: 1,
    machine: 'timed',
    savedAt: env.wallNow(),
    snapshot: {
      status: 'active',
      value: 'a',
      context: { n: 1, list: [{ deep: true }] },
      delayed: [{ id: 'xstate.after.100.timed.a', dueAt: env.wallNow() + 60 }],
    },
  })
})

test('a restored machine goes on where it was, and what was due when it was away comes at once, the rest in its time', async () => {
  const first = stage()
  const before = first.system.spawn(machineActor(timed))
  before.tell({ type: 'n' })
  await first.env.advance(40)
  const paper = onPaper(await persistMachine(before))

  const later = stage()
  later.env.jumpWallClock(70)
  const after = later.system.spawn(machineActor(timed, { restore: () => paper }))
  await later.env.advance(29)
  expect(await machineState(after)).toMatchObject({ value: 'a', context: { n: 2 } })
  await later.env.advance(1)
  expect((await machineState(after)).value).toBe('b')

  const muchLater = stage()
  muchLater.env.jumpWallClock(1e9)
  const last = muchLater.system.spawn(machineActor(timed, { restore: () => Promise.resolve(paper) }))
  await muchLater.env.advance(0)
  expect((await machineState(last)).value).toBe('b')
  // What was on paper is not touched by the machines that came of it.
  expect(onPaper(await persistMachine(before))).toEqual({ ...paper, savedAt: first.env.wallNow() })
})

test('children come back: machines with their state and delays, promises and callbacks from their input; ended ones do not', async () => {
  const said: string[] = []
  const make = (place: string) =>
    setup({
      actors: {
        clock: createMachine({
          id: 'clock',
          initial: 'tick',
          states: { tick: { after: { 100: 'tock' } }, tock: { type: 'final' } },
          output: 'rang',
        }),
        job: fromPromise<string, number>(({ input }) => {
          said.push(`${place}: job ${input}`)
          return new Promise(() => {})
        }),
        quick: fromPromise(() => Promise.resolve(said.push(`${place}: quick`))),
        ear: fromCallback(({ receive }) => receive(({ type }) => said.push(`${place}: ${type}`))),
      },
    }).createMachine({
      id: 'parent',
      initial: 'on',
      entry: [spawnChild('job', { id: 'job', input: 7 }), spawnChild('quick', { id: 'quick' }), spawnChild('ear', { id: 'ear' })],
      states: { on: { invoke: { src: 'clock', id: 'clock', onDone: 'off' } }, off: {} },
      on: { say: { actions: sendTo('ear', { type: 'heard' }) }, later: { actions: sendTo('ear', { type: 'late' }, { delay: 500 }) } },
    })
  const first = stage()
  const before = first.system.spawn(machineActor(make('first')))
  before.tell({ type: 'later' })
  await first.env.advance(40)
  const paper = onPaper(await persistMachine(before))
  expect(said.splice(0)).toEqual(['first: job 7', 'first: quick'])

  const second = stage()
  const after = second.system.spawn(machineActor(make('second'), { restore: () => paper }))
  after.tell({ type: 'say' })
  await second.env.advance(99)
  expect(said.splice(0)).toEqual(['second: job 7', 'second: heard'])
  expect((await machineState(after)).value).toBe('on')
  await second.env.advance(1)
  expect((await machineState(after)).value).toBe('off')
  await second.env.advance(400)
  expect(said).toEqual(['second: late'])
  expectBalanced(second.system)
})

test('refs in the context come back as refs', async () => {
  const said: string[] = []
  const machine = setup({ actors: { ear: fromCallback(({ receive }) => receive(({ type }) => said.push(type))) } }).createMachine({
    id: 'm',
    context: ({ spawn }) => ({ ear: spawn('ear', { id: 'ear' }) }),
    on: { say: { actions: ({ context }) => context.ear.send({ type: 'hello' }) } },
  })
  const first = stage()
  const paper = onPaper(await persistMachine(first.system.spawn(machineActor(machine))))
  const second = stage()
  second.system.spawn(machineActor(machine, { restore: () => paper })).tell({ type: 'say' })
  await second.env.settle()
  expect(said).toEqual(['hello'])
})

test('with persist and restore a machine goes on after a restart, and an answer waits until its step is on paper', async () => {
  const { system, env } = stage()
  let paper: PersistedMachine | undefined
  const machine = createMachine({
    id: 'm',
    context: { n: 0 },
    initial: 'a',
    on: {
      n: { actions: assign({ n: ({ context }) => context.n + 1 }) },
      none: {},
      fail: {
        actions: () => {
          throw new Error('no')
        },
      },
    },
    states: { a: { entry: raise({ type: 'late' }, { delay: 50 }), on: { late: 'b' } }, b: {} },
  })
  let saves = 0
  const definition = machineActor(machine, {
    restore: () => paper,
    async persist(now) {
      saves++
      await Promise.resolve()
      paper = onPaper(now)
    },
  })
  const chief = boss({ start: (control) => control.spawn(definition, { name: 'm' }) })
  chief.onDown = (child) => chief.control.order(child, { type: 'restart' })
  system.spawn(chief.definition, { name: 'boss' })
  await env.settle()
  const ref = system.ref<{ n(): unknown; none(): unknown; fail(): unknown }>('/boss/m')
  await ref.ask({ type: 'n' })
  expect(paper).toMatchObject({ snapshot: { context: { n: 1 } } })
  await ref.ask({ type: 'n' })
  // What changes nothing is not written.
  await ref.ask({ type: 'none' }).catch(() => {})
  expect(saves).toBe(2)
  await env.advance(30)
  ref.tell({ type: 'fail' })
  await env.advance(19)
  expect(await machineState(ref)).toMatchObject({ value: 'a', context: { n: 2 } })
  await env.advance(1)
  expect((await machineState(ref)).value).toBe('b')
  expectBalanced(system)
})

test('persisting that fails is a failure of the actor', async () => {
  const { system } = stage()
  const ref = system.spawn(machineActor(timed, { persist: () => Promise.reject(new Error('disk full')) }))
  await expect(ref.ask({ type: 'n' })).rejects.toMatchObject({ code: 'ACTOR_FAILED', cause: { message: 'disk full' } })
})

test('what would not come back as it was is refused, and named', async () => {
  const contexts = [{ when: new Date(0) }, { map: new Map() }, { big: 1n }, { not: Number.NaN }]
  for (const inner of contexts) {
    const { system } = stage()
    const ref = system.spawn(machineActor(createMachine({ id: 'm', context: { inner: inner as object } })))
    await expect(persistMachine(ref)).rejects.toMatchObject({
      cause: { code: 'INVALID_OPTION', field: expect.stringMatching(/^snapshot\.context\.inner\./) },
    })
  }
  const { system, env } = stage()
  const nameless = createMachine({
    id: 'm',
    entry: spawnChild(
      fromCallback(() => {}),
      { id: 'child' },
    ),
  })
  await expect(persistMachine(system.spawn(machineActor(nameless)))).rejects.toMatchObject({
    cause: { field: 'snapshot.children.child.src' },
  })
  // Asking does no harm.
  await env.settle()
  expect(system.counters.deadLettered).toBe(0)
})

test.each([
  ['nothing that was written', 'text', 'restore'],
  ['another format', { format: 2, machine: 'timed' }, 'restore.format'],
  ['another machine', { format: 1, machine: 'other' }, 'restore.machine'],
  ['another version', { format: 1, machine: 'timed', version: '2' }, 'restore.version'],
  ['no snapshot', { format: 1, machine: 'timed' }, 'restore.snapshot'],
  [
    'a poisoned prototype',
    { format: 1, machine: 'timed', snapshot: JSON.parse('{"children":{},"__proto__":{"x":1}}') as object },
    'restore.snapshot.__proto__',
  ],
  [
    'a state that is not there',
    { format: 1, machine: 'timed', snapshot: { children: {}, context: {}, status: 'active', value: 'z' } },
    undefined,
  ],
  [
    'a delay for nobody',
    {
      format: 1,
      machine: 'timed',
      snapshot: {
        children: {},
        context: {},
        status: 'active',
        value: 'a',
        delayed: [{ id: 'x', event: { type: 'x' }, to: 'y', dueAt: 1 }],
      },
    },
    'restore.snapshot.delayed[0].to',
  ],
])('an envelope with %s is refused at the start', async (_what, envelope, field) => {
  const { system, env } = stage()
  const chief = boss({ start: (control) => control.spawn(machineActor(timed, { restore: () => envelope as never }), {}) })
  system.spawn(chief.definition)
  await env.settle()
  expect(chief.told).toMatchObject([
    { what: 'down', reason: { phase: 'starting', cause: field === undefined ? {} : { code: 'INVALID_OPTION', field } } },
  ])
})
