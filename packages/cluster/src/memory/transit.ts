// The one queue through which everything in a memory network travels: in order, never on the sender's stack, and late by the latency.

import type { Env } from '@understudy/runtime/spi'

/** Runs what is handed to it later, in order: when the stack has unwound, or after the latency. */
export class Transit {
  readonly #env: Env
  readonly #latencyMs: number
  #waiting: { readonly dueAt: number; readonly run: () => void }[] = []
  #isScheduled = false

  constructor(env: Env, latencyMs: number) {
    this.#env = env
    this.#latencyMs = latencyMs
  }

  /** `run` must not throw. */
  later(run: () => void): void {
    this.#waiting.push({ dueAt: this.#env.now() + this.#latencyMs, run })
    this.#schedule()
  }

  #schedule(): void {
    const [next] = this.#waiting
    if (this.#isScheduled || next === undefined) return
    this.#isScheduled = true
    const drain = () => this.#drain()
    if (this.#latencyMs === 0) this.#env.soon(drain)
    else this.#env.setTimer(Math.max(0, next.dueAt - this.#env.now()), drain)
  }

  #drain(): void {
    const now = this.#env.now()
    const late = this.#waiting.findIndex(({ dueAt }) => dueAt > now)
    // What is handed in meanwhile waits for the next round, so that two nodes that answer each other at once cannot hold the loop here.
    const due = this.#waiting.splice(0, late === -1 ? this.#waiting.length : late)
    for (const { run } of due) run()
    this.#isScheduled = false
    this.#schedule()
  }
}
