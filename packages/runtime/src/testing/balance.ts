// The check that the books of a system add up, and that they agree with what is found in its mailboxes.

import type { Cell } from '../actor/cell.ts'
import { type ActorSystem, hostOf } from '../system/system.ts'
import type { SystemHost } from '../system/system-host.ts'

/** Throws unless every message that entered is accounted for exactly once, and what the books call waiting does wait somewhere. */
export function expectBalanced(system: ActorSystem): void {
  const { sent, received, handled, rejected, deadLettered, forwarded, waiting } = system.counters
  const found = waitingBeneath((hostOf(system) as SystemHost).root)
  if (sent + received !== handled + rejected + deadLettered + forwarded + waiting || waiting !== found) {
    throw new Error(`the books do not balance, ${found} messages were found waiting: ${JSON.stringify(system.counters)}`)
  }
  const reasons = Object.values(system.deadLetters.counts).reduce((sum, count) => sum + count, 0)
  if (reasons !== deadLettered) throw new Error(`${deadLettered} dead letters, but ${reasons} by reason`)
}

function waitingBeneath(cell: Cell): number {
  let count = cell.waiting
  for (let child = cell.children?.first ?? null; child !== null; child = child.nextSibling) {
    if (child.parent !== cell || child.life === 'stopped') throw new Error(`${child.path} is ${child.life} and still in the tree`)
    count += waitingBeneath(child)
  }
  return count
}
