// What stands in for everybody else in a `behaviorTest`: a ref whose messages are kept and never handled.

import { type Address, type AnyRef, type ExitReason, formatAddress, type MessageOf, type Protocol, type Ref } from '@understudy/runtime'
import type { Accounts, Endpoint, Host, Message, ReplyTo, Signal } from '@understudy/runtime/spi'
import type { Effect } from './effect.ts'
import { ExpectationError } from './expectation-error.ts'

/** A stand-in for another actor. */
export interface Inbox<P extends Protocol> {
  readonly path: string
  readonly ref: Ref<P>
  /** What it was sent, oldest first. */
  readonly messages: readonly MessageOf<P>[]
  /** Answers the oldest ask that is still open; the asking handler goes on in `settle()`. @throws ExpectationError when there is none. */
  reply(value: unknown): void
  /** Ends the oldest ask that is still open with an error. @throws ExpectationError when there is none. */
  fail(error: Error): void
}

/** The endpoint of an inbox. */
export class InboxEndpoint implements Endpoint, Inbox<Protocol> {
  readonly host: Accounts
  readonly address: Address
  readonly ref: Ref<Protocol>
  readonly messages: Message[] = []
  readonly outstanding = 0
  readonly #home: Host
  readonly #asks: ReplyTo[] = []
  readonly #watchers = new Map<string, { readonly watcher: Endpoint; readonly target: Address }>()
  readonly #report: (effect: Effect) => void

  constructor(host: Host, address: Address, report: (effect: Effect) => void) {
    this.host = host
    this.#home = host
    this.address = address
    this.#report = report
    this.ref = host.refTo(this)
  }

  get path(): string {
    return this.address.path
  }

  accepts(): boolean {
    return true
  }

  post(message: Message, replyTo: ReplyTo): void {
    this.host.counters.handled++
    this.messages.push(message)
    if (replyTo !== null) this.#asks.push(replyTo)
    // Asks of this system have a number; a port came with the message under test.
    const type = replyTo === null ? 'told' : typeof replyTo === 'number' ? 'asked' : 'forwarded'
    this.#report({ type, to: this.path, message })
  }

  signal(signal: Signal): void {
    if (signal.type === 'watch')
      this.#watchers.set(formatAddress(signal.watcher.address), { watcher: signal.watcher, target: signal.target })
    else if (signal.type === 'unwatch') this.#watchers.delete(formatAddress(signal.watcher.address))
  }

  reply(value: unknown): void {
    this.#home.resolveReply(this.#nextAsk(), value)
  }

  fail(error: Error): void {
    this.#home.rejectReply(this.#nextAsk(), error)
  }

  /** Tells its watchers that it is gone. */
  terminate(reason: ExitReason): void {
    if (this.#watchers.size === 0) throw new ExpectationError(`nobody watches ${this.path}`)
    for (const { watcher, target } of this.#watchers.values()) watcher.signal({ type: 'terminated', address: target, reason })
    this.#watchers.clear()
  }

  #nextAsk(): ReplyTo {
    const replyTo = this.#asks.shift()
    if (replyTo === undefined) throw new ExpectationError(`no ask to ${this.path} is open`)
    return replyTo
  }
}

/** The path of whatever a ref leads to. */
export function pathOf(ref: AnyRef): string {
  return ref.address.path
}
