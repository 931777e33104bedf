// What an actor is, as data: how its state begins, what it does on each message, what it does when others end.

import type { Address } from './address.ts'
import type { ExitReason } from './exit-reason.ts'
import type { Logger } from './log.ts'
import type { MessageOf, Protocol } from './message.ts'
import type { AnyRef, Ref } from './ref.ts'
import type { ServiceKey } from './service.ts'
import type { Shutdown } from './shutdown.ts'
import type { Tenure } from './tenure.ts'

/** What happens to a message that finds the mailbox full: the newest is refused, or the oldest waiting one gives way. */
export type Overflow = 'reject' | 'drop-oldest'

/** The bounds of a mailbox. */
export interface MailboxOptions {
  /** User messages that may wait. Default 10 000. */
  readonly capacity?: number
  /** Default `reject`. */
  readonly overflow?: Overflow
}

/** Options of spawning one actor. */
export interface SpawnOptions<I> {
  /** The actor's name, unique among its siblings. Default: a generated one. */
  readonly name?: string
  /** Handed to the definition's `state` at every start and restart. */
  readonly input?: I
}

/** What a handler can do besides computing. Belongs to one incarnation: once that is over, it does nothing but count. */
export interface ActorContext<P extends Protocol> {
  readonly self: Ref<P>
  readonly path: string
  /** Which life this is, counted from 1; raised by every restart. */
  readonly incarnation: number
  /** Aborted when this incarnation ends. Hand it to whatever async work the handler starts. */
  readonly signal: AbortSignal
  readonly log: Logger
  /** Monotonic time in milliseconds. */
  now(): number
  /** A number in [0, 1). */
  random(): number
  /** Starts a child; it is stopped when this actor stops or restarts. @throws NameTakenError @throws InvalidOptionError */
  spawn<Q extends Protocol, I>(definition: ActorDefinition<Q, I>, ...options: SpawnArguments<I>): Ref<Q>
  /** Stops a child, or, without argument, this actor: exit reason `normal`. */
  stop(child?: AnyRef): void
  /** Asks to be told, once, through `terminated`, when `target` is gone, wherever it lives; also when it already is. */
  watch(target: AnyRef): void
  unwatch(target: AnyRef): void
  /** Sends `message` to this actor once, in `delayMs`. A timer of the same key is replaced. */
  after(key: string, delayMs: number, message: MessageOf<P>): void
  /** Sends `message` to this actor every `intervalMs` (fixed rate; missed beats are skipped). A timer of the same key is replaced. */
  every(key: string, intervalMs: number, message: MessageOf<P>): void
  /** Cancels the timer of that key, if any; its message does not arrive any more, even if it was due. */
  cancel(key: string): void
  /** A ref to an actor by address, for example one that was received or configured. */
  ref<Q extends Protocol>(address: Address): Ref<Q>
  /** Something provided to this actor by an ancestor or by the system. @throws ServiceMissingError */
  service<T>(key: ServiceKey<T>): T
  /** The leader's epoch if this actor runs beneath a leader-singleton, else 0. */
  readonly epoch: number
  /** @throws FencedError when this actor runs beneath a leader-singleton that may no longer act. */
  guard(): void
  /** The leadership of the singleton beneath which this actor runs. @throws ServiceMissingError */
  readonly tenure: Tenure
}

/** `input` must be given exactly when the definition's `state` takes one. */
export type SpawnArguments<I> = undefined extends I ? [options?: SpawnOptions<I>] : [options: SpawnOptions<I> & { readonly input: I }]

/** A handler as the runtime calls it. */
// oxlint-disable-next-line typescript/no-explicit-any
export type Handler = (state: any, message: any, ctx: any) => unknown

declare const protocol: unique symbol
declare const input: unique symbol

/** What `actor()` makes: everything needed to start an actor, and its protocol and input as types. Immutable; share it freely. */
export interface ActorDefinition<P extends Protocol, I = undefined> {
  readonly [protocol]?: P
  readonly [input]?: (input: I) => void
  readonly name: string
  /** Makes the state of a new incarnation; may be async. */
  start(input: I, ctx: ActorContext<P>): unknown
  readonly handlers: ReadonlyMap<string, Handler>
  readonly capacity: number
  readonly overflow: Overflow
  /** Called once per watched actor that is gone. */
  terminated?(state: unknown, event: { readonly address: Address; readonly reason: ExitReason }, ctx: ActorContext<P>): void
  /** Called when the actor stops for good, after its children; may be async within its shutdown time. */
  stopped?(state: unknown, reason: ExitReason): unknown
  /** How long the actor may take to stop, in milliseconds, unless its parent says otherwise. Default 5000. */
  readonly shutdownMs: Shutdown
}
