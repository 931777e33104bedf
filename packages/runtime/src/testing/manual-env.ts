// Virtual time: an Env whose clock moves only when told to, and only when everything that could happen now has happened.

import type { Env, TimerHandle } from '../contracts/env.ts'

interface ManualTimer {
  readonly at: number
  readonly order: number
  readonly callback: () => void
}

/** Options of a `ManualEnv`. */
export interface ManualEnvOptions {
  /** Seed of `random()` and `id()`. Default 1. */
  readonly seed?: number
}

/**
 * An Env in virtual time, deterministic by seed.
 *
 * Use when: testing anything with time in it. Turns and promise continuations run for real; timers fire only in `advance`.
 * Watch out: work that waits for real I/O is invisible to it.
 */
export class ManualEnv implements Env {
  #now = 0
  #wallOffset = 1_000_000_000_000
  #state: number
  #orders = 0
  /** Calls of `afterIo` that have not come yet. */
  #putOff = 0
  readonly #timers = new Set<ManualTimer>()

  constructor(options: ManualEnvOptions = {}) {
    this.#state = (options.seed ?? 1) >>> 0
  }

  now(): number {
    return this.#now
  }

  wallNow(): number {
    return this.#wallOffset + this.#now
  }

  /** A jump of the wall clock, which the monotonic clock does not see. */
  jumpWallClock(ms: number): void {
    this.#wallOffset += ms
  }

  /** Mulberry32: small, fast, and good enough for schedules. */
  random(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0
    let x = this.#state
    x = Math.imul(x ^ (x >>> 15), x | 1)
    x ^= x + Math.imul(x ^ (x >>> 7), x | 61)
    return ((x ^ (x >>> 14)) >>> 0) / 4_294_967_296
  }

  id(): string {
    let text = ''
    while (text.length < 16) text += Math.floor(this.random() * 36).toString(36)
    return text
  }

  setTimer(delayMs: number, callback: () => void): TimerHandle {
    const timer: ManualTimer = { at: this.#now + Math.max(0, delayMs), order: this.#orders++, callback }
    this.#timers.add(timer)
    return timer
  }

  clearTimer(handle: TimerHandle): void {
    this.#timers.delete(handle as ManualTimer)
  }

  soon(callback: () => void): void {
    void Promise.resolve().then(callback)
  }

  afterIo(callback: () => void): void {
    this.#putOff++
    setImmediate(() => {
      this.#putOff--
      callback()
    })
  }

  /** Timers that are set and have not fired. */
  get pendingTimers(): number {
    return this.#timers.size
  }

  /** Lets everything happen that can happen without time passing. */
  async settle(): Promise<void> {
    // Each round of the event loop drains all promise continuations; the others catch what `afterIo` put off, as often as it does.
    for (let round = 0; round < 3 || this.#putOff > 0; round++) await new Promise<void>((resolve) => setImmediate(resolve))
  }

  /** Moves time forward by `ms`, firing the timers on the way in order, each after everything before it has settled. */
  async advance(ms: number): Promise<void> {
    await this.advanceUntil(() => false, ms)
  }

  /**
   * Moves time forward from timer to timer until `done` says so, by at most `ms`; answers whether it did. Time stops where it came true.
   *
   * Use when: something is expected to happen, and when exactly is not the point.
   */
  async advanceUntil(done: () => boolean, ms: number): Promise<boolean> {
    const until = this.#now + ms
    await this.settle()
    if (done()) return true
    for (let next = this.#next(until); next !== undefined; next = this.#next(until)) {
      this.#timers.delete(next)
      this.#now = Math.max(this.#now, next.at)
      next.callback()
      await this.settle()
      if (done()) return true
    }
    // Somebody else may have moved it further meanwhile.
    this.#now = Math.max(this.#now, until)
    return done()
  }

  #next(until: number): ManualTimer | undefined {
    let first: ManualTimer | undefined
    for (const timer of this.#timers) {
      if (timer.at > until) continue
      if (first === undefined || timer.at < first.at || (timer.at === first.at && timer.order < first.order)) first = timer
    }
    return first
  }
}
