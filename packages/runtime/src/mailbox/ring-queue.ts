// The user lane's storage: one message in place, and for more of them a growable power-of-two ring of (message, replyTo) pairs.
// Two slots a message instead of an envelope object: a tell allocates nothing here once the ring has grown. Most actors never have
// a second message waiting and so never have a ring (fan-out and short lives: 20 %).

import type { Message } from '../contracts/message.ts'
import type { ReplyTo } from '../contracts/reply.ts'

const none: unknown[] = []
const firstPlaces = 4
const keptPlaces = 1024

/** A first-in first-out queue of messages, each with where its reply goes. */
export class RingQueue {
  /** How many messages wait. */
  length = 0
  // While there is no ring: the message that waits, or else the one last taken.
  #one: Message | null = null
  #oneReply: ReplyTo = null
  // The place before the head is never in use: the message last taken stays there until the next one is taken, or `settle`. A field
  // for it would cost every message 4 ns, for the write barrier.
  #ring = none
  #head = 0

  /** The message last taken, until `settle`: what its handler stashes or forwards. */
  get taken(): Message | undefined {
    if (this.#ring === none) return this.length === 0 ? (this.#one ?? undefined) : undefined
    return (this.#ring[this.#slot(-1)] as Message | null) ?? undefined
  }

  /** The oldest message. */
  get next(): Message | undefined {
    if (this.length === 0) return undefined
    return (this.#ring === none ? this.#one : this.#ring[this.#head]) as Message
  }

  /** Where the reply to the message last taken goes. An out-parameter: saves an object per message. */
  get takenReply(): ReplyTo {
    return this.#ring === none ? this.#oneReply : (this.#ring[this.#slot(-1) + 1] as ReplyTo)
  }

  /** Only to be set while there is a message last taken. */
  set takenReply(replyTo: ReplyTo) {
    if (this.#ring === none) this.#oneReply = replyTo
    else this.#ring[this.#slot(-1) + 1] = replyTo
  }

  push(message: Message, replyTo: ReplyTo): void {
    if (this.#ring === none && this.length === 0 && this.#one === null) {
      this.#one = message
      this.#oneReply = replyTo
      this.length = 1
      return
    }
    if (2 * this.length + 2 >= this.#ring.length) this.#grow()
    const at = this.#slot(this.length)
    this.#ring[at] = message
    this.#ring[at + 1] = replyTo
    this.length++
  }

  /** Puts a message before all others. */
  unshift(message: Message, replyTo: ReplyTo): void {
    if (2 * this.length + 2 >= this.#ring.length) this.#grow()
    const { taken, takenReply } = this
    this.#head = this.#slot(-1)
    const at = this.#head
    this.#ring[at] = message
    this.#ring[at + 1] = replyTo
    this.length++
    this.#keepTaken(taken, takenReply)
  }

  /** The oldest message, then also in `taken`, with its reply address in `takenReply`. Only call when `length` is not 0. */
  take(): Message {
    this.length--
    if (this.#ring === none) return this.#one!
    // Cleared, so that the ring keeps nothing alive.
    this.#keepTaken(undefined, null)
    const at = this.#head
    this.#head = this.#slot(1)
    return this.#ring[at] as Message
  }

  /** Takes the oldest message out while another one is being handled, which stays the one last taken. */
  evict(): readonly [Message, ReplyTo] {
    const { taken, takenReply } = this
    const evicted = [this.take(), this.takenReply] as const
    this.#keepTaken(taken, taken === undefined ? null : takenReply)
    return evicted
  }

  /** Nothing is being handled any more: lets go of the message last taken, and of a ring that one burst made large. */
  settle(): void {
    if (this.#ring === none && this.length > 0) return
    this.#keepTaken(undefined, null)
    if (this.length === 0 && this.#ring.length > 2 * keptPlaces) this.#ring = none
  }

  /** Where a message's slots are, counted from the head. */
  #slot(place: number): number {
    return (this.#head + 2 * place) & (this.#ring.length - 1)
  }

  #keepTaken(message: Message | undefined, replyTo: ReplyTo): void {
    if (this.#ring === none) {
      this.#one = message ?? null
      this.#oneReply = replyTo
      return
    }
    const at = this.#slot(-1)
    this.#ring[at] = message ?? null
    this.#ring[at + 1] = replyTo
  }

  #grow(): void {
    const { length, taken, takenReply } = this
    const old = this.#ring
    const ring: unknown[] = new Array(old === none ? 2 * firstPlaces : 2 * old.length).fill(null)
    if (old === none && length > 0) {
      ring[0] = this.#one
      ring[1] = this.#oneReply
    }
    for (let i = 0; i < 2 * length && old !== none; i++) ring[i] = old[(this.#head + i) & (old.length - 1)]
    this.#one = null
    this.#oneReply = null
    this.#ring = ring
    this.#head = 0
    this.#keepTaken(taken, taken === undefined ? null : takenReply)
  }
}
