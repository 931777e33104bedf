// What user code holds of an actor.

import type { Address } from './address.ts'
import type { MessageOf, Protocol, ReplyOf } from './message.ts'

/** Options of one ask. */
export interface AskOptions {
  /**
   * How long to wait for the reply, in milliseconds. Default 5000; always finite. An ask made while handling another ask never
   * waits longer than that one has left.
   */
  readonly timeoutMs?: number
  /** Until when to wait, in milliseconds of `ctx.now()`; the earlier of both counts. */
  readonly deadlineAt?: number
  /** Gives the ask up when aborted: it rejects with an AskAbortedError, and a late reply only counts. */
  readonly signal?: AbortSignal
}

/** Options of one offer. */
export interface OfferOptions {
  /** How long to wait for room, in milliseconds. Default: until there is room, or the actor is gone. */
  readonly timeoutMs?: number
  /** Gives the offer up when aborted: it rejects with an AskAbortedError, and nothing was sent. */
  readonly signal?: AbortSignal
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
   * Resolves when the message is in the mailbox (for an actor of another node: on its way). Where the mailbox is full and its
   * overflow policy is `suspend-sender`, it waits for room, first come first served; every other policy refuses at once.
   * @throws (rejects with) OfferTimeoutError, AskAbortedError, MailboxFullError, OverloadedError, NoSuchActorError or NodeUnreachableError;
   * all of them mean never handled.
   */
  offer(message: MessageOf<P>, options?: OfferOptions): Promise<void>
  /**
   * Sends a message and resolves with the handler's return value.
   * @throws (rejects with) AskTimeoutError, AskAbortedError, AskCycleError, ActorFailedError, or a DeliveryError that says whether the message was handled.
   */
  ask<M extends MessageOf<P>>(message: M, options?: AskOptions): Promise<ReplyOf<P, M['type']>>
  toString(): string
}
