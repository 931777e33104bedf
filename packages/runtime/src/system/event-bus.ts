// Who listens to what happens. A listener that throws is reported and kept: watching must not break what is watched.

import type { SystemEvent } from '../contracts/event.ts'

/** The listeners of one system. Costs nothing while there are none. */
export class EventBus {
  #listeners: readonly ((event: SystemEvent) => void)[] = []
  readonly #onThrow: (cause: unknown) => void

  constructor(onThrow: (cause: unknown) => void) {
    this.#onThrow = onThrow
  }

  get observed(): boolean {
    return this.#listeners.length > 0
  }

  on(listener: (event: SystemEvent) => void): () => void {
    const own = (event: SystemEvent): void => listener(event)
    this.#listeners = [...this.#listeners, own]
    return () => {
      this.#listeners = this.#listeners.filter((other) => other !== own)
    }
  }

  emit(event: SystemEvent): void {
    for (const listener of this.#listeners) {
      try {
        listener(event)
      } catch (cause) {
        this.#onThrow(cause)
      }
    }
  }
}
