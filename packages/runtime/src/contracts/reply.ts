// Where the answer to a message goes.

/**
 * `null` for a tell, a number for an ask of this node (a slot of its ask table), or a port that carries the answer elsewhere.
 * Numbers are what local asks use: nothing is made to carry the answer back.
 */
export type ReplyTo = null | number | ReplyPort

/** Carries the answer of an ask to where it was asked, exactly once; later calls are ignored. */
export interface ReplyPort {
  /** Monotonic time after which nobody waits for the answer: the message is then not handled any more. */
  readonly expiresAt?: number
  resolve(value: unknown): void
  reject(error: Error): void
  /** Somebody else answers from now on. Answers where that answer goes: null when nobody waits for one. Absent: to this port. */
  takeOver?(): ReplyTo
}

/** An answer that is given later, or by somebody else: it can be handed to other local actors in a message. */
export interface DeferredReply<T = unknown> {
  /** Whether anybody waits for it: false after a tell. */
  readonly expected: boolean
  /** Answers, once; false when it was answered before. */
  resolve(value: T): boolean
  /** Fails the ask, once; false when it was answered before. */
  reject(error: Error): boolean
}
