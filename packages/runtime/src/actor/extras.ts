// What few actors need, held apart so that the others pay one empty field for all of it: other behaviours, a stash, open handlers.

import { type Address, formatAddress } from '../contracts/address.ts'
import type { ActorDefinition } from '../contracts/behavior.ts'
import type { HandlerTable } from '../contracts/handling.ts'
import type { Protocol } from '../contracts/message.ts'
import { StashFullError } from '../errors.ts'
import type { RingQueue } from '../mailbox/ring-queue.ts'
import { defaultStashCapacity, Stash } from '../mailbox/stash.ts'
import { currentMessage, stashed, takeMessage } from './current-message.ts'
import { Behaviors } from './handler-table.ts'
import { type InFlight, OpenFlights } from './in-flight.ts'

/** Whose they are. */
interface Owner {
  readonly path: string
  readonly address: Address
  readonly definition: ActorDefinition<Protocol, unknown>
  readonly mailbox: { readonly messages: RingQueue } | null
  readonly inFlight: InFlight | null
  /** Ends the present turn, so that the next one begins anew. */
  interrupt(): void
}

/** The rare belongings of one cell. Created with the first of them. */
export class Extras {
  /** What handles instead of the definition's own handlers, after `become`. */
  handlers: HandlerTable | undefined
  readonly #owner: Owner
  #behaviors: Behaviors | null = null
  #stash: Stash | null = null
  #flights: OpenFlights | null = null

  constructor(owner: Owner) {
    this.#owner = owner
  }

  /** Changes what handles messages, from the next one on. */
  become(on: object): void {
    this.#behaviors ??= new Behaviors()
    this.handlers = this.#behaviors.push(on, this.#owner.definition.middleware)
    // A turn looks its handlers up once: ending it is cheaper than looking for each message.
    this.#owner.interrupt()
  }

  /** Goes back to what handled before the last `become`. */
  unbecome(): void {
    this.handlers = this.#behaviors?.pop()
    this.#owner.interrupt()
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

  get stashed(): number {
    return this.#stash?.length ?? 0
  }

  /** Puts everything stashed back, before what waits. */
  unstashAll(): void {
    if (this.#stash === null || this.#stash.length === 0) return
    // The mailbox is there: what is stashed came through it.
    this.#stash.release(this.#owner.mailbox!.messages)
    this.#owner.interrupt()
  }

  /** The handlers that are open side by side; made at the first one. */
  flights(maxInFlight: number): OpenFlights {
    this.#flights ??= new OpenFlights(maxInFlight)
    return this.#flights
  }

  get openFlights(): OpenFlights | null {
    return this.#flights
  }

  /** The incarnation is over: what was stashed is kept in order, what it had become is not. */
  clear(): void {
    this.handlers = undefined
    this.#behaviors = null
    if (this.#stash !== null && this.#stash.length > 0) this.#stash.release(this.#owner.mailbox!.messages)
  }
}
