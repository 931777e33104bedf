// How a parent takes part in the lives of its children: what it is told, and what it can order.

import type { Address } from './address.ts'
import type { ActorContext, ActorDefinition, SpawnOptions } from './behavior.ts'
import type { Command } from './command.ts'
import type { Env, TimerHandle } from './env.ts'
import type { Endpoint } from './endpoint.ts'
import type { Level, NewEvent } from './event.ts'
import type { ExitReason } from './exit-reason.ts'
import type { Host } from './host.ts'
import type { LifeState } from './lifecycle.ts'
import type { Protocol } from './message.ts'
import type { Ref } from './ref.ts'
import type { ServiceKey } from './service.ts'
import type { Shutdown } from './shutdown.ts'

/** A child as its parent sees it. Stays the same through restarts. */
export interface Child {
  readonly name: string
  readonly path: string
  readonly ref: Ref<Protocol>
  readonly incarnation: number
  readonly life: LifeState
  /** Failures in a row without a message handled in between. */
  readonly attempt: number
  readonly shutdownMs: Shutdown
  readonly definition: ActorDefinition<Protocol, unknown>
  /** How it supervises children of its own; null when it does not, and between incarnations. */
  readonly supervision: Supervision | null
}

/**
 * What a parent is told about its children, one call at a time, in order, in the parent's own turn. An ordinary actor has no such
 * hooks: its children are removed when they end. A parent with hooks decides, sooner or later, by `order`.
 */
export interface Supervision {
  /** A start or restart is complete: the child handles messages. */
  started(child: Child): void
  /**
   * The child has ended or failed and waits for an order; its mailbox still takes messages. `reason` is a Failure when it failed,
   * with phase `starting` when a start or restart did. Answer now or later: `restart`, `resume` (after a failure while handling only) or `remove`.
   */
  down(child: Child, reason: ExitReason): void
  /**
   * Asked, before `down`, in the turn of a child that failed while handling, when nothing else waits for the supervisor. True: it has counted
   * the restart, which is made at once, and hears nothing of it but a failure to start. False: nothing has changed, `down` comes.
   */
  restartsOnTheSpot?(child: Child, now: number): boolean
  /**
   * Whether the message that a child has failed on is to be held until the order comes, which may have it handled again. Asked at each such
   * failure that `restartsOnTheSpot` has not dealt with; absent: it becomes a dead letter at once.
   */
  holdsFailed?(child: Child): boolean
  /** The child is in one message, and has been for longer than the system's `hangMs`: it may be ordered to restart. Told once for each message. */
  hung?(child: Child): void
  /** A `remove` that had to wait for the child's own children is complete: its name is free. */
  removed?(child: Child): void
  /** Who gets the messages that a child which is gone for good leaves behind; undefined: they become dead letters. */
  heirOf?(child: Child): Endpoint | undefined
}

/** Options of a supervised child, beyond those of any actor. */
export interface ChildOptions<I> extends SpawnOptions<I> {
  /** How long it may take to stop; default: what its definition says. */
  readonly shutdownMs?: Shutdown
  /** A living child of the same parent that counts as started later: it is stopped earlier. Default: none. */
  readonly before?: Child | undefined
  /** What its first incarnation is, in its place; default: itself. See the command `restart`. */
  readonly as?: ActorDefinition<Protocol, unknown> | undefined
  /** Services for this child and everything beneath it. */
  readonly provide?: ReadonlyMap<ServiceKey<unknown>, unknown>
}

/** What a supervising parent can do. Handed to `SupervisingDefinition.supervise`, alive for one incarnation of the parent. */
export interface SupervisionControl {
  readonly env: Env
  readonly path: string
  /** The actor's own mailbox, whatever its ref posts to: a router, or its other half outside a thread. */
  readonly inside?: Endpoint
  /** Starts a child. It may have failed already when this returns: `down` tells. @throws NameTakenError @throws InvalidOptionError */
  spawn<P extends Protocol, I>(definition: ActorDefinition<P, I>, options: ChildOptions<I>): Child
  /** Executes a command. Commands for a child that has moved on since (other incarnation, gone) do nothing. */
  order(child: Child, command: Command): void
  /** What an ancestor or the system provides; undefined when nobody does. */
  find?<T>(key: ServiceKey<T>): T | undefined
  /** What all supervisors of the system share, made for whoever asks first. */
  shared?<T>(key: ServiceKey<T>, make: (host: Host) => T): T
  /** Ends this supervisor itself: its remaining children are stopped in reverse start order, then it exits with `reason`. */
  exit(reason: ExitReason): void
  /** Calls back in the supervisor's own turn, unless its incarnation has ended. */
  after(delayMs: number, callback: () => void): TimerHandle
  /** The same, as soon as it can be. For what comes out of another actor's turn. */
  soon?(callback: () => void): void
  cancel(handle: TimerHandle): void
  /** Puts an event on the bus and, as one line, into the log. */
  report(level: Level, event: NewEvent, text: string): void
}

/** A definition that takes part in the lives of its children, or stands before its own mailbox. For sibling packages. */
export interface SupervisingDefinition<P extends Protocol, I = undefined> extends ActorDefinition<P, I> {
  /** Makes the actor the supervisor of its children. Called at each start, before `start`, which gets what it made. */
  supervise?(control: SupervisionControl): Supervision
  /** It can live in a thread, and what it supervises with it. Absent: only actors without `supervise` and `route` can. */
  readonly movesWithChildren?: true
  start(input: I, ctx: ActorContext<P>, supervision?: Supervision): unknown
  /**
   * What the actor's ref posts to instead of its mailbox (a pool's router, a proxy). Called once, for all its incarnations:
   * `current` answers what `supervise` made for the present one, `null` between incarnations and after the end.
   */
  route?(inside: Endpoint, current: () => Supervision | null): Endpoint
  /** It goes on with its state after a failure. Absent: that is all there is to it. */
  resumed?(): void
  /** Its worker thread is to be terminated: the next incarnation begins in a new one. Absent: it has none. */
  renew?(): void
  /** Who lives beneath it elsewhere, in a thread. Absent: nobody but its children here. */
  beneath?(address: Address): Endpoint | undefined
}
