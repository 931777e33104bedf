// What a system tells: events by type, and what it could not deliver.

import { actor, InvalidOptionError } from '@understudy/actors'
import { testSystem } from '@understudy/testkit'
import { expect, expectTypeOf, test } from 'vitest'

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
  await using system = testSystem()
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
    await system.settle()
    ref.tell({ type: 'tick' })
    if (name === 'a') off()
  }
  expect(stopped).toEqual(['/a'])
  expect(both).toEqual(['actor.stopped', 'dead-letter', 'actor.stopped', 'dead-letter'])
  expect(() => system.onEvent('actor.stopped', undefined as never)).toThrow(InvalidOptionError)
})

test('a dead letter says who sent it, and can be listened to', async () => {
  await using system = testSystem()
  const letters = system.deadLetterProbe()
  const senders: unknown[] = []
  const off = system.deadLetters.subscribe(({ sender }) => senders.push(sender))
  system.spawn(leaf, { name: 'a' }).tell({ type: 'pass', to: '/nobody' })
  expect(await letters.expect({ reason: 'no-such-actor', target: '/nobody', type: 'tick' })).toMatchObject({ sender: '/a' })
  system.ref('/nobody').tell({ type: 'tick' } as never)
  off()
  system.ref('/nobody').tell({ type: 'tick' } as never)
  expect(senders).toEqual(['/a', undefined])
  expect(system.deadLetters.query({ target: '/nobody', sender: '/a' })).toHaveLength(1)
})

test('dead letters are replayed in order to whoever lives there now, or to somebody else, and taken out', async () => {
  await using system = testSystem()
  const later = system.ref('/later')
  for (let n = 0; n < 4; n++) later.tell({ type: 'n', n } as never)
  expect(system.deadLetters.query({ reason: 'no-such-actor' })).toHaveLength(4)
  // Nobody is there yet: what cannot be delivered is a new dead letter.
  expect(system.deadLetters.replay({ limit: 1 })).toBe(1)
  expect(system.deadLetters.recent()).toHaveLength(4)
  const [heir, other] = [system.probe({ name: 'later' }), system.probe()]
  expect(system.deadLetters.replay({ target: '/later', limit: 2 })).toBe(2)
  expect(system.deadLetters.replay(system.deadLetters.recent(), other.ref)).toBe(2)
  expect([heir.unread, other.unread]).toEqual([[2, 3].map((n) => ({ type: 'n', n })), [0, 1].map((n) => ({ type: 'n', n }))])
  expect(system.deadLetters.recent()).toEqual([])
})
