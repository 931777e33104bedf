import { actor } from '@understudy/runtime'
import { child, supervisor } from '@understudy/supervisor'
import { expect, test } from 'vitest'
import { failNext } from './fail-next.ts'
import { testSystem } from './test-system.ts'

const counter = actor({
  name: 'counter',
  state: () => ({ value: 0 }),
  on: {
    add: (state, message: { by: number }) => void (state.value += message.by),
    value: (state) => state.value,
  },
})

test('the next message of a living actor fails, so often as was said, and its supervisor restarts it', async () => {
  await using system = testSystem()
  const dead = system.deadLetterProbe()
  system.spawn(supervisor({ name: 'shop', strategy: 'one-for-one', children: [child(counter)] }), { name: 'shop' })
  await system.settle()
  const ref = system.ref('/shop/counter', counter)
  const injected = failNext(ref, new Error('disk full'), { times: 2, type: 'add' })
  expect(await ref.ask({ type: 'value' })).toBe(0)
  expect(injected.remaining).toBe(2)
  for (const by of [1, 2, 3]) ref.tell({ type: 'add', by })
  await system.advance(60_000)
  expect(injected.remaining).toBe(0)
  expect(await ref.ask({ type: 'value' })).toBe(3)
  for (const by of [1, 2]) await dead.expect({ reason: 'poison', message: { type: 'add', by } })
  expect(system.events.filter(({ type }) => type === 'actor.restarted')).toHaveLength(2)
})

test('what has not failed yet can be taken back', async () => {
  await using system = testSystem()
  const ref = system.spawn(counter)
  failNext(ref, new Error('never')).cancel()
  expect(await ref.ask({ type: 'value' })).toBe(0)
})

test('a definition whose start fails twice comes up at the third attempt; the original is not touched', async () => {
  await using system = testSystem()
  const flaky = failNext(counter, new Error('no connection'), { phase: 'starting', times: 1 })
  const watcher = system.probe()
  const exit = await watcher.expectTerminated(system.spawn(flaky))
  expect(exit).toMatchObject({ phase: 'starting', cause: new Error('no connection') })
  expect(await system.spawn(flaky).ask({ type: 'value' })).toBe(0)
  expect(await system.spawn(counter).ask({ type: 'value' })).toBe(0)
})

test('a restart that fails is tried again', async () => {
  await using system = testSystem()
  system.spawn(
    supervisor({ name: 'shop', strategy: 'one-for-one', intensity: { restarts: 10, withinMs: 1000 }, children: [child(counter)] }),
    { name: 'shop' },
  )
  await system.settle()
  const ref = system.ref('/shop/counter', counter)
  failNext(ref, new Error('start'), { phase: 'starting', times: 2 })
  failNext(ref, new Error('crash'))
  ref.tell({ type: 'add', by: 1 })
  await system.advance(60_000)
  expect(await ref.ask({ type: 'value' })).toBe(0)
  expect(system.events.filter(({ type }) => type === 'actor.failed')).toHaveLength(3)
})

test('a ref to nobody, or to what is no single actor, is refused', async () => {
  await using system = testSystem()
  expect(() => failNext(system.ref('/nobody'), new Error('x'))).toThrow('must be a ref to a living actor')
  expect(() => failNext(system.probe().ref, new Error('x'))).toThrow('must be a ref to a living actor')
})
