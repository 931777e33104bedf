// The short way of the simplest of all recoveries, `restartAtOnce()`: one child, restarted at once, and nothing to do but count.

import type { EngineState } from './engine-state.ts'
import { admitRestart } from './intensity.ts'
import { oneForOne } from './strategy/one-for-one.ts'

/** Counts a restart at once of a running child; false when more than that is to be decided, and then nothing has changed. */
export function restartsOnTheSpot(state: EngineState, id: string, now: number): boolean {
  if (state.ended || state.procedure !== undefined || state.dependents !== undefined || state.strategy !== oneForOne) return false
  const member = state.members.get(id)
  if (member?.phase !== 'running' || member.call !== undefined) return false
  if (member.spec.restart === 'temporary' || member.recovery.origin.alwaysRestarts !== true) return false
  return admitRestart(state.window, now, state.intensity)
}
