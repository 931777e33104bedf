// What recovery machines are told.

import type { FailureClass, RecoveryFailure } from './failure-class.ts'

/** What every event carries. */
export interface EventStamp {
  /** When it happened, in monotonic milliseconds. */
  readonly at: number
  /** A number in [0, 1), drawn for this event: for jitter. */
  readonly random: number
  /** The commands that can be carried out where the child lives; see `RecoveryAbility`. */
  readonly possible: ReadonlySet<RecoveryAbility>
  /** The life of the child that this is about. Events of a life before the present one never reach a machine. */
  readonly incarnation?: number
}

/** The child has failed, or has ended although it should live. It waits for an order. */
export interface FailedEvent {
  readonly type: 'FAILED'
  readonly failure: RecoveryFailure
  readonly class: FailureClass
  /** Equal for failures that are alike: see `signatureOf`. */
  readonly signature: string
  /** Failures in a row, this one included, without a message handled in between. */
  readonly attempt: number
  /** By what the failing message is recognised when it fails again: its type and idempotency key; empty when there was none. */
  readonly messageKey: string
  /** Of the actors that the policy depends on, those that are not healthy now. */
  readonly waitsFor: readonly string[]
}

/** What happened, without its stamp. */
export type RecoveryNews =
  | FailedEvent
  /** The child runs again, whoever started it. */
  | { readonly type: 'STARTED' }
  /** The child has run for the policy's `stableAfterMs` without a failure. */
  | { readonly type: 'STABLE' }
  /** The child runs, but has not come to an end with a message in its time. */
  | { readonly type: 'HUNG' }
  /** Something about the child grows beyond what is good: `ratio` is now against what is normal. */
  | { readonly type: 'OVERLOADED'; readonly resource: 'mailbox' | 'latency' | 'heap' | 'loop-lag'; readonly ratio: number }
  | { readonly type: 'DEPENDENCY_DOWN' | 'DEPENDENCY_UP'; readonly dependency: string }
  /** The child on trial has run for the probe's time. */
  | { readonly type: 'PROBE_OK' }
  /** The child on trial has failed; it waits for an order. */
  | (Omit<FailedEvent, 'type'> & { readonly type: 'PROBE_FAILED' })
  /** The restart that was ordered waits for its turn in the node's budget, about so long; it comes by itself. */
  | { readonly type: 'BUDGET_EXHAUSTED'; readonly retryInMs: number }
  /** A timer set by `schedule` is due. */
  | { readonly type: `TIMER.${string}` }
  /** A person or a program has decided. */
  | { readonly type: 'OPERATOR.retry' | 'OPERATOR.park' | 'OPERATOR.release' | 'OPERATOR.stop' }
  /** Another node of the cluster is down: its name. */
  | { readonly type: 'NODE_DOWN'; readonly node: string }
  /** The lease of the node that the child lives on was lost: to the others it is not there, and they act in its place. */
  | { readonly type: 'LEASE_LOST' }
  /** Somebody else owns what the child acts for, as whoever keeps a lock of your own tells. A write that was refused is `FAILED`, of class `fenced`. */
  | { readonly type: 'FENCED' }

/** An event as a machine sees it. */
export type RecoveryEvent = RecoveryNews & EventStamp

/**
 * What the place where a child lives is able to do: commands of recovery machines, and variants of them. A machine asks with the guard
 * `possible`; one that orders what is not possible is replaced by the built-in policy.
 */
export type RecoveryAbility =
  | 'resume'
  | 'restart'
  | 'restartGroup'
  | 'restartThread'
  | 'restartNode'
  | 'replace'
  | 'probe'
  | 'park'
  | 'release'
  | 'degrade'
  | 'failOver'
  | 'deadLetter'
  | 'stop'
  | 'escalate'
  /** `restart` with `mailbox: 'drop'`. */
  | 'drop-mailbox'
  /** `restart` with `state: 'snapshot'` or `'previous'`. */
  | 'snapshots'
  /** `restart` and `resume` with `message: 'retry'`. */
  | 'retry-message'
