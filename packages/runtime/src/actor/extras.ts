// What few actors need, held apart so that the others pay one empty field for all of it: timers, watches, links, other behaviours, a stash,
// open handlers, what they supervise and provide, the signal of their incarnation, their address as text, how often they have failed.

import { formatAddress, type NodeIdentity } from '../contracts/address.ts'
import type { ActorDefinition } from '../contracts/behavior.ts'
import type { Endpoint, Offer } from '../contracts/endpoint.ts'
import type { HandlerTable } from '../contracts/handling.ts'
import type { Host } from '../contracts/host.ts'
import type { LifeState } from '../contracts/lifecycle.ts'
import type { Message, Protocol } from '../contracts/message.ts'
import type { ReplyTo } from '../contracts/reply.ts'
import type { ServiceKey } from '../contracts/service.ts'
import type { Shutdown } from '../contracts/shutdown.ts'
import type { Supervision } from '../contracts/supervision.ts'
import { NoSuchActorError, StashFullError } from '../errors.ts'
import { defaultStashCapacity, Stash } from '../mailbox/stash.ts'
import { WaitingRoom } from '../mailbox/waiting-room.ts'
import { ActorTimers } from './actor-timers.ts'
import type { Directory } from './directory.ts'
import { currentMessage, type Holder, stashed, takeMessage } from './current-message.ts'
import { Behaviors } from './handler-table.ts'
import { type InFlight, OpenFlights } from './in-flight.ts'
import { Links } from './links.ts'
import type { Snapshots } from './snapshots.ts'
import { Watches } from './watches.ts'

/** Whose they are. */
interface Owner extends Endpoint, Holder {
  unshift(message: Message, replyTo: ReplyTo): void
  readonly path: string
  readonly definition: ActorDefinition<Protocol, unknown>
  readonly inFlight: InFlight | null
  readonly host: Host & Directory
  /** Calls back in a later turn. */
  call(callback: () => void): void
}

const interrupt = (): void => {}

/** A message that its handler has failed on, until it is known whether it is to be handled again. */
export interface HeldMessage {
  readonly message: Message
  readonly replyTo: ReplyTo
  readonly cause: unknown
}

/** Another definition that an actor lives as, and its own. */
export interface Cast {
  readonly own: ActorDefinition<Protocol, unknown>
  /** What the next incarnation is. */
  next: ActorDefinition<Protocol, unknown>
}

/** The rare belongings of one cell. Created with the first of them, and kept through its incarnations. */
export class Extras<S> {
  supervision: Supervision | null = null
  provided: ReadonlyMap<ServiceKey<unknown>, unknown> | undefined
  timers: ActorTimers | null = null
  watches: Watches<S> | null = null
  /** What handles instead of the definition's own handlers, after `become`. */
  handlers: HandlerTable | undefined
  /** The message that the actor has failed on. */
  failed: HeldMessage | null = null
  /** Its past states, if it keeps any. */
  snapshots: Snapshots | null = null
  /** Set while something else runs in its place. */
  cast: Cast | null = null
  /** What its refs post to, if not to itself: a router, or a dead end. */
  entry: Endpoint | undefined
  /** How long it may take to stop, if not what its definition says. */
  shutdownMs: Shutdown | undefined
  /** Failures in a row without a message handled in between. */
  attempt = 0
  path: string | undefined
  /** Its address as text, and on which node that is so. */
  addressText = ''
  namedOn: NodeIdentity | undefined
  /** Whether its mailbox takes no messages at present, however few wait. */
  sheds = false
  /** What aborts the signal of its incarnation, once somebody has asked for that. */
  abort: AbortController | null = null
  readonly #owner: Owner
  #behaviors: Behaviors | null = null
  #stash: Stash | null = null
  #flights: OpenFlights | null = null
  #waitingRoom: WaitingRoom | null = null
  #links: Links | null = null

  constructor(owner: Owner) {
    this.#owner = owner
  }

  /** The signal of the incarnation, which lives. It is aborted when that begins to end, not when it is over. */
  signalWhile(life: LifeState): AbortSignal {
    this.abort ??= new AbortController()
    if (life === 'stopping') this.abort.abort()
    return this.abort.signal
  }

  /** Changes what handles messages, from the next one on. */
  become(on: object): void {
    this.#behaviors ??= new Behaviors()
    this.handlers = this.#behaviors.push(on, this.#owner.definition.middleware)
    // A turn looks its handlers up once, and a signal ends it: that is cheaper than looking for each message.
    this.#owner.call(interrupt)
  }

  /** Goes back to what handled before the last `become`. */
  unbecome(): void {
    this.handlers = this.#behaviors?.pop()
    this.#owner.call(interrupt)
  }

  /** Puts the message in hand aside. @throws StashFullError @throws NotHandlingError */
  stash(): void {
    const owner = this.#owner
    const capacity = owner.definition.stashCapacity ?? defaultStashCapacity
    this.#stash ??= new Stash(capacity)
    const message = currentMessage(owner)?.message
    if (message !== undefined && this.#stash.full) throw new StashFullError(formatAddress(owner.address), message, capacity)
    const taken = takeMessage(owner, stashed, 'stash')
    this.#stash.push(taken.message, taken.replyTo)
  }

  get openTimers(): ActorTimers {
    this.timers ??= new ActorTimers(this.#owner)
    return this.timers
  }

  get openWatches(): Watches<S> {
    this.watches ??= new Watches()
    return this.watches
  }

  /** Messages put aside, held after a failure, or with handlers that do not hold the actor. */
  get waiting(): number {
    return (this.#stash?.length ?? 0) + (this.#flights?.size ?? 0) + (this.failed === null ? 0 : 1)
  }

  /** Puts everything stashed back, before what waits. */
  unstashAll(): void {
    if (this.#stash === null || this.#stash.length === 0) return
    this.#stash.release(this.#owner)
    this.#owner.call(interrupt)
  }

  /** The handlers that are open side by side; made at the first one. */
  flights(maxInFlight: number): OpenFlights {
    this.#flights ??= new OpenFlights(maxInFlight)
    return this.#flights
  }

  get openFlights(): OpenFlights | null {
    return this.#flights
  }

  get links(): Links | null {
    return this.#links
  }

  get openLinks(): Links {
    this.#links ??= new Links()
    return this.#links
  }

  /** Lets an offer wait for room. */
  awaitRoom(offer: Offer): void {
    this.#waitingRoom ??= new WaitingRoom()
    this.#waitingRoom.enter(offer)
  }

  /** A message has been handled: the next failure is the first in a row. */
  succeeded(): void {
    this.attempt = 0
  }

  /** Messages have been taken: timers for silence start again, and there is room for offers. */
  handledSome(): void {
    this.timers?.touched()
    this.admit()
  }

  /** Lets in the offers there is room for now. */
  admit(): void {
    const owner = this.#owner
    this.#waitingRoom?.admit(
      () => owner.accepts(),
      ({ message }) => {
        owner.host.counters.sent++
        owner.post(message, null)
      },
    )
  }

  /** The actor is gone: whoever waits for room is told. */
  sendAway(): void {
    const target = formatAddress(this.#owner.address)
    this.#waitingRoom?.close(({ message }) => new NoSuchActorError(target, message, 'stopped'))
  }

  /** The incarnation is over: what was stashed is kept in order, what it had become is not. */
  clear(): void {
    this.supervision = null
    this.abort = null
    this.timers?.cancelAll()
    this.snapshots?.stop()
    const owner = this.#owner
    this.watches?.abandon((address) => owner.host.resolve(address).signal({ type: 'unwatch', watcher: owner }))
    this.handlers = undefined
    this.#behaviors = null
    if (this.#stash !== null && this.#stash.length > 0) this.#stash.release(this.#owner)
  }
}
