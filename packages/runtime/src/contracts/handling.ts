// How messages are handled: what stands behind a message type, what wraps it, and which types may be handled side by side.

/** A handler as the runtime calls it. */
// oxlint-disable-next-line typescript/no-explicit-any
export type Handler = (state: any, message: any, ctx: any) => unknown

/** What stands behind each message type. */
export interface HandlerTable {
  find(type: string): Handler | undefined
  /** The types that it knows by name; for errors. */
  keys(): Iterable<string>
}

/**
 * Wraps handling: gets the next handler, answers the one to call instead. Applied once per handler, not per message, so a chain
 * of them costs its calls and nothing else.
 *
 * @example const timed: Middleware = (next) => (state, message, ctx) => { const t = ctx.now(); try { return next(state, message, ctx) } finally { note(ctx.now() - t) } }
 */
export type Middleware = (next: Handler) => Handler

/** Which messages do not hold the actor while their promise is open. */
export interface Reentrancy {
  /** `true` for all types. */
  readonly types: true | ReadonlySet<string>
  /** How many may be open at once; the next one waits. */
  readonly maxInFlight: number
}
