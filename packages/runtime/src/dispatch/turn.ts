// Whose turn it is: what an ask made in the synchronous part of a handler belongs to. One per thread, set once a turn, so that a tell
// pays nothing for it. (An AsyncLocalStorage would also see asks after an await, for each message's money; `ctx.ask` sees them free.)

import type { Asker } from '../contracts/asker.ts'
import type { Message } from '../contracts/message.ts'

/** An ask that was made in this turn: whether it closes a cycle is known once its handler holds the actor. */
export interface TurnAsk {
  readonly message: Message
  readonly slot: number
  readonly target: object
}

/** The present turn. */
export const turn: { actor: Asker | null } = { actor: null }

const asks: TurnAsk[] = []

/** Remembers an ask until another message's handler asks: by then it is known whether this one's holds its actor. */
export function noteAsk(ask: TurnAsk): void {
  if (asks.length > 0 && asks[0]!.message !== ask.message) asks.length = 0
  asks.push(ask)
}

/** The asks that the handler of a message made in its synchronous part. */
export function asksDuring(message: Message): readonly TurnAsk[] {
  return asks[0]?.message === message ? asks : []
}
