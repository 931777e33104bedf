// The ref: an endpoint with the verbs of talking. Refs are compared by address, not by identity.

import { type Address, formatAddress } from '../contracts/address.ts'
import type { Endpoint } from '../contracts/endpoint.ts'
import type { Message, MessageOf, Protocol, ReplyOf } from '../contracts/message.ts'
import type { AskOptions, OfferOptions, Ref } from '../contracts/ref.ts'
import { turn } from '../dispatch/turn.ts'
import { InvalidOptionError } from '../errors.ts'
import { askEndpoint, defaultAskTimeoutMs } from './ask.ts'
import { noAsk } from './ask-table.ts'
import { offerTo } from './offer.ts'

/** A ref to any endpoint. */
export class ActorRef<P extends Protocol> implements Ref<P> {
  readonly #endpoint: Endpoint

  constructor(endpoint: Endpoint) {
    this.#endpoint = endpoint
  }

  /** The endpoint behind a ref; for the runtime's own family. */
  static endpointOf(ref: Ref<Protocol>): Endpoint {
    if (!ActorRef.is(ref)) throw new InvalidOptionError('ref', ref, 'a ref made by this copy of the runtime')
    return ref.#endpoint
  }

  static is(value: unknown): value is ActorRef<Protocol> {
    return typeof value === 'object' && value !== null && #endpoint in value
  }

  get address(): Address {
    return this.#endpoint.address
  }

  tell(message: MessageOf<P>): void {
    const endpoint = this.#endpoint
    endpoint.host.counters.sent++
    endpoint.post(message as Message, null)
  }

  tryTell(message: MessageOf<P>): boolean {
    const endpoint = this.#endpoint
    const { counters } = endpoint.host
    counters.sent++
    if (!endpoint.accepts()) {
      counters.rejected++
      return false
    }
    endpoint.post(message as Message, null)
    return true
  }

  offer(message: MessageOf<P>, options?: OfferOptions): Promise<void> {
    return offerTo(this.#endpoint, message as Message, options)
  }

  ask<M extends MessageOf<P>>(message: M, options?: AskOptions): Promise<ReplyOf<P, M['type']>> {
    const { actor } = turn
    if (options !== undefined || actor !== null)
      return askEndpoint(this.#endpoint, message as Message, options, actor) as Promise<ReplyOf<P, M['type']>>
    const endpoint = this.#endpoint
    const { host } = endpoint
    const promise = host.openAsk(defaultAskTimeoutMs, endpoint, message as Message)
    const slot = host.lastAsk
    if (slot !== noAsk) {
      host.counters.sent++
      endpoint.post(message as Message, slot)
    }
    return promise as Promise<ReplyOf<P, M['type']>>
  }

  toString(): string {
    return formatAddress(this.address)
  }

  /** For logs. What was a ref is text then: to talk to it again, `parseAddress`, and `ref` of a system or context. */
  toJSON(): string {
    return this.toString()
  }

  /** What Node's console shows. */
  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return `Ref(${this.toString()})`
  }
}
