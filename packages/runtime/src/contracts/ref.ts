// What user code holds of an actor.

import type { Address } from './address.ts'
import type { MessageOf, Protocol, ReplyOf } from './message.ts'

/** Options of one ask. */
export interface AskOptions {
  /** How long to wait for the reply, in milliseconds. Default 5000; always finite. */
  readonly timeoutMs?: number
}

/** A ref of any protocol: for what looks at whom, not at what is said. */
// oxlint-disable-next-line typescript/no-explicit-any
export type AnyRef = Ref<any>

/** Something messages can be sent to: an actor here or on another node, a pool, a singleton. Stays valid through restarts. */
export interface Ref<P extends Protocol> {
  readonly address: Address
  /** Sends a message and forgets it. Never throws for the receiver's state and never blocks; what cannot be delivered becomes a dead letter. */
  tell(message: MessageOf<P>): void
  /** Like `tell`, but answers false instead of dead-lettering when the receiver's mailbox is full or it is known to be gone. */
  tryTell(message: MessageOf<P>): boolean
  /**
   * Sends a message and resolves with the handler's return value.
   * @throws (rejects with) AskTimeoutError, ActorFailedError, or a DeliveryError that says whether the message was handled.
   */
  ask<M extends MessageOf<P>>(message: M, options?: AskOptions): Promise<ReplyOf<P, M['type']>>
  toString(): string
}
