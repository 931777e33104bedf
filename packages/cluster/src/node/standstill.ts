// Whether this process stood still: stopped, swapped out or busy for so long that what arrives now may be old.

import type { Env } from '@understudy/runtime/spi'
import { detectorDefaults } from '../membership/detector.ts'

const { tickMs, stallMs } = detectorDefaults

/** Notices standstills by ticks that come late. */
export class Standstill {
  readonly #env: Env
  #lastTick: number
  #last = { ms: 0, until: 0 }

  constructor(env: Env) {
    this.#env = env
    this.#lastTick = env.now()
  }

  /** Ticks begin, or go on after nobody called. */
  begin(): void {
    this.#lastTick = this.#env.now()
  }

  tick(): void {
    const ms = this.#lateMs
    const now = this.#env.now()
    if (ms > stallMs) this.#last = { ms, until: now + stallMs }
    this.#lastTick = now
  }

  /** How long what arrives now may have waited because of a standstill: timers tell, whether they ran before it or not. */
  get staleMs(): number {
    const ms = this.#lateMs
    if (ms > stallMs) return ms
    return this.#env.now() < this.#last.until ? this.#last.ms : 0
  }

  get #lateMs(): number {
    return this.#env.now() - this.#lastTick - tickMs
  }
}
