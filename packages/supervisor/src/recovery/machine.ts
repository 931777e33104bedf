// The contract of recovery machines: what happened to the child comes in as events, what to do about it goes out as named actions.
// A machine is an XState 5 machine that is never run by XState: the kernel feeds it through the pure `transition()`, reads the actions
// it would take, and executes nothing of it. A machine exists only from a child's first failure until it reaches a final state.

import type { Failure } from '@understudy/runtime/spi'
import type { AnyStateMachine } from 'xstate'

/** The child has failed, or has ended although it should live. It waits for `restart`, `resume`, `stop` or `escalate`. */
export interface ChildFailed {
  readonly type: 'FAILED'
  /** What it was doing; `ended` when it did not fail but came to an end. */
  readonly phase: Failure['phase'] | 'ended'
  /** What was thrown, or the exit reason when the phase is `ended`. */
  readonly cause: unknown
  /** Failures in a row, this one included, without a message handled in between. */
  readonly attempt: number
  /** A number in [0, 1), drawn for this event: for jitter. */
  readonly random: number
}

/** What a recovery machine is told: a failure, that the child runs again, or that a timer it scheduled is due: `TIMER.` and the timer's key. */
export type RecoveryEvent = ChildFailed | { readonly type: 'STARTED' } | { readonly type: `TIMER.${string}` }

/** Parameters of `schedule`: a timer of the same key is replaced. */
export interface ScheduleParameters {
  readonly key: string
  readonly delayMs: number
}

/** Parameters of `cancel`. */
export interface CancelParameters {
  readonly key: string
}

/**
 * The actions of recovery machines, by name; give them to XState's `setup({ actions: recoveryActions })`. They do nothing themselves:
 * `restart` orders a new incarnation, `resume` goes on with the old state (after a failure while handling only), `stop` lets the child
 * go and keeps its spec, `escalate` makes the supervisor give up, `schedule` and `cancel` set and clear the machine's timers.
 */
export const recoveryActions = {
  restart: (): void => {},
  resume: (): void => {},
  stop: (): void => {},
  escalate: (): void => {},
  schedule: (_: unknown, _parameters: ScheduleParameters): void => {},
  cancel: (_: unknown, _parameters: CancelParameters): void => {},
}

/** How a child recovers: a machine that keeps the contract, and its input. Made by `backoff()` and `restartAtOnce()`. */
export interface RecoveryPolicy {
  /** For logs and events. */
  readonly name: string
  readonly machine: AnyStateMachine
  readonly input?: unknown
  /** The machine answers every failure with `restart` and remembers nothing, so nobody needs to ask it: the fast path of the kernel. */
  readonly alwaysRestarts?: true
}
