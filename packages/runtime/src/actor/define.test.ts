import { inspect } from 'node:util'
import { expect, expectTypeOf, test } from 'vitest'
import { formatAddress } from '../contracts/address.ts'
import type { ActorContext, RefOf } from '../contracts/behavior.ts'
import type { MessageOf } from '../contracts/message.ts'
import type { Ref } from '../contracts/ref.ts'
import { InvalidOptionError } from '../errors.ts'
import { createSystem } from '../system/system.ts'
import { ManualEnv } from '../testing/manual-env.ts'
import { actor, type ProtocolOf } from './define.ts'

const counter = actor({
  name: 'counter',
  state: (input: { start: number }) => ({ value: input.start }),
  on: {
    add: (state, message: { by: number }) => {
      state.value += message.by
    },
    value: (state) => state.value,
    later: async (state, message: { ms: number }, ctx) => {
      expectTypeOf(ctx).toExtend<ActorContext<any>>()
      return `${state.value} after ${message.ms}`
    },
  },
})

const plain = actor({ name: 'plain', on: { ping: () => 'pong' as const } })
const maybe = actor({
  name: 'maybe',
  state: (input: { verbose: boolean } | undefined) => input?.verbose ?? false,
  on: { get: (state) => state },
})

test('a definition infers its protocol: message types, payloads and replies', async () => {
  const env = new ManualEnv()
  const system = createSystem({ env })
  const ref = system.spawn(counter, { input: { start: 40 } })
  ref.tell({ type: 'add', by: 2 })
  const value = ref.ask({ type: 'value' })
  expectTypeOf(value).toEqualTypeOf<Promise<number>>()
  expectTypeOf(ref.ask({ type: 'later', ms: 1 })).toEqualTypeOf<Promise<string>>()
  expectTypeOf(ref.ask({ type: 'add', by: 1 })).toEqualTypeOf<Promise<void>>()
  expectTypeOf(system.spawn(plain).ask({ type: 'ping' })).toEqualTypeOf<Promise<'pong'>>()
  await env.settle()
  expect(await value).toBe(42)
})

test('a wrong type name, payload, reply or input does not compile', () => {
  const env = new ManualEnv()
  const system = createSystem({ env })
  const ref = system.spawn(counter, { input: { start: 0 } })
  const never = (): void => {
    // @ts-expect-error no such message
    ref.tell({ type: 'subtract', by: 1 })
    // @ts-expect-error the payload is missing
    ref.tell({ type: 'add' })
    // @ts-expect-error the payload has another type
    ref.tell({ type: 'add', by: '1' })
    // @ts-expect-error one message's payload is not another's
    ref.tell({ type: 'add', ms: 1 })
    // @ts-expect-error a message has a type
    ref.tell({ by: 1 })
    // @ts-expect-error no such message to ask
    void ref.ask({ type: 'subtract' })
    // @ts-expect-error the reply is a number
    const _reply: Promise<string> = ref.ask({ type: 'value' })
    // @ts-expect-error a timeout is a number of milliseconds
    void ref.ask({ type: 'value' }, { timeoutMs: '5s' })
    // @ts-expect-error the input is missing
    system.spawn(counter)
    // @ts-expect-error the input is missing, although there are options
    system.spawn(counter, { name: 'a' })
    // @ts-expect-error the input has another type
    system.spawn(counter, { input: { start: '40' } })
    // @ts-expect-error a ref of one protocol is not a ref of another
    const _other: Ref<{ fly(): void }> = ref
    // @ts-expect-error an overflow is 'reject' or 'drop-oldest'
    actor({ name: 'a', on: {}, mailbox: { overflow: 'drop-newest' } })
  }
  expect(never).toBeTypeOf('function')
  system.spawn(plain)
  system.spawn(plain, { name: 'p' })
  system.spawn(maybe)
  system.spawn(maybe, { input: { verbose: true } })
})

test('a ref by path or address takes its protocol from the definition or from the type given', () => {
  const system = createSystem({ env: new ManualEnv() })
  const flying = system.ref<{ fly(message: { to: string }): boolean }>('/a')
  expectTypeOf(() => flying.ask({ type: 'fly', to: 'x' })).returns.toEqualTypeOf<Promise<boolean>>()
  expectTypeOf<MessageOf<{ fly(message: { to: string }): boolean; land(): void }>['type']>().toEqualTypeOf<'fly' | 'land'>()
  expectTypeOf<ProtocolOf<{ value: (state: { n: number }) => number }>['value']>().toEqualTypeOf<() => number>()
  for (const bad of ['', 'a', '/', '/a/', '//', '/a b', `/${'a'.repeat(2000)}`]) expect(() => system.ref(bad)).toThrow(InvalidOptionError)
  expect(formatAddress(system.ref('/a/b').address)).toBe('us://local~0/a/b#0')
})

test('a ref has a type of its own, is text in logs, and what is no definition is not spawned', () => {
  const system = createSystem({ env: new ManualEnv() })
  expectTypeOf(system.spawn(counter, { input: { start: 0 } })).toEqualTypeOf<RefOf<typeof counter>>()
  const ref: RefOf<typeof plain> = system.spawn(plain, { name: 'p' })
  expect([JSON.stringify({ ref }), inspect(ref)]).toEqual([`{"ref":"${String(ref)}"}`, `Ref(${String(ref)})`])
  for (const wrong of [undefined, null, {}, () => 1]) {
    expect(() => system.spawn(wrong as never)).toThrow(expect.objectContaining({ code: 'INVALID_OPTION', field: 'definition' }) as Error)
  }
})

test.each([
  ['name', { name: '', on: {} }],
  ['name', { name: 'a/b', on: {} }],
  ['name', { on: {} }],
  ['on', { name: 'a' }],
  ['on', { name: 'a', on: null }],
  ['on.go', { name: 'a', on: { go: 1 } }],
  ['state', { name: 'a', on: {}, state: 1 }],
  ['mailbox.capacity', { name: 'a', on: {}, mailbox: { capacity: 0 } }],
  ['mailbox.capacity', { name: 'a', on: {}, mailbox: { capacity: 1.5 } }],
  ['mailbox.overflow', { name: 'a', on: {}, mailbox: { overflow: 'block' } }],
  ['shutdownMs', { name: 'a', on: {}, shutdownMs: -1 }],
  ['shutdownMs', { name: 'a', on: {}, shutdownMs: Number.NaN }],
  ['shutdownMs', { name: 'a', on: {}, shutdownMs: '5s' }],
  ['mailbox', { name: 'a', on: {}, mailbox: 5 }],
  ['reentrant', { name: 'a', on: { go: () => 1 }, reentrant: ['og'] }],
  ['spec', undefined],
])('a definition with a bad %s is refused in the caller, naming the field', (field, spec) => {
  expect(() => actor(spec as never)).toThrow(expect.objectContaining({ code: 'INVALID_OPTION', field }) as Error)
})

test('a handler that names the protocol of its context has what it says to itself checked', () => {
  type Lamp = { on(): void; off(message: { byHand: boolean }): void }
  const lamp = actor({
    name: 'lamp',
    on: {
      on(_state: undefined, _message: object, ctx: ActorContext<Lamp>) {
        ctx.after('sleep', 1000, { type: 'off', byHand: false })
        // @ts-expect-error no such message
        ctx.after('sleep', 1000, { type: 'of', byHand: false })
        // @ts-expect-error the payload is missing
        ctx.self.tell({ type: 'off' })
      },
      off(_state: undefined, _message: { byHand: boolean }, _ctx: ActorContext<Lamp>) {},
    },
  })
  expectTypeOf<RefOf<typeof lamp>['tell']>().parameter(0).toExtend<MessageOf<Lamp>>()
})
