// The short cuts of a life: ends that have nothing to wait for, and restarts that need no turn of the supervisor.

import type { Cell } from './cell.ts'

/** Most actors hold nothing that their end would have to wait for: they go without an `Ending` (fork-join: 20 %). */
export function hasNothingToSettle({ definition, inFlight, extras, children }: Cell): boolean {
  if (inFlight !== null || (children !== null && children.last !== null) || extras?.openFlights != null) return false
  return definition.stopping === undefined && definition.stopped === undefined && definition.restarting === undefined
}

/**
 * Whether its supervisor has it restarted at once, as under `restartAtOnce()`. If the actor has nothing to settle and the supervisor nothing
 * else to look at, that one is asked directly, without a signal and a turn each way (1.6 µs → 0.8 µs from throw to the next message handled).
 */
export function mayRestartOnTheSpot(cell: Cell, now: number): boolean {
  const { parent, extras } = cell
  if (parent === null || parent.queued || parent.life !== 'running' || parent.supervision?.restartsOnTheSpot === undefined) return false
  // Those need the ordinary way: another definition next time, listeners of the signal, linked actors.
  if (extras !== null && (extras.cast !== null || extras.abort !== null || extras.links !== null)) return false
  return hasNothingToSettle(cell) && parent.supervision.restartsOnTheSpot(cell, now)
}
