// What actors say to each other, and how a protocol is written down in types.

/** A message: an object with a `type`, the shape that XState events, discriminated unions and wires already have. */
export interface Message {
  readonly type: string
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

/** The union of all messages of a protocol. */
export type MessageOf<P extends Protocol> = { [K in keyof P & string]: { readonly type: K } & PayloadOf<P[K]> }[keyof P & string]

/** What the actor answers to a message of type `K`. */
export type ReplyOf<P extends Protocol, K extends keyof P> = Awaited<ReturnType<P[K]>>
