// The restart engine of a supervisor: one event in, the next state and the commands out, without clock, chance or effect. It joins restart
// type, recovery machine, intensity and strategy; the executor does what the commands say.

import { isFailure } from '@understudy/runtime/spi'
import type { ExitReason } from '@understudy/runtime/spi'
import { change, possibleFor } from './engine-state.ts'
import type { Draft, EngineCommand, EngineEvent, EngineState, Member } from './engine-state.ts'
import { handleCall, settleDown, settleStarted } from './management.ts'
import { advance, beginBoot, beginRollback, isStarting, releaseHeld } from './procedure.ts'
import type { Told } from './recovery/facts.ts'
import { hears, tellRecovery } from './recovery/kernel.ts'
import type { ChildFailed } from './recovery/machine.ts'
import { reviveMembers } from './persistence/revival.ts'
import { carryOut, fire, isWell, tell, tellDependents, waitsFor } from './remedy.ts'
import { release } from './release.ts'
import { reportEnded } from './report.ts'
import { fateOf } from './restart-type.ts'
import { letGo, retry } from './verdict.ts'

/** One step. The state given is used up: the one returned stands in its place. */
export function stepEngine(state: EngineState, event: EngineEvent): [EngineState, EngineCommand[]] {
  const commands: EngineCommand[] = []
  state.commands = commands
  handle(state, event)
  // What had to wait for the end of a procedure is looked at now, unless it begins another one.
  while (state.procedure === undefined && state.deferredSeen < state.deferred.length) lookAtDeferred(state)
  releaseHeld(state)
  return [state, commands]
}

function lookAtDeferred(draft: Draft): void {
  const { deferred } = draft
  const event = deferred[draft.deferredSeen++]!
  if (draft.deferredSeen === deferred.length) deferred.length = draft.deferredSeen = 0
  if (event.type === 'down') {
    const member = draft.members.get(event.id)
    // A procedure has met the child and seen that it was down.
    if (member?.unseen !== event) return
    member.unseen = undefined
  }
  handle(draft, event)
}

function handle(draft: Draft, event: EngineEvent): void {
  switch (event.type) {
    case 'boot':
      if (event.records !== undefined && event.moment !== undefined) reviveMembers(draft, event.records, event.moment)
      return beginBoot(draft)
    case 'started':
      return handleStarted(draft, event.id, event.now)
    case 'down':
      return handleDown(draft, event)
    case 'timer':
      if (draft.procedure !== undefined) return void draft.deferred.push(event)
      return fire(draft, event)
    case 'news':
      if (draft.procedure !== undefined) return void draft.deferred.push(event)
      return tell(draft, event.id, event.told, event.now)
    case 'retry':
      if (draft.procedure !== undefined) return void draft.deferred.push(event)
      return retry(draft, event.id, event.now)
    case 'held':
      return handleHeld(draft, event)
    case 'call':
      if (draft.procedure !== undefined) return void draft.deferred.push(event)
      return handleCall(draft, event)
  }
}

function handleStarted(draft: Draft, id: string, now: number): void {
  const member = draft.members.get(id)
  if (member?.phase !== 'starting') return
  const [recovery, commands] = tellRecovery(member.recovery, { type: 'STARTED' }, now, possibleFor(draft, member))
  change(draft, id, { phase: 'running', recovery, attempt: 0 })
  if (draft.dependents !== undefined && isWell(draft.members.get(id))) tellDependents(draft, id, 'DEPENDENCY_UP', now)
  if (member.call !== undefined) settleStarted(draft, member)
  if (commands.length > 0) carryOut(draft, id, commands, now)
  if (draft.procedure !== undefined) advance(draft)
}

/** A delay and no decision: the child stays where it is, and its recovery, should it have a use for that, is told. */
function handleHeld(draft: Draft, { id, forMs, now, random }: EngineEvent & { type: 'held' }): void {
  const member = draft.members.get(id)
  if (member?.phase !== 'starting') return
  member.held = forMs !== undefined
  if (forMs === undefined || !hears(member.recovery, 'BUDGET_EXHAUSTED')) return
  draft.deferred.push({ type: 'news', id, told: { type: 'BUDGET_EXHAUSTED', retryInMs: forMs, random } as Told, now })
}

function handleDown(draft: Draft, event: EngineEvent & { type: 'down' }): void {
  const { id, reason } = event
  // Down for another cause than its start: so it was started before, and nobody has told yet.
  if (!(isFailure(reason) && reason.phase === 'starting')) handleStarted(draft, id, event.now)
  const member = draft.members.get(id)
  // A child without a place here, such as one that a rollback or a call has already let go of.
  if (draft.ended || member === undefined || member.phase === 'absent' || member.phase === 'down') return
  if (member.phase === 'stopping' || member.toStop) {
    if (settleDown(draft, member, reason)) return advance(draft)
    const endedByItself = member.phase !== 'stopping' && fateOf(member.spec.restart, reason) !== 'recover'
    if (endedByItself) release(draft, member)
    else change(draft, id, { phase: 'down' })
    return advance(draft)
  }
  const { procedure } = draft
  // A child that was in recovery when the process before ended: this is not its first start, so it is its recovery's matter, after the boot.
  const isRevived = procedure?.kind === 'boot' && member.recovery.snapshot !== undefined
  if (procedure !== undefined && (isRevived || !isStarting(draft, id))) {
    const isAwaited = isStarting(draft, id)
    member.unseen = event
    draft.deferred.push(event)
    if (!isAwaited) return
    procedure.started++
    return advance(draft)
  }
  if (procedure?.kind === 'boot') {
    change(draft, id, { phase: 'down' })
    return beginRollback(draft, { id, reason })
  }
  // A group whose start failed at this child is over; its recovery decides when it goes on, and the strategy from where.
  draft.procedure = undefined
  if (settleDown(draft, member, reason)) return
  draft.startFailed = isFailure(reason) && reason.phase === 'starting' ? id : undefined
  decide(draft, member, event)
  draft.startFailed = undefined
}

function decide(draft: Draft, member: Member, event: EngineEvent & { type: 'down' }): void {
  const { id, restart } = member.spec
  const { reason } = event
  if (fateOf(restart, reason) !== 'recover') return letGo(draft, id)
  if (draft.dependents !== undefined) tellDependents(draft, id, 'DEPENDENCY_DOWN', event.now)
  const failed = toFailed(draft, member, reason, event.random)
  const [recovery, commands] = tellRecovery(member.recovery, failed, event.now, possibleFor(draft, member))
  change(draft, id, { phase: 'down', recovery, attempt: failed.attempt })
  if (!isFailure(reason)) reportEnded(draft, member, reason)
  carryOut(draft, id, commands, event.now)
}

function toFailed(draft: Draft, member: Member, reason: ExitReason, random: number): ChildFailed {
  const needs = draft.dependents === undefined ? undefined : waitsFor(draft, member)
  const common = { type: 'FAILED', random, ...(needs !== undefined && { waitsFor: needs }) } as const
  if (isFailure(reason)) return { ...common, ...reason }
  return { ...common, phase: 'ended', cause: reason, attempt: member.attempt + 1 }
}
