// Letting go of a child that is down, or was never there.

import { change, dropMember, order } from './engine-state.ts'
import type { Draft, Member } from './engine-state.ts'
import { forgetRecovery } from './recovery/kernel.ts'

/** Lets go of a child: its timers are cleared, its name becomes free, and its spec goes with it if nothing shall outlive the child. */
export function release(draft: Draft, member: Member, forgetSpec = specGoesToo(draft, member)): void {
  const { id } = member.spec
  const recovery = clearRecovery(draft, member)
  order(draft, id, { type: 'remove' })
  if (forgetSpec) dropMember(draft, member)
  else change(draft, id, { phase: 'absent', recovery, attempt: 0 })
}

/** The recovery of a child in health; timers of the present one are cleared. */
export function clearRecovery(draft: Draft, { spec: { id }, recovery }: Member): Member['recovery'] {
  const [cleared, cancelled] = forgetRecovery(recovery)
  for (const command of cancelled) if (command.type === 'cancel') draft.commands.push({ ...command, id })
  return cleared
}

function specGoesToo(draft: Draft, { spec }: Member): boolean {
  return draft.maxChildren !== undefined || spec.restart === 'temporary'
}
