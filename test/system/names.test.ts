// Names and process groups of one node.

import { actor, child, InvalidOptionError, NameTakenError, supervisor } from '@understudy/actors'
import { failNext, testSystem } from '@understudy/testkit'
import { expect, expectTypeOf, test } from 'vitest'

const clock = actor({
  name: 'clock',
  on: {
    time: (_state, message: { zone: string }) => message.zone,
    stop: (_state, _message, ctx) => ctx.stop(),
    enlist: (_state, { name }: { name: string }, ctx) => {
      ctx.register(name)
      ctx.join(name)
    },
    call: (_state, { name }: { name: string }, ctx) => [ctx.whereis(name)?.address.path, ctx.broadcast(name, { type: 'time', zone: name })],
    quit: (_state, { name }: { name: string }, ctx) => ctx.leave(name),
  },
})

test('a name leads to its actor, typed by definition, until that is gone', async () => {
  await using system = testSystem()
  const ref = system.spawn(clock)
  system.register('time', ref)
  system.register('time', ref)
  const found = system.whereis('time', clock)
  expectTypeOf(found!.ask({ type: 'time', zone: 'x' })).toEqualTypeOf<Promise<string>>()
  expect(found).toBe(ref)
  const other = system.spawn(clock)
  expect(() => system.register('time', other)).toThrow(NameTakenError)
  expect(() => system.register('time', other)).toThrow(/is registered as 'time'/)
  expect(() => system.register('', ref)).toThrow(InvalidOptionError)
  system.register('other', ref)
  expect(system.registered()).toEqual(['time', 'other'])
  expect([system.unregister('other'), system.unregister('other')]).toEqual([true, false])
  ref.tell({ type: 'stop' })
  await system.settle()
  expect([system.whereis('time'), system.registered()]).toEqual([undefined, []])
  // One that is gone already has no name.
  system.register('late', ref)
  expect(system.whereis('late')).toBeUndefined()
})

test('a restart keeps name and memberships', async () => {
  await using system = testSystem()
  system.spawn(supervisor({ name: 'tree', children: [child(clock)] }), { name: 'tree' })
  await system.settle()
  const ref = system.ref('/tree/clock', clock)
  ref.tell({ type: 'enlist', name: 'n' })
  failNext(ref, new Error('boom'), { type: 'time' })
  ref.tell({ type: 'time', zone: 'x' })
  await system.settle()
  expect(system.events).toContainEqual(expect.objectContaining({ type: 'actor.restarted', path: '/tree/clock' }))
  expect([system.whereis('n')?.address.path, system.groups.members('n').length]).toEqual(['/tree/clock', 1])
})

test('a group leads to all its members, each once, until they leave or are gone', async () => {
  await using system = testSystem()
  const { groups } = system
  const [a, b, c] = [system.probe(), system.probe(), system.probe()]
  for (const { ref } of [a, b, c, a]) groups.join('choir', ref)
  groups.join('others', a.ref)
  const oneClock = system.ref('/clock', clock)
  expectTypeOf(groups.members('choir', clock)[0]!).toEqualTypeOf<typeof oneClock>()
  expect(groups.members('choir')).toHaveLength(3)
  expect(groups.broadcast('choir', { type: 'hear', what: 'la' })).toBe(3)
  for (const singer of [a, b, c]) await singer.expect({ type: 'hear', what: 'la' })
  expect([groups.leave('choir', b.ref), groups.leave('choir', b.ref)]).toEqual([true, false])
  a.stop()
  await system.settle()
  expect(groups.broadcast('choir', { type: 'hear', what: 'lo' })).toBe(1)
  await c.expect({ type: 'hear', what: 'lo' })
  await b.expectNone()
  expect([groups.groups(), groups.members('others'), groups.broadcast('nobody', { type: 'hear' })]).toEqual([['choir'], [], 0])
})

test('an actor enlists, calls and leaves through its context', async () => {
  await using system = testSystem()
  const ref = system.spawn(clock, { name: 'a' })
  ref.tell({ type: 'enlist', name: 'x' })
  const before = ref.ask({ type: 'call', name: 'x' })
  ref.tell({ type: 'quit', name: 'x' })
  const after = ref.ask({ type: 'call', name: 'x' })
  await system.settle()
  expect(await Promise.all([before, after])).toEqual([
    ['/a', 1],
    ['/a', 0],
  ])
})
