// Times what actors do in their turns, while somebody watches for hangs. A handler that does not let go of the loop is noticed once it
// has: nothing else runs meanwhile, so nothing else could.

import type { Cell } from '../actor/cell.ts'
import type { Env } from '../contracts/env.ts'
import type { Message } from '../contracts/message.ts'
import type { AroundTurn } from '../dispatch/dispatcher.ts'

/** What has kept the loop: an actor in a message, or, where that is absent, in the signals that its turn began with. */
export interface LongStep {
  readonly cell: Cell
  /** Which it was in: a failure or a stop may have ended it since. */
  readonly incarnation: number
  readonly message?: Message | undefined
  readonly ms: number
}

/**
 * Turns as they are without it, first signals and then up to `throughput` messages, but step by step, with the clock read after each: else
 * one message of `longMs` could not be told from many short ones. A message costs 70 ns so, instead of 18, and an ask 255 instead of 155.
 */
export function timedTurns(env: Env, longMs: number, onLong: (step: LongStep) => void): AroundTurn {
  let since = 0
  const step = (cell: Cell, throughput: 0 | 1): number => {
    const { incarnation } = cell
    const message = throughput === 0 ? undefined : cell.next
    const seen = cell.turn(throughput)
    const now = env.now()
    const ms = now - since
    since = now
    if (ms >= longMs) {
      onLong({ cell, incarnation, message, ms })
      since = env.now()
    }
    return seen
  }
  return (actor, throughput) => {
    const cell = actor as Cell
    since = env.now()
    if (cell.hasSignals) step(cell, 0)
    let seen = 0
    while (seen < throughput && cell.ready && !cell.hasSignals) seen += step(cell, 1)
    return seen
  }
}
