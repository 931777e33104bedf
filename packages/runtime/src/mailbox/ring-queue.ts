// The user lane's storage where more than one message waits: a growable power-of-two ring of (message, replyTo) pairs. Two slots a
// message instead of an envelope object: a tell allocates nothing here once the ring has grown.

import type { Message } from '../contracts/message.ts'
import type { ReplyTo } from '../contracts/reply.ts'

const firstPlaces = 4
const keptPlaces = 1024

/** A first-in first-out queue of messages, each with where its reply goes. */
export class RingQueue {
  /** How many messages wait. */
  length = 0
  // The place before the head is never in use: the message last taken stays there until the next one is taken, or `settle`. A field
  // for it would cost every message 4 ns, for the write barrier.
  #ring: unknown[] = new Array<unknown>(2 * firstPlaces).fill(null)
  #head = 0

  /** Whether a burst has made it larger than it is worth keeping. */
  get isLarge(): boolean {
    return this.#ring.length > 2 * keptPlaces
  }

  /** The message last taken, until `settle`: what its handler stashes or forwards. */
  get taken(): Message | undefined {
    return (this.#ring[this.#slot(-1)] as Message | null) ?? undefined
  }

  /** The oldest message. */
  get next(): Message | undefined {
    return this.length === 0 ? undefined : (this.#ring[this.#head] as Message)
  }

  /** Where the reply to the message last taken goes. An out-parameter: saves an object per message. */
  get takenReply(): ReplyTo {
    return this.#ring[this.#slot(-1) + 1] as ReplyTo
  }

  /** Only to be set while there is a message last taken. */
  set takenReply(replyTo: ReplyTo) {
    this.#ring[this.#slot(-1) + 1] = replyTo
  }

  push(message: Message, replyTo: ReplyTo): void {
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

  /** Nothing is being handled any more: lets go of the message last taken. */
  settle(): void {
    this.#keepTaken(undefined, null)
  }

  /** Where a message's slots are, counted from the head. */
  #slot(place: number): number {
    return (this.#head + 2 * place) & (this.#ring.length - 1)
  }

  #keepTaken(message: Message | undefined, replyTo: ReplyTo): void {
    const at = this.#slot(-1)
    this.#ring[at] = message ?? null
    this.#ring[at + 1] = replyTo
  }

  #grow(): void {
    const old = this.#ring
    const head = this.#head
    const size = old.length
    const ring: unknown[] = new Array<unknown>(2 * size).fill(null)
    // In one piece from the second place on: the first one is that of the message last taken.
    for (let i = 0; i < size; i++) ring[i] = old[(head - 2 + i) & (size - 1)]
    this.#ring = ring
    this.#head = 2
  }
}
