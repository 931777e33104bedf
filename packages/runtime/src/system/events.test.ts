import { expect, expectTypeOf, test } from 'vitest'
import { actor } from '../actor/define.ts'
import { InvalidOptionError } from '../errors.ts'
import { expectBalanced, stage } from '../testing/stage.fixture.ts'

const leaf = actor({
  name: 'leaf',
  on: {
    tick() {},
    pass: (_state, { to }: { to: string }, ctx) =>
      ctx.ref({ node: ctx.self.address.node, path: to, uid: 0 }).tell({ type: 'tick' } as never),
    stop: (_state, _message, ctx) => ctx.stop(),
  },
})

test('a listener gets the events of its types, with their fields, until it stops listening', async () => {
  const { env, system } = stage()
  const stopped: string[] = []
  const both: string[] = []
  const off = system.onEvent('actor.stopped', (event) => {
    expectTypeOf(event.reason).toEqualTypeOf<string>()
    stopped.push(event.path)
  })
  system.onEvent(['actor.stopped', 'dead-letter'], (event) => both.push(event.type))
  for (const name of ['a', 'b']) {
    const ref = system.spawn(leaf, { name })
    ref.tell({ type: 'stop' })
    await env.settle()
    ref.tell({ type: 'tick' })
    if (name === 'a') off()
  }
  expect(stopped).toEqual(['/a'])
  expect(both).toEqual(['actor.stopped', 'dead-letter', 'actor.stopped', 'dead-letter'])
  expect(() => system.onEvent('actor.stopped', undefined as never)).toThrow(InvalidOptionError)
})

test('a dead letter says who sent it, and can be listened to', async () => {
  const { env, system } = stage()
  const senders: unknown[] = []
  const off = system.deadLetters.subscribe(({ sender }) => senders.push(sender))
  system.spawn(leaf, { name: 'a' }).tell({ type: 'pass', to: '/nobody' })
  await env.settle()
  system.ref('/nobody').tell({ type: 'tick' } as never)
  off()
  system.ref('/nobody').tell({ type: 'tick' } as never)
  expect(senders).toEqual(['/a', undefined])
  expect(system.deadLetters.query({ target: '/nobody', sender: '/a' })).toHaveLength(1)
})

test('dead letters are replayed in order to whoever lives there now, or to somebody else, and taken out', async () => {
  const { env, system } = stage()
  const seen: number[] = []
  const counting = actor({ name: 'counting', on: { n: (_state, message: { n: number }) => void seen.push(message.n) } })
  const ref = system.ref('/later', counting)
  for (let n = 0; n < 4; n++) ref.tell({ type: 'n', n })
  expect(system.deadLetters.query({ reason: 'no-such-actor' })).toHaveLength(4)
  // Nobody is there yet: what cannot be delivered is a new dead letter.
  expect(system.deadLetters.replay({ limit: 1 })).toBe(1)
  expect(system.deadLetters.recent()).toHaveLength(4)
  system.spawn(counting, { name: 'later' })
  expect(system.deadLetters.replay({ target: '/later', limit: 2 })).toBe(2)
  const other = system.spawn(counting)
  expect(system.deadLetters.replay(system.deadLetters.recent(), other)).toBe(2)
  await env.settle()
  expect(seen).toEqual([2, 3, 0, 1])
  expect(system.deadLetters.recent()).toEqual([])
  expectBalanced(system)
})
