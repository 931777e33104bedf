// What can become of a child that is down: it is restarted, with its group, or let go of; or the supervisor gives up over it.

import { change, order } from './engine-state.ts'
import type { Draft } from './engine-state.ts'
import { admitRestart } from './intensity.ts'
import { beginGroup } from './procedure.ts'
import { forgetRecovery } from './recovery/kernel.ts'
import { reportGaveUp } from './report.ts'

/** The restart happens now: it counts, whether it was decided at once or has waited in backoff. */
export function restart(draft: Draft, id: string, now: number): void {
  const { intensity } = draft
  const times = admitRestart(draft.restarts, now, intensity)
  if (times === undefined) return giveUp(draft, id, `more than ${intensity.restarts} restarts within ${intensity.withinMs} ms`)
  draft.restarts = times
  const plan = draft.strategy([...draft.members.keys()], id)
  if (plan.stop.length > 0 || plan.start.length > 1) return beginGroup(draft, plan)
  change(draft, id, { phase: 'starting' })
  order(draft, id, { type: 'restart' })
}

/** The supervisor gives up because of this child: it exits `shutdown`, and the runtime stops the other children in order. */
export function giveUp(draft: Draft, id: string, why: string): void {
  reportGaveUp(draft, id, why)
  letGo(draft, id, draft.members.get(id)?.spec.restart === 'temporary')
  draft.ended = true
  draft.commands.push({ type: 'exit' })
}

/** Lets go of a child that is down: its timers are cleared, its name becomes free; its spec stays unless `forgetSpec`. */
export function letGo(draft: Draft, id: string, forgetSpec: boolean): void {
  const member = draft.members.get(id)
  if (member === undefined) return
  const [recovery, cancelled] = forgetRecovery(member.recovery)
  for (const command of cancelled) if (command.type === 'cancel') draft.commands.push({ ...command, id })
  order(draft, id, { type: 'remove' })
  if (forgetSpec) draft.members.delete(id)
  else change(draft, id, { phase: 'absent', recovery, attempt: 0 })
}
