// Open asks: slots with generations instead of a Map, one deadline number per slot and a coarse scan instead of a timer per ask.
// An ask costs its promise, its resolver pair and nothing for the timeout. A late reply finds another generation and only counts.

import type { Env, TimerHandle } from '../contracts/env.ts'
import { type Address, formatAddress } from '../contracts/address.ts'
import type { Message } from '../contracts/message.ts'
import { AskTimeoutError } from '../errors.ts'

/** How exact deadlines are, in milliseconds: an ask ends at most this much after its deadline. */
export const scanMs = 32

const slotBits = 20
const slotMask = (1 << slotBits) - 1
const generationMask = 0x7fffffff >>> slotBits

/** Whom was asked; for the error's text. */
interface Target {
  readonly address: Address
}

class Pending {
  readonly resolve: (value: unknown) => void
  readonly reject: (error: Error) => void
  readonly target: Target
  readonly message: Message
  readonly timeoutMs: number

  constructor(resolve: (value: unknown) => void, reject: (error: Error) => void, target: Target, message: Message, timeoutMs: number) {
    this.resolve = resolve
    this.reject = reject
    this.target = target
    this.message = message
    this.timeoutMs = timeoutMs
  }
}

/** The open asks of one system, at most 2^20 at a time. */
export class AskTable {
  readonly #env: Env
  readonly #onLate: () => void
  readonly #pending: (Pending | null)[] = []
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

  /** Opens a slot. The promise settles by `settle` or at the deadline, whichever comes first. */
  add(timeoutMs: number, target: Target, message: Message): { readonly slot: number; readonly promise: Promise<unknown> } {
    let slot = this.#free.pop()
    if (slot === undefined) {
      slot = this.#pending.length
      if (slot > slotMask) throw new RangeError(`more than ${slotMask + 1} asks are open at once`)
      this.#pending.push(null)
      this.#generations.push(0)
      this.#deadlines.push(0)
    }
    const at = slot
    const promise = new Promise<unknown>((resolve, reject) => {
      this.#pending[at] = new Pending(resolve, reject, target, message, timeoutMs)
    })
    this.#deadlines[at] = this.#env.now() + timeoutMs
    this.#open++
    this.#timer ??= this.#env.setTimer(scanMs, this.#scan)
    return { slot: (this.#generations[at]! << slotBits) | at, promise }
  }

  resolve(id: number, value: unknown): void {
    this.#close(id)?.resolve(value)
  }

  reject(id: number, error: Error): void {
    this.#close(id)?.reject(error)
  }

  remainingMs(id: number): number {
    const slot = id & slotMask
    return this.#pending[slot] != null && this.#generations[slot] === id >>> slotBits ? this.#deadlines[slot]! - this.#env.now() : 0
  }

  /** Ends all open asks, for a system that stops. */
  rejectAll(error: (target: Target, message: Message) => Error): void {
    for (let slot = 0; slot < this.#pending.length; slot++) {
      const pending = this.#pending[slot]
      if (pending != null) this.reject((this.#generations[slot]! << slotBits) | slot, error(pending.target, pending.message))
    }
    if (this.#timer !== undefined) this.#env.clearTimer(this.#timer)
    this.#timer = undefined
  }

  #close(id: number): Pending | undefined {
    const slot = id & slotMask
    const pending = this.#pending[slot]
    if (pending == null || this.#generations[slot] !== id >>> slotBits) {
      this.#onLate()
      return undefined
    }
    this.#pending[slot] = null
    this.#generations[slot] = (this.#generations[slot]! + 1) & generationMask
    this.#free.push(slot)
    this.#open--
    return pending
  }

  readonly #scan = (): void => {
    this.#timer = undefined
    const now = this.#env.now()
    for (let slot = 0; slot < this.#pending.length; slot++) {
      const pending = this.#pending[slot]
      if (pending == null || this.#deadlines[slot]! > now) continue
      this.#close((this.#generations[slot]! << slotBits) | slot)
      pending.reject(new AskTimeoutError(formatAddress(pending.target.address), pending.message, pending.timeoutMs))
    }
    if (this.#open > 0) this.#timer ??= this.#env.setTimer(scanMs, this.#scan)
  }
}
