// What makes a machine an actor: supervision, asks, postponing, its end. Virtual time.

import { expect, expectTypeOf, test } from 'vitest'
import { assign, createMachine, emit, fromPromise, raise, setup } from 'xstate'
import type { ExitReason } from '../contracts/exit-reason.ts'
import type { AnyRef, Ref } from '../contracts/ref.ts'
import type { Protocol } from '../contracts/message.ts'
import type { StandardSchema } from '../contracts/schema.ts'
import { InvalidOptionError } from '../errors.ts'
import { actor } from '../actor/define.ts'
import { admit } from '../actor/schemas.ts'
import { boss } from '../testing/boss.fixture.ts'
import { deferred, expectBalanced, stage } from '../testing/stage.fixture.ts'
import { machineActor } from './machine-actor.ts'
import { postpone, reply, replyLater } from './machine-actions.ts'
import type { MachineProtocol } from './machine-protocol.ts'
import { machineOutput, machineState } from './machine-queries.ts'

type Events = { type: 'add'; by: number } | { type: 'total' } | { type: 'fail' } | { type: 'lock' } | { type: 'unlock' }

const counter = setup({
  types: { context: {} as { n: number }, events: {} as Events, input: {} as { start: number } },
  actions: { answer: reply(({ context }) => (context as { n: number }).n) },
}).createMachine({
  id: 'counter',
  context: ({ input }) => ({ n: input.start }),
  initial: 'open',
  states: {
    open: {
      on: {
        add: { actions: assign({ n: ({ context, event }) => context.n + event.by }) },
        total: { actions: 'answer' },
        fail: {
          target: 'locked',
          actions: [
            assign({ n: -1 }),
            () => {
              throw new Error('ouch')
            },
          ],
        },
        lock: 'locked',
      },
    },
    locked: { on: { unlock: 'open', total: { actions: postpone() } } },
  },
})

test('a machine is spawned like any other actor: its events are the messages, its input the input', async () => {
  const { system } = stage()
  const definition = machineActor(counter, { replies: {} as { total: number } })
  const ref = system.spawn(definition, { name: 'c', input: { start: 40 } })
  ref.tell({ type: 'add', by: 2 })
  const total = await ref.ask({ type: 'total' })
  expect(total).toBe(42)
  expectTypeOf(total).toBeNumber()
  // The type of a ref speaks of events and answers, not of XState.
  expectTypeOf(ref).toEqualTypeOf<Ref<MachineProtocol<Events, { total: number }>>>()
  // @ts-expect-error the machine has no such event
  ref.tell({ type: 'subtract', by: 2 })
  // @ts-expect-error the payload is wrong
  ref.tell({ type: 'add', by: 'two' })
  // @ts-expect-error the input is missing: the machine's context fails for want of it
  system.spawn(definition)
  await system.stop()
})

test('input given with the definition is the default, and need not be given again', async () => {
  const { system } = stage()
  const ref = system.spawn(machineActor(counter, { input: { start: 7 } }))
  expect(await ref.ask({ type: 'total' })).toBe(7)
})

test('an action that throws is a failure for the supervisor; a restart begins anew', async () => {
  const { system, env } = stage()
  let ref!: Ref<Protocol>
  const chief = boss({ start: (control) => void (ref = control.spawn(machineActor(counter), { name: 'c', input: { start: 1 } }).ref) })
  chief.onDown = (child) => chief.control.order(child, { type: 'restart' })
  system.spawn(chief.definition)
  ref.tell({ type: 'add', by: 1 } as never)
  const asked = ref.ask({ type: 'fail' })
  await expect(asked).rejects.toMatchObject({ code: 'ACTOR_FAILED', cause: { message: 'ouch' } })
  await env.settle()
  expect(chief.told).toMatchObject([
    { what: 'started' },
    { what: 'down', reason: { phase: 'handling' } },
    { what: 'started', incarnation: 2 },
  ])
  expect(await ref.ask({ type: 'total' })).toBe(1)
  expectBalanced(system)
})

test('a machine that is resumed after a failure is where it was before the failing event', async () => {
  const { system } = stage()
  let ref!: Ref<Protocol>
  const chief = boss({ start: (control) => void (ref = control.spawn(machineActor(counter), { name: 'c', input: { start: 5 } }).ref) })
  chief.onDown = (child) => chief.control.order(child, { type: 'resume' })
  system.spawn(chief.definition)
  ref.tell({ type: 'fail' })
  expect(await machineState(ref)).toMatchObject({ value: 'open', context: { n: 5 } })
})

test('a guard that throws, an endless eventless circle and an async action that rejects are failures too', async () => {
  const machines = {
    guard: createMachine({
      on: {
        go: {
          guard: () => {
            throw new Error('in the guard')
          },
        },
      },
    }),
    circle: createMachine({ initial: 'a', states: { a: { on: { go: 'b' } }, b: { always: 'c' }, c: { always: 'b' } } }),
    rejection: createMachine({ on: { go: { actions: (): unknown => Promise.reject(new Error('later')) } } }),
  }
  const texts = { guard: /in the guard/, circle: /Infinite loop/, rejection: /later/ }
  for (const [name, machine] of Object.entries(machines)) {
    const { system, env, events } = stage()
    const ref = system.spawn(machineActor(machine, { name }))
    ref.tell({ type: 'go' })
    await env.settle()
    expect(events.find(({ type }) => type === 'actor.failed')).toMatchObject({
      path: expect.stringContaining(name),
      cause: expect.stringMatching(texts[name as 'guard']),
    })
    expectBalanced(system)
    await system.stop()
  }
})

test('an ask of an event that the machine does not take is refused; a tell is ignored and counted', async () => {
  const { system } = stage()
  const ref = system.spawn(machineActor(counter, { input: { start: 0 } }))
  ref.tell({ type: 'unlock' })
  await expect(ref.ask({ type: 'unlock' })).rejects.toMatchObject({
    code: 'MESSAGE_REFUSED',
    outcome: 'never-handled',
    message: expect.stringContaining('"open"'),
  })
  expect(await machineState(ref)).toMatchObject({ status: 'active', ignored: 2 })
  // An event that is taken without an answer answers undefined.
  expect(await ref.ask({ type: 'lock' })).toBeUndefined()
  expectBalanced(system)
})

test('what XState tells a machine of its own cannot come from outside', async () => {
  const { system } = stage()
  const ref = system.spawn(machineActor(createMachine({ id: 'm', initial: 'a', states: { a: { after: { 1000: 'b' } }, b: {} } })))
  for (const type of ['xstate.after.1000.m.a', 'xstate.stop', 'xstate.init', 'xstate.error.actor.x']) ref.tell({ type })
  expect(await machineState(ref)).toMatchObject({ status: 'active', value: 'a', ignored: 4 })
})

test('an answer can come from a later step, from whatever state', async () => {
  const { system } = stage()
  const work = deferred<number>()
  const machine = setup({ actors: { work: fromPromise(() => work.promise) } }).createMachine({
    id: 'm',
    initial: 'idle',
    states: {
      idle: { on: { start: { target: 'busy', actions: replyLater() } } },
      busy: {
        invoke: {
          src: 'work',
          onDone: { target: 'idle', actions: [reply(({ event }) => event.output), reply('you too', { to: 'curious' })] },
        },
        on: { when: { actions: replyLater('curious') } },
      },
    },
  })
  const ref = system.spawn(machineActor(machine))
  const answers = [ref.ask({ type: 'start' }), ref.ask({ type: 'when' }), ref.ask({ type: 'when' })]
  expect((await machineState(ref)).value).toBe('busy')
  work.resolve(7)
  expect(await Promise.all(answers)).toEqual([7, 'you too', 'you too'])
  expectBalanced(system)
})

test('open asks are answered with the output when the machine is done, and rejected at once when it ends otherwise', async () => {
  const { system } = stage()
  const machine = createMachine({
    id: 'm',
    initial: 'on',
    states: { on: { on: { wait: { actions: replyLater() }, end: 'off' } }, off: { type: 'final' } },
    output: 'the output',
  })
  const ref = system.spawn(machineActor(machine, { name: 'one' }))
  const open = [ref.ask({ type: 'wait' }), machineOutput(ref), ref.ask({ type: 'end' })]
  expect(await Promise.all(open)).toEqual(['the output', 'the output', 'the output'])
  await expect(machineOutput(ref)).rejects.toMatchObject({ code: 'NO_SUCH_ACTOR' })

  const other = system.spawn(machineActor(machine, { name: 'two' }))
  const waiting = other.ask({ type: 'wait' }).catch((error: unknown) => error)
  await system.stop()
  expect(await waiting).toMatchObject({ code: 'ACTOR_FAILED' })
})

test('a machine that is done ends with the reason normal; its watchers and its definition are told', async () => {
  const { system, env } = stage()
  const outputs: unknown[] = []
  const reasons: ExitReason[] = []
  const machine = createMachine({ id: 'm', initial: 'on', states: { on: { after: { 10: 'off' } }, off: { type: 'final' } }, output: 42 })
  const ref = system.spawn(machineActor(machine, { done: (output) => outputs.push(output) }))
  system.spawn(
    actor({ name: 'watcher', state: (_: undefined, ctx) => ctx.watch(ref), on: {}, terminated: (_, { reason }) => reasons.push(reason) }),
  )
  await env.advance(10)
  expect([outputs, reasons]).toEqual([[42], ['normal']])
  expect(env.pendingTimers).toBe(0)
})

test('emitted events are handed out', async () => {
  const { system, env } = stage()
  const heard: string[] = []
  const machine = setup({ types: { emitted: {} as { type: 'rang'; times: number } } }).createMachine({
    id: 'bell',
    on: { ring: { actions: emit({ type: 'rang', times: 3 }) } },
  })
  const ref = system.spawn(machineActor(machine, { emitted: (event, ctx) => heard.push(`${ctx.path} ${event.type} ${event.times}`) }))
  ref.tell({ type: 'ring' })
  await env.settle()
  expect(heard).toEqual([expect.stringMatching(/rang 3$/)])
})

test('a stopped machine leaves no timers behind', async () => {
  const { system, env } = stage()
  const machine = createMachine({ id: 'm', initial: 'a', states: { a: { after: { 1e9: 'b' } }, b: {} } })
  const parent = system.spawn(
    actor({
      name: 'parent',
      state: (_: undefined, ctx): AnyRef => ctx.spawn(machineActor(machine)),
      on: { stop: (child, _m: object, ctx) => ctx.stop(child) },
    }),
  )
  await env.settle()
  expect(env.pendingTimers).toBe(1)
  parent.tell({ type: 'stop' })
  await env.settle()
  expect(env.pendingTimers).toBe(0)
})

test('a full mailbox does not lose what comes from within', async () => {
  const { system, env } = stage()
  const gate = deferred()
  const machine = createMachine({
    id: 'm',
    initial: 'a',
    states: { a: { after: { 10: 'b' } }, b: {} },
    on: { hold: { actions: () => {} } },
  })
  // Persisting holds the actor, so that its mailbox stays full while the timer fires.
  const ref = system.spawn(machineActor(machine, { mailbox: { capacity: 1 }, persist: () => gate.promise }))
  ref.tell({ type: 'hold' })
  await env.settle()
  ref.tell({ type: 'hold' })
  await env.advance(15)
  gate.resolve()
  await env.advance(20)
  expect((await machineState(ref)).value).toBe('b')
  expectBalanced(system)
})

test('what is not a machine, or has a wrong option, is refused in the caller', () => {
  expect(() => machineActor({} as never)).toThrow(/machine is/)
  expect(() => machineActor(createMachine({}))).toThrow(/name is "\(machine\)"/)
  expect(() => machineActor(counter, { persist: 1 as never })).toThrow(/persist is 1/)
})

test('a machine that is stopped while it is being restored begins nothing', async () => {
  const { system, env } = stage()
  const gate = deferred<undefined>()
  const said: string[] = []
  const machine = createMachine({ id: 'm', entry: () => said.push('in') })
  system.spawn(machineActor(machine, { restore: () => gate.promise }))
  await env.settle()
  const stopped = system.stop()
  await env.settle()
  gate.resolve(undefined)
  await stopped
  expect(said).toEqual([])
})

/** Takes a number, written as text. */
const amount: StandardSchema = {
  '~standard': {
    version: 1,
    vendor: 'test',
    validate: (value) => {
      const by = Number((value as { by?: unknown }).by)
      return Number.isFinite(by) ? { value: { by } } : { issues: [{ message: 'not a number', path: ['by'] }] }
    },
  },
}

const till = setup({
  types: { context: {} as { n: number }, events: {} as { type: 'add'; by: number } | { type: 'late' | 'total' | 'open' } },
}).createMachine({
  id: 'till',
  context: { n: 0 },
  initial: 'closed',
  on: { total: { actions: reply(({ context }) => context.n) } },
  states: {
    closed: { on: { add: { actions: postpone() }, open: 'open' } },
    open: {
      on: {
        add: { actions: assign({ n: ({ context, event }) => context.n + event.by }) },
        // Its own events are not checked: no schema here would let this one pass.
        late: { actions: raise({ type: 'add', by: Number.NaN }, { delay: 5 }) },
      },
    },
  },
})

test('events are checked by their schemas where they enter the node, and go on as the schemas make them', () => {
  const definition = machineActor(till, { schema: { add: amount } })
  expect(admit(definition, { type: 'add', by: '2' } as never)).toEqual({ ok: true, message: { type: 'add', by: 2 } })
  expect(admit(definition, { type: 'add', by: 'x' } as never)).toEqual({
    ok: false,
    why: "'add' is not what its schema wants: by: not a number",
  })
  expect(admit(definition, { type: 'total' })).toMatchObject({ ok: true })
  // @ts-expect-error the machine has no such event
  expect(() => machineActor(till, { schema: { subtract: amount } })).toThrow(
    expect.objectContaining({ code: 'INVALID_OPTION', field: 'schema.subtract' }) as Error,
  )
  expect(() => machineActor(till, { schemaCheck: 'never' as never })).toThrow(InvalidOptionError)
  const wild = createMachine({ id: 'wild', on: { 'mouse.*': { actions: () => {} } } })
  for (const type of ['mouse', 'mouse.up']) expect(machineActor(wild, { schema: { [type]: amount } }).schemas?.size).toBe(1)
  expect(() => machineActor(wild, { schema: { mouses: amount } })).toThrow(InvalidOptionError)
})

test('events of this node are checked where the definition wants it, postponed ones too, and the machine’s own never', async () => {
  const { env, system } = stage()
  const ref = system.spawn(machineActor(till, { schema: { add: amount }, schemaCheck: 'always', strayErrors: 'all' }))
  ref.tell({ type: 'add', by: '40' } as never)
  const refused = ref.ask({ type: 'add', by: 'x' } as never).catch((error: unknown) => error)
  ref.tell({ type: 'open' })
  ref.tell({ type: 'add', by: 2 })
  await env.settle()
  expect(await refused).toMatchObject({ code: 'MESSAGE_REFUSED', reason: 'invalid' })
  const before = ref.ask({ type: 'total' })
  ref.tell({ type: 'late' })
  await env.advance(5)
  const after = ref.ask({ type: 'total' })
  await env.settle()
  expect(await Promise.all([before, after])).toEqual([42, Number.NaN])
  expect(system.deadLetters.counts.invalid).toBe(1)
  expectBalanced(system)
})
