// The user lane's storage: a growable power-of-two ring of (message, replyTo) pairs.
// Two slots a message instead of an envelope object: a tell allocates nothing here once the ring has grown.

import type { Message } from '../contracts/message.ts'
import type { ReplyTo } from '../contracts/reply.ts'

const none: unknown[] = []
const firstSlots = 8
const keptSlots = 2048

/** A first-in first-out queue of messages, each with where its reply goes. */
export class RingQueue {
  /** Where the reply to the message last taken goes. An out-parameter: saves an object per message. */
  takenReply: ReplyTo = null

  #ring = none
  #head = 0
  #used = 0
  #mask = 0

  get length(): number {
    return this.#used >> 1
  }

  push(message: Message, replyTo: ReplyTo): void {
    if (this.#used === this.#ring.length) this.#grow()
    const at = (this.#head + this.#used) & this.#mask
    this.#ring[at] = message
    this.#ring[at + 1] = replyTo
    this.#used += 2
  }

  /** The oldest message; its reply address is then in `takenReply`. Only call when `length` is not 0. */
  take(): Message {
    const ring = this.#ring
    const at = this.#head
    const message = ring[at] as Message
    this.takenReply = ring[at + 1] as ReplyTo
    // Cleared, so that the ring keeps nothing alive.
    ring[at] = null
    ring[at + 1] = null
    this.#head = (at + 2) & this.#mask
    this.#used -= 2
    return message
  }

  /** Lets go of a ring that one burst made large. */
  shrink(): void {
    if (this.#used !== 0 || this.#ring.length <= keptSlots) return
    this.#ring = none
    this.#head = 0
    this.#mask = 0
  }

  #grow(): void {
    const old = this.#ring
    const slots = old.length
    const ring: unknown[] = new Array(slots === 0 ? firstSlots : slots * 2).fill(null)
    for (let i = 0; i < slots; i++) ring[i] = old[(this.#head + i) & this.#mask]
    this.#ring = ring
    this.#head = 0
    this.#mask = ring.length - 1
  }
}
