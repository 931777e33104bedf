import { actor } from '@understudy/runtime'
import { expect, test } from 'vitest'
import { record } from './record.ts'
import { testSystem } from './test-system.ts'

const echo = actor({ name: 'echo', on: { say: (_state: undefined, message: { n: number }) => message.n } })

test('instances of a recorded definition write down what they handle, when and who, and stay themselves', async () => {
  await using system = testSystem()
  const recorded = record(echo)
  const a = system.spawn(recorded.definition, { name: 'a' })
  const b = system.spawn(recorded.definition, { name: 'b' })
  expect(await a.ask({ type: 'say', n: 1 })).toBe(1)
  await system.advance(10)
  b.tell({ type: 'say', n: 2 })
  await system.settle()
  expect(recorded.messages).toEqual([
    { message: { type: 'say', n: 1 }, at: 0, path: '/a', incarnation: 1 },
    { message: { type: 'say', n: 2 }, at: 10, path: '/b', incarnation: 1 },
  ])
  recorded.clear()
  expect(recorded.messages).toEqual([])
})

test('a living actor is recorded from now on', async () => {
  await using system = testSystem()
  const ref = system.spawn(echo)
  ref.tell({ type: 'say', n: 1 })
  await system.settle()
  const recording = record(ref)
  ref.tell({ type: 'say', n: 2 })
  ref.tell({ type: 'unknown' } as never)
  await system.settle()
  expect(recording.messages.map(({ message }) => message)).toEqual([{ type: 'say', n: 2 }])
})

test('an actor with one receive for all, and what an actor becomes, are recorded', async () => {
  await using system = testSystem()
  const all = actor({
    name: 'all',
    receive: (_state: undefined, message: { type: 'a' } | { type: 'b' }, ctx) => void (message.type === 'a' && ctx.become({ c: () => 1 })),
  })
  const recorded = record(all)
  const ref = system.spawn(recorded.definition)
  ref.tell({ type: 'b' })
  ref.tell({ type: 'a' })
  ref.tell({ type: 'c' } as never)
  await system.settle()
  expect(recorded.messages.map(({ message }) => message.type)).toEqual(['b', 'a', 'c'])
})
