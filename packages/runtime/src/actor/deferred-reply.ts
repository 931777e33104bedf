// An answer in the hands of somebody who gives it later.

import type { DeferredReply, ReplyTo } from '../contracts/reply.ts'

/** What answers. */
interface Accounts {
  resolveReply(replyTo: ReplyTo, value: unknown): void
  rejectReply(replyTo: ReplyTo, error: Error): void
}

/** The answer to one message. */
export class ReplyLater implements DeferredReply {
  readonly #host: Accounts
  #replyTo: ReplyTo
  #answered = false

  constructor(host: Accounts, replyTo: ReplyTo) {
    this.#host = host
    this.#replyTo = replyTo
  }

  get expected(): boolean {
    return this.#replyTo !== null
  }

  resolve(value: unknown): boolean {
    if (this.#answered) return false
    this.#answered = true
    if (this.#replyTo !== null) this.#host.resolveReply(this.#replyTo, value)
    this.#replyTo = null
    return true
  }

  reject(error: Error): boolean {
    if (this.#answered) return false
    this.#answered = true
    if (this.#replyTo !== null) this.#host.rejectReply(this.#replyTo, error)
    this.#replyTo = null
    return true
  }
}
