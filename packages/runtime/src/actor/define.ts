// How users write an actor: data in, definition out; the protocol is inferred from the handlers.

import { isActorName } from '../contracts/address.ts'
import type { Address } from '../contracts/address.ts'
import type { ActorContext, ActorDefinition, Handler, MailboxOptions } from '../contracts/behavior.ts'
import type { ExitReason } from '../contracts/exit-reason.ts'
import type { Protocol } from '../contracts/message.ts'
import type { Shutdown } from '../contracts/shutdown.ts'
import { InvalidOptionError } from '../errors.ts'
import { defaultCapacity } from '../mailbox/mailbox.ts'

/** The context of a handler whose own protocol is being inferred, so that it cannot be named yet. */
// oxlint-disable-next-line typescript/no-explicit-any
export type AnyContext = ActorContext<any>

/** What stands behind one message type: state, payload and context in; the reply (or a promise of it) out. */
// oxlint-disable-next-line typescript/no-explicit-any
export type AnyHandlers<S> = Record<string, (state: S, message: any, ctx: AnyContext) => unknown>

type IsAny<T> = 0 extends 1 & T ? true : false
type Payload<M> = IsAny<M> extends true ? unknown : M

/** The protocol that a record of handlers speaks. */
export type ProtocolOf<H> = {
  // oxlint-disable-next-line typescript/no-explicit-any
  [K in keyof H & string]: H[K] extends (state: any) => infer R
    ? () => R
    : // oxlint-disable-next-line typescript/no-explicit-any
      H[K] extends (state: any, message: infer M, ...rest: any[]) => infer R
      ? (message: Payload<M>) => R
      : (message: unknown) => unknown
}

/** What `actor()` takes. */
export interface ActorSpec<S, I, H> {
  /** The default name of its instances: 1 to 128 characters of `[A-Za-z0-9_.~$@:-]`. */
  readonly name: string
  /** Makes the state of each incarnation from the input; may be async, and messages wait meanwhile. Default: no state. */
  readonly state?: (input: I, ctx: AnyContext) => S | Promise<S>
  /** One handler per message type; what it returns answers an ask. One message at a time; a promise holds the actor until it settles. */
  readonly on: H & AnyHandlers<S>
  /** Called once for each watched actor that is gone. */
  readonly terminated?: (state: S, event: { readonly address: Address; readonly reason: ExitReason }, ctx: AnyContext) => void
  /** Called when the actor stops for good, after its children; may be async within its shutdown time. */
  readonly stopped?: (state: S, reason: ExitReason) => unknown
  /** Bounds of its mailbox. */
  readonly mailbox?: MailboxOptions
  /** How long it may take to stop: milliseconds, `brutal` or `infinity`. Default 5000. */
  readonly shutdownMs?: Shutdown
}

/**
 * Defines an actor: its state and one handler per message type.
 *
 * Use when: anything that has state or must be supervised. The result is plain data: spawn it as often as needed.
 *
 * @throws InvalidOptionError naming the field.
 */
export function actor<S = undefined, I = undefined, H = unknown>(spec: ActorSpec<S, I, H>): ActorDefinition<ProtocolOf<H>, I> {
  validate(spec as never)
  const { name, state, on, terminated, stopped, mailbox, shutdownMs } = spec
  const definition: ActorDefinition<Protocol, I> = {
    name,
    start: (state ?? (() => undefined)) as ActorDefinition<Protocol, I>['start'],
    handlers: new Map(Object.entries(on) as [string, Handler][]),
    capacity: mailbox?.capacity ?? defaultCapacity,
    overflow: mailbox?.overflow ?? 'reject',
    shutdownMs: shutdownMs ?? 5000,
    ...(terminated && { terminated: terminated as NonNullable<ActorDefinition<Protocol>['terminated']> }),
    ...(stopped && { stopped: stopped as NonNullable<ActorDefinition<Protocol>['stopped']> }),
  }
  return definition as unknown as ActorDefinition<ProtocolOf<H>, I>
}

function validate(spec: ActorSpec<never, never, AnyHandlers<never>>): void {
  const { name, state, on, mailbox, shutdownMs } = spec as Partial<ActorSpec<unknown, unknown, AnyHandlers<unknown>>>
  if (typeof name !== 'string' || !isActorName(name))
    throw new InvalidOptionError('name', name, '1 to 128 characters of [A-Za-z0-9_.~$@:-]')
  if (state !== undefined && typeof state !== 'function') throw new InvalidOptionError('state', state, 'a function that makes the state')
  if (typeof on !== 'object' || on === null) throw new InvalidOptionError('on', on, 'an object with a handler per message type')
  for (const [type, handler] of Object.entries(on)) {
    if (typeof handler !== 'function') throw new InvalidOptionError(`on.${type}`, handler, 'a function (state, message, ctx)')
  }
  const capacity = mailbox?.capacity
  if (capacity !== undefined && !(Number.isInteger(capacity) && capacity >= 1)) {
    throw new InvalidOptionError('mailbox.capacity', capacity, 'a whole number of messages, at least 1')
  }
  const overflow = mailbox?.overflow
  if (overflow !== undefined && overflow !== 'reject' && overflow !== 'drop-oldest') {
    throw new InvalidOptionError('mailbox.overflow', overflow, "'reject' or 'drop-oldest'")
  }
  checkShutdown('shutdownMs', shutdownMs)
}

/** @throws InvalidOptionError unless `value` is a valid shutdown (or undefined). */
export function checkShutdown(field: string, value: unknown): void {
  if (value === undefined || value === 'brutal' || value === 'infinity') return
  if (typeof value === 'number' && Number.isFinite(value) && value >= 0) return
  throw new InvalidOptionError(field, value, "milliseconds (0 or more), 'brutal' or 'infinity'")
}
