// What waits for an actor: user messages, bounded, and signals, which are few, never wait behind messages and are never dropped.

import type { Overflow } from '../contracts/behavior.ts'
import type { Message } from '../contracts/message.ts'
import type { ReplyTo } from '../contracts/reply.ts'
import { RingQueue } from './ring-queue.ts'

/** What became of a message offered to a mailbox. `made-room`: it was taken, and the oldest one (see `evicted`) had to go. */
export type Offered = 'taken' | 'full' | 'made-room'

/** The default bound of a mailbox, in user messages. */
export const defaultCapacity = 10_000

/**
 * Two lanes. Created with the first message or signal: an idle actor has none. It is the queue of its messages, rather than having
 * one: an object less to reach through for each message (ring: 10 %).
 */
export class Mailbox<S> extends RingQueue {
  /** Set by an offer that made room: the message that gave way and where its reply would have gone. */
  evicted: readonly [Message, ReplyTo] | undefined = undefined

  #signals: S[] | null = null
  readonly #capacity: number
  readonly #overflow: Overflow

  constructor(capacity: number, overflow: Overflow) {
    super()
    this.#capacity = capacity
    this.#overflow = overflow
  }

  get full(): boolean {
    return this.length >= this.#capacity
  }

  offer(message: Message, replyTo: ReplyTo): Offered {
    if (this.length < this.#capacity) {
      this.push(message, replyTo)
      return 'taken'
    }
    if (this.#overflow !== 'drop-oldest' || this.#capacity === 0) return 'full'
    this.evicted = this.evict()
    this.push(message, replyTo)
    return 'made-room'
  }

  get hasSignals(): boolean {
    return this.#signals !== null
  }

  signal(signal: S): void {
    if (this.#signals === null) this.#signals = [signal]
    else this.#signals.push(signal)
  }

  /** All signals, in order; the lane is empty afterwards. */
  takeSignals(): readonly S[] {
    const taken = this.#signals ?? []
    this.#signals = null
    return taken
  }
}
