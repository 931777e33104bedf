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

// What is in the one place. (A message may be anything, as untyped code sends it, so it cannot say so itself.)
const empty = 0
const waiting = 1
const inHand = 2

/**
 * Two lanes. An actor is its mailbox, rather than having one: an object less to make, to reach through and to collect for each
 * (spawn and first message: 15 %). The first message has a place in it; only where more wait is there a ring.
 */
export class Mailbox<S> {
  /** While there is no ring: the message that waits, or else the one last taken. */
  #one: Message | null = null
  #oneReply: ReplyTo = null
  #place: typeof empty | typeof waiting | typeof inHand = empty
  #ring: RingQueue | null = null
  #signals: S[] | null = null

  // --- Messages -------------------------------------------------------------------------------------------------------------

  /** How many messages wait. */
  get queueLength(): number {
    const ring = this.#ring
    return ring === null ? (this.#place === waiting ? 1 : 0) : ring.length
  }

  /** Whether any message waits. */
  get hasMessages(): boolean {
    const ring = this.#ring
    return ring === null ? this.#place === waiting : ring.length > 0
  }

  /** Whether one more would be refused. Where the oldest gives way, it would not. */
  isFull({ capacity, overflow }: Bounds): boolean {
    return this.queueLength >= capacity && overflow !== 'drop-oldest'
  }

  offer(message: Message, replyTo: ReplyTo, bounds: Bounds): Offered {
    const { capacity } = bounds
    const ring = this.#ring
    if (ring === null) {
      if (capacity > 0 && this.#place === empty) {
        this.#one = message
        this.#oneReply = replyTo
        this.#place = waiting
        return 'taken'
      }
    } else if (ring.length < capacity) {
      ring.push(message, replyTo)
      return 'taken'
    }
    if (this.queueLength < capacity) {
      this.openRing.push(message, replyTo)
      return 'taken'
    }
    if (bounds.overflow !== 'drop-oldest' || this.queueLength === 0) return 'full'
    const evicted = this.openRing.evict()
    this.openRing.push(message, replyTo)
    return evicted
  }

  /** Puts a message before all others, whether there is room or not. */
  unshift(message: Message, replyTo: ReplyTo): void {
    this.openRing.unshift(message, replyTo)
  }

  /** The oldest message that waits. */
  get next(): Message | undefined {
    const ring = this.#ring
    if (ring !== null) return ring.next
    return this.#place === waiting ? this.#one! : undefined
  }

  /** The oldest message, then also in `taken`, with its reply address in `takenReply`. Only call when messages wait. */
  take(): Message {
    const ring = this.#ring
    if (ring !== null) return ring.take()
    this.#place = inHand
    return this.#one!
  }

  /** The message last taken, until `settle`: what its handler stashes or forwards. */
  get taken(): Message | undefined {
    const ring = this.#ring
    if (ring !== null) return ring.taken
    return this.#place === inHand ? this.#one! : undefined
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
    if (ring === null) {
      if (this.#place === waiting) return
      this.#one = null
      this.#oneReply = null
      this.#place = empty
    } else {
      ring.settle()
      if (ring.isLarge && ring.length === 0) this.#ring = null
    }
  }

  /** Lets go of its storage, where no more messages come. */
  drop(): void {
    this.#one = null
    this.#oneReply = null
    this.#ring = null
  }

  /** For what the one place cannot hold; most actors never have a second message waiting (fan-out and short lives: 20 %). */
  get openRing(): RingQueue {
    if (this.#ring !== null) return this.#ring
    const ring = new RingQueue()
    this.#ring = ring
    if (this.#place !== empty) ring.push(this.#one!, this.#oneReply)
    if (this.#place === inHand) ring.take()
    this.#one = null
    this.#oneReply = null
    this.#place = empty
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
