// How much of the loop may go to deciding on failures. A decision costs a few microseconds, or fifty with a machine: ten thousand at once
// would hold all that is well for half a second. So what is above a few milliseconds of such work gets times of its own, in order, half of
// the loop's time at most. A reservation is one number, as in the restart budget.

/** What is known of the work of deciding. Times in milliseconds. */
export interface DecisionPace {
  /** When all that was reserved so far will have been done, at half of the loop's time. */
  freeAt: number
  /** What a decision costs: a moving average. */
  costMs: number
}

/** Work that is done at once. */
const slackMs = 5

/** Nothing reserved. */
export function freshPace(): DecisionPace {
  return { freeAt: 0, costMs: 0 }
}

/** Reserves the time for one decision: answers how long it has to wait for it, in milliseconds; 0: not at all. */
export function reserveDecision(pace: DecisionPace, now: number): number {
  const at = Math.max(pace.freeAt, now)
  pace.freeAt = at + 2 * pace.costMs
  return at - now > slackMs ? at - now : 0
}

/** Notes what a decision has cost. One that was interrupted by something else, such as the garbage collector, counts for little. */
export function noteDecision(pace: DecisionPace, costMs: number): void {
  pace.costMs += (Math.min(costMs, slackMs) - pace.costMs) / 32
}
