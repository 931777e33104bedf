// What a handler holds. Bound to one incarnation: when that is over, it does nothing but count.

import { type Address, formatAddress, sameNode } from '../contracts/address.ts'
import type { Asker } from '../contracts/asker.ts'
import type { Endpoint } from '../contracts/endpoint.ts'
import type { ActorContext, ActorDefinition, SpawnArguments } from '../contracts/behavior.ts'
import type { DeadLetterReason } from '../contracts/dead-letter.ts'
import type { ExitReason } from '../contracts/exit-reason.ts'
import type { Host } from '../contracts/host.ts'
import type { Logger } from '../contracts/log.ts'
import type { Message, MessageOf, Protocol, ReplyOf } from '../contracts/message.ts'
import type { AnyRef, AskOptions, Ref } from '../contracts/ref.ts'
import type { DeferredReply } from '../contracts/reply.ts'
import { type ServiceKey, serviceKey } from '../contracts/service.ts'
import type { Tenure } from '../contracts/tenure.ts'
import type { ChildOptions } from '../contracts/supervision.ts'
import { InvalidOptionError, NotHandlingError } from '../errors.ts'
import { ownedIfFree } from '../dispatch/owner.ts'
import { askEndpoint } from '../ref/ask.ts'
import type { ActorTimers } from './actor-timers.ts'
import { adapterOf } from './adapter.ts'
import { stray, type Straying } from './attribution.ts'
import { stashed, takeMessage, takenOver } from './current-message.ts'
import { ReplyLater } from './deferred-reply.ts'
import { checkDefinition } from './define.ts'
import type { Directory } from './directory.ts'
import type { Extras } from './extras.ts'
import type { InFlight } from './in-flight.ts'
import { link, type Linked, unlink } from './links.ts'
import { findService, service } from './services.ts'
import { stopChild } from './siblings.ts'
import { asPromise } from './thenable.ts'
import { unwatch, watch, type Watcher } from './watches.ts'

/** Under this key a leader-singleton provides its leadership to everything beneath it. */
export const tenureKey: ServiceKey<Tenure> = serviceKey('tenure')

/** Another cell, as far as links need it. */
interface Linkable extends Linked {
  exitSignal(from: Linked | undefined, address: Address, reason: ExitReason): void
}

/** The cell behind a context, as far as the context needs it. */
export interface Inside extends Omit<Asker, 'host'>, Linkable, Straying, Watcher {
  readonly host: Host & Directory & Straying['host']
  readonly ref: Ref<Protocol>
  readonly incarnation: number
  readonly openContext: Context
  isLiving(incarnation: number): boolean
  readonly timers: ActorTimers
  adopt(definition: ActorDefinition<Protocol, unknown>, options: ChildOptions<unknown>): { readonly ref: Ref<Protocol> }
  stillborn(definition: ActorDefinition<Protocol, unknown>): { readonly ref: Ref<Protocol> }
  readonly children: Parameters<typeof stopChild>[0]['children']
  readonly entry: Endpoint
  call(callback: () => void): void
  end(reason: ExitReason): void
  readonly inFlight: InFlight | null
  readonly parent: Parameters<typeof service>[0]['parent']
  readonly provided: Parameters<typeof service>[0]['provided']
  readonly extras: Extras<unknown> | null
  readonly openExtras: Extras<unknown>
}

const noOptions: ChildOptions<unknown> = {}

/** The living actor of this node behind a ref; undefined when it is gone. */
function linked(host: Inside['host'], target: AnyRef): Linkable | undefined {
  const { address } = host.endpointOf(target)
  if (!sameNode(address.node, host.identity))
    throw new InvalidOptionError('target', formatAddress(address), 'a ref to an actor of this node; watch it instead')
  const found = host.lookup(address.path, address.uid)
  if (found === undefined) return undefined
  if (!('exitSignal' in found)) throw new InvalidOptionError('target', formatAddress(address), 'a ref to one actor; watch it instead')
  return found as unknown as Linkable
}

/** A view of one incarnation of one cell. There may be several of one: whether they live is told by the incarnation's number. */
export class Context implements ActorContext<Protocol> {
  readonly incarnation: number
  readonly #cell: Inside

  constructor(cell: Inside) {
    this.#cell = cell
    this.incarnation = cell.incarnation
  }

  get self(): Ref<Protocol> {
    return this.#cell.ref
  }

  get path(): string {
    return this.#cell.path
  }

  get log(): Logger {
    return this.#cell.host.log
  }

  get signal(): AbortSignal {
    const cell = this.#cell
    return cell.isLiving(this.incarnation) ? cell.openExtras.signalWhile(cell.life) : AbortSignal.abort()
  }

  now(): number {
    return this.#cell.host.env.now()
  }

  random(): number {
    return this.#cell.host.env.random()
  }

  // One optional parameter where the interface has a rest: an array less for each spawn.
  spawn<Q extends Protocol, I>(definition: ActorDefinition<Q, I>, options?: SpawnArguments<I>[0]): Ref<Q> {
    // A context of the past cannot refuse by returning nothing, so the child is born dead: a ref to nobody.
    checkDefinition(definition)
    const { host } = this.#cell
    const chosen = (options ?? noOptions) as ChildOptions<unknown>
    const plain = definition as unknown as ActorDefinition<Protocol, unknown>
    const untyped = chosen.isolation === undefined ? plain : host.isolated(plain, chosen.isolation)
    const child = Context.#alive(this) ? this.#cell.adopt(untyped, chosen) : this.#cell.stillborn(untyped)
    return child.ref as unknown as Ref<Q>
  }

  stop(child?: AnyRef): void {
    if (!Context.#alive(this)) return
    if (child === undefined) this.#cell.end('normal')
    else stopChild(this.#cell, this.#cell.host.endpointOf(child))
  }

  watch(target: AnyRef): void {
    if (Context.#alive(this)) watch(this.#cell, this.#cell.host.endpointOf(target))
  }

  unwatch(target: AnyRef): void {
    if (Context.#alive(this)) unwatch(this.#cell, this.#cell.host.endpointOf(target))
  }

  watchWith(target: AnyRef, message: MessageOf<Protocol>): void {
    if (Context.#alive(this)) watch(this.#cell, this.#cell.host.endpointOf(target), message as Message)
  }

  link(target: AnyRef): void {
    if (!Context.#alive(this)) return
    const other = linked(this.#cell.host, target)
    if (other === undefined) this.#cell.exitSignal(undefined, target.address, { shutdown: 'no-such-actor' })
    else link(this.#cell, other)
  }

  unlink(target: AnyRef): void {
    if (!Context.#alive(this)) return
    // Also one that is gone meanwhile: its exit signal may be under way.
    const endpoint = this.#cell.host.endpointOf(target)
    const other = 'exitSignal' in endpoint ? (endpoint as unknown as Linkable) : linked(this.#cell.host, target)
    if (other !== undefined) unlink(this.#cell, other)
  }

  exit(target: AnyRef, reason: ExitReason): void {
    if (Context.#alive(this)) linked(this.#cell.host, target)?.exitSignal(undefined, this.#cell.address, reason)
  }

  after(key: string, delayMs: number, message: MessageOf<Protocol>): void {
    if (Context.#alive(this)) this.#cell.timers.after(key, delayMs, message)
  }

  every(key: string, intervalMs: number, message: MessageOf<Protocol>): void {
    if (Context.#alive(this)) this.#cell.timers.every(key, intervalMs, message)
  }

  repeat(key: string, delayMs: number, message: MessageOf<Protocol>): void {
    if (Context.#alive(this)) this.#cell.timers.repeat(key, delayMs, message)
  }

  cancel(key: string): void {
    if (Context.#alive(this)) this.#cell.timers.cancel(key)
  }

  setReceiveTimeout(ms: number, message: MessageOf<Protocol>): void {
    if (Context.#alive(this)) this.#cell.timers.setReceiveTimeout(ms, message)
  }

  cancelReceiveTimeout(): void {
    if (Context.#alive(this)) this.#cell.timers.cancelReceiveTimeout()
  }

  become(on: object): void {
    if (Context.#alive(this)) this.#cell.openExtras.become(on)
  }

  unbecome(): void {
    if (Context.#alive(this)) this.#cell.openExtras.unbecome()
  }

  stash(): void {
    if (Context.#alive(this)) this.#cell.openExtras.stash()
  }

  unstashAll(): void {
    if (Context.#alive(this)) this.#cell.openExtras.unstashAll()
  }

  ask<Q extends Protocol, M extends MessageOf<Q>>(target: Ref<Q>, message: M, options?: AskOptions): Promise<ReplyOf<Q, M['type']>> {
    const cell = this.#cell
    if (!Context.#alive(this))
      return ownedIfFree(this, () => Promise.reject(new NotHandlingError(cell.path, 'ask', 'its incarnation is over')))
    const endpoint = cell.host.endpointOf(target)
    return askEndpoint(endpoint, message as Message, options, cell) as Promise<ReplyOf<Q, M['type']>>
  }

  forward(target: AnyRef): void {
    if (!Context.#alive(this)) return
    const { host } = this.#cell
    const endpoint = host.endpointOf(target)
    const { message, replyTo } = takeMessage(this.#cell, takenOver, 'forward')
    host.counters.sent++
    endpoint.post(message, replyTo)
  }

  deferReply<T = unknown>(): DeferredReply<T> {
    const { host } = this.#cell
    return new ReplyLater(host, Context.#alive(this) ? takeMessage(this.#cell, takenOver, 'deferReply').replyTo : null)
  }

  /** Refuses the message in hand: as one that is not what its schema wants, or for another reason. */
  refuse(why: string, reason: DeadLetterReason = 'invalid'): void {
    const { host, ref } = this.#cell
    const { message, replyTo } = takeMessage(this.#cell, stashed, 'refuse')
    host.counters.waiting--
    host.deadLetter(message, replyTo, reason, formatAddress(ref.address), why)
  }

  pipe<T>(promise: PromiseLike<T>, onOk: (value: T) => MessageOf<Protocol>, onError: (cause: unknown) => MessageOf<Protocol>): void {
    const cell = this.#cell
    // Taken also where the incarnation is over: what is handed over must not come back as a rejection that nobody took.
    const arrived = (message: () => MessageOf<Protocol>): void => {
      if (!Context.#alive(this)) return
      // In its own turn: what the function throws is the actor's failure.
      cell.call(() => {
        const made = message() as Message
        cell.host.counters.sent++
        cell.entry.post(made, null)
      })
    }
    asPromise(promise).then(
      (value) => arrived(() => onOk(value as T)),
      (cause: unknown) => arrived(() => onError(cause)),
    )
  }

  adapt<Q extends Protocol>(map: (message: MessageOf<Q>) => MessageOf<Protocol> | undefined): Ref<Q> {
    const cell = this.#cell
    const failLater = (cause: unknown): void => {
      if (!Context.#alive(this)) return
      cell.call(() => {
        throw cause
      })
    }
    const definition = adapterOf({ entry: cell.entry, failLater }, map as (message: Message) => Message | undefined)
    return this.spawn(definition) as unknown as Ref<Q>
  }

  register(name: string): void {
    if (Context.#alive(this)) this.#cell.host.names.register(name, this.#cell.ref)
  }

  whereis<Q extends Protocol>(name: string): Ref<Q> | undefined {
    return this.#cell.host.names.whereis(name) as Ref<Q> | undefined
  }

  join(group: string): void {
    if (Context.#alive(this)) this.#cell.host.groups.join(group, this.#cell.ref)
  }

  leave(group: string): void {
    if (Context.#alive(this)) this.#cell.host.groups.leave(group, this.#cell.ref)
  }

  broadcast(group: string, message: Message): number {
    return Context.#alive(this) ? this.#cell.host.groups.broadcast(group, message) : 0
  }

  ref<Q extends Protocol>(address: Address): Ref<Q> {
    const { host } = this.#cell
    return host.refTo<Q>(host.resolve(address))
  }

  service<T>(key: ServiceKey<T>): T {
    return service(this.#cell, key)
  }

  get tenure(): Tenure {
    return service(this.#cell, tenureKey)
  }

  get epoch(): number {
    return findService(this.#cell, tenureKey)?.epoch ?? 0
  }

  guard(): void {
    findService(this.#cell, tenureKey)?.guard()
  }

  /** Something that this incarnation has left behind has failed, with nobody waiting for it. */
  strayed(cause: unknown): void {
    stray(this.#cell, this, cause)
  }

  /** False, and counted, when the incarnation is over. */
  static #alive(of: Context): boolean {
    const cell = of.#cell
    if (cell.isLiving(of.incarnation)) return true
    cell.host.counters.staleContexts++
    return false
  }
}
