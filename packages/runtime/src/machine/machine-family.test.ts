// Where a machine and its children differ from XState's interpreter on purpose: failures, restarts, names. Virtual time.

import { expect, test } from 'vitest'
import { assign, createMachine, fromCallback, fromPromise, sendTo, setup } from 'xstate'
import type { Protocol } from '../contracts/message.ts'
import type { Ref } from '../contracts/ref.ts'
import { boss } from '../testing/boss.fixture.ts'
import { deferred, expectBalanced, stage } from '../testing/stage.fixture.ts'
import { machineActor } from './machine-actor.ts'
import { machineState, persistMachine } from './machine-queries.ts'

const fail = (): never => {
  throw new Error('no')
}

/** A machine actor whose supervisor restarts it. */
function restarted(definition: ReturnType<typeof machineActor>) {
  const set = stage()
  let ref!: Ref<Protocol>
  const chief = boss({ start: (control) => void (ref = control.spawn(definition, { name: 'm', input: undefined }).ref as Ref<Protocol>) })
  chief.onDown = (child) => chief.control.order(child, { type: 'restart' })
  set.system.spawn(chief.definition, { name: 'boss' })
  return { ...set, chief, ref: ref as unknown as Ref<{ go(): void; fail(): void }> }
}

test('children live beneath their machine, by their ids', async () => {
  const { system, env, host } = stage()
  const leaf = fromCallback(() => {})
  const branch = createMachine({ id: 'branch', invoke: { id: 'leaf', src: leaf } })
  system.spawn(machineActor(createMachine({ id: 'tree', invoke: { id: 'left branch', src: branch } })), { name: 'tree' })
  await env.settle()
  expect(host.lookup('/tree/left_branch/leaf', 0)).toBeDefined()
})

test('the children of a machine that fails are stopped and cleaned up; those of its next life are new', async () => {
  const said: string[] = []
  let lives = 0
  const machine = createMachine({
    id: 'm',
    invoke: {
      id: 'child',
      src: fromCallback(() => {
        const life = ++lives
        said.push(`start ${life}`)
        return () => said.push(`end ${life}`)
      }),
    },
    on: { fail: { actions: fail } },
  })
  const { system, env, ref } = restarted(machineActor(machine))
  ref.tell({ type: 'fail' })
  await env.settle()
  expect(said).toEqual(['start 1', 'end 1', 'start 2'])
  expectBalanced(system)
})

test('what an earlier life left behind does not reach the next one: events to itself, results, timers', async () => {
  const work = deferred<string>()
  const said: unknown[] = []
  const machine = createMachine({
    id: 'm',
    initial: 'idle',
    on: {
      fail: { actions: [({ self }) => self.send({ type: 'left behind' }), fail] },
      'left behind': { actions: () => said.push('left behind') },
    },
    states: {
      idle: { on: { go: 'busy' } },
      busy: {
        after: { 10: 'idle' },
        invoke: { id: 'work', src: fromPromise(() => work.promise), onDone: { actions: () => said.push('done') } },
      },
    },
  })
  const { system, env, ref } = restarted(machineActor(machine))
  ref.tell({ type: 'go' })
  await env.advance(5)
  ref.tell({ type: 'fail' })
  await env.settle()
  work.resolve('late')
  await env.settle()
  expect(said).toEqual([])
  ref.tell({ type: 'go' })
  await env.advance(9)
  expect(await machineState(ref)).toMatchObject({ value: 'busy' })
  expect(said).toEqual(['done'])
  expectBalanced(system)
})

test('a step that throws sends nothing and starts nothing', async () => {
  const said: string[] = []
  const ear = fromCallback(({ receive }) => receive(({ type }) => said.push(type)))
  const machine = setup({ actors: { ear } }).createMachine({
    id: 'm',
    invoke: { id: 'ear', src: 'ear' },
    on: { go: { actions: [sendTo('ear', { type: 'sent' }), assign(({ spawn }) => ({ other: spawn('ear', { id: 'other' }) })), fail] } },
  })
  const { system, env, chief, host } = restarted(machineActor(machine))
  chief.onDown = (child) => chief.control.order(child, { type: 'resume' })
  system.ref<{ go(): void }>('/boss/m').tell({ type: 'go' })
  await env.settle()
  expect(said).toEqual([])
  expect(host.lookup('/boss/m/ear', 0)).toBeDefined()
  expect(host.lookup('/boss/m/other', 0)).toBeUndefined()
})

test('a child that somebody else stops comes as an error event', async () => {
  const { system, env, host } = stage()
  const said: unknown[] = []
  const machine = createMachine({
    id: 'm',
    invoke: {
      id: 'child',
      src: fromCallback(() => {}),
      onError: { actions: ({ event }: { event: { error: unknown } }) => said.push(String(event.error)) },
    },
  })
  system.spawn(machineActor(machine), { name: 'm' })
  await env.settle()
  host.lookup('/m/child', 0)!.signal({ type: 'stop', reason: 'shutdown' })
  await env.settle()
  expect(said).toEqual(["Error: child 'child' was stopped: shutdown"])
})

test('a due delay whose state is left by a message before it does not arrive', async () => {
  const { system, env } = stage()
  const machine = createMachine({
    id: 'm',
    initial: 'a',
    states: { a: { after: { 10: 'c' }, on: { go: { target: 'a', reenter: true } } }, c: {} },
  })
  const gate = deferred()
  let hold: Promise<void> | undefined = gate.promise
  const ref = system.spawn(machineActor(machine, { persist: () => hold }))
  ref.tell({ type: 'go' })
  await env.advance(5)
  // Held while it persists, so that both the event and the delay wait in the mailbox.
  ref.tell({ type: 'go' })
  await env.advance(10)
  hold = undefined
  gate.resolve()
  await env.settle()
  expect((await machineState(ref)).value).toBe('a')
  await env.advance(10)
  expect((await machineState(ref)).value).toBe('c')
})

test('ids that XState makes up are counted per machine, and beyond those of a restored one', async () => {
  const ear = fromCallback(() => {})
  const machine = setup({ actors: { ear }, types: { context: {} as { ids: string[] } } }).createMachine({
    id: 'm',
    context: { ids: [] },
    on: { spawn: { actions: assign({ ids: ({ context, spawn }) => [...context.ids, spawn('ear').id] }) } },
  })
  const first = stage()
  const before = first.system.spawn(machineActor(machine))
  before.tell({ type: 'spawn' })
  before.tell({ type: 'spawn' })
  const paper = await persistMachine(before)
  const ids = Object.keys(paper.snapshot.children)
  expect(ids).toEqual(['x:0', 'x:1'])
  expect(ids).toEqual((await machineState<unknown, { ids: string[] }>(before)).context.ids)

  const second = stage()
  const after = second.system.spawn(machineActor(machine, { restore: () => paper }))
  after.tell({ type: 'spawn' })
  expect(Object.keys((await persistMachine(after)).snapshot.children)).toHaveLength(3)
})

test('an action or actor that nobody implements is said so, and the machine goes on', async () => {
  const { system, env, lines } = stage()
  const ref = system.spawn(machineActor(createMachine({ id: 'm', entry: 'missing', invoke: { src: 'nobody' } })))
  await env.settle()
  expect(lines).toMatchObject([
    { level: 'warn', text: "the action 'missing' is not implemented" },
    { level: 'warn', text: "the actor 'nobody' is not implemented" },
  ])
  expect(await machineState(ref)).toMatchObject({ status: 'active' })
})

test('a clean-up that throws is said so, and stops nothing', async () => {
  const { system, env, lines } = stage()
  const machine = createMachine({
    id: 'm',
    initial: 'a',
    states: { a: { invoke: { id: 'child', src: fromCallback(() => fail) }, on: { go: 'b' } }, b: {} },
  })
  const ref = system.spawn(machineActor(machine))
  ref.tell({ type: 'go' })
  expect((await machineState(ref)).value).toBe('b')
  await env.settle()
  expect(lines.filter(({ level }) => level === 'warn')).toMatchObject([{ text: expect.stringContaining('its clean-up threw: Error: no') }])
})
