// Who listens to what happens. A listener that throws is reported and kept: watching must not break what is watched.

import type { SystemEvent } from '../contracts/event.ts'

interface Listening {
  readonly listener: (event: SystemEvent) => void
  /** Absent: all. */
  readonly types: ReadonlySet<string> | undefined
}

/** The listeners of one system. An event that nobody listens to need not be made. */
export class EventBus {
  #listenings: readonly Listening[] = []
  readonly #onThrow: (cause: unknown) => void

  constructor(onThrow: (cause: unknown) => void) {
    this.#onThrow = onThrow
  }

  /** Whether anybody listens to events of a type. */
  isHeard(type: string): boolean {
    // Mostly nobody does, and then the answer is not worth a loop: each stop and each restart asks.
    return this.#listenings.length > 0 && this.#listenings.some(({ types }) => types === undefined || types.has(type))
  }

  on(listener: (event: SystemEvent) => void, types?: ReadonlySet<string>): () => void {
    const own: Listening = { listener, types }
    this.#listenings = [...this.#listenings, own]
    return () => {
      this.#listenings = this.#listenings.filter((other) => other !== own)
    }
  }

  emit(event: SystemEvent): void {
    for (const { listener, types } of this.#listenings) {
      if (types !== undefined && !types.has(event.type)) continue
      try {
        listener(event)
      } catch (cause) {
        this.#onThrow(cause)
      }
    }
  }
}
