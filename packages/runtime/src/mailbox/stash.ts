// Messages put aside until the actor is ready for them. Bounded; they count as waiting, and go back before all others, in order.

import type { Message } from '../contracts/message.ts'
import type { ReplyTo } from '../contracts/reply.ts'
import { RingQueue } from './ring-queue.ts'

/** The default bound of a stash, in messages. */
export const defaultStashCapacity = 1000

/** The stash of one actor. Created with the first message put aside. */
export class Stash {
  readonly #messages = new RingQueue()
  readonly #capacity: number

  constructor(capacity: number) {
    this.#capacity = capacity
  }

  get length(): number {
    return this.#messages.queueLength
  }

  get full(): boolean {
    return this.#messages.queueLength >= this.#capacity
  }

  push(message: Message, replyTo: ReplyTo): void {
    this.#messages.push(message, replyTo)
  }

  /** Puts everything back, before what waits there. */
  release(into: { unshift(message: Message, replyTo: ReplyTo): void }): void {
    const held: { message: Message; replyTo: ReplyTo }[] = []
    while (this.#messages.queueLength > 0) held.push({ message: this.#messages.take(), replyTo: this.#messages.takenReply })
    this.#messages.settle()
    for (const { message, replyTo } of held.reverse()) into.unshift(message, replyTo)
  }
}
