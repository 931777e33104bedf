import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ReplyLater } from '../actor/deferred-reply.ts'
import { formatAddress } from '../contracts/address.ts'
import { AskTimeoutError, DeliveryError, InvalidOptionError } from '../errors.ts'
import { DeadEnd } from '../ref/dead-end.ts'
import { ActorRef } from '../ref/actor-ref.ts'
import { createSystem, hostOf } from '../system/system.ts'
import { pack, type Parcel, sendWithOutput, unpack } from './parcel.ts'
import { causeFromData, causeToData } from './portable.ts'

const host = hostOf(createSystem({ strayErrors: 'off' }))
const refTo = (n: number) => new ActorRef(new DeadEnd(host, { node: host.identity, path: `/actor-${n}`, uid: n }, 'no-such-actor'))

/** To another thread and back to a value, with each ref as its address. */
const carried = (value: unknown): unknown => {
  const parcel: Parcel = structuredClone(pack(value))
  return unpack(parcel, (address) => formatAddress(address))
}
/** The same, without going anywhere. */
const described = (value: unknown): unknown => {
  if (ActorRef.is(value)) return formatAddress(value.address)
  if (Array.isArray(value)) return value.map(described)
  if (value instanceof Map) return new Map([...value].map(([key, item]) => [described(key), described(item)]))
  if (value instanceof Set) return new Set([...value].map(described))
  if (typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype) {
    const made = {}
    for (const [key, item] of Object.entries(value))
      Object.defineProperty(made, key, { value: described(item), enumerable: true, writable: true, configurable: true })
    return made
  }
  return value
}

const { tree } = fc.letrec((tie) => ({
  tree: fc.oneof({ depthSize: 'small', withCrossShrink: true }, tie('leaf'), tie('record'), tie('list'), tie('map'), tie('set')),
  leaf: fc.oneof(
    fc.constantFrom(...[1, 2, 3].map(refTo)),
    fc.string(),
    fc.double(),
    fc.boolean(),
    fc.bigInt(),
    fc.constantFrom(null, undefined),
    fc.date(),
    fc.uint8Array({ maxLength: 4 }),
  ),
  record: fc.array(fc.tuple(fc.oneof(fc.string(), fc.constant('__proto__')), tie('tree')), { maxLength: 4 }).map((entries) => {
    const made = {}
    for (const [key, value] of entries)
      Object.defineProperty(made, key as string, { value, enumerable: true, writable: true, configurable: true })
    return made
  }),
  list: fc.array(tie('tree'), { maxLength: 4 }),
  map: fc.array(fc.tuple(tie('tree'), tie('tree')), { maxLength: 3 }).map((entries) => new Map(entries as [unknown, unknown][])),
  set: fc.array(tie('tree'), { maxLength: 3 }).map((items) => new Set(items)),
}))

test('every value arrives as a clone of itself, with its refs wherever they are', () => {
  fc.assert(
    fc.property(tree, (value) => {
      expect(carried(value)).toEqual(described(value))
    }),
    { numRuns: 500 },
  )
})

test('the sender keeps its message as it was, and one without refs is not copied', () => {
  const message = { type: 'x', to: refTo(1), list: [refTo(2)] }
  pack(message)
  expect(ActorRef.is(message.to) && ActorRef.is(message.list[0])).toBe(true)
  const plain = { type: 'x', deep: { er: [1] } }
  expect(pack(plain).value).toBe(plain)
})

test('cycles and shared parts arrive as what they are', () => {
  const shared = { ref: refTo(1) }
  const message: Record<string, unknown> = { a: shared, b: shared }
  message['self'] = message
  const arrived = carried(message) as { a: { ref: string }; b: unknown; self: unknown }
  expect(arrived.a.ref).toBe('us://local~0/actor-1#1')
  expect(arrived.b).toBe(arrived.a)
  expect(arrived.self).toBe(arrived)
  const deep: unknown[] = []
  let at = deep
  for (let n = 0; n < 1000; n++) {
    const next: unknown[] = []
    at.push(next)
    at = next
  }
  expect(() => pack({ deep, wide: new Array(1_000_000).fill(0) })).not.toThrow()
})

test('a deferred reply is refused, as it would arrive as nothing', () => {
  expect(() => pack({ answer: new ReplyLater(host, null) })).toThrow(TypeError)
})

test('an output is sent where it can be cloned, and what it is sent with in any case', () => {
  const sent: unknown[] = []
  const send = (packed: object): void => void sent.push(structuredClone({ t: 'gone', ...packed }))
  for (const output of [undefined, { n: 1 }, () => {}, new ReplyLater(host, null)]) sendWithOutput(output, send)
  expect(sent).toEqual([{ t: 'gone' }, { t: 'gone', output: { value: { n: 1 } } }, { t: 'gone' }, { t: 'gone' }])
})

test('errors keep name, message, code, cause, and what instanceof goes by', () => {
  const back = (cause: unknown): unknown => causeFromData(structuredClone(causeToData(cause)), { type: 'q' })
  const timeout = back(new AskTimeoutError('us://n~1/a#1', { type: 'q' }, 10))
  expect(timeout).toBeInstanceOf(AskTimeoutError)
  expect(timeout).toBeInstanceOf(DeliveryError)
  expect(timeout).toMatchObject({ outcome: 'maybe-handled', undelivered: { type: 'q' } })
  expect(back(new InvalidOptionError('f', 1, 'x'))).toBeInstanceOf(InvalidOptionError)
  const plain = back(new RangeError('far', { cause: Object.assign(new Error('near'), { code: 'E_NEAR' }) })) as Error
  expect(plain).toMatchObject({ name: 'RangeError', message: 'far', cause: { message: 'near', code: 'E_NEAR' } })
  for (const thrown of [null, 'text', 7, 7n, true]) expect(back(thrown)).toBe(thrown)
  for (const thrown of [undefined, Symbol('s'), () => 1, Object.create(null) as object, {}]) expect(back(thrown)).toBeInstanceOf(Error)
})
