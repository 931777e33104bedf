// Where messages go that have nowhere to go: an endpoint that dead-letters everything, with the right reason.

import { type Address, formatAddress } from '../contracts/address.ts'
import type { DeadLetterReason } from '../contracts/dead-letter.ts'
import type { Accounts } from '../contracts/accounts.ts'
import type { Endpoint, Signal } from '../contracts/endpoint.ts'
import type { ExitReason } from '../contracts/exit-reason.ts'
import type { Message } from '../contracts/message.ts'
import type { ReplyTo } from '../contracts/reply.ts'

/** The endpoint of an address where nobody is. */
export class DeadEnd implements Endpoint {
  readonly host: Accounts
  readonly address: Address
  readonly outstanding = 0
  readonly #reason: DeadLetterReason
  readonly #exit: ExitReason

  /** `exit` is what watchers are told; by default that nobody lives there. */
  constructor(host: Accounts, address: Address, reason: DeadLetterReason, exit: ExitReason = { shutdown: reason }) {
    this.host = host
    this.address = address
    this.#reason = reason
    this.#exit = exit
  }

  post(message: Message, replyTo: ReplyTo): void {
    this.host.deadLetter(message, replyTo, this.#reason, formatAddress(this.address))
  }

  accepts(): boolean {
    return false
  }

  signal(signal: Signal): void {
    if (signal.type === 'watch') signal.watcher.signal({ type: 'terminated', address: signal.target, reason: this.#exit })
  }
}
