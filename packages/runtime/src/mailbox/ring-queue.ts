// The user lane's storage: one message in place, and for more of them a growable power-of-two ring of (message, replyTo) pairs. Two slots a
// message instead of an envelope object: a tell allocates nothing here once the ring has grown. Most actors never have a second message
// waiting and so never have a ring (fan-out and short lives: 20 %).

import type { Message } from '../contracts/message.ts'
import type { ReplyTo } from '../contracts/reply.ts'

/** Stands in the one place when nothing is there: no message that untyped code may send is like it. */
const nothing = { type: 'nothing' } as const satisfies Message

const firstSlots = 8
const keptSlots = 2048

/** A first-in first-out queue of messages, each with where its reply goes. (No private methods: they would cost every instance a field.) */
export class RingQueue {
  /** How many messages wait. */
  queueLength = 0
  // While there is no ring: the message that waits, or else the one last taken.
  #one: Message = nothing
  #oneReply: ReplyTo = null
  // The place before the head is never in use: the message last taken stays there until the next one is taken, or `settle`. A field
  // for it would cost every message 4 ns, for the write barrier.
  #ring: unknown[] | null = null
  #head = 0

  /** The oldest message. */
  get next(): Message | undefined {
    if (this.queueLength === 0) return undefined
    return this.#ring === null ? this.#one : (this.#ring[this.#head] as Message)
  }

  /** The message last taken, until `settle`: what its handler stashes or forwards. */
  get taken(): Message | undefined {
    const ring = this.#ring
    if (ring !== null) return (ring[(this.#head - 2) & (ring.length - 1)] as Message | null) ?? undefined
    return this.queueLength === 0 && this.#one !== nothing ? this.#one : undefined
  }

  /** Where the reply to the message last taken goes. An out-parameter: saves an object per message. */
  get takenReply(): ReplyTo {
    const ring = this.#ring
    return ring === null ? this.#oneReply : (ring[(this.#head - 1) & (ring.length - 1)] as ReplyTo)
  }

  /** Only to be set while there is a message last taken. */
  set takenReply(replyTo: ReplyTo) {
    const ring = this.#ring
    if (ring === null) this.#oneReply = replyTo
    else ring[(this.#head - 1) & (ring.length - 1)] = replyTo
  }

  push(message: Message, replyTo: ReplyTo): void {
    if (this.#ring === null && this.#one === nothing) {
      this.#one = message
      this.#oneReply = replyTo
      this.queueLength = 1
      return
    }
    const ring = RingQueue.#withRoom(this)
    const at = (this.#head + 2 * this.queueLength) & (ring.length - 1)
    ring[at] = message
    ring[at + 1] = replyTo
    this.queueLength++
  }

  /** Puts a message before all others. */
  unshift(message: Message, replyTo: ReplyTo): void {
    const ring = RingQueue.#withRoom(this)
    const mask = ring.length - 1
    const { taken, takenReply } = this
    const head = (this.#head - 2) & mask
    ring[head] = message
    ring[head + 1] = replyTo
    this.#head = head
    this.queueLength++
    RingQueue.#keepTaken(this, taken, takenReply)
  }

  /** The oldest message, then also in `taken`, with its reply address in `takenReply`. Only call when messages wait. */
  take(): Message {
    this.queueLength--
    const ring = this.#ring
    if (ring === null) return this.#one
    const mask = ring.length - 1
    const head = this.#head
    const before = (head - 2) & mask
    // Cleared, so that the ring keeps nothing alive.
    ring[before] = null
    ring[before + 1] = null
    this.#head = (head + 2) & mask
    return ring[head] as Message
  }

  /** Takes the oldest message out while another one is being handled, which stays the one last taken. */
  evict(): readonly [Message, ReplyTo] {
    RingQueue.#withRoom(this)
    const { taken, takenReply } = this
    const evicted = [this.take(), this.takenReply] as const
    RingQueue.#keepTaken(this, taken, taken === undefined ? null : takenReply)
    return evicted
  }

  /** Nothing is being handled any more: lets go of the message last taken, and of a ring that one burst made large. */
  settle(): void {
    const ring = this.#ring
    if (ring === null) {
      if (this.queueLength > 0) return
      this.#one = nothing
      this.#oneReply = null
    } else if (this.queueLength === 0 && ring.length > keptSlots) this.#ring = null
    else RingQueue.#keepTaken(this, undefined, null)
  }

  /** Lets go of its storage, where no more messages come. */
  drop(): void {
    this.#one = nothing
    this.#oneReply = null
    this.#ring = null
  }

  static #keepTaken(queue: RingQueue, message: Message | undefined, replyTo: ReplyTo): void {
    const ring = queue.#ring!
    const at = (queue.#head - 2) & (ring.length - 1)
    ring[at] = message ?? null
    ring[at + 1] = replyTo
  }

  /** The ring, with room for one message more besides the one last taken. */
  static #withRoom(queue: RingQueue): unknown[] {
    const ring = queue.#ring
    if (ring === null) return RingQueue.#open(queue)
    return 2 * queue.queueLength + 2 < ring.length ? ring : RingQueue.#grow(queue, ring)
  }

  static #open(queue: RingQueue): unknown[] {
    const ring: unknown[] = new Array<unknown>(firstSlots).fill(null)
    // One that waits is the first, one in hand is before it.
    if (queue.#one !== nothing) {
      const at = queue.queueLength > 0 ? 2 : 0
      ring[at] = queue.#one
      ring[at + 1] = queue.#oneReply
      queue.#one = nothing
      queue.#oneReply = null
    }
    queue.#head = 2
    queue.#ring = ring
    return ring
  }

  static #grow(queue: RingQueue, ring: unknown[]): unknown[] {
    const size = ring.length
    const grown: unknown[] = new Array<unknown>(2 * size).fill(null)
    // In one piece, beginning with the place of the message last taken.
    for (let i = 0; i < size; i++) grown[i] = ring[(queue.#head - 2 + i) & (size - 1)]
    queue.#head = 2
    queue.#ring = grown
    return grown
  }
}
