// Delayed events of one machine: `after`, `raise` and `sendTo` with a delay. Each has an absolute deadline, so that it can be
// persisted and set again. A cancelled event does not arrive any more, not even when it was due and waits in the mailbox.

import type { AnyActor, AnyEventObject } from 'xstate'
import type { TimerHandle } from '../contracts/env.ts'
import { InvalidOptionError } from '../errors.ts'

/** What sets timers and brings what is due into the actor's turn. */
interface Owner {
  now(): number
  after(delayMs: number, callback: () => void): TimerHandle
  cancel(handle: TimerHandle): void
  /** Calls back as the mailbox has it, after what came before. */
  due(delayed: DelayedEvent): void
}

/** One event under way. */
export interface DelayedEvent {
  readonly id: string
  readonly event: AnyEventObject
  /** Whom it is for; undefined for the machine itself. */
  readonly to: AnyActor | undefined
  /** Monotonic time in milliseconds; `Infinity` for never. */
  readonly dueAt: number
  handle: TimerHandle | undefined
}

/** The delayed events of one machine. */
export class DelayedEvents {
  readonly #owner: Owner
  readonly #events = new Map<string, DelayedEvent>()
  #unnamed = 0

  constructor(owner: Owner) {
    this.#owner = owner
  }

  /** Sets an event for later; one of the same id is replaced. */
  schedule(id: string | undefined, event: AnyEventObject, to: AnyActor | undefined, delayMs: number): void {
    if (Number.isNaN(delayMs)) throw new InvalidOptionError(`delay of '${event.type}'`, delayMs, 'a number of milliseconds')
    // Ids of a restored machine's unnamed events are in use already.
    let name = id
    while (name === undefined || (id === undefined && this.#events.has(name))) name = `~${this.#unnamed++}`
    this.cancel(name)
    const dueAt = this.#owner.now() + Math.max(0, delayMs)
    const delayed: DelayedEvent = { id: name, event, to, dueAt, handle: undefined }
    this.#events.set(name, delayed)
    if (!Number.isFinite(dueAt)) return
    delayed.handle = this.#owner.after(Math.max(0, delayMs), () => {
      delayed.handle = undefined
      if (this.#events.get(name) === delayed) this.#owner.due(delayed)
    })
  }

  cancel(id: string): void {
    const delayed = this.#events.get(id)
    if (delayed === undefined) return
    this.#events.delete(id)
    if (delayed.handle !== undefined) this.#owner.cancel(delayed.handle)
  }

  /** Takes an event whose turn has come; false when it was cancelled or replaced meanwhile. */
  take(delayed: DelayedEvent): boolean {
    return this.#events.get(delayed.id) === delayed && this.#events.delete(delayed.id)
  }

  clear(): void {
    for (const id of [...this.#events.keys()]) this.cancel(id)
  }

  /** All that are under way, also those that are due and wait in the mailbox. */
  all(): readonly DelayedEvent[] {
    return [...this.#events.values()]
  }
}
