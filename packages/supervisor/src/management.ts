// Changing a running tree: the four calls of OTP's supervisor, as far as they are decisions. Results are data, never exceptions:
// a wrong call must not harm the supervisor.

import { describeExit } from '@understudy/runtime/spi'
import type { ExitReason } from '@understudy/runtime/spi'
import type { Call, CallError, CallResult } from './call.ts'
import { absentMember, change, order } from './engine-state.ts'
import type { Draft, Member } from './engine-state.ts'
import { tookDeferredDown } from './procedure.ts'
import { forgetRecovery } from './recovery/kernel.ts'

/** Carries out a call; the reply may come with a later event. No procedure is under way. */
export function handleCall(draft: Draft, call: number, request: Call): void {
  if (draft.ended) return refuse(draft, call, 'stopping', 'the supervisor is stopping')
  const id = request.type === 'startChild' ? request.spec.id : request.id
  const member = draft.members.get(id)
  if (request.type === 'startChild') {
    if (member !== undefined) return refuse(draft, call, isUp(member) ? 'already-started' : 'already-present', `there is a child '${id}'`)
    draft.members.set(id, { ...absentMember(request.spec), phase: 'starting', call: { number: call, type: request.type } })
    draft.commands.push({ type: 'start', id })
    return
  }
  if (member === undefined) return refuse(draft, call, 'not-found', `there is no child '${id}'`)
  if (request.type === 'terminateChild') {
    tookDeferredDown(draft, id)
    return terminate(draft, draft.members.get(id)!, call)
  }
  if (isUp(member)) return refuse(draft, call, 'running', `'${id}' runs; terminate it first`)
  if (member.phase !== 'absent') return refuse(draft, call, 'restarting', `'${id}' waits for its restart; terminate it first`)
  if (request.type === 'restartChild') {
    draft.members.set(id, { ...member, phase: 'starting', call: { number: call, type: request.type } })
    draft.commands.push({ type: 'start', id })
    return
  }
  draft.members.delete(id)
  reply(draft, call, { ok: true })
}

/** The start that a call waits for is complete. */
export function settleStarted(draft: Draft, member: Member): void {
  if (member.call === undefined) return
  const { call: _, ...settled } = member
  draft.members.set(member.spec.id, settled)
  reply(draft, member.call.number, { ok: true })
}

/** A child with a call went down: true when that was the call's matter and nothing else has to be done. */
export function settleDown(draft: Draft, member: Member, reason: ExitReason): boolean {
  const { call, spec, recovery } = member
  if (call === undefined) return false
  order(draft, spec.id, { type: 'remove' })
  // A child that could not be started leaves nothing behind when its spec came with the call.
  const forgotten = call.type === 'startChild' || spec.restart === 'temporary'
  if (forgotten) draft.members.delete(spec.id)
  else draft.members.set(spec.id, absentMember({ ...spec, recovery: recovery.policy }))
  if (call.type === 'terminateChild') reply(draft, call.number, { ok: true })
  else refuse(draft, call.number, 'start-failed', `'${spec.id}' could not be started: ${describeExit(reason)}`)
  return true
}

function terminate(draft: Draft, member: Member, call: number): void {
  const { id, restart } = member.spec
  if (member.phase === 'stopping') return refuse(draft, call, 'stopping', `'${id}' is stopping already`)
  if (member.call !== undefined) refuse(draft, member.call.number, 'terminated', `'${id}' was terminated while it was starting`)
  const [recovery, cancelled] = forgetRecovery(member.recovery)
  for (const command of cancelled) if (command.type === 'cancel') draft.commands.push({ ...command, id })
  if (isUp(member)) {
    draft.members.set(id, { ...member, recovery, attempt: 0, phase: 'stopping', call: { number: call, type: 'terminateChild' } })
    return order(draft, id, { type: 'stop', reason: 'shutdown' })
  }
  if (member.phase === 'down') order(draft, id, { type: 'remove' })
  if (restart === 'temporary') draft.members.delete(id)
  else change(draft, id, { phase: 'absent', recovery, attempt: 0 })
  reply(draft, call, { ok: true })
}

function isUp(member: Member): boolean {
  return member.phase === 'running' || member.phase === 'starting'
}

function refuse(draft: Draft, call: number, error: CallError, detail: string): void {
  reply(draft, call, { ok: false, error, detail })
}

function reply(draft: Draft, call: number, result: CallResult): void {
  draft.commands.push({ type: 'reply', call, result })
}
