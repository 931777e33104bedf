// How users write an actor: data in, definition out; the protocol is inferred from the handlers.

import { isActorName } from '../contracts/address.ts'
import type { Address } from '../contracts/address.ts'
import type { ActorContext, ActorDefinition, MailboxOptions, Overflow, Snapshotting, Termination } from '../contracts/behavior.ts'
import type { ExitReason } from '../contracts/exit-reason.ts'
import type { Middleware } from '../contracts/handling.ts'
import type { Message, Protocol, Spoken } from '../contracts/message.ts'
import type { MessageSchemas, StandardSchema } from '../contracts/schema.ts'
import type { Shutdown } from '../contracts/shutdown.ts'
import type { SupervisionDefaults } from '../contracts/supervision-defaults.ts'
import { InvalidOptionError } from '../errors.ts'
import { defaultCapacity } from '../mailbox/mailbox.ts'
import { checkStrayErrors, defaultStrayErrors, owning, owningHooks, owningStart, type StrayErrors } from './attribution.ts'
import { shaped } from './definition-shape.ts'
import { handlerTable } from './handler-table.ts'
import { defaultMaxInFlight } from './in-flight.ts'
import { checkedHandler, checkSchemaCheck, messageSchemas } from './schemas.ts'
import { asPromise, isThenable } from './thenable.ts'

/** The context of a handler whose own protocol is being inferred, so that it cannot be named yet. */
// oxlint-disable-next-line typescript/no-explicit-any
export type AnyContext = ActorContext<any>

/** What stands behind one message type: state, payload and context in; the reply (or a promise of it) out. */
// oxlint-disable-next-line typescript/no-explicit-any
export type AnyHandlers<S> = Record<string, (state: S, message: any, ctx: AnyContext) => unknown>

type IsAny<T> = 0 extends 1 & T ? true : false
type Payload<M> = IsAny<M> extends true ? unknown : M

/** The protocol that a record of handlers speaks. (`& {}`: the compiler shows what it is, not how it was worked out.) */
export type ProtocolOf<H> = {
  // oxlint-disable-next-line typescript/no-explicit-any
  [K in keyof H & string]: H[K] extends (state: any) => infer R
    ? () => R
    : // oxlint-disable-next-line typescript/no-explicit-any
      H[K] extends (state: any, message: infer M, ...rest: any[]) => infer R
      ? (message: Payload<M>) => R
      : (message: unknown) => unknown
} & {}

/** What an actor is besides its handlers. */
export interface ActorTraits<S, I> {
  /** The default name of its instances: 1 to 128 characters of `[A-Za-z0-9_.~$@:-]`. */
  readonly name: string
  /** Where a thread finds this definition: write `import.meta.url`, and export it under any name. Needed for `isolation` only. */
  readonly module?: string
  /** Makes the state of each incarnation from the input; may be async, and messages wait meanwhile. Default: no state. */
  readonly state?: (input: I, ctx: AnyContext) => S | Promise<S>
  /** Called once the state is made, before the first message; may be async, and messages wait. What it throws is a failed start. */
  readonly started?: (state: S, ctx: AnyContext) => unknown
  /** Called once for each watched actor that is gone. */
  readonly terminated?: (state: S, event: Termination, ctx: AnyContext) => void
  /** Whether exit signals of linked actors are told to `exited` instead of ending this one. Default false. */
  readonly trapExit?: boolean
  /** Called once per exit signal when exits are trapped. */
  readonly exited?: (state: S, event: { readonly address: Address; readonly reason: ExitReason }, ctx: AnyContext) => unknown
  /** Called when the actor begins to stop for good, before its children are stopped; may be async within its shutdown time. */
  readonly stopping?: (state: S, reason: ExitReason, ctx: AnyContext) => unknown
  /** Called when the actor stops for good, after its children; may be async within its shutdown time. */
  readonly stopped?: (state: S, reason: ExitReason) => unknown
  /** Called before a restart, after the children, to let go of what the old state holds; may be async within its shutdown time. */
  readonly restarting?: (state: S, reason: ExitReason) => unknown
  /** Message types whose promises do not hold the actor (`true`: all). Their handlers share the state between awaits. Default: none. */
  readonly reentrant?: true | readonly string[]
  /** How many reentrant handlers may be open at once; the next message waits. Default 1000. */
  readonly maxInFlight?: number
  /**
   * Schemas by message type, of the payload (the message without `type`), by any library that speaks Standard Schema. Checked where
   * messages enter the node: what fails is a dead letter `invalid`, and its asker is told. They must be synchronous.
   */
  readonly schema?: Readonly<Record<string, StandardSchema>>
  /** `always` checks messages from this node, too. Default `inbound`. */
  readonly schemaCheck?: 'inbound' | 'always'
  /** Wraps every handler; the first is the outermost. Default: none, at no cost. */
  readonly middleware?: readonly Middleware[]
  /**
   * Whose stray errors are this actor's failures: an exception from a promise or timer that nobody waits for is one where it was left
   * behind by a hook (`hooks`; of `state` only if it is async, or there is a `started`), or by any of its functions, handlers included
   * (`all`: 0.2 µs a message). Default `hooks`; `none` before Node 24, where `all` makes every promise of the process dearer.
   */
  readonly strayErrors?: StrayErrors
  /**
   * Keeps a copy of the state every so often, between two messages, the last two: a recovery such as `warmRestart()` begins the next life with
   * one. `take` and `restore` copy by structured clone unless you say otherwise. Default: none, at no cost.
   */
  readonly snapshots?: {
    readonly everyMs: number
    readonly take?: (state: NoInfer<S>) => NoInfer<S>
    readonly restore?: (snapshot: NoInfer<S>, ctx: AnyContext) => NoInfer<S> | Promise<NoInfer<S>>
  }
  /** Bounds of its mailbox. */
  readonly mailbox?: MailboxOptions
  /** How long it may take to stop: milliseconds, `brutal` or `infinity`. Default 5000. */
  readonly shutdownMs?: Shutdown
  /** How it would like to be supervised; its supervisor's child spec may say otherwise. */
  readonly supervision?: SupervisionDefaults
}

/** What `actor()` takes. */
export interface ActorSpec<S, I, H> extends ActorTraits<S, I> {
  /** One handler per message type; what it returns answers an ask. One message at a time; a promise holds the actor until it settles. */
  readonly on: H & AnyHandlers<S>
}

/** What `actor()` takes when one function handles all messages. */
export interface ReceiveSpec<S, I, M extends Message, R> extends ActorTraits<S, I> {
  /** Handles every message, a discriminated union by `type`; what it returns answers an ask. */
  readonly receive: (state: S, message: M, ctx: ActorContext<UnionProtocol<M, unknown>>) => R
}

/** The protocol of a discriminated union of messages that are all answered alike. */
export type UnionProtocol<M extends Message, R> = { [K in M['type']]: Spoken<MessageIn<M, K>, R> } & {}

/** The members of a union that have the type `K`, also where a member has several. */
type MessageIn<M extends Message, K> = M extends { readonly type: infer T } ? (K extends T ? M : never) : never

/** Defines an actor with one `receive` for all its messages. */
export function actor<S = undefined, I = undefined, M extends Message = Message, R = void>(
  spec: ReceiveSpec<S, I, M, R>,
): ActorDefinition<UnionProtocol<M, R>, I>
/**
 * Defines an actor: its state and one handler per message type.
 *
 * Use when: anything that has state or must be supervised. The result is plain data: spawn it as often as needed.
 *
 * @throws InvalidOptionError naming the field.
 */
export function actor<S = undefined, I = undefined, H = unknown>(spec: ActorSpec<S, I, H>): ActorDefinition<ProtocolOf<H>, I>
export function actor(spec: ActorTraits<unknown, unknown> & { on?: unknown; receive?: unknown }): ActorDefinition<Protocol, unknown> {
  validate(spec)
  const { name, state, started, mailbox, shutdownMs, middleware, reentrant } = spec
  const { trapExit, strayErrors = defaultStrayErrors } = spec
  const { terminated, stopping, stopped, restarting, exited } = strayErrors === 'none' ? spec : owningHooks(spec)
  const make = state ?? (() => undefined)
  const start: typeof make = started === undefined ? make : (input, ctx) => begin(make(input, ctx), (made) => started(made, ctx))
  const ownsStart = strayErrors === 'all' || (strayErrors === 'hooks' && (start !== make || isAsync(make)))
  const { on } = spec
  const schemas = messageSchemas(spec.schema, (type) => typeof on !== 'object' || on === null || Object.hasOwn(on, type))
  // Innermost but for the handler itself: middleware sees what was sent.
  const inner = schemas !== undefined && spec.schemaCheck === 'always' ? [...(middleware ?? []), checking(schemas)] : middleware
  const layers = strayErrors === 'all' ? [owning, ...(inner ?? [])] : inner
  return shaped({
    name,
    ...(spec.module !== undefined && { module: spec.module }),
    start: ownsStart ? owningStart(start) : start,
    handlers: handlerTable(spec.receive ?? on, layers),
    capacity: mailbox?.capacity ?? defaultCapacity,
    overflow: mailbox?.overflow ?? 'reject',
    shutdownMs: shutdownMs ?? 5000,
    ...(spec.supervision && { supervision: spec.supervision }),
    ...(mailbox?.stashCapacity !== undefined && { stashCapacity: mailbox.stashCapacity }),
    ...(reentrant && {
      reentrant: { types: reentrant === true ? true : new Set(reentrant), maxInFlight: spec.maxInFlight ?? defaultMaxInFlight },
    }),
    ...(schemas && { schemas }),
    ...(layers && { middleware: layers }),
    ...(terminated && { terminated }),
    ...(trapExit === true && { trapExit }),
    ...(exited && { exited }),
    ...(stopping && { stopping }),
    ...(stopped && { stopped }),
    ...(restarting && { restarting }),
    ...(spec.snapshots && { snapshots: snapshotting(spec.snapshots, started) }),
  })
}

/** Snapshots with their defaults; a restored state goes through the `started` hook like any other. */
function snapshotting(
  settings: NonNullable<ActorTraits<unknown, unknown>['snapshots']>,
  started: ActorTraits<unknown, unknown>['started'],
): Snapshotting {
  const { everyMs, take = (state) => structuredClone(state), restore = (snapshot) => structuredClone(snapshot) } = settings
  if (started === undefined) return { everyMs, take, restore }
  return { everyMs, take, restore: (snapshot, ctx) => begin(restore(snapshot, ctx), (made) => started(made, ctx)) }
}

function isAsync(call: object): boolean {
  return Object.prototype.toString.call(call) === '[object AsyncFunction]'
}

function checking(schemas: MessageSchemas): Middleware {
  return (handler) => checkedHandler(schemas, handler)
}

/** The state, once the `started` hook is through with it. */
function begin(state: unknown, started: (state: unknown) => unknown): unknown {
  if (isThenable(state)) return asPromise(state).then((made) => begin(made, started))
  const done = started(state)
  return isThenable(done) ? asPromise(done).then(() => state) : state
}

/** @throws InvalidOptionError unless `definition` is one, as untyped code may not know. */
export function checkDefinition(definition: { readonly handlers?: unknown } | undefined): void {
  if (definition?.handlers === undefined)
    throw new InvalidOptionError('definition', definition, 'made by actor(), machineActor(), supervisor() or another maker of definitions')
}

const hooks = ['state', 'started', 'terminated', 'stopping', 'stopped', 'restarting', 'exited'] as const

function validate(spec: Partial<ActorTraits<unknown, unknown>> & { readonly on?: unknown; readonly receive?: unknown }): void {
  if (typeof spec !== 'object' || spec === null) throw new InvalidOptionError('spec', spec, 'an object such as { name, state, on }')
  const { name, on, receive, mailbox, shutdownMs, reentrant, middleware } = spec
  if (typeof name !== 'string' || !isActorName(name))
    throw new InvalidOptionError('name', name, '1 to 128 characters of [A-Za-z0-9_.~$@:-]')
  checkModule(spec.module)
  if (receive !== undefined && typeof receive !== 'function')
    throw new InvalidOptionError('receive', receive, 'a function (state, message, ctx)')
  if (receive !== undefined && on !== undefined) throw new InvalidOptionError('receive', receive, "absent where 'on' is given")
  for (const hook of hooks) {
    if (spec[hook] !== undefined && typeof spec[hook] !== 'function') throw new InvalidOptionError(hook, spec[hook], 'a function')
  }
  if (mailbox !== undefined && (typeof mailbox !== 'object' || mailbox === null))
    throw new InvalidOptionError('mailbox', mailbox, 'an object such as { capacity, overflow }')
  checkCount('mailbox.capacity', mailbox?.capacity, 'messages')
  checkCount('mailbox.stashCapacity', mailbox?.stashCapacity, 'messages')
  checkCount('maxInFlight', spec.maxInFlight, 'handlers')
  const overflow: unknown = mailbox?.overflow
  if (overflow !== undefined && !overflows.has(overflow)) {
    throw new InvalidOptionError('mailbox.overflow', overflow, "'reject', 'drop-oldest' or 'suspend-sender'")
  }
  if (reentrant !== undefined && reentrant !== true && !Array.isArray(reentrant))
    throw new InvalidOptionError('reentrant', reentrant, 'true or an array of message types')
  // A misspelt type would hold the actor, and nobody would know why.
  const unknown = Array.isArray(reentrant) && typeof on === 'object' ? reentrant.find((type) => !Object.hasOwn(on!, type)) : undefined
  if (unknown !== undefined) throw new InvalidOptionError('reentrant', unknown, "a type that 'on' has a handler for")
  if (middleware !== undefined && !(Array.isArray(middleware) && middleware.every((layer) => typeof layer === 'function')))
    throw new InvalidOptionError('middleware', middleware, 'an array of functions (next) => handler')
  if (spec.trapExit !== undefined && typeof spec.trapExit !== 'boolean')
    throw new InvalidOptionError('trapExit', spec.trapExit, 'true or false')
  checkStrayErrors(spec.strayErrors)
  const everyMs: unknown = spec.snapshots?.everyMs
  if (spec.snapshots !== undefined && !(typeof everyMs === 'number' && Number.isFinite(everyMs) && everyMs > 0))
    throw new InvalidOptionError('snapshots.everyMs', everyMs, 'a finite number of milliseconds, more than 0')
  for (const part of ['take', 'restore'] as const) {
    const found: unknown = spec.snapshots?.[part]
    if (found !== undefined && typeof found !== 'function') throw new InvalidOptionError(`snapshots.${part}`, found, 'a function')
  }
  checkSchemaCheck(spec.schemaCheck)
  checkShutdown('shutdownMs', shutdownMs)
}

const overflows = new Set<unknown>(['reject', 'drop-oldest', 'suspend-sender'] satisfies Overflow[])

function checkCount(field: string, value: unknown, unit: string): void {
  if (value !== undefined && !(Number.isInteger(value) && (value as number) >= 1))
    throw new InvalidOptionError(field, value, `a whole number of ${unit}, at least 1`)
}

/** @throws InvalidOptionError unless `module` is the URL of one (or undefined). */
export function checkModule(module: unknown): void {
  if (module !== undefined && !(typeof module === 'string' && URL.canParse(module)))
    throw new InvalidOptionError('module', module, 'the URL of the module that exports the actor: import.meta.url')
}

/** @throws InvalidOptionError unless `value` is a valid shutdown (or undefined). */
export function checkShutdown(field: string, value: unknown): void {
  if (value === undefined || value === 'brutal' || value === 'infinity') return
  if (typeof value === 'number' && Number.isFinite(value) && value >= 0) return
  throw new InvalidOptionError(field, value, "milliseconds (0 or more), 'brutal' or 'infinity'")
}
