// What the restart engine knows, what it is told, and what it asks for: all plain data.
//
// The state is changed in place: whoever takes a step gives the state away and gets it back (linear ownership). A copy per step would
// make the exit of one child cost as much as there are children; so it costs the same with 100 000 as with one. For the same reason
// nothing here is found by searching: what the engine has to know of all children is counted as they change (`change`).

import type { Command, ExitReason, Level, NewEvent } from '@understudy/runtime/spi'
import type { AutoShutdown } from './auto-shutdown.ts'
import type { Call, CallResult } from './call.ts'
import { emptyWindow } from './intensity.ts'
import type { Intensity, RestartWindow } from './intensity.ts'
import type { RecoveryAbility } from './recovery/event.ts'
import type { OutsideCommand } from './recovery/executor-hook.ts'
import type { Told } from './recovery/facts.ts'
import { healthy, possibleOnOneNode } from './recovery/kernel.ts'
import type { Recovery } from './recovery/kernel.ts'
import { dependenciesOf } from './recovery/machine.ts'
import type { RecoveryMoment } from './recovery/persist.ts'
import type { MemberSpec } from './spec.ts'
import type { Strategy } from './strategy/strategy.ts'

/**
 * Where a child stands: `absent` (only its spec is there), `starting` (a start or restart is under way), `running`,
 * `down` (ended or failed, its mailbox kept, waiting for an order), `stopping` (told to stop).
 */
export type Phase = 'absent' | 'starting' | 'running' | 'down' | 'stopping'

/** What an engine begins with. */
export interface EngineSettings {
  /** The supervisor's path, for reports. */
  readonly path: string
  readonly strategy: Strategy
  readonly intensity: Intensity
  readonly children: readonly MemberSpec[]
  /** Default `never`. */
  readonly autoShutdown?: AutoShutdown
  /** Whether a group restart starts those, too, that had ended or were terminated, as OTP does. Default false. */
  readonly reviveStopped?: boolean
  /** Set for a dynamic supervisor: at most so many children, and no spec outlives its child. */
  readonly maxChildren?: number
  /** Default: what one node can do by itself. */
  readonly possible?: ReadonlySet<RecoveryAbility>
  /** Whether recoveries are kept in a store: each change of one is told of. Default false. */
  readonly persists?: boolean
}

/** Whom a restart concerns: as a strategy says, or, for the `planned` restart of a running child, nobody else. */
export type RestartScope = Strategy | 'planned'

/** One child. */
export interface Member {
  spec: MemberSpec
  phase: Phase
  recovery: Recovery
  /** The attempt at which the current failure stands; 0 while all is well. */
  attempt: number
  /** Whom its restart concerns, while that waits behind the calls that came before: see `restart`. */
  retry: RestartScope | null
  /** It is `starting`, but its restart waits for the node's budget. */
  held: boolean
  /** The management call that waits for this child. */
  call: { readonly number: number; readonly type: Call['type'] } | undefined
  /** Calls that came while it was being terminated: their turn comes when that is over, as if they had come then. */
  later: (EngineEvent & { readonly type: 'call' })[] | undefined
  /** With what its next restart is ordered, besides. */
  how: Omit<Command & { readonly type: 'restart' }, 'type'> | undefined
  /** The procedure under way has still to stop it, or is just stopping it. */
  toStop: boolean
  /** It went down during a procedure of which it is no part: among `deferred`. */
  unseen: (EngineEvent & { readonly type: 'down' }) | undefined
}

/** A sequence under way: first stops, then starts, one child at a time. */
export interface Procedure {
  readonly kind: 'boot' | 'rollback' | 'group'
  readonly stop: readonly string[]
  readonly start: readonly string[]
  /** How many of `stop`, and then of `start`, are done; the next one is being waited for. */
  stopped: number
  started: number
  /** Why a boot is rolled back. */
  readonly failed?: { readonly id: string; readonly reason: ExitReason }
}

/** The engine's state. The children are in start order. */
export interface EngineState {
  readonly path: string
  readonly strategy: Strategy
  readonly intensity: Intensity
  readonly autoShutdown: AutoShutdown
  readonly reviveStopped: boolean
  /** Present in a dynamic supervisor. */
  readonly maxChildren: number | undefined
  readonly members: Map<string, Member>
  readonly window: RestartWindow
  procedure: Procedure | undefined
  /** What came during a procedure and is not part of it; it is looked at when the procedure is over, as in OTP. */
  readonly deferred: EngineEvent[]
  /** How many of `deferred` have been looked at. */
  deferredSeen: number
  /** The supervisor has given up, or has shut itself down. */
  ended: boolean
  /** How many children are down that only wait for others of their group. */
  held: number
  /** How many children are down, and not parked, on whom their recovery has not decided yet, or whose restart has still to come. */
  undecided: number
  /** How many significant children there are of whom not only the spec is there. */
  significant: number
  /** Whose recovery wants to know of a child's health, by that child's id; absent when nobody's does. */
  dependents: Map<string, Set<string>> | undefined
  /** What can be done for a child where this supervisor lives; the executor changes it between two steps. */
  possible: ReadonlySet<RecoveryAbility>
  readonly persists: boolean
  /** The child whose start has just failed. */
  startFailed: string | undefined
  /** What the present step asks for. */
  commands: EngineCommand[]
}

/** The state while a step is computed. */
export type Draft = EngineState

/** What the engine is told. `now` is monotonic milliseconds, `random` a number in [0, 1). */
export type EngineEvent =
  /** `records`: recoveries of the process before, by child, as they were read. */
  | { readonly type: 'boot'; readonly records?: ReadonlyMap<string, unknown>; readonly moment?: RecoveryMoment }
  | { readonly type: 'started'; readonly id: string; readonly now: number }
  | { readonly type: 'down'; readonly id: string; readonly reason: ExitReason; readonly now: number; readonly random: number }
  | { readonly type: 'timer'; readonly id: string; readonly key: string; readonly now: number; readonly random?: number }
  | { readonly type: 'news'; readonly id: string; readonly told: Told; readonly now: number }
  | { readonly type: 'retry'; readonly id: string; readonly now: number }
  /** The restart that was ordered waits for the node's budget, about so long, or, without a time, happens now. */
  | { readonly type: 'held'; readonly id: string; readonly forMs: number | undefined; readonly now: number; readonly random: number }
  | { readonly type: 'call'; readonly call: number; readonly request: Call; readonly now: number }

/** What the engine asks for. */
export type EngineCommand =
  /** `again`: it was there before, so others that were started later may live. */
  | { readonly type: 'start'; readonly id: string; readonly again: boolean }
  | { readonly type: 'order'; readonly id: string; readonly command: Command }
  | { readonly type: 'schedule'; readonly id: string; readonly key: string; readonly delayMs: number }
  | { readonly type: 'cancel'; readonly id: string; readonly key: string }
  | { readonly type: 'outside'; readonly id: string; readonly command: OutsideCommand }
  /** The recovery of this child has changed, or there is no such child any more. */
  | { readonly type: 'persist'; readonly id: string }
  | { readonly type: 'report'; readonly level: Level; readonly event: NewEvent; readonly text: string }
  /** To be told `retry` for this child when the calls that wait now have been handled. */
  | { readonly type: 'retry'; readonly id: string }
  | { readonly type: 'booted' }
  | { readonly type: 'boot-failed'; readonly id: string; readonly reason: ExitReason }
  | { readonly type: 'reply'; readonly call: number; readonly result: CallResult }
  | { readonly type: 'exit' }

/** The state before anything is started. */
export function initialEngine(settings: EngineSettings): EngineState {
  const {
    path,
    strategy,
    intensity,
    children,
    autoShutdown = 'never',
    reviveStopped = false,
    maxChildren,
    possible = possibleOnOneNode,
    persists = false,
  } = settings
  const state: EngineState = {
    path,
    strategy,
    intensity,
    autoShutdown,
    reviveStopped,
    maxChildren,
    members: new Map(),
    window: emptyWindow(),
    procedure: undefined,
    deferred: [],
    deferredSeen: 0,
    ended: false,
    held: 0,
    undecided: 0,
    significant: 0,
    startFailed: undefined,
    dependents: undefined,
    possible,
    persists,
    commands: [],
  }
  for (const spec of children) addMember(state, spec)
  return state
}

/** What can be done for one child where its supervisor lives: only one in a thread can be given a new one. */
export function possibleFor({ possible }: Draft, { spec }: Member): ReadonlySet<RecoveryAbility> {
  if (spec.isolation === undefined) return possible
  let inThreads = withThreads.get(possible)
  if (inThreads === undefined) withThreads.set(possible, (inThreads = new Set([...possible, 'restartThread'])))
  return inThreads
}

const withThreads = new WeakMap<ReadonlySet<RecoveryAbility>, ReadonlySet<RecoveryAbility>>()

/** Adds a child of which nothing but the spec is there, at the end of the start order. */
export function addMember(draft: Draft, spec: MemberSpec): Member {
  const member: Member = {
    spec,
    phase: 'absent',
    recovery: healthy(spec.recovery),
    attempt: 0,
    retry: null,
    held: false,
    call: undefined,
    later: undefined,
    how: undefined,
    toStop: false,
    unseen: undefined,
  }
  draft.members.set(spec.id, member)
  for (const dependency of dependenciesOf(spec.recovery)) {
    const dependents = (draft.dependents ??= new Map()).get(dependency)
    if (dependents === undefined) draft.dependents.set(dependency, new Set([spec.id]))
    else dependents.add(spec.id)
  }
  return member
}

/** Forgets a child and its spec. */
export function dropMember(draft: Draft, member: Member): void {
  tally(draft, member, -1)
  draft.members.delete(member.spec.id)
  if (draft.persists) draft.commands.push({ type: 'persist', id: member.spec.id })
  for (const dependency of dependenciesOf(member.spec.recovery)) draft.dependents?.get(dependency)?.delete(member.spec.id)
}

/** Changes one child, the only way to change these fields; does nothing for an unknown one. */
export function change(
  draft: Draft,
  id: string,
  changes: Partial<Pick<Member, 'spec' | 'phase' | 'recovery' | 'attempt' | 'retry'>>,
): void {
  const member = draft.members.get(id)
  if (member === undefined) return
  tally(draft, member, -1)
  if (changes.spec !== undefined) member.spec = changes.spec
  if (changes.phase !== undefined) {
    member.phase = changes.phase
    member.held = false
  }
  if (changes.recovery !== undefined) {
    if (draft.persists && changes.recovery !== member.recovery) draft.commands.push({ type: 'persist', id })
    member.recovery = changes.recovery
  }
  if (changes.attempt !== undefined) member.attempt = changes.attempt
  if (changes.retry !== undefined || member.phase !== 'down') member.retry = changes.retry ?? null
  tally(draft, member, 1)
}

function tally(draft: Draft, { phase, recovery, retry, spec }: Member, by: 1 | -1): void {
  // Nobody waits for a parked child, which may be so for hours.
  if (phase === 'down' && recovery.standing !== 'parked') {
    if (recovery.undecided === undefined && retry === null) draft.held += by
    else draft.undecided += by
  }
  if (spec.significant && phase !== 'absent') draft.significant += by
}

/** Orders something for one child. */
export function order(draft: Draft, id: string, command: Command): void {
  const member = command.type === 'restart' ? draft.members.get(id) : undefined
  if (member?.how === undefined) draft.commands.push({ type: 'order', id, command })
  else draft.commands.push({ type: 'order', id, command: { type: 'restart', ...member.how } })
  if (member !== undefined) member.how = undefined
}
