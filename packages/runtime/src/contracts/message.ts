// What actors say to each other, and how a protocol is written down in types.

import type { DeferredReply } from './reply.ts'

/** A message: an object with a `type`, the shape that XState events, discriminated unions and wires already have. */
export interface Message {
  readonly type: string
  /**
   * Names the effect this message is to have, by the sender's choice; a repetition carries the same one. The runtime carries it and
   * does nothing else with it: a receiver that must not act twice remembers the keys it has acted on, in the same write as the effect.
   */
  readonly idempotencyKey?: string
}

/**
 * A protocol: for each message type, a function from payload to reply.
 * Inferred from a definition's `on`; written by hand only for refs to actors defined elsewhere.
 *
 * @example type Counter = { add(message: { by: number }): void; value(): number }
 */
// oxlint-disable-next-line typescript/no-explicit-any
export type Protocol = Record<string, (message: any) => unknown>

type PayloadOf<F> = F extends () => unknown ? unknown : F extends (message: infer M) => unknown ? M : never

/** One message of a protocol, from the message as it is sent: what is in it besides its type, and the reply. */
export type Spoken<M, R> = Exclude<keyof M, 'type'> extends never ? () => R : (message: WithoutType<M>) => R

type WithoutType<M> = { [F in keyof M as F extends 'type' ? never : F]: M[F] } & {}

/** The union of all messages of a protocol; of a protocol that is not known (`any`), whatever has a type. */
export type MessageOf<P extends Protocol> = 0 extends 1 & P ? UntypedMessage : KnownMessageOf<P>

type KnownMessageOf<P extends Protocol> = {
  [K in keyof P & string]: { readonly type: K; readonly idempotencyKey?: string } & PayloadOf<P[K]>
}[keyof P & string]

/** A message of which only its type is known to be there. */
interface UntypedMessage extends Message {
  // oxlint-disable-next-line typescript/no-explicit-any
  readonly [field: string]: any
}

/** What the actor answers to a message of type `K`. */
export type ReplyOf<P extends Protocol, K extends keyof P> = Answer<Awaited<ReturnType<P[K]>>>

/** What an asker gets: for a deferred reply, what is given later. */
type Answer<R> = R extends DeferredReply<infer T> ? T : R
