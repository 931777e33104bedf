// What recoveries are told, and what they ask for done to the engine's state: each command of the kernel becomes a verdict or an order.

import { change, order, possibleFor } from './engine-state.ts'
import type { Draft, EngineEvent, Member } from './engine-state.ts'
import type { RestartParameters } from './recovery/command.ts'
import type { Told } from './recovery/facts.ts'
import { fireTimer, tellRecovery } from './recovery/kernel.ts'
import type { RecoveryCommand } from './recovery/kernel.ts'
import { dependenciesOf, fallbackOf } from './recovery/machine.ts'
import { reportBackoff, reportMoved, reportParked, reportReplaced } from './report.ts'
import { oneForAll } from './strategy/one-for-all.ts'
import { restForOne } from './strategy/rest-for-one.ts'
import { giveUp, letGo, restart } from './verdict.ts'

/** Tells the recovery of a child what has happened, and carries out what it orders. No procedure is under way. */
export function tell(draft: Draft, id: string, told: Told, now: number): void {
  const member = draft.members.get(id)
  if (draft.ended || member === undefined || member.phase === 'absent' || member.phase === 'stopping') return
  const [recovery, commands] = tellRecovery(member.recovery, told, now, possibleFor(draft, member))
  change(draft, id, { recovery })
  carryOut(draft, id, commands, now)
}

/** A timer of a recovery has fired. */
export function fire(draft: Draft, { id, key, now, random }: EngineEvent & { readonly type: 'timer' }): void {
  const member = draft.members.get(id)
  if (draft.ended || member === undefined) return
  const [recovery, commands] = fireTimer(member.recovery, key, now, possibleFor(draft, member), random)
  const isOutOfTrial = member.recovery.standing === 'trial' && recovery.standing === undefined && member.phase === 'running'
  change(draft, id, { recovery })
  if (isOutOfTrial && draft.dependents !== undefined) tellDependents(draft, id, 'DEPENDENCY_UP', now)
  carryOut(draft, id, commands, now)
}

/** The health of a child has changed: those whose recovery wants to know are told, after the present step. */
export function tellDependents(draft: Draft, dependency: string, type: 'DEPENDENCY_DOWN' | 'DEPENDENCY_UP', now: number): void {
  for (const id of draft.dependents?.get(dependency) ?? []) draft.deferred.push({ type: 'news', id, told: { type, dependency }, now })
}

/** Of the children that the recovery of this one depends on, those that do not run, or only on trial. */
export function waitsFor(draft: Draft, { spec }: Member): string[] {
  return [...dependenciesOf(spec.recovery)].filter((id) => !isWell(draft.members.get(id)))
}

/** Whether those who depend on a child can go on. */
export function isWell(member: Member | undefined): boolean {
  return member?.phase === 'running' && member.recovery.standing !== 'trial'
}

/** Carries out what a recovery asks for one child. An order for a child that is not in the condition for it is ignored. */
export function carryOut(draft: Draft, id: string, commands: readonly RecoveryCommand[], now: number): void {
  for (const command of commands) {
    const member = draft.members.get(id)
    if (draft.ended || member === undefined) return
    const isDown = member.phase === 'down'
    switch (command.type) {
      case 'schedule':
        draft.commands.push({ type: 'schedule', id, key: command.key, delayMs: command.delayMs })
        // A parked child waits for more than its timer.
        if (isDown && member.recovery.standing !== 'parked') reportBackoff(draft, member, command.delayMs)
        break
      case 'cancel':
        draft.commands.push({ type: 'cancel', id, key: command.key })
        break
      case 'replaced':
        reportReplaced(draft, id, command.machine, command.cause)
        break
      case 'moved':
        reportMoved(draft, id, command)
        break
      case 'restart':
      case 'probe':
      case 'replace':
        member.how = command.type === 'restart' ? howOf(command) : command.type === 'replace' ? standIn(member) : undefined
        keepMessage(member, command)
        if (isDown) restart(draft, id, now)
        else if (member.phase === 'running') restart(draft, id, now, 'planned')
        break
      case 'restartGroup':
        if (!isDown) break
        keepMessage(member, command)
        restart(draft, id, now, command.scope === 'all' ? oneForAll : restForOne)
        break
      case 'restartThread':
        if (!isDown) break
        if (member.spec.isolation === undefined) draft.commands.push({ type: 'outside', id, command: { type: command.type } })
        else member.how = { thread: 'new' }
        keepMessage(member, command)
        restart(draft, id, now)
        break
      case 'resume':
        if (!isDown) break
        change(draft, id, { phase: 'running' })
        if (draft.dependents !== undefined) tellDependents(draft, id, 'DEPENDENCY_UP', now)
        order(draft, id, command.message === 'retry' ? { type: 'resume', message: 'retry' } : { type: 'resume' })
        break
      case 'park':
        if (isDown) reportParked(draft, member)
        break
      case 'stop':
        if (member.phase !== 'absent' && member.phase !== 'stopping') letGo(draft, id)
        break
      case 'failOver':
        draft.commands.push({ type: 'outside', id, command: { type: command.type } })
        letGo(draft, id)
        break
      case 'escalate':
        giveUp(draft, id, 'its recovery machine escalates')
        break
      case 'degrade':
      case 'release':
        order(draft, id, { type: command.type === 'degrade' ? 'shed' : 'admit' })
        break
      case 'restartNode':
        draft.commands.push({ type: 'outside', id, command: { type: command.type } })
        break
      case 'deadLetter':
        // A message becomes a dead letter unless it is retried.
        break
    }
  }
}

function howOf({ message, mailbox, state }: RestartParameters): Member['how'] {
  const restores = state === 'snapshot' || state === 'previous'
  if (message !== 'retry' && mailbox !== 'drop' && !restores) return undefined
  return { ...(message === 'retry' && { message }), ...(mailbox === 'drop' && { mailbox }), ...(restores && { state }) }
}

function keepMessage(member: Member, { message }: { readonly message?: 'drop' | 'retry' }): void {
  if (message === 'retry') member.how = { ...member.how, message }
}

function standIn({ recovery }: Member): Member['how'] {
  const definition = fallbackOf(recovery.origin)
  return definition === undefined ? undefined : { definition }
}
