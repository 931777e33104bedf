// Which commands decide about a child, and when each of them can be.

import { abilitiesFor } from './command.ts'
import type { RecoveryCommand } from './command.ts'
import type { RecoveryAbility } from './event.ts'
import type { ChildFailed } from './machine.ts'

/** A command that settles what becomes of a child; a machine orders at most one in a step. */
export function isDecision(command: RecoveryCommand): boolean {
  return startsChild(command) || kinds.has(command.type)
}

const kinds: ReadonlySet<string> = new Set(['resume', 'park', 'stop', 'escalate', 'failOver'])
const starts: ReadonlySet<string> = new Set(['restart', 'restartGroup', 'restartThread', 'restartNode', 'replace', 'probe'])
const always: ReadonlySet<string> = new Set(['stop', 'escalate', 'failOver'])

/** Whether a new incarnation follows. */
export function startsChild(command: RecoveryCommand): boolean {
  return starts.has(command.type)
}

/** @throws Error when it cannot be carried out where the child lives. */
export function checkPossible(command: RecoveryCommand, possible: ReadonlySet<RecoveryAbility>): void {
  for (const ability of abilitiesFor(command)) {
    if (!possible.has(ability)) throw new Error(`'${command.type}' was ordered, but nothing here can do '${ability}'`)
  }
}

/** @throws Error when the child is not in the condition for it. */
export function checkDecision(
  command: RecoveryCommand,
  undecided: ChildFailed | undefined,
  standing: 'parked' | 'starting' | 'trial' | undefined,
): void {
  const { type } = command
  if (always.has(type)) return
  if (undecided === undefined) {
    // A running child can be restarted as planned, on trial or as its fallback, too, but not while its start is under way.
    if ((type === 'restart' || type === 'replace' || type === 'probe') && standing !== 'starting') return
    throw new Error(`'${type}' was ordered although the child waits for no order`)
  }
  if (type === 'resume' && undecided.phase !== 'handling') {
    throw new Error(`'resume' was ordered, but the child failed while ${undecided.phase}, so it has no state to go on with`)
  }
}
