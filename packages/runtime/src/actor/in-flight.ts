// Handlers that have returned a promise: the one that holds the actor, and those that do not.

import type { Message } from '../contracts/message.ts'
import type { ReplyTo } from '../contracts/reply.ts'

/** How many reentrant handlers may be open at once by default. */
export const defaultMaxInFlight = 1000

/** What holds the actor: an async handler with its message, or an async start or hook (no message). */
export interface InFlight {
  readonly message: Message | undefined
  /** Where the answer goes; changed by a handler that takes its reply into its own hands. */
  replyTo: ReplyTo
}

/** The open handlers of a reentrant actor. Created with the first one. */
export class OpenFlights {
  /** Holds the actor while as many are open as may be. */
  readonly gate: InFlight = { message: undefined, replyTo: null }
  readonly #open = new Set<InFlight>()
  readonly #max: number

  constructor(maxInFlight: number) {
    this.#max = maxInFlight
  }

  get size(): number {
    return this.#open.size
  }

  get full(): boolean {
    return this.#open.size >= this.#max
  }

  begin(flight: InFlight): void {
    this.#open.add(flight)
  }

  /** False when it is not open any more: its incarnation was killed meanwhile. */
  land(flight: InFlight): boolean {
    return this.#open.delete(flight)
  }

  /** Forgets all; nobody hears of them any more. */
  abandon(): readonly InFlight[] {
    const open = [...this.#open]
    this.#open.clear()
    return open
  }
}
