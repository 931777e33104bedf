// An endpoint that is looked up anew for each message: for refs by path, by node name, and by anything else that may come and go.

import type { Accounts } from '../contracts/accounts.ts'
import type { Address } from '../contracts/address.ts'
import type { Endpoint, Offer, Signal } from '../contracts/endpoint.ts'
import type { Message } from '../contracts/message.ts'
import type { ReplyTo } from '../contracts/reply.ts'

/** Stands for whatever `resolve` finds at the moment a message is sent. */
export class LazyEndpoint implements Endpoint {
  readonly host: Accounts
  readonly address: Address
  readonly #resolve: () => Endpoint

  constructor(host: Accounts, address: Address, resolve: () => Endpoint) {
    this.host = host
    this.address = address
    this.#resolve = resolve
  }

  post(message: Message, replyTo: ReplyTo): void {
    this.#resolve().post(message, replyTo)
  }

  accepts(): boolean {
    return this.#resolve().accepts()
  }

  awaitRoom(offer: Offer): boolean {
    return this.#resolve().awaitRoom?.(offer) === true
  }

  get outstanding(): number {
    return this.#resolve().outstanding
  }

  signal(signal: Signal): void {
    this.#resolve().signal(signal)
  }
}
