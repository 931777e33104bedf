// A failure inside an actor is data: what broke, when in its life, and while handling what.

import type { Message } from './message.ts'

/** A failure of an actor, as its supervisor sees it. */
export interface Failure {
  /** What was thrown or what a promise was rejected with; any value. */
  readonly cause: unknown
  /** What the actor was doing; `stray`: something it had left behind, a promise or a timer, failed with nobody waiting for it. */
  readonly phase: 'starting' | 'handling' | 'stopping' | 'signal' | 'stray'
  /** The message it was handling, when there was one. */
  readonly message?: Message
  /** Which life of the actor failed, counted from 1. */
  readonly incarnation: number
  /** How many failures in a row, this one included, without a message handled in between. */
  readonly attempt: number
  /** How many snapshots there are to begin the next life with; absent: none. */
  readonly snapshots?: number
}
