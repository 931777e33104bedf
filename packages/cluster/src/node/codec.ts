// The default codec: JSON, plus tags for what JSON would lose, minus everything that could only arrive as something else.
//
// A tagged value is `{ "$": tag, "v": … }`. A plain object that has a `$` of its own is wrapped as `{ "$": "object", "v": … }`, inside which
// `$` has no meaning, so it survives. Both walks bound depth and count, and keep `__proto__` as the plain data it is.

import {
  type Address,
  type Codec,
  describeCause,
  formatAddress,
  type Message,
  MessageRefusedError,
  parseAddress,
} from '@understudy/runtime/spi'

/** How the codec recognises refs and makes them again on the other side. */
export interface RefTable {
  /** The address when `value` is a ref, `undefined` for anything else. */
  isRef(value: object): Address | undefined
  toRef(address: Address): unknown
}

/** Options of `jsonCodec`. */
export interface JsonCodecOptions {
  /** Without it refs are refused like any other class instance. */
  readonly refs?: RefTable
  /** Most bytes that one value may become or be made from. Default 16 MiB; a frame's limit is usually lower. */
  readonly maxBytes?: number
}

/** Deepest nesting that is carried: arrays, objects, maps and sets count. */
export const maxDepth = 64
/** Most values inside one value: bounds what shared substructures can blow up to. */
const maxValues = 1_000_000
// Turning digits into a bigint takes time that grows with their square.
const maxBigintBits = 65_536

const tagKey = '$'
const nothing = { [tagKey]: 'undefined' }
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/**
 * JSON with tags: carries primitives, arrays, plain objects, `undefined`, bigint, Date, Map, Set, Uint8Array, all numbers, errors (name, message, code)
 * and refs; refuses functions, symbols, class instances, cycles and anything deeper than 64 levels, naming the place.
 */
export function jsonCodec(options: JsonCodecOptions = {}): Codec {
  const { refs, maxBytes = 16 * 1024 * 1024 } = options
  return {
    encode(value) {
      let bytes: Buffer
      try {
        bytes = Buffer.from(JSON.stringify(new Encoding(value, refs).walk(value, 0)))
      } catch (cause) {
        if (cause instanceof MessageRefusedError) throw cause
        // A getter or proxy of the user's that threw, or more text than a string can hold.
        throw new MessageRefusedError(
          'another node',
          messageIn(value),
          'undeliverable-codec',
          `reading it failed: ${describeCause(cause)}`,
          { cause },
        )
      }
      if (bytes.length > maxBytes)
        throw new MessageRefusedError('another node', messageIn(value), 'too-large', `${bytes.length} bytes, ${maxBytes} at most`)
      return bytes
    },
    decode(bytes) {
      if (bytes.length > maxBytes) throw invalid(`${bytes.length} bytes, ${maxBytes} at most`)
      let tree: unknown
      try {
        tree = JSON.parse(decoder.decode(bytes))
      } catch (cause) {
        throw invalid('not JSON', cause)
      }
      return new Decoding(refs).walk(tree, 0)
    },
  }
}

/** The message that a refusal hands back; a reply or a state is no message, so a stand-in says so. */
function messageIn(value: unknown): Message {
  return typeof value === 'object' && value !== null && typeof (value as Partial<Message>).type === 'string'
    ? (value as Message)
    : { type: '(a value)' }
}

function invalid(detail: string, cause?: unknown): MessageRefusedError {
  return new MessageRefusedError('this node', { type: '(bytes)' }, 'invalid', detail, { cause })
}

function define(target: object, key: string, value: unknown): void {
  if (key === '__proto__') Object.defineProperty(target, key, { value, writable: true, enumerable: true, configurable: true })
  else (target as Record<string, unknown>)[key] = value
}

class Encoding {
  readonly #root: unknown
  readonly #refs: RefTable | undefined
  readonly #path: (string | number)[] = []
  readonly #above: object[] = []
  #values = 0

  constructor(root: unknown, refs: RefTable | undefined) {
    this.#root = root
    this.#refs = refs
  }

  /** A tree that JSON carries whole. Copies only what must change, so that a plain message costs one look at each value. */
  walk(value: unknown, depth: number): unknown {
    switch (typeof value) {
      case 'string':
      case 'boolean':
        return value
      case 'number':
        if (Number.isFinite(value) && !Object.is(value, -0)) return value
        return { [tagKey]: 'number', v: Object.is(value, -0) ? '-0' : String(value) }
      case 'undefined':
        return nothing
      case 'bigint':
        return BigInt.asIntN(maxBigintBits, value) === value
          ? { [tagKey]: 'bigint', v: String(value) }
          : this.#refuse(`a bigint of over ${maxBigintBits} bits`)
      case 'function':
      case 'symbol':
        return this.#refuse(`a ${typeof value}`)
      default:
        return value === null ? null : this.#object(value as object, depth)
    }
  }

  #object(value: object, depth: number): unknown {
    if (depth >= maxDepth) return this.#refuse(`nested deeper than ${maxDepth} levels`)
    if (++this.#values > maxValues) return this.#refuse(`more than ${maxValues} objects`)
    if (this.#above.includes(value)) return this.#refuse('a cycle')
    this.#above.push(value)
    try {
      return Array.isArray(value) ? this.#array(value, depth) : this.#other(value, depth)
    } finally {
      this.#above.pop()
    }
  }

  #array(value: readonly unknown[], depth: number): unknown {
    if (Object.getPrototypeOf(value) !== Array.prototype) return this.#refuse(className(value))
    let copy: unknown[] | undefined
    this.#values += value.length
    for (let i = 0; i < value.length; i++) {
      const item = value[i]
      if (item === undefined && !Object.hasOwn(value, i)) return this.#refuse('an array with holes')
      const carried = this.#at(i, item, depth)
      if (carried !== item || copy !== undefined) (copy ??= value.slice(0, i))[i] = carried
    }
    if (Object.keys(value).length !== value.length) return this.#refuse('an array with properties of its own')
    return copy ?? value
  }

  #other(value: object, depth: number): unknown {
    const address = this.#refs?.isRef(value)
    if (address !== undefined) return { [tagKey]: 'ref', v: formatAddress(address) }
    const prototype: unknown = Object.getPrototypeOf(value)
    if (prototype === Object.prototype || prototype === null) return this.#plain(value as Record<string, unknown>, depth)
    if (prototype === Date.prototype) return { [tagKey]: 'date', v: (value as Date).getTime() }
    if (prototype === Map.prototype) {
      return {
        [tagKey]: 'map',
        v: Array.from(value as Map<unknown, unknown>, ([key, item], i) => [this.#at(i, key, depth), this.#at(i, item, depth)]),
      }
    }
    if (prototype === Set.prototype) return { [tagKey]: 'set', v: Array.from(value as Set<unknown>, (item, i) => this.#at(i, item, depth)) }
    if (prototype === Uint8Array.prototype || prototype === Buffer.prototype) {
      const { buffer, byteOffset, byteLength } = value as Uint8Array
      return { [tagKey]: 'bytes', v: Buffer.from(buffer, byteOffset, byteLength).toString('base64') }
    }
    if (value instanceof Error) return { [tagKey]: 'error', v: this.#error(value) }
    return this.#refuse(className(value))
  }

  #plain(value: Record<string, unknown>, depth: number): unknown {
    const keys = Object.keys(value)
    if (Object.getOwnPropertySymbols(value).length > 0) return this.#refuse('an object with a symbol for a key')
    this.#values += keys.length
    let copy: Record<string, unknown> | undefined
    for (let i = 0; i < keys.length; i++) {
      const key = keys[i]!
      const item = value[key]
      const carried = item === undefined ? undefined : this.#at(key, item, depth)
      if (carried !== item && copy === undefined) {
        copy = {}
        for (let k = 0; k < i; k++) define(copy, keys[k]!, value[keys[k]!])
      }
      if (copy !== undefined) define(copy, key, carried)
    }
    return Object.hasOwn(value, tagKey) ? { [tagKey]: 'object', v: copy ?? value } : (copy ?? value)
  }

  #error(error: Error): object {
    const { name, message } = error
    const { code } = error as { code?: unknown }
    return { name: String(name), message: String(message), ...(typeof code === 'string' || typeof code === 'number' ? { code } : {}) }
  }

  #at(key: string | number, item: unknown, depth: number): unknown {
    if (typeof item === 'string') return item
    this.#path.push(key)
    const carried = this.walk(item, depth + 1)
    this.#path.pop()
    return carried
  }

  #refuse(what: string): never {
    const place = this.#path.map((key) => (typeof key === 'number' ? `[${key}]` : `.${key}`)).join('')
    const detail = `${place === '' ? 'it' : place.replace(/^\./, '').slice(0, 200)} is ${what}, which cannot be sent to another node`
    throw new MessageRefusedError('another node', messageIn(this.#root), 'undeliverable-codec', detail)
  }
}

function className(value: object): string {
  const { constructor } = value as { constructor?: { name?: unknown } }
  return typeof constructor?.name === 'string' && constructor.name !== '' ? `an instance of ${constructor.name}` : 'an instance of a class'
}

class Decoding {
  readonly #refs: RefTable | undefined
  #values = 0

  constructor(refs: RefTable | undefined) {
    this.#refs = refs
  }

  /** Revives in place: the tree is JSON.parse's own, and nobody else holds it. */
  walk(value: unknown, depth: number): unknown {
    if (typeof value !== 'object' || value === null) return value
    // A tag is one object more than what it stands for.
    if (depth > 2 * maxDepth) throw invalid(`nested deeper than ${maxDepth} levels`)
    if (++this.#values > 2 * maxValues) throw invalid(`more than ${maxValues} values`)
    if (Array.isArray(value)) return this.#items(value, depth)
    return Object.hasOwn(value, tagKey) ? this.#tagged(value as Tagged, depth) : this.#members(value, depth)
  }

  #items(items: unknown[], depth: number): unknown[] {
    for (let i = 0; i < items.length; i++) {
      const item = items[i]
      if (typeof item === 'object' && item !== null) items[i] = this.walk(item, depth + 1)
    }
    return items
  }

  #members(value: object, depth: number): object {
    for (const key of Object.keys(value)) {
      const item = (value as Record<string, unknown>)[key]
      if (typeof item === 'object' && item !== null) define(value, key, this.walk(item, depth + 1))
    }
    return value
  }

  #tagged(value: Tagged, depth: number): unknown {
    const { [tagKey]: tag, v } = value
    switch (tag) {
      case 'undefined':
        return undefined
      case 'number':
        if (v === 'NaN' || v === 'Infinity' || v === '-Infinity' || v === '-0') return Number(v)
        break
      case 'bigint':
        if (typeof v === 'string' && v.length <= maxBigintBits / 3 && /^-?\d+$/.test(v)) return BigInt(v)
        break
      case 'date':
        if (v === null || typeof v === 'number') return new Date(v ?? Number.NaN)
        break
      case 'bytes':
        if (typeof v === 'string') return Uint8Array.from(Buffer.from(v, 'base64'))
        break
      case 'set':
        if (Array.isArray(v)) return new Set(this.#items(v, depth + 1))
        break
      case 'map':
        if (Array.isArray(v) && v.every((entry) => Array.isArray(entry) && entry.length === 2)) {
          return new Map(v.map((entry) => this.#items(entry as unknown[], depth + 1) as [unknown, unknown]))
        }
        break
      case 'object':
        if (typeof v === 'object' && v !== null && !Array.isArray(v)) return this.#members(v, depth + 1)
        break
      case 'error':
        if (typeof v === 'object' && v !== null) return reviveError(v)
        break
      case 'ref': {
        const address = parseAddress(v)
        if (address !== undefined && this.#refs !== undefined) return this.#refs.toRef(address)
        break
      }
    }
    throw invalid(`the tag ${JSON.stringify(tag)?.slice(0, 40)} is unknown or has an impossible value`)
  }
}

interface Tagged {
  readonly [tagKey]: unknown
  readonly v?: unknown
}

function reviveError(from: { name?: unknown; message?: unknown; code?: unknown }): Error {
  const { name, message, code } = from
  if (typeof name !== 'string' || typeof message !== 'string') throw invalid('an error without name or message')
  const error = new Error(message)
  // Its own stack would only show this decoder.
  error.stack = `${name}: ${message}\n    on another node`
  Object.defineProperty(error, 'name', { value: name, writable: true, configurable: true })
  if (typeof code === 'string' || typeof code === 'number') Object.assign(error, { code })
  return error
}
