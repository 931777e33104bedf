// The store of one cluster in memory: the same promises as JetStream's, kept by one Map and one counter. Synchronous, hence
// linearizable; what makes it answer late, or not at all, is the link in front of it (store-client.ts).

import {
  type Change,
  type Condition,
  type Entry,
  type Env,
  InvalidOptionError,
  RevisionConflictError,
  type TimerHandle,
} from '@understudy/runtime/spi'

/** How long a write's id is remembered, in milliseconds: JetStream's default duplicate window. */
export const rememberIdsMs = 120_000
const shortestTtlMs = 1000
/** Largest value, in bytes: what fits a nats-server's default payload beside the headers, so that what works here works there. */
const largestValueBytes = 1024 * 1024 - 1024

interface Stored {
  readonly value: Uint8Array
  readonly revision: number
  readonly expiry?: TimerHandle
}

/** Options of a write, as in the KeyValueStore contract. */
export interface WriteOptions {
  readonly ttlMs?: number
  readonly id?: string
}

/** A compare-and-set store with expiry, guards and ids, shared by all nodes of one cluster in one process. */
export class MemoryStore {
  readonly #env: Env
  readonly #stored = new Map<string, Stored>()
  readonly #ids = new Map<string, { readonly revision: number; readonly at: number }>()
  readonly #watchers = new Set<{ readonly prefix: string; readonly onChange: (change: Change) => void }>()
  readonly #overdue = new Map<string, number>()
  #revision = 0
  #isDown = false

  constructor(env: Env) {
    this.#env = env
  }

  get isDown(): boolean {
    return this.#isDown
  }

  /** While down nothing is served (the client sees to that) and nothing expires; what was due expires when it is up again. */
  setDown(isDown: boolean): void {
    this.#isDown = isDown
    if (isDown) return
    const due = [...this.#overdue]
    this.#overdue.clear()
    for (const [key, revision] of due) this.#expire(key, revision)
  }

  /** @throws RevisionConflictError @throws InvalidOptionError */
  write(key: string, value: Uint8Array, condition: Condition, options: WriteOptions = {}): number {
    const { ttlMs, id } = options
    if (ttlMs !== undefined && !(ttlMs >= shortestTtlMs)) throw new InvalidOptionError('ttlMs', ttlMs, `at least ${shortestTtlMs}`)
    if (value.byteLength > largestValueBytes)
      throw new InvalidOptionError('value.byteLength', value.byteLength, `at most ${largestValueBytes}`)
    // As on the server, a known id is answered before any condition is looked at.
    const known = id === undefined ? undefined : this.#remembered(id)
    if (known !== undefined) return known
    const actual = this.#stored.get(condition.key)?.revision ?? 0
    if (actual !== condition.revision) throw new RevisionConflictError(condition.key, condition.revision, actual)
    const revision = ++this.#revision
    this.#clearExpiry(key)
    const expiry = ttlMs === undefined ? undefined : this.#env.setTimer(ttlMs, () => this.#expire(key, revision), true)
    this.#stored.set(key, { value: value.slice(), revision, ...(expiry === undefined ? {} : { expiry }) })
    if (id !== undefined) this.#ids.set(id, { revision, at: this.#env.now() })
    this.#tell(key, revision, value)
    return revision
  }

  read(key: string): Entry | undefined {
    const stored = this.#stored.get(key)
    return stored === undefined ? undefined : { key, value: stored.value.slice(), revision: stored.revision }
  }

  list(prefix: string): Entry[] {
    const keys = [...this.#stored.keys()].filter((key) => key.startsWith(prefix)).sort()
    return keys.map((key) => this.read(key)!)
  }

  /** Calls back within the write, with bytes of its own for each watcher. */
  watch(prefix: string, onChange: (change: Change) => void): () => void {
    const watcher = { prefix, onChange }
    this.#watchers.add(watcher)
    return () => void this.#watchers.delete(watcher)
  }

  #remembered(id: string): number | undefined {
    const forgotten = this.#env.now() - rememberIdsMs
    for (const [old, { at }] of this.#ids) {
      if (at > forgotten) break
      this.#ids.delete(old)
    }
    return this.#ids.get(id)?.revision
  }

  #expire(key: string, revision: number): void {
    if (this.#stored.get(key)?.revision !== revision) return
    if (this.#isDown) {
      this.#overdue.set(key, revision)
      return
    }
    this.#stored.delete(key)
    this.#tell(key, ++this.#revision)
  }

  #clearExpiry(key: string): void {
    const expiry = this.#stored.get(key)?.expiry
    if (expiry !== undefined) this.#env.clearTimer(expiry)
    this.#overdue.delete(key)
  }

  #tell(key: string, revision: number, value?: Uint8Array): void {
    for (const { prefix, onChange } of this.#watchers) {
      if (key.startsWith(prefix)) onChange({ key, revision, ...(value === undefined ? {} : { value: value.slice() }) })
    }
  }
}
