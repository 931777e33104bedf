// Where a supervisor keeps the recoveries of its children, so that they outlive the process.

import { InvalidOptionError, serviceKey } from '@understudy/runtime/spi'
import type { KeyValueStore, ServiceKey } from '@understudy/runtime/spi'

/**
 * The part of the key-value contract that recoveries need: any `KeyValueStore` is one. Keys are dot-separated tokens of `[A-Za-z0-9_-]`. An
 * empty value with a time to live stands for "nothing": a store may forget it earlier.
 */
export type RecoveryStore = Pick<KeyValueStore, 'write' | 'list'>

/** Under this key a node, or an ancestor, provides the store that `persist: true` means; its keys are the node's own. */
export const recoveryStore: ServiceKey<RecoveryStore> = serviceKey<RecoveryStore>('recovery-store')

/** The same store, with all keys beneath `prefix`, which ends at a dot: for nodes that share one. */
export function scopedStore(store: RecoveryStore, prefix: string): RecoveryStore {
  return {
    write: (key, value, condition, options) =>
      store.write(prefix + key, value, { key: prefix + condition.key, revision: condition.revision }, options),
    list: async (below) => (await store.list(prefix + below)).map((entry) => ({ ...entry, key: entry.key.slice(prefix.length) })),
  }
}

/** @throws InvalidOptionError */
export function validatePersist(persist: unknown): void {
  if (persist === undefined || typeof persist === 'boolean') return
  const { write, list } = (persist ?? {}) as Partial<Record<keyof RecoveryStore, unknown>>
  if (typeof write !== 'function' || typeof list !== 'function')
    throw new InvalidOptionError('persist', persist, 'true, false, or a store that can write and list, such as fileStore()')
}
