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

/** Stands in the one place when nothing is there: no message that untyped code may send is like it. */
const nothing = { type: 'nothing' } as const satisfies Message

/**
 * Two lanes. An actor is its mailbox, rather than having one: an object less to make, to reach through and to collect for each
 * (spawn and first message: 15 %). The first message has a place in it; only where more wait is there a ring.
 */
export class Mailbox<S> {
  /** How many messages wait. */
  queueLength = 0
  /** While there is no ring: the message that waits, or else the one last taken. */
  #one: Message = nothing
  #oneReply: ReplyTo = null
  #ring: RingQueue | null = null
  #signals: S[] | null = null

  // --- Messages -------------------------------------------------------------------------------------------------------------

  /** Whether one more would be refused. Where the oldest gives way, it would not. */
  isFull({ capacity, overflow }: Bounds): boolean {
    return this.queueLength >= capacity && overflow !== 'drop-oldest'
  }

  offer(message: Message, replyTo: ReplyTo, bounds: Bounds): Offered {
    if (this.queueLength >= bounds.capacity) {
      if (bounds.overflow !== 'drop-oldest' || this.queueLength === 0) return 'full'
      const evicted = this.openRing.evict()
      this.openRing.push(message, replyTo)
      return evicted
    }
    const ring = this.#ring
    if (ring !== null) ring.push(message, replyTo)
    else if (this.#one !== nothing) this.openRing.push(message, replyTo)
    else {
      this.#one = message
      this.#oneReply = replyTo
    }
    this.queueLength++
    return 'taken'
  }

  /** Puts a message before all others, whether there is room or not. */
  unshift(message: Message, replyTo: ReplyTo): void {
    this.openRing.unshift(message, replyTo)
    this.queueLength++
  }

  /** The oldest message that waits. */
  get next(): Message | undefined {
    const ring = this.#ring
    if (ring !== null) return ring.next
    return this.queueLength > 0 ? this.#one : undefined
  }

  /** The oldest message, then also in `taken`, with its reply address in `takenReply`. Only call when messages wait. */
  take(): Message {
    this.queueLength--
    const ring = this.#ring
    return ring === null ? this.#one : ring.take()
  }

  /** The message last taken, until `settle`: what its handler stashes or forwards. */
  get taken(): Message | undefined {
    const ring = this.#ring
    if (ring !== null) return ring.taken
    return this.queueLength === 0 && this.#one !== nothing ? this.#one : undefined
  }

  /** Where the reply to the message last taken goes. An out-parameter: saves an object per message. */
  get takenReply(): ReplyTo {
    const ring = this.#ring
    return ring === null ? this.#oneReply : ring.takenReply
  }

  /** Only to be set while there is a message last taken. */
  set takenReply(replyTo: ReplyTo) {
    const ring = this.#ring
    if (ring === null) this.#oneReply = replyTo
    else ring.takenReply = replyTo
  }

  /** Nothing is being handled any more: lets go of the message last taken, and of a ring that one burst made large. */
  settle(): void {
    const ring = this.#ring
    if (ring !== null) {
      ring.settle()
      if (ring.isLarge && ring.length === 0) this.#ring = null
    } else if (this.queueLength === 0) {
      this.#one = nothing
      this.#oneReply = null
    }
  }

  /** Lets go of its storage, where no more messages come. */
  drop(): void {
    this.#one = nothing
    this.#oneReply = null
    this.#ring = null
  }

  /** For what the one place cannot hold; most actors never have a second message waiting (fan-out and short lives: 20 %). */
  get openRing(): RingQueue {
    if (this.#ring !== null) return this.#ring
    const ring = new RingQueue()
    if (this.#one !== nothing) {
      ring.push(this.#one, this.#oneReply)
      if (this.taken !== undefined) ring.take()
    }
    this.#one = nothing
    this.#oneReply = null
    this.#ring = ring
    return ring
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
