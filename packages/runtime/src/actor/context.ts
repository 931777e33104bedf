// What a handler holds. Bound to one incarnation: when that is over, it does nothing but count.

import type { Address } from '../contracts/address.ts'
import type { ActorContext, ActorDefinition, SpawnArguments } from '../contracts/behavior.ts'
import type { ExitReason } from '../contracts/exit-reason.ts'
import type { Host } from '../contracts/host.ts'
import type { Logger } from '../contracts/log.ts'
import type { MessageOf, Protocol } from '../contracts/message.ts'
import type { AnyRef, Ref } from '../contracts/ref.ts'
import { type ServiceKey, serviceKey } from '../contracts/service.ts'
import type { Tenure } from '../contracts/tenure.ts'
import type { ChildOptions } from '../contracts/supervision.ts'
import type { ActorTimers } from './actor-timers.ts'
import type { Extras } from './extras.ts'
import { findService, service } from './services.ts'

/** Under this key a leader-singleton provides its leadership to everything beneath it. */
export const tenureKey: ServiceKey<Tenure> = serviceKey('tenure')

/** The cell behind a context, as far as the context needs it. */
interface Inside {
  readonly host: Host & { findService(key: unknown): unknown }
  readonly ref: Ref<Protocol>
  readonly path: string
  readonly incarnation: number
  readonly context: Context | null
  readonly timers: ActorTimers
  adopt(definition: ActorDefinition<Protocol, unknown>, options: ChildOptions<unknown>): { readonly ref: Ref<Protocol> }
  stillborn(definition: ActorDefinition<Protocol, unknown>): { readonly ref: Ref<Protocol> }
  stopChild(child: Ref<Protocol>): void
  end(reason: ExitReason): void
  watch(target: Ref<Protocol>): void
  unwatch(target: Ref<Protocol>): void
  readonly parent: Parameters<typeof service>[0]['parent']
  readonly provided: Parameters<typeof service>[0]['provided']
  readonly openExtras: Extras
}

/** The context of one incarnation of one cell. */
export class Context implements ActorContext<Protocol> {
  readonly incarnation: number
  readonly #cell: Inside
  #abort: AbortController | undefined
  #aborted = false

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
    this.#abort ??= new AbortController()
    if (this.#aborted) this.#abort.abort()
    return this.#abort.signal
  }

  now(): number {
    return this.#cell.host.env.now()
  }

  random(): number {
    return this.#cell.host.env.random()
  }

  spawn<Q extends Protocol, I>(definition: ActorDefinition<Q, I>, ...options: SpawnArguments<I>): Ref<Q> {
    // A context of the past cannot refuse by returning nothing, so the child is born dead: a ref to nobody.
    const untyped = definition as unknown as ActorDefinition<Protocol, unknown>
    const child = this.#alive() ? this.#cell.adopt(untyped, (options[0] ?? {}) as ChildOptions<unknown>) : this.#cell.stillborn(untyped)
    return child.ref as unknown as Ref<Q>
  }

  stop(child?: AnyRef): void {
    if (!this.#alive()) return
    if (child === undefined) this.#cell.end('normal')
    else this.#cell.stopChild(child)
  }

  watch(target: AnyRef): void {
    if (this.#alive()) this.#cell.watch(target)
  }

  unwatch(target: AnyRef): void {
    if (this.#alive()) this.#cell.unwatch(target)
  }

  after(key: string, delayMs: number, message: MessageOf<Protocol>): void {
    if (this.#alive()) this.#cell.timers.after(key, delayMs, message)
  }

  every(key: string, intervalMs: number, message: MessageOf<Protocol>): void {
    if (this.#alive()) this.#cell.timers.every(key, intervalMs, message)
  }

  cancel(key: string): void {
    if (this.#alive()) this.#cell.timers.cancel(key)
  }

  setReceiveTimeout(ms: number, message: MessageOf<Protocol>): void {
    if (this.#alive()) this.#cell.timers.setReceiveTimeout(ms, message)
  }

  cancelReceiveTimeout(): void {
    if (this.#alive()) this.#cell.timers.cancelReceiveTimeout()
  }

  become(on: object): void {
    if (this.#alive()) this.#cell.openExtras.become(on)
  }

  unbecome(): void {
    if (this.#alive()) this.#cell.openExtras.unbecome()
  }

  stash(): void {
    if (this.#alive()) this.#cell.openExtras.stash()
  }

  unstashAll(): void {
    if (this.#alive()) this.#cell.openExtras.unstashAll()
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

  /** Aborts `signal`. The context itself stays usable until the incarnation's last handler has settled. */
  abort(): void {
    this.#aborted = true
    this.#abort?.abort()
  }

  #alive(): boolean {
    if (this.#cell.context === this) return true
    this.#cell.host.counters.staleContexts++
    return false
  }
}
