// What waits for an actor: user messages, bounded, and signals, which are few, never wait behind messages and are never dropped.

import type { Overflow } from '../contracts/behavior.ts'
import type { Message } from '../contracts/message.ts'
import type { ReplyTo } from '../contracts/reply.ts'
import { RingQueue } from './ring-queue.ts'

/** What became of a message offered to a mailbox. `made-room`: it was taken, and the oldest one (see `evicted`) had to go. */
export type Offered = 'taken' | 'full' | 'made-room'

/** The default bound of a mailbox, in user messages. */
export const defaultCapacity = 10_000

/** Two lanes. Created with the first message or signal: an idle actor has none. */
export class Mailbox<S> {
  readonly messages = new RingQueue()
  /** Set by an offer that made room: the message that gave way and where its reply would have gone. */
  evicted: Message | undefined
  evictedReply: ReplyTo = null

  #signals: S[] = []
  readonly #capacity: number
  readonly #overflow: Overflow

  constructor(capacity: number, overflow: Overflow) {
    this.#capacity = capacity
    this.#overflow = overflow
  }

  get full(): boolean {
    return this.messages.length >= this.#capacity
  }

  offer(message: Message, replyTo: ReplyTo): Offered {
    if (this.messages.length < this.#capacity) {
      this.messages.push(message, replyTo)
      return 'taken'
    }
    if (this.#overflow !== 'drop-oldest' || this.#capacity === 0) return 'full'
    const [evicted, evictedReply] = this.messages.evict()
    this.evicted = evicted
    this.evictedReply = evictedReply
    this.messages.push(message, replyTo)
    return 'made-room'
  }

  get hasSignals(): boolean {
    return this.#signals.length > 0
  }

  signal(signal: S): void {
    this.#signals.push(signal)
  }

  /** All signals, in order; the lane is empty afterwards. */
  takeSignals(): readonly S[] {
    const taken = this.#signals
    this.#signals = []
    return taken
  }
}
