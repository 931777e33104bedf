// What waits for an actor: user messages, bounded, and signals, which are few, never wait behind messages and are never dropped.

import type { Overflow } from '../contracts/behavior.ts'
import type { Message } from '../contracts/message.ts'
import type { ReplyTo } from '../contracts/reply.ts'
import { RingQueue } from './ring-queue.ts'

/** How many user messages may wait, and what happens to one more. */
export interface Bounds {
  readonly capacity: number
  readonly overflow: Overflow
}

const nothing: Bounds = { capacity: 0, overflow: 'reject' }

/** What became of a message offered to a mailbox; where the oldest one had to make room for it: that one, with its reply address. */
export type Offered = 'taken' | 'full' | readonly [evicted: Message, replyTo: ReplyTo]

/** The default bound of a mailbox, in user messages. */
export const defaultCapacity = 10_000

const noSignals: readonly never[] = []

/**
 * Two lanes. Created with the first message or signal: an idle actor has none. It is the queue of its messages, rather than having
 * one: an object less to reach through for each message (ring: 10 %).
 */
export class Mailbox<S> extends RingQueue {
  #signals: S[] | null = null
  #bounds: Bounds
  #boundsOfOld: Bounds | null = null

  constructor(bounds: Bounds) {
    super()
    this.#bounds = bounds
  }

  /** Whether one more would be refused. Where the oldest gives way, it would not. */
  get full(): boolean {
    return this.length >= this.#bounds.capacity && this.#bounds.overflow !== 'drop-oldest'
  }

  /** Whether it takes no messages at present, however few wait. */
  get sheds(): boolean {
    return this.#boundsOfOld !== null
  }

  /** Takes no more messages, or takes them again. Costs nothing while it does not happen: the bounds are exchanged. */
  shed(on: boolean): void {
    if (on === this.sheds) return
    const bounds = on ? nothing : this.#boundsOfOld!
    this.#boundsOfOld = on ? this.#bounds : null
    this.#bounds = bounds
  }

  offer(message: Message, replyTo: ReplyTo): Offered {
    if (this.length < this.#bounds.capacity) {
      this.push(message, replyTo)
      return 'taken'
    }
    if (this.#bounds.overflow !== 'drop-oldest' || this.length === 0) return 'full'
    const evicted = this.evict()
    this.push(message, replyTo)
    return evicted
  }

  get hasSignals(): boolean {
    return this.#signals !== null
  }

  signal(signal: S): void {
    if (this.#signals === null) this.#signals = [signal]
    else this.#signals.push(signal)
  }

  /** Signals that were put off, and so come before those that wait. */
  putBack(signals: readonly S[]): void {
    if (signals.length > 0) this.#signals = [...signals, ...(this.#signals ?? [])]
  }

  /** All signals, in order; the lane is empty afterwards. */
  takeSignals(): readonly S[] {
    const taken = this.#signals ?? noSignals
    this.#signals = null
    return taken
  }
}
