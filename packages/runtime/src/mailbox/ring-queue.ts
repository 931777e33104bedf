// The user lane's storage: a growable power-of-two ring of (message, replyTo) pairs.
// Two slots a message instead of an envelope object: a tell allocates nothing here once the ring has grown.

import type { Message } from '../contracts/message.ts'
import type { ReplyTo } from '../contracts/reply.ts'

const none: unknown[] = []
const firstSlots = 8
const keptSlots = 2048

/** A first-in first-out queue of messages, each with where its reply goes. */
export class RingQueue {
  // The two slots before the head are never in use: the message last taken and its reply address stay there until the next one is
  // taken, or `settle`. Fields for them would cost every message 4 ns each, for the write barrier.
  #ring = none
  #head = 0
  #used = 0
  #mask = 0

  get length(): number {
    return this.#used >> 1
  }

  /** The message last taken, until `settle`: what its handler stashes or forwards. */
  get taken(): Message | undefined {
    return (this.#ring[(this.#head - 2) & this.#mask] as Message | null) ?? undefined
  }

  /** Where the reply to the message last taken goes. An out-parameter: saves an object per message. */
  get takenReply(): ReplyTo {
    return (this.#ring[(this.#head - 1) & this.#mask] as ReplyTo | undefined) ?? null
  }

  /** Only to be set while there is a message last taken. */
  set takenReply(replyTo: ReplyTo) {
    this.#ring[(this.#head - 1) & this.#mask] = replyTo
  }

  push(message: Message, replyTo: ReplyTo): void {
    if (this.#used + 2 >= this.#ring.length) this.#grow()
    const at = (this.#head + this.#used) & this.#mask
    this.#ring[at] = message
    this.#ring[at + 1] = replyTo
    this.#used += 2
  }

  /** Puts a message before all others. */
  unshift(message: Message, replyTo: ReplyTo): void {
    if (this.#used + 2 >= this.#ring.length) this.#grow()
    const ring = this.#ring
    const { taken, takenReply } = this
    this.#head = (this.#head - 2) & this.#mask
    ring[this.#head] = message
    ring[this.#head + 1] = replyTo
    this.#keepTaken(taken, takenReply)
    this.#used += 2
  }

  /** The oldest message, then also in `taken`, with its reply address in `takenReply`. Only call when `length` is not 0. */
  take(): Message {
    const ring = this.#ring
    const at = this.#head
    // Cleared, so that the ring keeps nothing alive.
    const before = (at - 2) & this.#mask
    ring[before] = null
    ring[before + 1] = null
    this.#head = (at + 2) & this.#mask
    this.#used -= 2
    return ring[at] as Message
  }

  /** Takes the oldest message out while another one is being handled, which stays the one last taken. */
  evict(): readonly [Message, ReplyTo] {
    const { taken, takenReply } = this
    const evicted = [this.take(), this.takenReply] as const
    this.#keepTaken(taken, takenReply)
    return evicted
  }

  /** Nothing is being handled any more: lets go of the message last taken, and of a ring that one burst made large. */
  settle(): void {
    if (this.#ring.length === 0) return
    this.#keepTaken(undefined, null)
    if (this.#used !== 0 || this.#ring.length <= keptSlots) return
    this.#ring = none
    this.#head = 0
    this.#mask = 0
  }

  #grow(): void {
    const old = this.#ring
    const { taken, takenReply } = this
    const slots = old.length
    const ring: unknown[] = new Array(slots === 0 ? firstSlots : slots * 2).fill(null)
    for (let i = 0; i < this.#used; i++) ring[i] = old[(this.#head + i) & this.#mask]
    this.#ring = ring
    this.#head = 0
    this.#mask = ring.length - 1
    this.#keepTaken(taken, takenReply)
  }

  #keepTaken(message: Message | undefined, replyTo: ReplyTo): void {
    const before = (this.#head - 2) & this.#mask
    this.#ring[before] = message ?? null
    this.#ring[before + 1] = replyTo
  }
}
