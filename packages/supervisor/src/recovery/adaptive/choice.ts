// Which try comes next: the one from which on the child is expected to be down for the least time, E = t + (1 - p) E', where t is what the
// try costs, p how likely it mends, and E' what is to be expected when it does not. p is the mean of a Beta distribution over what was seen;
// in a recovery that explores it is drawn from it (Thompson sampling), so that what looked bad gets another chance.

import type { Rung } from '../library/rung.ts'
import { drawBeta } from './chance.ts'
import type { Evidence } from './evidence.ts'

/** One try of a rung. */
export interface Try {
  readonly rung: Rung
  /** The how-manieth try of this rung. */
  readonly nth: number
}

// Two recoveries on the fixed ladder. After less, one failure that was slow to show itself would decide.
const minSeen = 6

// A second try is another thing than a first, since the first has failed; but until much is known of it, it is taken to be alike.
const priorWeight = 10

/** What tries cost before anything is known of them, in milliseconds: orders of magnitude. */
const usualCostMs: Readonly<Record<Rung, number>> = {
  retry: 1,
  resume: 1,
  restart: 10,
  previous: 100,
  group: 50,
  thread: 100,
  process: 3_000,
  node: 6_000,
  quarantine: 300_000,
}

/** By what a try is known; from the third on they are alike. */
export function nameOfTry({ rung, nth }: Try): string {
  return `${rung} ${Math.min(nth, 3)}`
}

/**
 * The index of the try to begin with, of those that come one after the other, at least one; `afterwards` is what comes after them all.
 * `chance` is given in a recovery that explores.
 */
export function chooseTry(
  tries: readonly Try[],
  known: Readonly<Record<string, Evidence>>,
  afterwards: Rung,
  chance: (() => number) | undefined,
): number {
  let best = tries.length - 1
  let bestMs = Infinity
  let restMs = usualCostMs[afterwards]
  for (let index = tries.length - 1; index >= 0; index--) {
    const next = tries[index]!
    const own = known[nameOfTry(next)]
    const rung = ofRung(known, next.rung)
    const seen = rung.mended + rung.failed
    const share = Math.min(1, priorWeight / Math.max(seen, 1))
    const a = 1 + (own?.mended ?? 0) + rung.mended * share
    const b = 1 + (own?.failed ?? 0) + rung.failed * share
    const p = chance === undefined ? a / (a + b) : drawBeta(a, b, chance)
    const expectedMs = p * rung.mendedMs + (1 - p) * (rung.failedMs + restMs)
    if (expectedMs <= bestMs || seen < minSeen) [best, bestMs] = [index, expectedMs]
    restMs = bestMs
  }
  return best
}

/** What is known of a rung, whichever try of it; with what it usually takes, where nothing is. */
function ofRung(known: Readonly<Record<string, Evidence>>, rung: Rung): Evidence {
  const all = sum(Object.values(known))
  const { mended, failed, mendedMs, failedMs } = sum(
    Object.entries(known).flatMap(([name, seen]) => (name.startsWith(`${rung} `) ? seen : [])),
  )
  return {
    mended,
    failed,
    mendedMs: mended === 0 ? usualCostMs[rung] : mendedMs / mended,
    // How long it takes until the fault shows itself again is the fault's doing, not the rung's.
    failedMs: failed === 0 ? usualCostMs[rung] + (all.failed === 0 ? 0 : all.failedMs / all.failed) : failedMs / failed,
  }
}

function sum(evidence: readonly Evidence[]): Evidence {
  const total = { mended: 0, failed: 0, mendedMs: 0, failedMs: 0 }
  for (const { mended, failed, mendedMs, failedMs } of evidence) {
    total.mended += mended
    total.failed += failed
    total.mendedMs += mendedMs * mended
    total.failedMs += failedMs * failed
  }
  return total
}
