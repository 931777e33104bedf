// One actor: mailbox, behaviour and place in the tree. This file is the message path; `life.ts` is birth, failure and death.

import { type Address, formatAddress, isActorName, sameNode } from '../contracts/address.ts'
import type { Endpoint, Signal } from '../contracts/endpoint.ts'
import type { ExitReason } from '../contracts/exit-reason.ts'
import type { Failure } from '../contracts/failure.ts'
import type { Host } from '../contracts/host.ts'
import type { LifeState } from '../contracts/lifecycle.ts'
import type { Message, Protocol } from '../contracts/message.ts'
import type { Ref } from '../contracts/ref.ts'
import type { ReplyPort, ReplyTo } from '../contracts/reply.ts'
import type { ServiceKey } from '../contracts/service.ts'
import type { Shutdown } from '../contracts/shutdown.ts'
import type { Child, ChildOptions, SupervisingDefinition, Supervision } from '../contracts/supervision.ts'
import type { Runnable } from '../dispatch/dispatcher.ts'
import { InvalidOptionError, NameTakenError, ServiceMissingError } from '../errors.ts'
import { Mailbox } from '../mailbox/mailbox.ts'
import { DeadEnd } from '../ref/dead-end.ts'
import { ActorTimers, TimerTag } from './actor-timers.ts'
import type { Context } from './context.ts'
import type { Ending } from './ending.ts'
import { asPromise, isThenable } from './thenable.ts'
import { Watches } from './watches.ts'

/** Signals a cell gets from its own children and its own timers, besides those any endpoint understands. */
export type CellSignal =
  | Signal
  | { readonly type: 'child-started'; readonly child: Cell; readonly incarnation: number }
  | { readonly type: 'child-down'; readonly child: Cell; readonly incarnation: number; readonly reason: ExitReason }
  | { readonly type: 'call'; readonly context: Context; readonly callback: () => void }

/** What holds the actor: an async handler with its message, or an async start (no message). */
export interface InFlight {
  readonly message: Message | undefined
  readonly replyTo: ReplyTo
}

/** What a cell needs of its system beyond what every Host offers. */
export interface Home extends Host {
  readonly dispatcher: { schedule(cell: Cell): void }
  /** Birth, failure and death: `life.ts`, chosen by the composition root. */
  readonly life: LifeCycle
  /** Whether anybody listens to events: what nobody hears need not be told. */
  readonly observed: boolean
  nextUid(): number
  /** Makes a cell without a given name findable by its uid, once its address has been handed out. */
  publish(cell: Cell): void
  unpublish(cell: Cell): void
  findService(key: unknown): unknown
  /** The root cell is gone: the system has stopped. */
  rootStopped(): void
}

/** What happens to a cell besides messages. */
export interface LifeCycle {
  start(cell: Cell): void
  fail(cell: Cell, cause: unknown, phase: Failure['phase'], message: Message | undefined, replyTo: ReplyTo): void
  end(cell: Cell, reason: ExitReason, then: Ending['then']): void
  settleEnding(cell: Cell): void
  handleSignal(cell: Cell, signal: CellSignal): void
}

/** One actor of a system. */
export class Cell implements Endpoint, Runnable, Child {
  readonly host: Home
  readonly definition: SupervisingDefinition<Protocol, unknown>
  readonly parent: Cell | null
  readonly uid: number
  readonly input: unknown
  readonly shutdownMs: Shutdown
  readonly provided: ReadonlyMap<ServiceKey<unknown>, unknown> | undefined
  /** What refs post to: this cell, or the router that its definition puts before it. */
  entry: Endpoint = this

  // Where it stands in its life; moved by life.ts only.
  life: LifeState = 'starting'
  incarnation = 0
  attempt = 0
  context: Context | null = null
  inFlight: InFlight | null = null
  ending: Ending | null = null
  failure: Failure | null = null
  /** Why it ended: in order, while it waits for its supervisor's order; or for good. */
  exit: ExitReason | null = null
  supervision: Supervision | null = null
  behaviorState: unknown = undefined
  /** Whether this incarnation's start is complete: only then is there something for its `stopped` hook. */
  hasState = false

  queued = false
  mailbox: Mailbox<CellSignal> | null = null

  // Its place in the tree: an intrusive list in start order; names only for those that were given one.
  firstChild: Cell | null = null
  lastChild: Cell | null = null
  nextSibling: Cell | null = null
  previousSibling: Cell | null = null
  namedChildren: Map<string, Cell> | null = null

  readonly #givenName: string | undefined
  #ref: Ref<Protocol> | undefined
  #timers: ActorTimers | null = null
  #watches: Watches | null = null

  constructor(host: Home, parent: Cell | null, definition: SupervisingDefinition<Protocol, unknown>, options: ChildOptions<unknown>) {
    this.host = host
    this.parent = parent
    this.definition = definition
    this.uid = host.nextUid()
    this.#givenName = options.name
    this.input = options.input
    this.shutdownMs = options.shutdownMs ?? definition.shutdownMs
    this.provided = options.provide
  }

  // --- Endpoint -------------------------------------------------------------------------------------------------------------

  post(message: Message, replyTo: ReplyTo): void {
    const { host } = this
    if (this.life === 'stopped') {
      host.deadLetter(message, replyTo, 'stopped', formatAddress(this.address))
      return
    }
    const mailbox = (this.mailbox ??= this.#openMailbox())
    const offered = mailbox.offer(message, replyTo)
    if (offered === 'full') {
      host.deadLetter(message, replyTo, 'mailbox-full', formatAddress(this.address))
      return
    }
    if (offered === 'made-room') host.deadLetter(mailbox.evicted!, mailbox.evictedReply, 'mailbox-full', formatAddress(this.address))
    else host.counters.waiting++
    if (!this.queued && this.life === 'running' && this.inFlight === null) host.dispatcher.schedule(this)
  }

  accepts(): boolean {
    return this.life !== 'stopped' && (this.mailbox === null || !this.mailbox.full)
  }

  get outstanding(): number {
    return (this.mailbox?.messages.length ?? 0) + (this.inFlight === null ? 0 : 1)
  }

  signal(signal: CellSignal): void {
    if (this.life === 'stopped') {
      if (signal.type === 'watch') signal.watcher.signal({ type: 'terminated', address: signal.target, reason: this.exit! })
      return
    }
    this.mailbox ??= this.#openMailbox()
    this.mailbox.signal(signal)
    this.host.dispatcher.schedule(this)
  }

  // --- Runnable: a turn -----------------------------------------------------------------------------------------------------

  get ready(): boolean {
    const { mailbox } = this
    if (mailbox === null) return false
    return mailbox.hasSignals || (mailbox.messages.length > 0 && this.life === 'running' && this.inFlight === null)
  }

  turn(throughput: number): number {
    const { mailbox } = this
    if (mailbox === null) return 0
    if (mailbox.hasSignals) for (const signal of mailbox.takeSignals()) this.host.life.handleSignal(this, signal)
    if (this.life !== 'running' || this.inFlight !== null) return 0
    return this.#handleMessages(mailbox, throughput)
  }

  #handleMessages(mailbox: Mailbox<CellSignal>, throughput: number): number {
    const { host, context, behaviorState } = this
    const { handlers } = this.definition
    const { messages } = mailbox
    const { counters } = host
    let seen = 0
    let handled = 0
    let message: Message | undefined
    let replyTo: ReplyTo = null
    // Around the loop, not inside it: entering `try` costs nothing here, and a throw leaves the loop anyway.
    try {
      while (seen < throughput && messages.length > 0 && this.life === 'running' && this.inFlight === null && !mailbox.hasSignals) {
        seen++
        message = messages.take()
        replyTo = messages.takenReply
        if (replyTo !== null && typeof replyTo === 'object' && !this.#isWanted(message, replyTo)) continue
        // What is no message at all, as untyped code may send it, must not fail the actor.
        const handler = handlers.get((message as Message | undefined)?.type as string)
        if (handler === undefined) {
          counters.waiting--
          const known = [...handlers.keys()].join(', ')
          host.deadLetter(message, replyTo, 'invalid', formatAddress(this.address), `it handles ${known === '' ? 'no messages' : known}`)
          continue
        }
        const value = handler(behaviorState, message, context)
        if (value !== undefined && isThenable(value)) this.#hold(value, message, replyTo)
        else {
          if (replyTo !== null) host.resolveReply(replyTo, value)
          handled++
        }
      }
    } catch (cause) {
      counters.waiting--
      if (handled > 0) this.attempt = 0
      host.life.fail(this, cause, 'handling', message, replyTo)
    }
    if (messages.length === 0) messages.shrink()
    counters.handled += handled
    counters.waiting -= handled
    if (handled > 0 && this.life === 'running') this.attempt = 0
    return seen
  }

  /** An async handler holds the actor until it settles: one message at a time. */
  #hold(promise: PromiseLike<unknown>, message: Message, replyTo: ReplyTo): void {
    const flight: InFlight = { message, replyTo }
    this.inFlight = flight
    asPromise(promise).then(
      (value) => {
        if (this.inFlight !== flight) return
        this.inFlight = null
        this.host.counters.waiting--
        this.host.counters.handled++
        this.attempt = 0
        if (replyTo !== null) this.host.resolveReply(replyTo, value)
        this.resume()
      },
      (cause: unknown) => {
        if (this.inFlight !== flight) return
        this.inFlight = null
        this.host.counters.waiting--
        this.host.life.fail(this, cause, 'handling', message, replyTo)
        this.resume()
      },
    )
  }

  /** Goes on after something that held the actor is over: with its end if it is ending, else with its messages. */
  resume(): void {
    if (this.ending !== null) {
      this.host.life.settleEnding(this)
      return
    }
    if (this.#watches !== null && this.life === 'running') for (const signal of this.#watches.takePostponed()) this.signal(signal)
    if (this.ready) this.host.dispatcher.schedule(this)
  }

  /** Whether a message with a reply port is still to be handled: its timer was not cancelled, its asker has not given up. */
  #isWanted(message: Message, port: ReplyPort): boolean {
    const { host } = this
    if (port instanceof TimerTag) {
      this.#timers?.delivered(port)
      if (!port.cancelled) return true
      // A cancelled timer's message counts as never sent.
      host.counters.sent--
      host.counters.waiting--
      return false
    }
    if (port.expiresAt === undefined || port.expiresAt > host.env.now()) return true
    host.counters.waiting--
    host.deadLetter(message, port, 'expired', formatAddress(this.address))
    return false
  }

  #openMailbox(): Mailbox<CellSignal> {
    return new Mailbox(this.definition.capacity, this.definition.overflow)
  }

  // --- The tree -------------------------------------------------------------------------------------------------------------

  get name(): string {
    return this.#givenName ?? `${this.definition.name}~${this.uid.toString(36)}`
  }

  get path(): string {
    if (this.parent === null) return ''
    return `${this.parent.path}/${this.name}`
  }

  get address(): Address {
    // Actors without a given name are found by uid, and only once somebody may know it.
    if (this.#givenName === undefined && this.life !== 'stopped') this.host.publish(this)
    return { node: this.host.identity, path: this.path || '/', uid: this.uid }
  }

  get ref(): Ref<Protocol> {
    this.#ref ??= this.host.refTo(this.entry)
    return this.#ref
  }

  adopt(definition: SupervisingDefinition<Protocol, unknown>, options: ChildOptions<unknown>): Cell {
    const { name } = options
    if (name !== undefined) {
      if (!isActorName(name)) throw new InvalidOptionError('name', name, '1 to 128 characters of [A-Za-z0-9_.~$@:-]')
      if (this.namedChildren?.has(name) === true) throw new NameTakenError(`${this.path}/${name}`)
    }
    const child = new Cell(this.host, this, definition, options)
    if (name !== undefined) (this.namedChildren ??= new Map()).set(name, child)
    child.previousSibling = this.lastChild
    if (this.lastChild === null) this.firstChild = child
    else this.lastChild.nextSibling = child
    this.lastChild = child
    this.host.life.start(child)
    return child
  }

  /** Takes a child that has stopped out of the tree. */
  disown(child: Cell): void {
    if (child.previousSibling === null) this.firstChild = child.nextSibling
    else child.previousSibling.nextSibling = child.nextSibling
    if (child.nextSibling === null) this.lastChild = child.previousSibling
    else child.nextSibling.previousSibling = child.previousSibling
    child.nextSibling = null
    child.previousSibling = null
    if (child.#givenName === undefined) this.host.unpublish(child)
    else this.namedChildren?.delete(child.#givenName)
  }

  /** A child that never lives, for contexts of the past. */
  stillborn(definition: SupervisingDefinition<Protocol, unknown>): Cell {
    const child = new Cell(this.host, this, definition, { name: 'nobody' })
    child.life = 'stopped'
    child.entry = new DeadEnd(this.host, child.address, 'stale-incarnation')
    return child
  }

  stopChild(ref: Ref<Protocol>): void {
    const endpoint = this.host.endpointOf(ref)
    for (let child = this.firstChild; child !== null; child = child.nextSibling) {
      if (child.entry !== endpoint && child !== endpoint) continue
      child.signal({ type: 'stop', reason: 'shutdown' })
      return
    }
    // One that is gone already is fine: it may have ended a moment ago.
    const { node, path } = endpoint.address
    const name = path.startsWith(`${this.path}/`) ? path.slice(this.path.length + 1) : ''
    if (!sameNode(node, this.host.identity) || !isActorName(name))
      throw new InvalidOptionError('child', path, `a ref to a child of ${this.path}`)
  }

  /** Ends this actor after the current handler. */
  end(reason: ExitReason): void {
    this.signal({ type: 'stop', reason })
  }

  /** Ends this actor now; for its parent. */
  endNow(reason: ExitReason, then: Ending['then']): void {
    this.host.life.end(this, reason, then)
  }

  // --- Timers, watches, services ----------------------------------------------------------------------------------------------

  get timers(): ActorTimers {
    this.#timers ??= new ActorTimers(this)
    return this.#timers
  }

  get watches(): Watches | null {
    return this.#watches
  }

  get openWatches(): Watches {
    this.#watches ??= new Watches()
    return this.#watches
  }

  watch(target: Ref<Protocol>): void {
    const endpoint = this.host.endpointOf(target)
    const address = endpoint.address
    if (this.openWatches.begin(address)) endpoint.signal({ type: 'watch', watcher: this, target: address })
  }

  unwatch(target: Ref<Protocol>): void {
    const endpoint = this.host.endpointOf(target)
    if (this.#watches?.finish(endpoint.address) === true) endpoint.signal({ type: 'unwatch', watcher: this })
  }

  /** Lets go of everything that belonged to the incarnation that ends. */
  clearIncarnation(): void {
    this.#timers?.cancelAll()
    this.#watches?.abandon((address) => this.host.resolve(address).signal({ type: 'unwatch', watcher: this }))
    this.context = null
    this.supervision = null
    this.behaviorState = undefined
    this.hasState = false
  }

  findService<T>(key: ServiceKey<T>): T | undefined {
    for (let cell: Cell | null = this; cell !== null; cell = cell.parent) {
      const found = cell.provided?.get(key as ServiceKey<unknown>)
      if (found !== undefined) return found as T
    }
    return this.host.findService(key) as T | undefined
  }

  service<T>(key: ServiceKey<T>): T {
    const found = this.findService(key)
    if (found === undefined) throw new ServiceMissingError(this.path, key.name)
    return found
  }
}
