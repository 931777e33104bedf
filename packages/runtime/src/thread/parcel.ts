// What crosses between threads: values by structured clone, refs by address. A clone would turn a ref into an empty object, so refs
// are put aside: their places hold empty objects, and a list beside the value says whose places these are. Cloning keeps identity.

import { type Address, formatAddress, parseAddress } from '../contracts/address.ts'
import { ReplyLater } from '../actor/deferred-reply.ts'
import { ActorRef } from '../ref/actor-ref.ts'

/** A value on its way, with the addresses of the refs in it. */
export interface Parcel {
  readonly value: unknown
  readonly refs?: readonly (readonly [place: object, address: string])[]
}

/** Packs a value. What cannot be cloned is found out when it is posted. @throws TypeError for a deferred reply, which would arrive as nothing. */
export function pack(value: unknown): Parcel {
  if (!holdsRef(value)) return { value }
  const refs: [object, string][] = []
  return { value: copy(value, refs, new Map()), refs }
}

/** Makes the value again. `toRef` makes refs of addresses. */
export function unpack({ value, refs }: Parcel, toRef: (address: Address) => unknown): unknown {
  if (refs === undefined) return value
  const found = new Map<unknown, unknown>(refs.map(([place, text]) => [place, toRef(parseAddress(text)!)]))
  const put = (item: unknown): unknown => found.get(item) ?? item
  const seen = new Set<object>()
  const rest: unknown[] = [value]
  while (rest.length > 0) {
    const node = rest.pop()
    if (!isContainer(node) || seen.has(node) || found.has(node)) continue
    seen.add(node)
    for (const item of itemsOf(node)) if (typeof item === 'object' && item !== null) rest.push(item)
    if (node instanceof Map) {
      const entries = [...node]
      node.clear()
      for (const [key, item] of entries) node.set(put(key), put(item))
    } else if (node instanceof Set) {
      const items = [...node]
      node.clear()
      for (const item of items) node.add(put(item))
    } else for (const [key, item] of Object.entries(node)) if (found.has(item)) define(node, key, found.get(item))
  }
  return put(value)
}

/** Sends with what a machine has come to; without it, where that cannot be cloned. */
export function sendWithOutput(output: unknown, send: (packed: { readonly output?: Parcel }) => void): void {
  if (output === undefined) {
    send({})
    return
  }
  try {
    send({ output: pack(output) })
  } catch {
    // Whoever asks for it is told why it is not there.
    send({})
  }
}

/** Looks before it copies: most messages hold no ref. */
function holdsRef(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false
  const seen = new Set<object>()
  const rest: unknown[] = [value]
  while (rest.length > 0) {
    const node = rest.pop()
    if (typeof node !== 'object' || node === null) continue
    if (ActorRef.is(node)) return true
    if (node instanceof ReplyLater) throw new TypeError('a deferred reply cannot leave its thread; give the answer there')
    if (!isContainer(node) || seen.has(node)) continue
    seen.add(node)
    for (const item of itemsOf(node)) if (typeof item === 'object' && item !== null) rest.push(item)
  }
  return false
}

function copy(value: unknown, refs: [object, string][], copies: Map<unknown, unknown>): unknown {
  if (typeof value !== 'object' || value === null) return value
  const known = copies.get(value)
  if (known !== undefined) return known
  if (ActorRef.is(value)) {
    const place = {}
    refs.push([place, formatAddress(value.address)])
    copies.set(value, place)
    return place
  }
  if (value instanceof ReplyLater) throw new TypeError('a deferred reply cannot leave its thread; give the answer there')
  if (!isContainer(value)) return value
  const inner = (item: unknown): unknown => copy(item, refs, copies)
  if (value instanceof Map) {
    const made = new Map()
    copies.set(value, made)
    for (const [key, item] of value) made.set(inner(key), inner(item))
    return made
  }
  if (value instanceof Set) {
    const made = new Set()
    copies.set(value, made)
    for (const item of value) made.add(inner(item))
    return made
  }
  const made: object = Array.isArray(value) ? new Array(value.length) : {}
  copies.set(value, made)
  for (const [key, item] of Object.entries(value)) define(made, key, inner(item))
  return made
}

function isContainer(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false
  return Array.isArray(value) || value instanceof Map || value instanceof Set || Object.prototype.toString.call(value) === '[object Object]'
}

function* itemsOf(container: object): Iterable<unknown> {
  if (container instanceof Map) for (const [key, item] of container) yield* [key, item]
  else if (container instanceof Set) yield* container
  else yield* Object.values(container)
}

function define(target: object, key: string, value: unknown): void {
  if (key === '__proto__') Object.defineProperty(target, key, { value, writable: true, enumerable: true, configurable: true })
  else (target as Record<string, unknown>)[key] = value
}
