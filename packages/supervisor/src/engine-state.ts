// What the restart engine knows, what it is told, and what it asks for: all plain data.

import type { Command, ExitReason, Level, NewEvent } from '@understudy/runtime/spi'
import type { Call, CallResult } from './call.ts'
import type { Intensity } from './intensity.ts'
import { healthy } from './recovery/kernel.ts'
import type { Recovery } from './recovery/kernel.ts'
import type { MemberSpec } from './spec.ts'
import type { Strategy } from './strategy/strategy.ts'

/**
 * Where a child stands: `absent` (only its spec is there), `starting` (a start or restart is under way), `running`,
 * `down` (ended or failed, its mailbox kept, waiting for an order), `stopping` (told to stop).
 */
export type Phase = 'absent' | 'starting' | 'running' | 'down' | 'stopping'

/** One child. */
export interface Member {
  readonly spec: MemberSpec
  readonly phase: Phase
  readonly recovery: Recovery
  /** The attempt at which the current failure stands; 0 while all is well. */
  readonly attempt: number
  /** The management call that waits for this child. */
  readonly call?: { readonly number: number; readonly type: Call['type'] }
}

/** A sequence under way: first stops, then starts, one child at a time; the first of the list is the one being waited for. */
export interface Procedure {
  readonly kind: 'boot' | 'rollback' | 'group'
  readonly stop: readonly string[]
  readonly start: readonly string[]
  /** Why a boot is rolled back. */
  readonly failed?: { readonly id: string; readonly reason: ExitReason }
}

/** The engine's state. The children are in start order. */
export interface EngineState {
  readonly path: string
  readonly strategy: Strategy
  readonly intensity: Intensity
  readonly members: ReadonlyMap<string, Member>
  /** When the restarts within the window happened. */
  readonly restarts: readonly number[]
  readonly procedure?: Procedure
  /** What came during a procedure and is not part of it; it is looked at when the procedure is over, as in OTP. */
  readonly deferred: readonly EngineEvent[]
  /** The supervisor has given up. */
  readonly ended: boolean
}

/** What the engine is told. `now` is monotonic milliseconds, `random` a number in [0, 1). */
export type EngineEvent =
  | { readonly type: 'boot' }
  | { readonly type: 'started'; readonly id: string; readonly now: number }
  | { readonly type: 'down'; readonly id: string; readonly reason: ExitReason; readonly now: number; readonly random: number }
  | { readonly type: 'timer'; readonly id: string; readonly key: string; readonly now: number }
  | { readonly type: 'call'; readonly call: number; readonly request: Call; readonly now: number }

/** What the engine asks for. */
export type EngineCommand =
  | { readonly type: 'start'; readonly id: string }
  | { readonly type: 'order'; readonly id: string; readonly command: Command }
  | { readonly type: 'schedule'; readonly id: string; readonly key: string; readonly delayMs: number }
  | { readonly type: 'cancel'; readonly id: string; readonly key: string }
  | { readonly type: 'report'; readonly level: Level; readonly event: NewEvent; readonly text: string }
  | { readonly type: 'booted' }
  | { readonly type: 'boot-failed'; readonly id: string; readonly reason: ExitReason }
  | { readonly type: 'reply'; readonly call: number; readonly result: CallResult }
  | { readonly type: 'exit' }

/** One step in the making: changed freely while the step is computed, then frozen into the next state. */
export interface Draft {
  readonly path: string
  readonly strategy: Strategy
  readonly intensity: Intensity
  readonly members: Map<string, Member>
  restarts: readonly number[]
  procedure: Procedure | undefined
  deferred: EngineEvent[]
  ended: boolean
  readonly commands: EngineCommand[]
}

/** A child of which nothing but the spec is there. */
export function absentMember(spec: MemberSpec): Member {
  return { spec, phase: 'absent', recovery: healthy(spec.recovery), attempt: 0 }
}

/** Changes one child; does nothing for an unknown one. */
export function change(draft: Draft, id: string, changes: Partial<Omit<Member, 'call'>>): void {
  const member = draft.members.get(id)
  if (member !== undefined) draft.members.set(id, { ...member, ...changes })
}

/** Orders something for one child. */
export function order(draft: Draft, id: string, command: Command): void {
  draft.commands.push({ type: 'order', id, command })
}
