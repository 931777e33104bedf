// An actor on another node, as an endpoint.

import type { Address, Endpoint, Host, Message, ReplyTo, Signal } from '@understudy/runtime/spi'
import type { Peer } from './peer.ts'

/** An actor on another life of a node: that one, and no later one. */
export class RemoteEndpoint implements Endpoint {
  readonly host: Host
  readonly address: Address
  readonly #find: () => Peer
  #found: Peer

  constructor(host: Host, address: Address, find: () => Peer) {
    this.host = host
    this.address = address
    this.#find = find
    this.#found = find()
  }

  post(message: Message, replyTo: ReplyTo): void {
    this.#peer.post(this.address, message, replyTo)
  }

  accepts(): boolean {
    return this.#peer.accepts
  }

  get outstanding(): number {
    return this.#peer.outstandingAt(this.address.path)
  }

  signal(signal: Signal): void {
    this.#peer.signal(this.address, signal)
  }

  get #peer(): Peer {
    if (this.#found.isForgotten) this.#found = this.#find()
    return this.#found
  }
}
