// Whose turn it is: what an ask made in the synchronous part of a handler belongs to. One per thread, set once a turn, so that a tell
// pays nothing for it. (An AsyncLocalStorage would also see asks after an await, for each message's money; `ctx.ask` sees them free.)

import type { Asker } from '../contracts/asker.ts'

/** An ask that was made in this turn: whether it closes a cycle is known once its handler holds the actor. */
export interface TurnAsk {
  readonly slot: number
  readonly target: object
}

/** The present turn, and the asks that the present handler made in its synchronous part; null when it made none. */
export const turn: { actor: Asker | null; asks: TurnAsk[] | null } = { actor: null, asks: null }
