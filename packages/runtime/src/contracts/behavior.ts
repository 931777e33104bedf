// What an actor is, as data: how its state begins, what it does on each message, what it does when others end.

import type { Address } from './address.ts'
import type { ExitReason } from './exit-reason.ts'
import type { Handler, HandlerTable, Middleware, Reentrancy } from './handling.ts'
import type { Isolation } from './isolation.ts'
import type { Logger } from './log.ts'
import type { MessageOf, Protocol, ReplyOf } from './message.ts'
import type { AnyRef, AskOptions, Ref } from './ref.ts'
import type { DeferredReply } from './reply.ts'
import type { MessageSchemas } from './schema.ts'
import type { ServiceKey } from './service.ts'
import type { Shutdown } from './shutdown.ts'
import type { SupervisionDefaults } from './supervision-defaults.ts'
import type { Tenure } from './tenure.ts'

/**
 * What happens to a message that finds the mailbox full: the newest is refused (`reject`), the oldest waiting one gives way
 * (`drop-oldest`), or the newest is refused unless it was offered: `offer` then waits for room (`suspend-sender`).
 */
export type Overflow = 'reject' | 'drop-oldest' | 'suspend-sender'

/** The bounds of a mailbox. */
export interface MailboxOptions {
  /** User messages that may wait. Default 10 000. */
  readonly capacity?: number
  /** Default `reject`. */
  readonly overflow?: Overflow
  /** Messages that may be put aside by `ctx.stash()`. Default 1000. */
  readonly stashCapacity?: number
}

/** Options of spawning one actor. */
export interface SpawnOptions<I> {
  /** The actor's name, unique among its siblings. Default: a generated one. */
  readonly name?: string
  /** Handed to the definition's `state` at every start and restart. */
  readonly input?: I
  /** Runs it in a worker thread: one of its own, or one that it shares. Its definition must say its `module`. Default: the main loop. */
  readonly isolation?: Isolation
}

/**
 * What a handler can do besides computing. Belongs to one incarnation: once that is over, it does nothing but count. There may be several
 * objects of one incarnation, all alike.
 */
export interface ActorContext<P extends Protocol> {
  /** This actor. The ref outlasts restarts. */
  readonly self: Ref<P>
  /** Where it lives on this node, such as `/shop/till`. */
  readonly path: string
  /** Which life this is, counted from 1; raised by every restart. */
  readonly incarnation: number
  /** Aborted when this incarnation ends. Hand it to whatever async work the handler starts. */
  readonly signal: AbortSignal
  /** The log of the system. */
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
  /** Like `watch`, but sends `message` to this actor instead of calling `terminated`. The last call for a target counts. */
  watchWith(target: AnyRef, message: MessageOf<P>): void
  /** Undoes `watch` and `watchWith`; an end that was not told yet is not told any more. */
  unwatch(target: AnyRef): void
  /**
   * Links this actor with another one of this node: when the incarnation of one fails or ends, the other gets its exit signal. It
   * then ends with the same reason, unless that is `normal`, or it traps exits (`trapExit`). Linking with one that is gone gives an
   * exit signal at once.
   * @throws InvalidOptionError when the target is on another node, or a pool or an adapter.
   */
  link(target: AnyRef): void
  /** Undoes a link; an exit signal that was not handled yet is taken back. */
  unlink(target: AnyRef): void
  /**
   * Sends an exit signal to an actor of this node: it ends with that reason unless it traps exits. `normal` is ignored, but by the actor that
   * sends it to itself; `killed` cannot be trapped.
   */
  exit(target: AnyRef, reason: ExitReason): void
  /** Sends `message` to this actor once, in `delayMs`. A timer of the same key is replaced. */
  after(key: string, delayMs: number, message: MessageOf<P>): void
  /** Sends `message` to this actor every `intervalMs` (fixed rate; missed beats are skipped). A timer of the same key is replaced. */
  every(key: string, intervalMs: number, message: MessageOf<P>): void
  /** Sends `message` to this actor again and again, each time `delayMs` after the last one was handled (fixed delay). A timer of the same key is replaced. */
  repeat(key: string, delayMs: number, message: MessageOf<P>): void
  /** Cancels the timer of that key, if any; its message does not arrive any more, even if it was due. */
  cancel(key: string): void
  /** Sends `message` to this actor whenever it has handled nothing for `ms`, until cancelled or replaced. A busy actor moves no timers. */
  setReceiveTimeout(ms: number, message: MessageOf<P>): void
  /** Ends what `setReceiveTimeout` began; does nothing when there is none. */
  cancelReceiveTimeout(): void
  /**
   * Handles messages with `on` (a record of handlers, or one function for all) from the next one on, until `unbecome` or the end of
   * the incarnation. Behaviours stack; keep each a constant, so that it is prepared once.
   * @throws InvalidOptionError
   */
  become(on: Readonly<Record<string, Handler>> | Handler): void
  /** Goes back to the behaviour before the last `become`. */
  unbecome(): void
  /**
   * Puts the message in hand aside, unanswered and still waiting in the books, until `unstashAll`. Kept in order over restarts.
   * @throws StashFullError @throws NotHandlingError when there is none, or it was passed on before.
   */
  stash(): void
  /** Puts everything stashed back before all that waits, in order. */
  unstashAll(): void
  /**
   * Like `target.ask`, also after an await: the ask waits no longer than whoever asked this actor, and one that comes back to an
   * actor which waits for it fails at once. (`target.ask` knows that only in the synchronous part of a handler.)
   */
  ask<Q extends Protocol, M extends MessageOf<Q>>(target: Ref<Q>, message: M, options?: AskOptions): Promise<ReplyOf<Q, M['type']>>
  /** Passes the message in hand on: its asker is answered by `target`. @throws NotHandlingError */
  forward(target: AnyRef): void
  /**
   * Takes the answer to the message in hand out of the handler's hands: to be given later, once, by this or another local actor.
   * Return it from the handler, and the reply's type is inferred. @throws NotHandlingError
   */
  deferReply<T = unknown>(): DeferredReply<T>
  /** Sends the outcome of a promise to this actor, as a message made of it; dropped when the incarnation is over by then. */
  pipe<T>(promise: PromiseLike<T>, onOk: (value: T) => MessageOf<P>, onError: (cause: unknown) => MessageOf<P>): void
  /**
   * A ref that speaks another protocol: `map` translates what is sent to it for this actor (undefined: passed on to nobody). It runs
   * at the sender's, so keep it cheap; what it throws is this actor's failure. Ends with the incarnation.
   */
  adapt<Q extends Protocol>(map: (message: MessageOf<Q>) => MessageOf<P> | undefined): Ref<Q>
  /** Gives this actor a name on this node, until it is gone. @throws NameTakenError @throws InvalidOptionError */
  register(name: string): void
  /** Who has a name on this node now; `definition` says what it speaks. */
  whereis<Q extends Protocol>(name: string, definition?: ActorDefinition<Q, never>): Ref<Q> | undefined
  /** Makes this actor a member of a process group of this node, until it leaves or is gone. */
  join(group: string): void
  /** Undoes `join`; does nothing when this actor is no member. */
  leave(group: string): void
  /** Tells every member of a process group of this node; answers how many there were. */
  broadcast<Q extends Protocol>(group: string, message: MessageOf<Q>, definition?: ActorDefinition<Q, never>): number
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

/** A watched actor is gone. */
export interface Termination {
  readonly address: Address
  readonly reason: ExitReason
  /** What a machine of this node has come to, when it ended in its final state and has an output. */
  readonly output?: unknown
}

/**
 * The ref that the actors of a definition have, for messages and states that hold one.
 *
 * @example type Till = RefOf<typeof till>
 */
export type RefOf<D> = D extends ActorDefinition<infer P extends Protocol, never> ? Ref<P> : never

declare const protocol: unique symbol
declare const input: unique symbol

/** How an actor's state is kept for later lives. */
export interface Snapshotting {
  /** In milliseconds. */
  readonly everyMs: number
  /** Makes a snapshot of the state. */
  readonly take: (state: unknown) => unknown
  /** Makes the state of a life that begins with a snapshot; may be async. */
  readonly restore: (snapshot: unknown, ctx: ActorContext<Protocol>) => unknown
}

/** What `actor()` makes: everything needed to start an actor, and its protocol and input as types. Immutable; share it freely. */
export interface ActorDefinition<P extends Protocol, I = undefined> {
  readonly [protocol]?: P
  readonly [input]?: (input: I) => void
  readonly name: string
  /** The URL of the module that exports it, where a thread finds it. */
  readonly module?: string
  /** Makes the state of a new incarnation; may be async. */
  start(input: I, ctx: ActorContext<P>): unknown
  readonly handlers: HandlerTable
  readonly capacity: number
  readonly overflow: Overflow
  /** Default 1000. */
  readonly stashCapacity?: number
  /** Absent: every async handler holds the actor. */
  readonly reentrant?: Reentrancy
  /** Schemas of payloads by message type, checked where messages enter the node. */
  readonly schemas?: MessageSchemas
  /** What wraps handlers that an actor becomes; those in `handlers` are wrapped already. */
  readonly middleware?: readonly Middleware[]
  /** Called once per watched actor that is gone. */
  terminated?(state: unknown, event: Termination, ctx: ActorContext<P>): void
  /** Whether exit signals are told to `exited` instead of ending the actor. Default false. */
  readonly trapExit?: boolean
  /** Called once per exit signal when exits are trapped. */
  exited?(state: unknown, event: { readonly address: Address; readonly reason: ExitReason }, ctx: ActorContext<P>): unknown
  /** Called when the actor begins to stop for good, before its children are stopped; may be async within its shutdown time. */
  stopping?(state: unknown, reason: ExitReason, ctx: ActorContext<P>): unknown
  /** Called between two incarnations, after the children of the old one; may be async within its shutdown time. */
  restarting?(state: unknown, reason: ExitReason, ctx?: ActorContext<P>): unknown
  /** Called when the actor stops for good, after its children; may be async within its shutdown time. */
  stopped?(state: unknown, reason: ExitReason, ctx?: ActorContext<P>): unknown
  /** Absent: no snapshots of the state are kept. */
  readonly snapshots?: Snapshotting
  /** How long the actor may take to stop, in milliseconds, unless its parent says otherwise. Default 5000. */
  readonly shutdownMs: Shutdown
  /** What its supervisor goes by unless the child spec says otherwise. */
  readonly supervision?: SupervisionDefaults
}
