import { expect, expectTypeOf, test } from 'vitest'
import { actor } from '../actor/define.ts'
import type { Ref } from '../contracts/ref.ts'
import { InvalidOptionError, NameTakenError } from '../errors.ts'
import { boss } from '../testing/boss.fixture.ts'
import { expectBalanced, stage } from '../testing/stage.fixture.ts'

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
    fail() {
      throw new Error('boom')
    },
  },
})

test('a name leads to its actor, typed by definition, until that is gone', async () => {
  const { env, system } = stage()
  const ref = system.spawn(clock)
  system.register('time', ref)
  system.register('time', ref)
  const found = system.whereis('time', clock)
  expectTypeOf(found!.ask({ type: 'time', zone: 'x' })).toEqualTypeOf<Promise<string>>()
  expect(found).toBe(ref)
  expect(() => system.register('time', system.spawn(clock))).toThrow(NameTakenError)
  expect(() => system.register('', ref)).toThrow(InvalidOptionError)
  system.register('other', ref)
  expect(system.registered()).toEqual(['time', 'other'])
  expect([system.unregister('other'), system.unregister('other')]).toEqual([true, false])
  ref.tell({ type: 'stop' })
  await env.settle()
  expect([system.whereis('time'), system.registered()]).toEqual([undefined, []])
  // One that is gone already has no name.
  system.register('late', ref)
  expect(system.whereis('late')).toBeUndefined()
  expectBalanced(system)
})

test('a restart keeps name and memberships', async () => {
  const { env, system, cell } = stage()
  const supervisor = boss({ start: (control) => void control.spawn(clock, { name: 'c' }) })
  supervisor.onDown = (child) => supervisor.control.order(child, { type: 'restart' })
  system.spawn(supervisor.definition, { name: 'boss' })
  const ref = cell('/boss/c').ref as unknown as Ref<{ enlist(m: { name: string }): void; fail(): void }>
  ref.tell({ type: 'enlist', name: 'n' })
  ref.tell({ type: 'fail' })
  await env.settle()
  expect(cell('/boss/c').incarnation).toBe(2)
  expect([system.whereis('n'), system.groups.members('n').length]).toEqual([ref, 1])
})

test('a group leads to all its members, each once, until they leave or are gone', async () => {
  const { env, system } = stage()
  const heard: string[] = []
  const member = actor({
    name: 'member',
    state: (input: string) => input,
    on: { hear: (name, { what }: { what: string }) => void heard.push(`${name} ${what}`), stop: (_s, _m, ctx) => ctx.stop() },
  })
  const { groups } = system
  const [a, b, c] = ['a', 'b', 'c'].map((input) => system.spawn(member, { input }))
  for (const ref of [a!, b!, c!, a!]) groups.join('choir', ref)
  groups.join('others', a!)
  expect(groups.broadcast('choir', { type: 'hear', what: 'la' }, member)).toBe(3)
  expectTypeOf(groups.members('choir', member)[0]!).toEqualTypeOf<NonNullable<typeof a>>()
  expect([groups.leave('choir', b!), groups.leave('choir', b!)]).toEqual([true, false])
  a!.tell({ type: 'stop' })
  await env.settle()
  expect(groups.broadcast('choir', { type: 'hear', what: 'lo' }, member)).toBe(1)
  await env.settle()
  expect(heard).toEqual(['a la', 'b la', 'c la', 'c lo'])
  expect([groups.groups(), groups.members('others'), groups.broadcast('nobody', { type: 'hear' })]).toEqual([['choir'], [], 0])
  expectBalanced(system)
})

test('an actor enlists, calls and leaves through its context', async () => {
  const { env, system } = stage()
  const ref = system.spawn(clock, { name: 'a' })
  ref.tell({ type: 'enlist', name: 'x' })
  const before = ref.ask({ type: 'call', name: 'x' })
  ref.tell({ type: 'quit', name: 'x' })
  const after = ref.ask({ type: 'call', name: 'x' })
  await env.settle()
  expect(await Promise.all([before, after])).toEqual([
    ['/a', 1],
    ['/a', 0],
  ])
})
