// A leader's tenure over a store: every write of its state carries the condition that the ownership record is still the one that
// began this tenure. The store refuses a deposed owner's write by itself, whatever the clocks did.

import {
  type Codec,
  type Env,
  FencedError,
  type KeyValueStore,
  RevisionConflictError,
  StoreUnavailableError,
  type Tenure,
} from '@understudy/runtime/spi'

/** What a tenure rests on. */
export interface TenureGround {
  readonly env: Env
  readonly codec: Codec
  readonly store: KeyValueStore
  /** Whether this node's lease still holds, by its own clock. */
  leaseHolds(): boolean
  /** Waits, then goes on: the pause between two attempts. */
  pause(ms: number): Promise<void>
  /** The store has refused this tenure: another owner exists. */
  fenced(why: string): void
}

/** The key of a singleton's ownership record. */
export function ownKey(name: string): string {
  return `own.${name}`
}

/** The key of a singleton's state. */
function stateKey(name: string): string {
  return `state.${name}`
}

const retryMs = 200

/** One leader's time in office. */
export class LeaderTenure implements Tenure {
  readonly name: string
  readonly epoch: number
  readonly #ground: TenureGround
  #over: string | undefined
  #saving = false
  #saves = 0

  constructor(name: string, epoch: number, ground: TenureGround) {
    this.name = name
    this.epoch = epoch
    this.#ground = ground
  }

  guard(): void {
    if (this.#over !== undefined) throw new FencedError(this.name, this.epoch, this.#over)
    if (!this.#ground.leaseHolds()) throw new FencedError(this.name, this.epoch, "this node's lease has run out")
  }

  /** Ends the tenure: nothing passes the guard any more. */
  end(why: string): void {
    this.#over ??= why
  }

  async load<T>(): Promise<T | undefined> {
    for (;;) {
      this.guard()
      try {
        // One replica's view of both at one moment: if it knows the write that made us owner, it knows every state written before it.
        const entries = await this.#ground.store.readTogether([ownKey(this.name), stateKey(this.name)])
        const own = entries.find((entry) => entry.key === ownKey(this.name))
        if (own !== undefined && own.revision > this.epoch) throw this.#fence(`revision ${own.revision} has another owner`)
        if (own?.revision === this.epoch) {
          const state = entries.find((entry) => entry.key === stateKey(this.name))
          return state === undefined ? undefined : (this.#ground.codec.decode(state.value) as T)
        }
        // An older view: that replica has not caught up with our own write yet.
      } catch (error) {
        if (!(error instanceof StoreUnavailableError)) throw error
      }
      await this.#ground.pause(retryMs)
    }
  }

  async save(state: unknown): Promise<void> {
    if (this.#saving) throw new FencedError(this.name, this.epoch, 'a save began while another was under way. Await each save')
    this.#saving = true
    try {
      await this.#save(this.#ground.codec.encode(state), `${this.name}-${this.epoch}-${this.#saves++}`)
    } finally {
      this.#saving = false
    }
  }

  async #save(value: Uint8Array, id: string): Promise<void> {
    const { store } = this.#ground
    for (;;) {
      this.guard()
      try {
        await store.write(stateKey(this.name), value, { key: ownKey(this.name), revision: this.epoch }, { id })
        return
      } catch (error) {
        if (error instanceof RevisionConflictError) await this.#believeConflict(error)
        else if (!(error instanceof StoreUnavailableError)) throw error
      }
      await this.#ground.pause(retryMs)
    }
  }

  /** A replicated store may refuse a correct write under load; only a newer ownership record deposes. @throws FencedError */
  async #believeConflict(conflict: RevisionConflictError): Promise<void> {
    if (conflict.actual !== undefined && conflict.actual !== this.epoch)
      throw this.#fence(`revision ${conflict.actual} has another owner`, conflict)
    const own = await this.#ground.store.read(ownKey(this.name)).catch(() => undefined)
    if (own !== undefined && own.revision !== this.epoch) throw this.#fence(`revision ${own.revision} has another owner`, conflict)
  }

  #fence(why: string, cause?: unknown): FencedError {
    this.end(why)
    this.#ground.fenced(why)
    return new FencedError(this.name, this.epoch, why, { cause })
  }
}
