// Open asks: slots with generations instead of a Map, one deadline number per slot and a coarse scan instead of a timer per ask.
// An ask costs its promise, its resolver pair and nothing for the timeout, not even a look at the clock: the first scan that finds it
// open sets its deadline. A late reply finds another generation and only counts.

import type { Env, TimerHandle } from '../contracts/env.ts'
import { type Address, formatAddress } from '../contracts/address.ts'
import type { Asker } from '../contracts/asker.ts'
import type { Message } from '../contracts/message.ts'
import { AskCycleError, AskTimeoutError, OverloadedError } from '../errors.ts'
import { currentOwner, ownedIfFree } from '../dispatch/owner.ts'
import { type Asked, findCycle } from './call-chain.ts'

/** How often deadlines are looked at, in milliseconds: an ask never ends before its deadline, and at most twice this much after it. */
export const scanMs = 16

/** Stands where no deadline has been set yet. */
const unset = -1

const slots = 2 ** 20

/** The number of no ask: stands in `lastSlot` when there was no slot left. */
export const noAsk = -1
// An id is generation × slots + slot, below 2^53. A slot is reused at once, so a narrow generation would come round while a late
// reply is under way and give it to somebody else's ask.
const generations = 2 ** 33

/** Not by `%`, which is a call of the C library for numbers as large (40 ns). */
function slotOf(id: number): number {
  return id - Math.floor(id / slots) * slots
}

/** Whom was asked; for the error's text. */
interface Target {
  readonly address: Address
}

/** Who asks, if it is an actor or something that one has left behind. */
interface Origin extends Asked {
  /** The incarnation that asked. */
  readonly owner: object
}

function originOf(asker: Asker | null): Origin | null {
  const owner = asker?.openContext ?? currentOwner()
  if (owner === undefined) return null
  // What a handler asks in its synchronous part is known to be waited for once the handler holds its actor.
  return { asker, during: asker === null || asker.taken !== undefined ? null : asker.inFlight, owner }
}

class Pending {
  readonly resolve: (value: unknown) => void
  readonly #reject: (error: Error) => void
  readonly target: Target
  readonly message: Message
  readonly timeoutMs: number
  readonly origin: Origin | null

  constructor(
    resolve: (value: unknown) => void,
    reject: (error: Error) => void,
    target: Target,
    message: Message,
    timeoutMs: number,
    origin: Origin | null,
  ) {
    this.resolve = resolve
    this.#reject = reject
    this.target = target
    this.message = message
    this.timeoutMs = timeoutMs
    this.origin = origin
  }

  /** As the asker's own doing: an ask that nobody waits for fails whoever asked. */
  reject(error: Error): void {
    if (this.origin === null) this.#reject(error)
    else ownedIfFree(this.origin.owner, this.#reject, error)
  }
}

/**
 * Stands where no ask is open. V8 forgets the code that it has optimised for a class when a collection finds no instance of it, and often none
 * is open then: this one always is there.
 */
const none = new Pending(
  () => {},
  () => {},
  { address: { node: { name: '', incarnation: 0 }, path: '/', uid: 0 } },
  { type: '' },
  0,
  null,
)

/** The open asks of one system, at most 2^20 at a time. */
export class AskTable {
  /** The number of the ask opened last, or `noAsk`. An out-parameter: saves an object per ask. */
  lastSlot = 0
  readonly #env: Env
  readonly #onLate: () => void
  readonly #pending: Pending[] = []
  readonly #generations: number[] = []
  readonly #deadlines: number[] = []
  readonly #free: number[] = []
  #open = 0
  #timer: TimerHandle | undefined

  constructor(env: Env, onLate: () => void) {
    this.#env = env
    this.#onLate = onLate
  }

  get open(): number {
    return this.#open
  }

  /**
   * Opens a slot, see `lastSlot`. The promise settles by `resolve`, `reject` or at the deadline, whichever comes first. With no slot left it is
   * rejected, `lastSlot` is `noAsk`, and the message is not to be sent.
   */
  add(timeoutMs: number, target: Target, message: Message, asker: Asker | null = null): Promise<unknown> {
    let slot = this.#free.pop()
    if (slot === undefined) {
      slot = this.#pending.length
      if (slot >= slots) {
        this.lastSlot = noAsk
        return Promise.reject(new OverloadedError(formatAddress(target.address), message, `${slots} asks are open on this node`))
      }
      this.#pending.push(none)
      this.#generations.push(0)
      this.#deadlines.push(0)
    }
    const at = slot
    const promise = new Promise<unknown>((resolve, reject) => {
      this.#pending[at] = new Pending(resolve, reject, target, message, timeoutMs, originOf(asker))
    })
    this.#deadlines[at] = unset
    this.#open++
    this.#timer ??= this.#env.setTimer(scanMs, this.#scan)
    this.lastSlot = this.#id(at)
    return promise
  }

  resolve(id: number, value: unknown): void {
    this.#close(id)?.resolve(value)
  }

  reject(id: number, error: Error): void {
    this.#close(id)?.reject(error)
  }

  remainingMs(id: number): number {
    const pending = this.#find(id)
    if (pending === undefined) return 0
    const now = this.#env.now()
    return this.#deadline(slotOf(id), pending, now) - now
  }

  /** Rejects an ask that comes back to an actor which waits for it; `asker` is held by the handler that made it. */
  refuseCycle(id: number, target: object, asker: Asker): void {
    const pending = this.#find(id)
    const { inFlight } = asker
    if (pending === undefined || inFlight === null) return
    if (pending.origin !== null) pending.origin.during = inFlight
    const cycle = findCycle(target, asker, inFlight.replyTo, (slot) => this.#find(slot)?.origin ?? undefined)
    if (cycle !== undefined) this.reject(id, new AskCycleError(cycle, pending.message))
  }

  #find(id: number): Pending | undefined {
    const slot = slotOf(id)
    const pending = this.#pending[slot]
    return pending !== undefined && pending !== none && this.#id(slot) === id ? pending : undefined
  }

  /** Ends all open asks, for a system that stops. */
  rejectAll(error: (target: Target, message: Message) => Error): void {
    for (let slot = 0; slot < this.#pending.length; slot++) {
      const pending = this.#pending[slot]!
      if (pending !== none) this.reject(this.#id(slot), error(pending.target, pending.message))
    }
    if (this.#timer !== undefined) this.#env.clearTimer(this.#timer)
    this.#timer = undefined
  }

  #deadline(slot: number, pending: Pending, now: number): number {
    const deadline = this.#deadlines[slot]!
    return deadline === unset ? (this.#deadlines[slot] = now + pending.timeoutMs) : deadline
  }

  #id(slot: number): number {
    return this.#generations[slot]! * slots + slot
  }

  #close(id: number): Pending | undefined {
    const slot = slotOf(id)
    const pending = this.#pending[slot]
    if (pending === undefined || pending === none || this.#id(slot) !== id) {
      this.#onLate()
      return undefined
    }
    this.#pending[slot] = none
    this.#generations[slot] = (this.#generations[slot]! + 1) % generations
    this.#free.push(slot)
    this.#open--
    return pending
  }

  readonly #scan = (): void => {
    this.#timer = undefined
    const now = this.#env.now()
    for (let slot = 0; slot < this.#pending.length; slot++) {
      const pending = this.#pending[slot]!
      if (pending === none || this.#deadline(slot, pending, now) > now) continue
      this.#close(this.#id(slot))
      pending.reject(new AskTimeoutError(formatAddress(pending.target.address), pending.message, pending.timeoutMs))
    }
    if (this.#open > 0) this.#timer ??= this.#env.setTimer(scanMs, this.#scan)
  }
}
