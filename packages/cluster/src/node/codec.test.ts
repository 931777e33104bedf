import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Address, MessageRefusedError } from '@understudy/runtime/spi'
import { jsonCodec, maxDepth } from './codec.ts'

class FakeRef {
  readonly address: Address
  constructor(address: Address) {
    this.address = address
  }
}
const codec = jsonCodec({
  refs: { isRef: (value) => (value instanceof FakeRef ? value.address : undefined), toRef: (address) => new FakeRef(address) },
})
const roundTrip = (value: unknown) => codec.decode(codec.encode(value))
const bytes = (text: string) => new TextEncoder().encode(text)
const refusal = (act: () => unknown): MessageRefusedError => {
  try {
    act()
  } catch (error) {
    if (error instanceof MessageRefusedError) return error
    throw error
  }
  throw new Error('it was not refused')
}
const nest = (levels: number): unknown => (levels === 0 ? 1 : [nest(levels - 1)])

describe('what the codec carries', () => {
  const cyclicFree = { a: 1 }
  it.each<[string, unknown]>([
    ['text with odd characters', 'ü€\u{1f600}\0"\\\ud800'],
    ['negative zero', -0],
    ['not a number', Number.NaN],
    ['infinities', [Infinity, -Infinity]],
    ['undefined', undefined],
    ['undefined in arrays', [undefined, 1, undefined]],
    ['bigints', [0n, -(2n ** 200n)]],
    ['dates', new Date(1e12)],
    ['invalid dates', new Date(Number.NaN)],
    [
      'maps with objects for keys',
      new Map<unknown, unknown>([
        [{ a: 1 }, new Map([[1, 'x']])],
        [Number.NaN, undefined],
      ]),
    ],
    ['sets', new Set([1n, 'a', [1]])],
    ['bytes', new Uint8Array([0, 255, 128])],
    ['shared values, as copies', [cyclicFree, cyclicFree]],
    ['objects that use the tag key', { $: 'bigint', v: '1' }],
    ['objects that look like an escaped object', { $: 'object', v: { $: 1n } }],
    ['a ref', new FakeRef({ node: { name: 'n', incarnation: 7 }, path: '/a/b', uid: 3 })],
    ['62 levels', nest(maxDepth - 2)],
  ])('%s', (_, value) => {
    expect(roundTrip(value)).toStrictEqual(value)
    expect(roundTrip({ type: 'x', in: [value] })).toStrictEqual({ type: 'x', in: [value] })
  })

  it('64 levels of anything, but not 65', () => {
    const levels = (count: number, wrap: (inner: unknown) => unknown) => Array.from({ length: count }).reduce(wrap, 1n)
    for (const wrap of [
      (inner: unknown) => [inner],
      (inner: unknown) => ({ $: inner }),
      (inner: unknown) => new Map([[1, inner]]),
      (inner: unknown) => new Set([inner]),
    ]) {
      expect(isDeepStrictEqual(roundTrip(levels(maxDepth, wrap)), levels(maxDepth, wrap))).toBe(true)
      expect(refusal(() => codec.encode(levels(maxDepth + 1, wrap))).message).toMatch(/deeper/)
    }
  })

  it('leaves undefined members absent', () => {
    expect(Object.keys(roundTrip({ a: undefined, b: 1, c: 1n, d: undefined }) as object)).toEqual(['b', 'c'])
  })

  it('takes objects without prototype, and node buffers, as plain objects and bytes', () => {
    expect(roundTrip(Object.assign(Object.create(null), { a: 1n }))).toStrictEqual({ a: 1n })
    expect(roundTrip(Buffer.from('abc').subarray(1))).toStrictEqual(new Uint8Array([98, 99]))
  })

  it('carries of an error its name, message and code', () => {
    const error = Object.assign(new TypeError('no'), { code: 'E_NO', secret: 1 })
    const copy = roundTrip(error) as Error & { code: string }
    expect(copy).toBeInstanceOf(Error)
    expect(copy).toMatchObject({ name: 'TypeError', message: 'no', code: 'E_NO' })
    expect(copy).not.toHaveProperty('secret')
    expect(copy.stack).not.toContain('codec.ts')
  })

  it('does not change what it encodes', () => {
    const value = Object.freeze({ a: Object.freeze([1n, undefined]), d: Object.freeze(new Map([[1, -0]])) })
    codec.encode(value)
    expect(value).toStrictEqual({ a: [1n, undefined], d: new Map([[1, -0]]) })
  })

  it('any value of these kinds comes back as it went', () => {
    const leaf = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.double(),
      fc.integer(),
      fc.bigInt(),
      fc.boolean(),
      fc.date({ noInvalidDate: false }),
      fc.uint8Array(),
      fc.constantFrom(null, undefined),
    )
    const key = fc.oneof(
      { weight: 5, arbitrary: fc.string() },
      { weight: 2, arbitrary: fc.constantFrom('$', 'v', '__proto__', 'constructor', 'toString') },
    )
    const { value } = fc.letrec((tie) => ({
      value: fc.oneof({ maxDepth: 5, withCrossShrink: true }, leaf, tie('array'), tie('object'), tie('map'), tie('set')),
      array: fc.array(tie('value'), { maxLength: 4 }),
      object: fc
        .array(fc.tuple(key, tie('value')), { maxLength: 4 })
        .map((pairs) => Object.fromEntries(pairs.filter(([, item]) => item !== undefined))),
      map: fc.array(fc.tuple(tie('value'), tie('value')), { maxLength: 3 }).map((pairs) => new Map(pairs)),
      set: fc.array(tie('value'), { maxLength: 3 }).map((items) => new Set(items)),
    }))
    fc.assert(
      fc.property(value, (item) => {
        // Not toStrictEqual: it takes an own key `constructor` for the class.
        expect(isDeepStrictEqual(roundTrip(item), item)).toBe(true)
      }),
      { numRuns: 500 },
    )
  })
})

describe('what the codec refuses to send', () => {
  class Basket {
    items = []
  }
  const cycle: { self?: unknown } = {}
  cycle.self = { again: cycle }
  it.each<[string, unknown, RegExp]>([
    ['functions', { type: 'x', a: [{ run: () => 1 }] }, /a\[0\]\.run is a function/],
    ['symbols', { a: Symbol('s') }, /a is a symbol/],
    ['class instances', { basket: new Basket() }, /basket is an instance of Basket/],
    ['subclasses of what it carries', new (class Stack extends Array {})(), /it is an instance of Stack/],
    ['promises', [Promise.resolve()], /\[0\] is an instance of Promise/],
    ['other typed arrays', new Float64Array(1), /Float64Array/],
    ['cycles', cycle, /self\.again is a cycle/],
    ['65 levels', nest(maxDepth + 1), /nested deeper than 64 levels/],
    ['arrays with holes', [Array(2)], /\[0\] is an array with holes/],
    ['huge sparse arrays, at once', Array.from({ length: 0 }).concat(Array(2 ** 31)), /holes/],
    ['arrays with properties', Object.assign([1], { index: 0 }), /properties of its own/],
    ['symbol keys', { [Symbol('k')]: 1 }, /symbol for a key/],
    ['an own toJSON', { toJSON: () => 1 }, /toJSON is a function/],
    [
      'a getter that throws',
      Object.defineProperty({}, 'a', {
        enumerable: true,
        get: () => {
          throw new Error('mine')
        },
      }),
      /reading it failed: Error: mine/,
    ],
    ['map values that cannot be sent', { m: new Map([[1, () => 1]]) }, /m\[0\] is a function/],
  ])('%s', (_, value, text) => {
    const error = refusal(() => codec.encode(value))
    expect(error.reason).toBe('undeliverable-codec')
    expect(error.message).toMatch(text)
  })

  it('hands the message back', () => {
    const message = { type: 'add', by: () => 1 }
    expect(refusal(() => codec.encode(message)).undelivered).toBe(message)
  })

  it('refs, when nobody said how to recognise them', () => {
    expect(refusal(() => jsonCodec().encode(new FakeRef({ node: { name: 'n', incarnation: 1 }, path: '/a', uid: 1 }))).message).toMatch(
      /FakeRef/,
    )
  })

  it('what is too large, as too-large', () => {
    expect(refusal(() => jsonCodec({ maxBytes: 10 }).encode('0123456789')).reason).toBe('too-large')
  })

  it('shared values that would blow up', () => {
    let value: unknown[] = [1]
    for (let i = 0; i < 60; i++) value = [value, value]
    expect(refusal(() => codec.encode(value)).message).toMatch(/more than/)
  })
})

describe('what the codec refuses to read', () => {
  it.each([
    '',
    '{',
    '\ufeff1',
    '{"$":"nope"}',
    '{"$":1}',
    '{"$":{"$":"undefined"}}',
    '{"$":"bigint","v":"0x1"}',
    `{"$":"bigint","v":"${'9'.repeat(100_000)}"}`,
    '{"$":"number","v":"12"}',
    '{"$":"map","v":[1]}',
    '{"$":"map","v":[[1]]}',
    '{"$":"set","v":{}}',
    '{"$":"object","v":[]}',
    '{"$":"date","v":"2001"}',
    '{"$":"bytes","v":[1]}',
    '{"$":"error","v":{"name":1,"message":""}}',
    '{"$":"ref","v":"us://n~1/../x y#1"}',
    `${'['.repeat(130)}${']'.repeat(130)}`,
    `${'['.repeat(200_000)}${']'.repeat(200_000)}`,
    `${'{"a":'.repeat(200_000)}1${'}'.repeat(200_000)}`,
  ])('%.40s', (text) => {
    expect(refusal(() => codec.decode(bytes(text))).reason).toBe('invalid')
  })

  it('bytes that are no text, and too many of them', () => {
    expect(refusal(() => codec.decode(new Uint8Array([0x22, 0xff, 0x22]))).reason).toBe('invalid')
    expect(refusal(() => jsonCodec({ maxBytes: 10 }).decode(bytes('"0123456789"'))).reason).toBe('invalid')
  })

  it('keeps __proto__ and constructor as data that pollutes nothing', () => {
    const value = codec.decode(
      bytes('{"__proto__":{"polluted":true,"b":{"$":"bigint","v":"1"}},"constructor":{"prototype":{"polluted":true}}}'),
    ) as object
    expect(Object.keys(value)).toEqual(['__proto__', 'constructor'])
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype)
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined()
    expect((value as { polluted?: boolean }).polluted).toBeUndefined()
    expect(isDeepStrictEqual(roundTrip(value), value)).toBe(true)
  })

  it('random and damaged bytes end in a value or a refusal, never otherwise', () => {
    const attempt = (input: Uint8Array) => {
      try {
        codec.decode(input)
      } catch (error) {
        expect(error).toBeInstanceOf(MessageRefusedError)
      }
    }
    fc.assert(fc.property(fc.uint8Array(), attempt))
    const valid = codec.encode({
      a: new Map([[1n, new Date(0)]]),
      b: [undefined, Number.NaN, new Uint8Array(9)],
      $: new Set([new Error('x')]),
    })
    fc.assert(
      fc.property(fc.nat(valid.length - 1), fc.nat(255), (at, byte) => {
        const copy = valid.slice()
        copy[at] = byte
        attempt(copy)
      }),
      { numRuns: 1000 },
    )
  })
})
