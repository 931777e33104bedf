// The worker with the least to do: evens out messages of unequal cost, and slow workers.

import type { Candidate } from './candidate.ts'

/** The available worker with the fewest outstanding messages; among equals the next in turn. */
export function leastOutstanding(candidates: readonly Candidate[], turn: number): number {
  const { length } = candidates
  let best = -1
  let fewest = Infinity
  for (let offset = 0; offset < length; offset++) {
    const index = (turn + offset) % length
    const candidate = candidates[index]!
    if (!candidate.available) continue
    const { outstanding } = candidate
    if (outstanding === 0) return index
    if (outstanding < fewest) {
      fewest = outstanding
      best = index
    }
  }
  return best
}
