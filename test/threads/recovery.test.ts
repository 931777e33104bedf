// Recoveries of actors in worker threads: a new thread, and a fallback on the main loop in their place.

import {
  actor,
  child,
  createSystem,
  ladder,
  recovery,
  recoverySetup,
  supervisor,
  type ActorSystem,
  type RecoveryPolicy,
} from '@understudy/actors'
import { expectBalanced } from '@understudy/runtime/testing'
import { expect, onTestFinished, test } from 'vitest'
import { keeper } from './guests.fixture.ts'

function stage(recoveryPolicy: RecoveryPolicy, isolation?: 'thread'): { system: ActorSystem; replaced: string[] } {
  const system = createSystem({ log: { debug() {}, info() {}, warn() {}, error() {} } })
  const replaced: string[] = []
  system.onEvent('recovery.replaced', ({ cause }) => void replaced.push(cause))
  const children = [child(keeper, { recovery: recoveryPolicy, input: { first: 1 }, ...(isolation && { isolation }) })]
  system.spawn(supervisor({ name: 'sup', children }), { name: 'sup' })
  onTestFinished(async () => {
    await system.stop()
    expectBalanced(system)
  })
  return { system, replaced }
}

test('restartThread: the child goes on in a new thread, with what waits for it', async () => {
  const { system, replaced } = stage(ladder({ rungs: ['thread'] }), 'thread')
  const ref = system.ref('/sup/keeper', keeper)
  const before = await ref.ask({ type: 'where' })
  ref.tell({ type: 'add', n: 2 })
  ref.tell({ type: 'fail', why: 'leak' })
  const waiting = ref.ask({ type: 'items' })
  expect(await waiting).toEqual([1])
  expect(await ref.ask({ type: 'where' })).not.toBe(before)
  expect(replaced).toEqual([])
})

test('a plain restart keeps the thread, and on the main loop restartThread is not possible', async () => {
  const inThread = stage(ladder({ rungs: ['restart'] }), 'thread').system.ref('/sup/keeper', keeper)
  const before = await inThread.ask({ type: 'where' })
  inThread.tell({ type: 'fail', why: 'crash' })
  expect(await inThread.ask({ type: 'where' })).toBe(before)

  const machine = recoverySetup().createMachine({ id: 'blind', on: { FAILED: { actions: 'restartThread' } } })
  const { system, replaced } = stage(recovery(machine))
  system.ref('/sup/keeper', keeper).tell({ type: 'fail', why: 'crash' })
  expect(await system.ref('/sup/keeper', keeper).ask({ type: 'items' })).toEqual([1])
  expect(replaced).toEqual([expect.stringContaining("nothing here can do 'restartThread'")])
})

test('a fallback runs on the main loop in the place of a child in a thread, which then comes back', async () => {
  const substitute = actor({ name: 'substitute', on: { where: () => 0, items: () => ['none'] } })
  const machine = recoverySetup().createMachine({
    id: 'stand-in',
    initial: 'idle',
    states: {
      idle: { on: { FAILED: 'replaced' } },
      replaced: { entry: 'replace', on: { 'OPERATOR.release': { target: 'idle', actions: 'restart' } } },
    },
  })
  const { system, replaced } = stage(recovery(machine, { fallback: substitute }), 'thread')
  const ref = system.ref('/sup/keeper', keeper)
  expect(await ref.ask({ type: 'where' })).toBeGreaterThan(0)
  ref.tell({ type: 'fail', why: 'crash' })
  expect(await ref.ask({ type: 'items' })).toEqual(['none'])
  expect(await ref.ask({ type: 'where' })).toBe(0)
  await system.ref('/sup').ask({ type: 'recoverChild', id: 'keeper', order: 'release' } as never)
  expect(await ref.ask({ type: 'items' })).toEqual([1])
  expect(await ref.ask({ type: 'where' })).toBeGreaterThan(0)
  expect(replaced).toEqual([])
})

test('a fallback is none of the thread: what kills that does not touch it', async () => {
  const system = createSystem({ log: { debug() {}, info() {}, warn() {}, error() {} } })
  onTestFinished(async () => {
    await system.stop()
    expectBalanced(system)
  })
  const substitute = actor({ name: 'substitute', on: { where: (_state, _message, ctx) => ctx.incarnation } })
  const machine = recoverySetup().createMachine({ id: 'stand-in', on: { FAILED: { actions: 'replace' } } })
  const isolation = { thread: 'shared' } as const
  const children = [
    child(keeper, { id: 'replaced', recovery: recovery(machine, { fallback: substitute }), input: undefined, isolation }),
    child(keeper, { id: 'other', recovery: ladder({ rungs: ['restart'] }), input: undefined, isolation }),
  ]
  await system.spawn(supervisor({ name: 'sup', children }), { name: 'sup' }).ask({ type: 'countChildren' })
  const [replaced, other] = [system.ref('/sup/replaced', keeper), system.ref('/sup/other', keeper)]
  const thread = await other.ask({ type: 'where' })
  expect(await replaced.ask({ type: 'where' })).toBe(thread)
  replaced.tell({ type: 'fail', why: 'crash' })
  expect(await replaced.ask({ type: 'where' })).toBe(2)
  other.tell({ type: 'exit', code: 1 })
  expect(await other.ask({ type: 'where' })).not.toBe(thread)
  expect(await replaced.ask({ type: 'where' })).toBe(2)
})
