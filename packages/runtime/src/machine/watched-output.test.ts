import { expect, expectTypeOf, test } from 'vitest'
import { assign, createMachine } from 'xstate'
import { actor } from '../actor/define.ts'
import type { Termination } from '../contracts/behavior.ts'
import type { AnyRef } from '../contracts/ref.ts'
import { boss } from '../testing/boss.fixture.ts'
import { stage } from '../testing/stage.fixture.ts'
import { machineActor } from './machine-actor.ts'

const quiz = machineActor(
  createMachine({
    id: 'quiz',
    types: {} as {
      context: { points: number }
      events: { type: 'right' } | { type: 'over' } | { type: 'cheat' }
      output: { points: number }
    },
    context: { points: 0 },
    initial: 'on',
    states: {
      on: {
        on: { right: { actions: assign({ points: ({ context }) => context.points + 1 }) }, over: 'done', cheat: { actions: () => fail() } },
      },
      done: { type: 'final' },
    },
    output: ({ context }) => ({ points: context.points }),
  }),
)

function fail(): never {
  throw new Error('cheated')
}

function watching(told: Termination[]) {
  return actor({
    name: 'watching',
    terminated: (_state, event) => {
      expectTypeOf(event.output).toBeUnknown()
      told.push(event)
    },
    on: { watch: (_state, message: { whom: AnyRef }, ctx) => ctx.watch(message.whom) },
  })
}

test('whoever watches a machine is told of its output when it is done, also when that was before', async () => {
  const { system, env } = stage()
  const told: Termination[] = []
  const ref = system.spawn(quiz)
  system.spawn(watching(told)).tell({ type: 'watch', whom: ref })
  ref.tell({ type: 'right' })
  ref.tell({ type: 'right' })
  ref.tell({ type: 'over' })
  await env.settle()
  system.spawn(watching(told)).tell({ type: 'watch', whom: ref })
  await env.settle()
  const event = { address: ref.address, reason: 'normal', output: { points: 2 } }
  expect(told).toEqual([event, event])
})

test('a machine that is stopped, or fails, has no output to tell of, and an ordinary actor never has', async () => {
  const { system, env } = stage()
  const told: Termination[] = []
  const plain = system.spawn(
    actor({ name: 'plain', on: { end: (_s, message: { whom: AnyRef }, ctx) => ctx.exit(message.whom, 'shutdown') } }),
  )
  const other = system.spawn(actor({ name: 'other', on: { end: (_s, _m, ctx) => ctx.stop() } }))
  const [stopped, failing] = [system.spawn(quiz), system.spawn(quiz)]
  const watcher = system.spawn(watching(told))
  for (const whom of [other, stopped, failing]) watcher.tell({ type: 'watch', whom })
  await env.settle()
  other.tell({ type: 'end' })
  plain.tell({ type: 'end', whom: stopped })
  failing.tell({ type: 'cheat' })
  await env.settle()
  expect(new Set(told.map(({ address }) => address))).toEqual(new Set([other, stopped, failing].map(({ address }) => address)))
  for (const event of told) expect(event).not.toHaveProperty('output')
})

test('the output of one life of a machine is not told of as that of the next', async () => {
  const { system, env } = stage()
  const told: Termination[] = []
  const outputs = ['of the first life', undefined]
  const once = machineActor(
    createMachine({
      id: 'once',
      initial: 'on',
      states: { on: { on: { over: 'done' } }, done: { type: 'final' } },
      output: () => outputs.shift(),
    }),
  )
  const above = boss({ start: (control) => void control.spawn(once as never, { name: 'once' }) })
  above.onDown = (child) => above.control.order(child, { type: child.incarnation === 1 ? 'restart' : 'remove' })
  system.spawn(above.definition, { name: 'boss' })
  await env.settle()
  const ref = system.ref('/boss/once', once)
  system.spawn(watching(told)).tell({ type: 'watch', whom: ref })
  for (let life = 1; life <= 2; life++) {
    ref.tell({ type: 'over' })
    await env.settle()
  }
  expect(outputs).toEqual([])
  expect(told).toMatchObject([{ reason: 'normal' }])
  expect(told[0]).not.toHaveProperty('output')
})
