// The recoveries of the process before go on: those that wait for an order wait on, and are not started with the others.

import { change } from '../engine-state.ts'
import type { Draft } from '../engine-state.ts'
import { stateOf } from '../recovery/kernel.ts'
import { reviveRecovery } from '../recovery/persist.ts'
import type { RecoveryMoment } from '../recovery/persist.ts'
import { carryOut } from '../remedy.ts'
import { reportNotRevived, reportRevived } from '../report.ts'

/** Brings back what was stored of children that are not started yet. What is not of their policies is refused: they start in health. */
export function reviveMembers(draft: Draft, records: ReadonlyMap<string, unknown>, moment: RecoveryMoment): void {
  for (const [id, record] of records) {
    const member = draft.members.get(id)
    if (member === undefined) continue
    const [recovery, commands] = reviveRecovery(member.spec.recovery, record, moment)
    const refusal = commands.find((command) => command.type === 'replaced')
    if (refusal !== undefined) {
      reportNotRevived(draft, id, refusal.cause)
      draft.commands.push({ type: 'persist', id })
      continue
    }
    const { undecided } = recovery
    change(draft, id, { recovery, ...(undecided !== undefined && { phase: 'down', attempt: undecided.attempt }) })
    reportRevived(draft, member, stateOf(recovery))
    carryOut(draft, id, commands, moment.nowMs)
  }
}
