// One actor: mailbox, behaviour and place in the tree. `message-turn.ts` is what it does with its messages; `life.ts` is birth, failure and death.

import { type Address, formatAddress } from '../contracts/address.ts'
import type { Asker } from '../contracts/asker.ts'
import type { Endpoint, Offer } from '../contracts/endpoint.ts'
import type { ExitReason } from '../contracts/exit-reason.ts'
import type { Failure } from '../contracts/failure.ts'
import type { LifeState } from '../contracts/lifecycle.ts'
import type { Message, Protocol } from '../contracts/message.ts'
import type { Ref } from '../contracts/ref.ts'
import type { ReplyTo } from '../contracts/reply.ts'
import type { MessageSchemas } from '../contracts/schema.ts'
import type { ServiceKey } from '../contracts/service.ts'
import type { Shutdown } from '../contracts/shutdown.ts'
import type { Child, ChildOptions, SupervisingDefinition, Supervision } from '../contracts/supervision.ts'
import type { Runnable } from '../dispatch/dispatcher.ts'
import { turn } from '../dispatch/turn.ts'
import { type Bounds, Mailbox, noRoom } from '../mailbox/mailbox.ts'
import { DeadEnd } from '../ref/dead-end.ts'
import type { ActorTimers } from './actor-timers.ts'
import { Context } from './context.ts'
import { stashed } from './current-message.ts'
import type { Ending } from './ending.ts'
import { Extras } from './extras.ts'
import type { CellSignalOf, HomeOf } from './home.ts'
import type { InFlight } from './in-flight.ts'
import type { Linked } from './links.ts'
import { canHandle, handleMessages } from './message-turn.ts'
import { checkName, Children, type Sibling } from './siblings.ts'

/** What a cell needs of its system, and what it is told. */
export type Home = HomeOf<Cell>
export type CellSignal = CellSignalOf<Cell>

/** Stands where the state will be. */
const unmade = Symbol('unmade')

/** Stands where the state was, between incarnations and after the last one. */
const gone = Symbol('gone')

/** One actor of a system. */
export class Cell extends Mailbox<CellSignal> implements Endpoint, Runnable, Child, Sibling<Cell>, Asker, Linked {
  // What each message touches comes first: two cache lines instead of four, for a ring of actors 10 %. (`definition` is moved by life.ts, too.)
  life: LifeState = 'starting'
  queued = false
  inFlight: InFlight | null = null
  readonly host: Home
  definition: SupervisingDefinition<Protocol, unknown>
  behaviorState: unknown = unmade
  /** The context that handlers get, once it is kept: null before the first turn, undefined from that one on, until `openContext` is asked for. */
  context: Context | null | undefined = null
  extras: Extras<CellSignal> | null = null

  readonly parent: Cell | null
  readonly uid: number
  readonly input: unknown

  // Where it stands in its life; moved by life.ts only, as `life` is.
  incarnation = 0
  ending: Ending | null = null
  failure: Failure | null = null
  /** Why it ended: in order, while it waits for its supervisor's order; or for good. */
  exit: ExitReason | null = null

  // Its place in the tree.
  children: Children<Cell> | null = null
  nextSibling: Cell | null = null
  previousSibling: Cell | null = null

  readonly #givenName: string | undefined
  #ref: Ref<Protocol> | undefined

  constructor(host: Home, parent: Cell | null, definition: SupervisingDefinition<Protocol, unknown>, options: ChildOptions<unknown>) {
    super()
    this.host = host
    this.parent = parent
    this.definition = definition
    this.uid = host.nextUid()
    this.#givenName = options.name
    this.input = options.input
    if (options.shutdownMs !== undefined && options.shutdownMs !== definition.shutdownMs) this.openExtras.shutdownMs = options.shutdownMs
    if (options.provide !== undefined) this.openExtras.provided = options.provide
    if (options.as !== undefined) playAs(this, options.as)
  }

  /** Whether this incarnation's start is complete: only then is there something for its `stopped` hook. */
  get hasState(): boolean {
    return this.behaviorState !== unmade && this.behaviorState !== gone
  }

  /** Whether that incarnation lives. What is bound to one that does not, does nothing but count. */
  isLiving(incarnation: number): boolean {
    return incarnation === this.incarnation && this.behaviorState !== gone
  }

  /** The context of this incarnation, kept from now on. */
  get openContext(): Context {
    this.context ??= new Context(this)
    return this.context
  }

  /** What its refs post to: this cell, or the router that its definition puts before it. */
  get entry(): Endpoint {
    return this.extras?.entry ?? this
  }

  get attempt(): number {
    return this.extras?.attempt ?? 0
  }

  get shutdownMs(): Shutdown {
    return this.extras?.shutdownMs ?? this.definition.shutdownMs
  }

  // --- Endpoint -------------------------------------------------------------------------------------------------------------

  post(message: Message, replyTo: ReplyTo): void {
    const { host } = this
    if (this.life === 'stopped') {
      host.deadLetter(message, replyTo, 'stopped', this.addressText)
      return
    }
    const offered = this.offer(message, replyTo, boundsOf(this))
    if (offered === 'full') {
      host.deadLetter(message, replyTo, this.extras?.sheds === true ? 'shed' : 'mailbox-full', this.addressText)
      return
    }
    if (offered === 'taken') host.counters.waiting++
    else host.deadLetter(...offered, 'mailbox-full', this.addressText)
    if (!this.queued && this.life === 'running' && this.inFlight === null) host.dispatcher.schedule(this)
  }

  get schemas(): MessageSchemas | undefined {
    return this.definition.schemas
  }

  accepts(): boolean {
    return this.life !== 'stopped' && !this.isFull(boundsOf(this))
  }

  awaitRoom(offer: Offer): boolean {
    if (this.definition.overflow !== 'suspend-sender' || this.life === 'stopped') return false
    this.openExtras.awaitRoom(offer)
    return true
  }

  get outstanding(): number {
    return this.waiting + (this.inFlight !== null && this.inFlight.message === undefined ? 1 : 0)
  }

  /** How many of the messages that the books call waiting wait here: queued, put aside, or with an async handler. */
  get waiting(): number {
    const { inFlight } = this
    const held = inFlight === null || inFlight.message === undefined || inFlight.replyTo === stashed ? 0 : 1
    return this.queueLength + held + (this.extras?.waiting ?? 0)
  }

  signal(signal: CellSignal): void {
    if (this.life === 'stopped') {
      if (signal.type === 'watch') signal.watcher.signal(this.openExtras.openWatches.notice(signal.target, this.exit!))
      return
    }
    this.pushSignal(signal)
    this.host.dispatcher.schedule(this)
  }

  // --- Runnable: a turn -----------------------------------------------------------------------------------------------------

  get ready(): boolean {
    return this.hasSignals || (this.queueLength > 0 && this.life === 'running' && this.inFlight === null)
  }

  turn(throughput: number): number {
    turn.actor = this
    turn.asks = null
    if (this.hasSignals) for (const signal of this.takeSignals()) this.host.life.handleSignal(this, signal)
    const handled = throughput > 0 && canHandle(this) ? handleMessages(this, throughput) : 0
    turn.actor = null
    return handled
  }

  /** Goes on after something that held the actor is over: with its end if it is ending, else with its messages. */
  resume(): void {
    if (this.ending !== null) {
      this.host.life.settleEnding(this)
      return
    }
    const watches = this.extras?.watches
    if (watches != null && this.life === 'running') this.putBack(watches.takePostponed())
    if (this.ready) this.host.dispatcher.schedule(this)
  }

  // --- The tree -------------------------------------------------------------------------------------------------------------

  get name(): string {
    return this.#givenName ?? `${this.definition.name}~${this.uid.toString(36)}`
  }

  // Kept by those who have extras anyway: whoever fails is named several times, in the log and for its dead letter.
  get path(): string {
    const { parent, extras } = this
    if (extras !== null && extras.path !== undefined) return extras.path
    const path = parent === null ? '' : `${parent.path}/${this.name}`
    if (extras !== null) extras.path = path
    return path
  }

  get address(): Address {
    // Actors without a given name are found by uid, and only once somebody may know it.
    if (this.#givenName === undefined && this.life !== 'stopped') this.host.publish(this)
    return { node: this.host.identity, path: this.path || '/', uid: this.uid }
  }

  /** Its address as text. Kept: whoever fails or is flooded is named again and again (restart: 80 ns). */
  get addressText(): string {
    const extras = this.openExtras
    const { identity } = this.host
    if (extras.namedOn !== identity) {
      extras.namedOn = identity
      extras.addressText = formatAddress(this.address)
    }
    return extras.addressText
  }

  get ref(): Ref<Protocol> {
    this.#ref ??= this.host.refTo(this.entry)
    return this.#ref
  }

  adopt(definition: SupervisingDefinition<Protocol, unknown>, options: ChildOptions<unknown>): Cell {
    const { name } = options
    if (name !== undefined) checkName(this, name)
    const child = new Cell(this.host, this, definition, options)
    const children = (this.children ??= new Children<Cell>())
    const before = (options.before as Cell | undefined) ?? null
    children.add(child, before?.life === 'stopped' ? null : before)
    if (name !== undefined) children.named.set(name, child)
    this.host.life.start(child)
    return child
  }

  /** Takes a child that has stopped out of the tree. */
  disown(child: Cell): void {
    this.children!.detach(child)
    if (child.#givenName === undefined) this.host.unpublish(child)
    else this.children!.named.delete(child.#givenName)
  }

  /** A child that never lives, for contexts of the past. */
  stillborn(definition: SupervisingDefinition<Protocol, unknown>): Cell {
    const child = new Cell(this.host, this, definition, { name: 'nobody' })
    child.life = 'stopped'
    child.openExtras.entry = new DeadEnd(this.host, child.address, 'stale-incarnation')
    return child
  }

  /** Ends this incarnation after the current handler, at its own wish, unless it fails first; `endNow` is for its parent. */
  end(reason: ExitReason): void {
    const { attempt } = this
    this.call(() => {
      // A failure since then is the end that counts, also where it has been resumed by now.
      if (this.life !== 'suspended' && this.attempt <= attempt) this.host.life.end(this, reason, 'down')
    })
  }

  /** Its parent wants it to end. */
  stop(): void {
    this.host.life.stop(this)
  }

  endNow(reason: ExitReason, then: Ending['then']): void {
    // What is to stop brutally is killed by its parent's order, and only by that: how it ends by itself is its own matter.
    const orderedToDie = reason === 'shutdown' && this.shutdownMs === 'brutal'
    this.host.life.end(this, orderedToDie ? 'killed' : reason, then)
  }

  // --- Extras, timers, watches ----------------------------------------------------------------------------------------------

  get openExtras(): Extras<CellSignal> {
    this.extras ??= new Extras(this)
    return this.extras
  }

  /**
   * Has what few actors have at all times. V8 forgets the code that it has optimised for a class when a collection finds no instance of it;
   * with one that lives as long as its system, an actor that is the first of its kind again begins fast (restart: 20 %).
   */
  keepOneOfEach(): void {
    const { openExtras } = this
    void [openExtras.openTimers, openExtras.openWatches, openExtras.openLinks, this.openContext]
  }

  get supervision(): Supervision | null {
    return this.extras?.supervision ?? null
  }

  get provided(): ReadonlyMap<ServiceKey<unknown>, unknown> | undefined {
    return this.extras?.provided
  }

  /** Calls back in a turn of the present incarnation, if it lives that long. */
  call(callback: () => void): void {
    if (this.isLiving(this.incarnation)) this.signal({ type: 'call', incarnation: this.incarnation, callback })
  }

  get timers(): ActorTimers {
    return this.openExtras.openTimers
  }

  exitSignal(from: Linked | undefined, address: Address, reason: ExitReason): void {
    this.signal({ type: 'exit', from, address, reason })
  }

  /** An incarnation begins. */
  begin(): void {
    this.incarnation++
    this.behaviorState = unmade
  }

  /** Lets go of everything that belonged to the incarnation that ends. */
  clearIncarnation(): void {
    this.extras?.clear()
    this.context = null
    this.behaviorState = gone
  }
}

/** What it has room for. (No private method, as it has none: one costs every instance a field.) */
function boundsOf({ extras, definition }: Cell): Bounds {
  if (extras === null) return definition
  // Whatever runs in its place: the mailbox is its own.
  return extras.sheds ? noRoom : (extras.cast?.own ?? definition)
}

/** Has another definition run in its place from the next incarnation on; its mailbox and its time to stop stay its own. */
export function playAs(cell: Cell, next: SupervisingDefinition<Protocol, unknown>): void {
  const { openExtras, definition, shutdownMs } = cell
  openExtras.shutdownMs = shutdownMs
  openExtras.cast = { own: definition, next }
}
