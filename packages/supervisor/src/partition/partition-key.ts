// Which partition a key belongs to. Pure, and stable: a key stays with its partition as long as their number does.

import { fnv1a, mix } from '../stable-hash.ts'

/** By what messages are routed to partitions. */
export type PartitionKey = string | number

/** Whether something can be a key: text, or a number that is one. */
export function isPartitionKey(value: unknown): value is PartitionKey {
  return typeof value === 'string' || (typeof value === 'number' && Number.isFinite(value))
}

/**
 * The partition of a key, from 0 to `partitions - 1`: whole numbers go round (`|key| mod partitions`, as in Elixir), so that they can
 * be placed by hand; everything else goes by its hash.
 */
export function partitionOfKey(key: PartitionKey, partitions: number): number {
  if (Number.isSafeInteger(key)) return Math.abs(key as number) % partitions
  return mix(fnv1a(String(key))) % partitions
}
