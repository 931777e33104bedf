// Each worker in turn.

import type { Candidate } from './candidate.ts'

/** The next available worker in turn. */
export function roundRobin(candidates: readonly Candidate[], turn: number): number {
  const { length } = candidates
  for (let offset = 0; offset < length; offset++) {
    const index = (turn + offset) % length
    if (candidates[index]!.available) return index
  }
  return -1
}
