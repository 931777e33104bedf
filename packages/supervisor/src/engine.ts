// The restart engine of a supervisor: pure, one event in, the next state and the commands out. It joins restart type, recovery
// machine, intensity and strategy; the executor does what the commands say.

import { isFailure } from '@understudy/runtime/spi'
import type { ExitReason } from '@understudy/runtime/spi'
import { absentMember, change } from './engine-state.ts'
import type { Draft, EngineCommand, EngineEvent, EngineState, Member } from './engine-state.ts'
import type { Intensity } from './intensity.ts'
import { handleCall, settleDown, settleStarted } from './management.ts'
import { advance, beginBoot, beginRollback, isStarting, isToStop, releaseHeld } from './procedure.ts'
import { fireTimer, tellRecovery } from './recovery/kernel.ts'
import type { ChildFailed } from './recovery/machine.ts'
import { carryOut } from './remedy.ts'
import { reportEnded } from './report.ts'
import { fateOf } from './restart-type.ts'
import type { MemberSpec } from './spec.ts'
import type { Strategy } from './strategy/strategy.ts'
import { letGo } from './verdict.ts'

/** What an engine begins with. */
export interface EngineSettings {
  /** The supervisor's path, for reports. */
  readonly path: string
  readonly strategy: Strategy
  readonly intensity: Intensity
  readonly children: readonly MemberSpec[]
}

/** The state before anything is started. */
export function initialEngine(settings: EngineSettings): EngineState {
  const { path, strategy, intensity, children } = settings
  const members = new Map(children.map((spec) => [spec.id, absentMember(spec)]))
  return { path, strategy, intensity, members, restarts: [], deferred: [], ended: false }
}

/** One step. */
export function stepEngine(state: EngineState, event: EngineEvent): [EngineState, EngineCommand[]] {
  const { path, strategy, intensity, restarts, procedure, deferred, ended } = state
  const draft: Draft = {
    path,
    strategy,
    intensity,
    members: new Map(state.members),
    restarts,
    procedure,
    deferred: [...deferred],
    ended,
    commands: [],
  }
  handle(draft, event)
  // What had to wait for the end of a procedure is looked at now, unless it begins another one.
  while (draft.procedure === undefined && draft.deferred.length > 0) handle(draft, draft.deferred.shift()!)
  releaseHeld(draft)
  const { commands, procedure: underWay, ...next } = draft
  return [underWay === undefined ? next : { ...next, procedure: underWay }, commands]
}

function handle(draft: Draft, event: EngineEvent): void {
  switch (event.type) {
    case 'boot':
      return beginBoot(draft)
    case 'started':
      return handleStarted(draft, event.id, event.now)
    case 'down':
      return handleDown(draft, event)
    case 'timer': {
      if (draft.procedure !== undefined) return void draft.deferred.push(event)
      const member = draft.members.get(event.id)
      if (draft.ended || member === undefined) return undefined
      const [recovery, commands] = fireTimer(member.recovery, event.key, event.now)
      change(draft, event.id, { recovery })
      return carryOut(draft, event.id, commands, event.now)
    }
    case 'call':
      if (draft.procedure !== undefined) return void draft.deferred.push(event)
      return handleCall(draft, event.call, event.request)
  }
}

function handleStarted(draft: Draft, id: string, now: number): void {
  const member = draft.members.get(id)
  if (member?.phase !== 'starting') return
  const [recovery, commands] = tellRecovery(member.recovery, { type: 'STARTED' }, now)
  change(draft, id, { phase: 'running', recovery, attempt: 0 })
  settleStarted(draft, draft.members.get(id)!)
  carryOut(draft, id, commands, now)
  advance(draft)
}

function handleDown(draft: Draft, event: EngineEvent & { type: 'down' }): void {
  const { id, reason } = event
  // Down for another cause than its start: so it was started before, and nobody has told yet.
  if (!(isFailure(reason) && reason.phase === 'starting')) handleStarted(draft, id, event.now)
  const member = draft.members.get(id)
  // A child without a place here, such as one that a rollback or a call has already let go of.
  if (draft.ended || member === undefined || member.phase === 'absent' || member.phase === 'down') return
  if (member.phase === 'stopping' || isToStop(draft, id)) {
    if (settleDown(draft, member, reason)) return advance(draft)
    const endedByItself = member.phase !== 'stopping' && fateOf(member.spec.restart, reason) !== 'recover'
    if (endedByItself) letGo(draft, id, member.spec.restart === 'temporary')
    else change(draft, id, { phase: 'down' })
    return advance(draft)
  }
  if (draft.procedure !== undefined && !isStarting(draft, id)) return void draft.deferred.push(event)
  if (draft.procedure?.kind === 'boot') {
    change(draft, id, { phase: 'down' })
    return beginRollback(draft, { id, reason })
  }
  // A group whose start failed at this child is over; its recovery decides when it goes on, and the strategy from where.
  draft.procedure = undefined
  if (settleDown(draft, member, reason)) return
  decide(draft, member, event)
}

function decide(draft: Draft, member: Member, event: EngineEvent & { type: 'down' }): void {
  const { id, restart } = member.spec
  const { reason } = event
  const fate = fateOf(restart, reason)
  if (fate !== 'recover') return letGo(draft, id, fate === 'drop-spec')
  const failed = toFailed(member, reason, event.random)
  const [recovery, commands] = tellRecovery(member.recovery, failed, event.now)
  change(draft, id, { phase: 'down', recovery, attempt: failed.attempt })
  if (!isFailure(reason)) reportEnded(draft, draft.members.get(id)!, reason)
  carryOut(draft, id, commands, event.now)
}

function toFailed(member: Member, reason: ExitReason, random: number): ChildFailed {
  if (isFailure(reason)) return { type: 'FAILED', phase: reason.phase, cause: reason.cause, attempt: reason.attempt, random }
  return { type: 'FAILED', phase: 'ended', cause: reason, attempt: member.attempt + 1, random }
}
