// When snapshots of an actor's state are taken: in a turn of its own, so between two messages.

import { describeCause } from '../contracts/exit-reason.ts'
import type { Cell } from './cell.ts'
import { Snapshots } from './snapshots.ts'

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
  // Not while an async handler may have changed the state halfway.
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
