// An Env for tests of who runs when.

import { ManualEnv } from '../testing/manual-env.ts'

/** A clock that moves only by work, and wake-ups that the test makes happen. */
export class WorkEnv extends ManualEnv {
  clock = 0
  readonly #soon: (() => void)[] = []
  readonly #later: (() => void)[] = []
  override now(): number {
    return this.clock
  }
  override soon(callback: () => void): void {
    this.#soon.push(callback)
  }
  override afterIo(callback: () => void): void {
    this.#later.push(callback)
  }
  /** Runs wake-ups until the loop is handed back to I/O, or there are none; answers the time it took. */
  stretch(): number {
    const from = this.clock
    for (const callback of [...this.#later.splice(0), ...this.#soon.splice(0)]) callback()
    return this.clock - from
  }
}
