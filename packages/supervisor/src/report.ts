// What the supervisor says beyond what the runtime says of every actor (`actor.failed`, `actor.restarted`, `actor.stopped` on removal):
// the end of a child that will live again, waits, replaced machines, and giving up. One event and one line each.

import { describeCause, describeExit } from '@understudy/runtime/spi'
import type { ExitReason } from '@understudy/runtime/spi'
import type { Draft, Member } from './engine-state.ts'
import type { RecoveryCommand } from './recovery/command.ts'

/** A child that should live has come to an end without failing. */
export function reportEnded(draft: Draft, member: Member, reason: ExitReason): void {
  const path = `${draft.path}/${member.spec.id}`
  const why = describeExit(reason)
  const text = `${path} ended (${why}) and is ${member.spec.restart}: its recovery decides (attempt ${member.attempt})`
  draft.commands.push({ type: 'report', level: 'warn', event: { type: 'actor.stopped', path, reason: why }, text })
}

/** A restart waits for its time. */
export function reportBackoff(draft: Draft, member: Member, delayMs: number): void {
  const path = `${draft.path}/${member.spec.id}`
  const text = `${path} waits for its restart, due in ${Math.round(delayMs)} ms (attempt ${member.attempt})`
  draft.commands.push({ type: 'report', level: 'info', event: { type: 'actor.backoff', path, attempt: member.attempt, delayMs }, text })
}

/** The supervisor gives up. */
export function reportGaveUp(draft: Draft, child: string, why: string): void {
  const { restarts, withinMs } = draft.intensity
  const { path } = draft
  const text = `${path} gives up on ${child}: ${why}; it stops its children and exits with 'shutdown'`
  draft.commands.push({ type: 'report', level: 'error', event: { type: 'supervisor.gave-up', path, child, restarts, withinMs }, text })
}

/** A recovery machine broke its contract. */
export function reportReplaced(draft: Draft, id: string, machine: string, cause: string): void {
  const path = `${draft.path}/${id}`
  const text = `the recovery machine '${machine}' of ${path} is replaced by the built-in policy: ${cause}`
  draft.commands.push({ type: 'report', level: 'error', event: { type: 'recovery.replaced', path, machine, cause }, text })
}

/** A recovery has gone from one state to another. */
export function reportMoved(draft: Draft, id: string, move: RecoveryCommand & { readonly type: 'moved' }): void {
  const path = `${draft.path}/${id}`
  const { machine, from, to, event, commands, why } = move
  const orders = commands.length === 0 ? 'nothing' : commands.join(', ')
  const text = `${path}: ${machine} went from ${from} to ${to} by ${event} (${why}) and orders ${orders}`
  draft.commands.push({
    type: 'report',
    level: 'debug',
    event: { type: 'recovery.moved', path, machine, from, to, event, commands, why },
    text,
  })
}

/** A child stays down until somebody or something releases it. */
export function reportParked(draft: Draft, { spec, recovery, attempt }: Member): void {
  const path = `${draft.path}/${spec.id}`
  const why = describeCause(recovery.undecided?.cause)
  const text = `${path} is parked by ${recovery.policy.name} (attempt ${attempt}: ${why}); its messages wait`
  draft.commands.push({ type: 'report', level: 'error', event: { type: 'actor.parked', path, attempt, why }, text })
}

/** A recovery goes on where the process before has left it. */
export function reportRevived(draft: Draft, { spec: { id }, recovery: { policy, standing, deadlines } }: Member, state: string): void {
  const path = `${draft.path}/${id}`
  const waits = standing === 'parked' ? ' and stays parked' : deadlines.size > 0 ? '' : ' and starts'
  const text = `the recovery of ${path} goes on where it was: ${policy.name} is in ${state}${waits}`
  draft.commands.push({ type: 'report', level: 'info', event: { type: 'recovery.revived', path, machine: policy.name, state }, text })
}

/** What was stored of a recovery is nothing to go on with. */
export function reportNotRevived(draft: Draft, id: string, cause: string): void {
  const path = `${draft.path}/${id}`
  const text = `${path} starts in health, whatever it was in: ${cause}`
  draft.commands.push({ type: 'report', level: 'warn', event: { type: 'recovery.not-kept', path, cause }, text })
}
