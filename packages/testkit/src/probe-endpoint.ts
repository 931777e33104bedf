// The receiving side of a probe: stands before the mailbox of its actor, takes every message, and keeps the books.

import { type Address, type AnyRef, type ExitReason, formatAddress } from '@understudy/runtime'
import type { Accounts, Endpoint, Host, Message, ReplyTo, Signal } from '@understudy/runtime/spi'

/** One message that a probe was sent. */
export interface Received<M = Message> {
  readonly message: M
  /** Monotonic time in milliseconds. */
  readonly at: number
  /** Whether somebody awaits an answer. */
  readonly asked: boolean
  /** Answers the ask. Does nothing for a tell; a second answer only counts as late. */
  reply(value: unknown): void
  /** Ends the ask with an error. */
  fail(error: Error): void
}

/** The endpoint behind a probe's ref. */
export class ProbeEndpoint implements Endpoint {
  readonly host: Accounts
  readonly received: Received[] = []
  /** Exit reasons by address, of the watched that are gone. */
  readonly terminated = new Map<string, ExitReason>()
  /** Answers by message type: values, or functions of the message. */
  readonly answers = new Map<string, unknown>()
  readonly outstanding = 0
  readonly #inside: Endpoint
  readonly #home: Host

  constructor(inside: Endpoint, host: Host) {
    this.host = host
    this.#home = host
    this.#inside = inside
  }

  get address(): Address {
    return this.#inside.address
  }

  accepts(): boolean {
    return this.#inside.accepts()
  }

  post(message: Message, replyTo: ReplyTo): void {
    // A probe that was stopped is gone like any actor.
    if (!this.#inside.accepts()) {
      this.#inside.post(message, replyTo)
      return
    }
    const host = this.#home
    host.counters.handled++
    this.received.push({
      message,
      at: host.env.now(),
      asked: replyTo !== null,
      reply: (value) => host.resolveReply(replyTo, value),
      fail: (error) => host.rejectReply(replyTo, error),
    })
    const type = (message as Message | undefined)?.type
    if (replyTo !== null && type !== undefined && this.answers.has(type)) void this.#answer(this.answers.get(type), message, replyTo)
  }

  signal(signal: Signal): void {
    if (signal.type === 'terminated') this.terminated.set(formatAddress(signal.address), signal.reason)
    else this.#inside.signal(signal)
  }

  watch(target: AnyRef): void {
    const endpoint = this.#home.endpointOf(target)
    endpoint.signal({ type: 'watch', watcher: this, target: endpoint.address })
  }

  async #answer(answer: unknown, message: Message, replyTo: ReplyTo): Promise<void> {
    try {
      const value: unknown = typeof answer === 'function' ? await (answer as (message: Message) => unknown)(message) : answer
      this.#home.resolveReply(replyTo, value)
    } catch (cause) {
      this.#home.rejectReply(replyTo, cause instanceof Error ? cause : new Error(String(cause)))
    }
  }
}
