import { expect, test } from 'vitest'
import type { Candidate } from './candidate.ts'
import { leastOutstanding } from './least-outstanding.ts'
import { roundRobin } from './round-robin.ts'

/** Workers by their outstanding messages; `null` for one that is not available. */
const workers = (...outstanding: (number | null)[]): Candidate[] =>
  outstanding.map((count) => ({ available: count !== null, outstanding: count ?? 0 }))

test.each([
  { name: 'round-robin takes the worker whose turn it is', routing: roundRobin, of: workers(9, 9, 9), turn: 1, chosen: 1 },
  { name: 'round-robin begins anew after the last', routing: roundRobin, of: workers(9, 9, 9), turn: 3, chosen: 0 },
  { name: 'round-robin skips who is not available', routing: roundRobin, of: workers(0, null, 0), turn: 1, chosen: 2 },
  { name: 'round-robin finds nobody when nobody is available', routing: roundRobin, of: workers(null, null), turn: 0, chosen: -1 },
  { name: 'round-robin finds nobody among nobody', routing: roundRobin, of: [], turn: 0, chosen: -1 },
  { name: 'least-outstanding takes the one with the least to do', routing: leastOutstanding, of: workers(3, 1, 2), turn: 0, chosen: 1 },
  { name: 'least-outstanding goes round among equals', routing: leastOutstanding, of: workers(1, 1, 1), turn: 2, chosen: 2 },
  { name: 'least-outstanding goes round among idle ones', routing: leastOutstanding, of: workers(0, 0, 0), turn: 1, chosen: 1 },
  { name: 'least-outstanding skips who is not available', routing: leastOutstanding, of: workers(null, 5, 7), turn: 0, chosen: 1 },
  { name: 'least-outstanding finds nobody when nobody is available', routing: leastOutstanding, of: workers(null), turn: 0, chosen: -1 },
])('$name', ({ routing, of, turn, chosen }) => {
  expect(routing(of, turn)).toBe(chosen)
})

test('round-robin gives every available worker its share, whatever the numbers', () => {
  const candidates = workers(4, 0, null, 7, 1)
  const counts = [0, 0, 0, 0, 0]
  for (let n = 0, turn = 0; n < 400; n++) {
    const chosen = roundRobin(candidates, turn)
    counts[chosen]!++
    turn = chosen + 1
  }
  expect(counts).toEqual([100, 100, 0, 100, 100])
})
