// When a message is the one that was expected: deeply equal, refs by their address, and matchers such as vitest's or jest's
// `expect.any(Number)` wherever they stand.

import { isDeepStrictEqual } from 'node:util'
import { formatAddress } from '@understudy/runtime'
import { ActorRef } from '@understudy/runtime/spi'

/** Whether `actual` is what `expected` says. */
export function matches(expected: unknown, actual: unknown): boolean {
  if (isMatcher(expected)) return expected.asymmetricMatch(actual)
  // Refs keep what they are in private fields: any two would be equal to a structural comparison.
  if (ActorRef.is(expected)) return ActorRef.is(actual) && formatAddress(expected.address) === formatAddress(actual.address)
  if (Array.isArray(expected)) {
    return Array.isArray(actual) && expected.length === actual.length && expected.every((item, n) => matches(item, actual[n]))
  }
  if (!isPlain(expected) || !isPlain(actual)) return isDeepStrictEqual(expected, actual)
  const keys = new Set([...Object.keys(expected), ...Object.keys(actual)])
  return [...keys].every((key) => matches(expected[key], actual[key]))
}

function isMatcher(value: unknown): value is { asymmetricMatch(actual: unknown): boolean } {
  return typeof value === 'object' && value !== null && typeof (value as { asymmetricMatch?: unknown }).asymmetricMatch === 'function'
}

function isPlain(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}
