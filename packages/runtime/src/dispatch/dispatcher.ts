// Who runs next: one run queue for all actors of a system, one wake-up for many turns, and a hand back to I/O before it hurts.

import type { Env } from '../contracts/env.ts'
import { InvalidOptionError } from '../errors.ts'

/** Something that has work to do, in turns. */
export interface Runnable {
  /** Does at most one turn's work; answers how many messages it has taken. */
  turn(throughput: number): number
  /** Whether there is more to do right after a turn. */
  readonly ready: boolean
  /** True while it stands in the run queue; kept by the dispatcher. */
  queued: boolean
}

/** Has an actor do its turn's work in another way than by `turn` alone; answers what that answers. */
export type AroundTurn = (actor: Runnable, throughput: number) => number

/** Fairness, with units. */
export interface DispatchOptions {
  /** Messages one actor may handle in one turn. Default 64. */
  readonly throughput?: number
  /** Milliseconds of work after which the loop is handed back to I/O and timers. Default 5. */
  readonly sliceMs?: number
}

// Reading the clock costs more than a message (47 ns against 27): it is read once per this many messages, less often than once a
// turn. Where messages take long it is read more often: each stretch is as long as the last one says it may be.
// A slice belongs to a turn of the event loop, not to a wake-up. So promises that wake actors which settle promises cannot keep I/O
// waiting by many short runs, and a wake-up reads no clock (a sequential ask: 40 %).
const messagesPerClock = 64
const firstStretch = 4

/** The run queue: first come, first served, at most `throughput` messages a turn. */
export class Dispatcher {
  readonly #env: Env
  readonly #throughput: number
  readonly #sliceMs: number
  readonly #drain = (): void => this.#run()
  /** What stands around each turn while somebody watches; a turn pays one branch for it. */
  around: AroundTurn | null = null

  #queue: (Runnable | null)[] = new Array<null>(64).fill(null)
  #mask = 63
  #head = 0
  #length = 0
  #awake = false

  #slicing = false
  #until = 0
  #read = 0
  #stretch = firstStretch
  #budget = firstStretch
  readonly #endSlice = (): void => {
    this.#slicing = false
  }

  constructor(env: Env, options: DispatchOptions = {}) {
    this.#env = env
    const { throughput = 64, sliceMs = 5 } = options
    if (!(Number.isInteger(throughput) && throughput >= 1)) {
      throw new InvalidOptionError('dispatch.throughput', throughput, 'a whole number of messages, at least 1')
    }
    if (!(Number.isFinite(sliceMs) && sliceMs >= 0)) throw new InvalidOptionError('dispatch.sliceMs', sliceMs, 'milliseconds, 0 or more')
    this.#throughput = throughput
    this.#sliceMs = sliceMs
  }

  /** Puts an actor into the run queue unless it stands there already. */
  schedule(actor: Runnable): void {
    if (actor.queued) return
    actor.queued = true
    this.#push(actor)
    if (this.#awake) return
    this.#awake = true
    this.#env.soon(this.#drain)
  }

  #run(): void {
    if (!this.#slicing) this.#beginSlice()
    while (this.#length > 0) {
      // A turn counts as one message at least, so that turns of signals only cannot keep the loop for ever.
      this.#budget -= Math.max(1, this.#turn(this.#shift(), Math.min(this.#throughput, this.#stretch)))
      if (this.#budget <= 0 && this.#isSliceOver()) {
        this.#env.afterIo(this.#drain)
        return
      }
    }
    this.#awake = false
  }

  #beginSlice(): void {
    this.#slicing = true
    this.#read = this.#env.now()
    this.#until = this.#read + this.#sliceMs
    this.#stretch = firstStretch
    this.#budget = firstStretch
    this.#env.afterIo(this.#endSlice)
  }

  #isSliceOver(): boolean {
    const now = this.#env.now()
    if (now >= this.#until) return true
    this.#stretch = Math.max(1, Math.min(messagesPerClock, Math.floor((this.#stretch * (this.#until - now)) / (now - this.#read))))
    this.#budget = this.#stretch
    this.#read = now
    return false
  }

  #turn(actor: Runnable, throughput: number): number {
    let thrown = true
    try {
      const { around } = this
      const handled = around === null ? actor.turn(throughput) : around(actor, throughput)
      thrown = false
      return handled
    } finally {
      if (actor.ready) this.#push(actor)
      else actor.queued = false
      // A turn never throws. Should it do so, the process learns of it, and the other actors go on.
      if (thrown) this.#env.afterIo(this.#drain)
    }
  }

  #shift(): Runnable {
    const actor = this.#queue[this.#head]!
    this.#queue[this.#head] = null
    this.#head = (this.#head + 1) & this.#mask
    this.#length--
    return actor
  }

  #push(actor: Runnable): void {
    if (this.#length > this.#mask) this.#grow()
    this.#queue[(this.#head + this.#length) & this.#mask] = actor
    this.#length++
  }

  #grow(): void {
    const old = this.#queue
    const queue: (Runnable | null)[] = new Array<null>(old.length * 2).fill(null)
    for (let i = 0; i < old.length; i++) queue[i] = old[(this.#head + i) & this.#mask]!
    this.#queue = queue
    this.#head = 0
    this.#mask = queue.length - 1
  }
}
