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

/** The bounds of a mailbox that takes no messages at present. */
export const noRoom: Bounds = { capacity: 0, overflow: 'reject' }

/** What became of a message offered to a mailbox; where the oldest one had to make room for it: that one, with its reply address. */
export type Offered = 'taken' | 'full' | readonly [evicted: Message, replyTo: ReplyTo]

/** The default bound of a mailbox, in user messages. */
export const defaultCapacity = 10_000

const noSignals: readonly never[] = []

/**
 * Two lanes. An actor is its mailbox, rather than having one, and that is the queue of its messages: two objects less to make, to reach
 * through and to collect for each (spawn and first message: 15 %).
 */
export class Mailbox<S> extends RingQueue {
  #signals: S[] | null = null

  // --- Messages -------------------------------------------------------------------------------------------------------------

  /** Whether one more would be refused. Where the oldest gives way, it would not. */
  isFull({ capacity, overflow }: Bounds): boolean {
    return this.queueLength >= capacity && overflow !== 'drop-oldest'
  }

  offer(message: Message, replyTo: ReplyTo, bounds: Bounds): Offered {
    if (this.queueLength < bounds.capacity) {
      this.push(message, replyTo)
      return 'taken'
    }
    if (bounds.overflow !== 'drop-oldest' || this.queueLength === 0) return 'full'
    const evicted = this.evict()
    this.push(message, replyTo)
    return evicted
  }

  // --- Signals --------------------------------------------------------------------------------------------------------------

  get hasSignals(): boolean {
    return this.#signals !== null
  }

  pushSignal(signal: S): void {
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
