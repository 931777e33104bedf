// Copies of an actor's state, kept now and then between two messages, so that a later life can go on from one instead of from nothing. They
// outlive incarnations, not the actor. Nothing of it is on the message path.

import { describeCause } from '../contracts/exit-reason.ts'
import type { Cell } from './cell.ts'

/** The last two snapshots of one actor. */
export class Snapshots {
  /** Clears the timer of the present incarnation. */
  stop: () => void = () => {}
  #kept: readonly unknown[] = []
  #chosen: readonly unknown[] = []

  get count(): number {
    return this.#kept.length
  }

  keep(snapshot: unknown): void {
    this.#kept = [snapshot, ...this.#kept.slice(0, 1)]
  }

  /** What the next life begins with: the last snapshot, or the one before, whereupon the last one is given up. */
  choose(which: 'snapshot' | 'previous'): void {
    if (which === 'previous') this.#kept = this.#kept.slice(1)
    this.#chosen = this.#kept.slice(0, 1)
  }

  /** The chosen snapshot, once; empty when there is none. */
  takeChosen(): readonly unknown[] {
    const chosen = this.#chosen
    this.#chosen = []
    return chosen
  }
}

/** Keeps snapshots of the present incarnation of an actor whose definition asks for it. */
export function keepSnapshots(cell: Cell): void {
  const { snapshots: settings } = cell.definition
  if (settings === undefined) return
  const { host } = cell
  const snapshots = (cell.openExtras.snapshots ??= new Snapshots())
  const arm = (): void => {
    const timer = host.after(settings.everyMs, () => cell.call(look))
    snapshots.stop = () => host.cancel(timer)
  }
  // In a turn of its own, so between two messages; not while an async handler may have changed the state halfway.
  const look = (): void => {
    if (cell.inFlight === null && (cell.extras?.openFlights?.size ?? 0) === 0) {
      try {
        snapshots.keep(settings.take(cell.behaviorState))
      } catch (cause) {
        host.log.warn({ path: cell.path }, `no more snapshots of ${cell.path} are taken in this life: ${describeCause(cause)}`)
        return
      }
    }
    arm()
  }
  arm()
}
