// A small consistent store: what leases, ownership and fenced state rest on. JetStream in a cluster, a Map in one process.

/** One key's current value. */
export interface Entry {
  readonly key: string
  readonly value: Uint8Array
  /** Grows with every write to the store, over all keys. Never reused while the store exists. */
  readonly revision: number
}

/** A change of one key. `value` is absent when the key expired or was deleted. */
export interface Change {
  readonly key: string
  readonly revision: number
  readonly value?: Uint8Array
}

/** The condition under which a write is accepted: the last revision of `key` is still `revision` (0: never written). */
export interface Condition {
  /** The key written (compare-and-set) or another one of the same store (a guard: the fence of a singleton's state). */
  readonly key: string
  readonly revision: number
}

/** A store with compare-and-set. Only an acknowledged `write` decides anything; `read` and `watch` are hints. */
export interface KeyValueStore {
  /**
   * Writes `value` if `condition` holds and answers the new revision.
   * `ttlMs` (at least 1000) makes the key expire by itself unless written again.
   * `id` names this logical write: after an unknown outcome the same write with the same id may be sent again, and is then applied at most once.
   * @throws RevisionConflictError when the condition did not hold: nothing was written.
   * @throws StoreUnavailableError when there was no answer: the outcome is unknown.
   */
  write(key: string, value: Uint8Array, condition: Condition, options?: { readonly ttlMs?: number; readonly id?: string }): Promise<number>
  /** The value as one replica of the store sees it. May be old. @throws StoreUnavailableError */
  read(key: string): Promise<Entry | undefined>
  /** Several keys as one replica sees them at one moment; absent keys are left out. May be old. @throws StoreUnavailableError */
  readTogether(keys: readonly string[]): Promise<readonly Entry[]>
  /** All entries whose key starts with `prefix` (which ends at a dot). May be old. @throws StoreUnavailableError */
  list(prefix: string): Promise<readonly Entry[]>
  /** Calls `onChange` for changes of keys starting with `prefix`; changes may be missed while disconnected, so also poll. Returns the stop. */
  watch(prefix: string, onChange: (change: Change) => void): () => void
}
