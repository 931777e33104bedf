// Changing a running tree: the four calls of OTP's supervisor, as far as they are decisions. Results are data, never exceptions:
// a wrong call must not harm the supervisor.

import { describeExit } from '@understudy/runtime/spi'
import type { ExitReason } from '@understudy/runtime/spi'
import type { CallError, CallResult } from './call.ts'
import { addMember, change, dropMember, order } from './engine-state.ts'
import type { Draft, EngineEvent, Member } from './engine-state.ts'
import { clearRecovery, release } from './release.ts'
import type { MemberSpec } from './spec.ts'

/** Carries out a call; the reply may come with a later event. No procedure is under way. */
export function handleCall(draft: Draft, event: EngineEvent & { type: 'call' }): void {
  const { call, request } = event
  if (draft.ended) return refuse(draft, call, 'stopping', 'the supervisor is stopping')
  const id = request.type === 'startChild' ? request.spec.id : request.id
  const member = draft.members.get(id)
  if (member?.phase === 'stopping') {
    member.later = [...(member.later ?? []), event]
    return undefined
  }
  if (request.type === 'startChild') return startChild(draft, call, request.spec, member)
  if (member === undefined) return refuse(draft, call, 'not-found', `there is no child '${id}'`)
  if (request.type === 'terminateChild') return terminateChild(draft, call, member)
  if (isUp(member)) return refuse(draft, call, 'running', `'${id}' runs; terminate it first`)
  if (member.phase === 'down' || member.held) return refuse(draft, call, 'restarting', `'${id}' waits for its restart; terminate it first`)
  if (request.type === 'restartChild') return start(draft, member, { number: call, type: request.type })
  dropMember(draft, member)
  reply(draft, call, { ok: true })
}

/** The start that a call waits for is complete. */
export function settleStarted(draft: Draft, member: Member): void {
  const { call } = member
  member.call = undefined
  if (call !== undefined) reply(draft, call.number, { ok: true })
}

/** A child with a call went down: true when that was the call's matter and nothing else has to be done. */
export function settleDown(draft: Draft, member: Member, reason: ExitReason): boolean {
  const { call, spec, later } = member
  if (call === undefined) return false
  member.call = undefined
  member.toStop = false
  // A child that could not be started leaves nothing behind when its spec came with the call.
  if (call.type === 'startChild') release(draft, member, true)
  else release(draft, member)
  if (call.type === 'terminateChild') reply(draft, call.number, { ok: true })
  else refuse(draft, call.number, 'start-failed', `'${spec.id}' could not be started: ${describeExit(reason)}`)
  if (later !== undefined) {
    member.later = undefined
    draft.deferred.push(...later)
  }
  return true
}

function startChild(draft: Draft, call: number, spec: MemberSpec, member: Member | undefined): void {
  const { maxChildren } = draft
  if (member !== undefined) {
    const error = isUp(member) ? 'already-started' : 'already-present'
    return refuse(draft, call, error, `there is a child '${spec.id}'`)
  }
  if (maxChildren !== undefined && draft.members.size >= maxChildren) {
    return refuse(draft, call, 'max-children', `there are ${maxChildren} children, which is the most`)
  }
  start(draft, addMember(draft, spec), { number: call, type: 'startChild' })
}

function start(draft: Draft, member: Member, call: NonNullable<Member['call']>): void {
  const { id } = member.spec
  member.call = call
  change(draft, id, { phase: 'starting' })
  draft.commands.push({ type: 'start', id, again: call.type === 'restartChild' })
}

function terminateChild(draft: Draft, call: number, member: Member): void {
  const { id } = member.spec
  if (member.call !== undefined) refuse(draft, member.call.number, 'terminated', `'${id}' was terminated while it was starting`)
  if (isUp(member) && member.unseen === undefined) {
    member.call = { number: call, type: 'terminateChild' }
    change(draft, id, { phase: 'stopping', recovery: clearRecovery(draft, member), attempt: 0 })
    return order(draft, id, { type: 'stop', reason: 'shutdown' })
  }
  member.unseen = undefined
  if (member.phase !== 'absent') release(draft, member)
  reply(draft, call, { ok: true })
}

function isUp(member: Member): boolean {
  return member.phase === 'running' || (member.phase === 'starting' && !member.held)
}

function refuse(draft: Draft, call: number, error: CallError, detail: string): void {
  reply(draft, call, { ok: false, error, detail })
}

function reply(draft: Draft, call: number, result: CallResult): void {
  draft.commands.push({ type: 'reply', call, result })
}
