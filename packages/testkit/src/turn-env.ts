// An Env whose turns are run by hand, on the caller's stack: what makes `behaviorTest` synchronous.

import { ManualEnv } from '@understudy/runtime/testing'

/** Virtual time in which nothing is dispatched but by `drain`. */
export class TurnEnv extends ManualEnv {
  readonly #due: (() => void)[] = []

  override soon(callback: () => void): void {
    this.#due.push(callback)
  }

  override afterIo(callback: () => void): void {
    this.#due.push(callback)
  }

  /** Runs what is due, and what that makes due, until nothing is. */
  drain(): void {
    for (let next = this.#due.shift(); next !== undefined; next = this.#due.shift()) next()
  }

  override async settle(): Promise<void> {
    do {
      this.drain()
      await super.settle()
    } while (this.#due.length > 0)
  }
}
