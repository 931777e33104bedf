// The pace of decisions as a policy.

import { expect, test } from 'vitest'
import { freshPace, noteDecision, reserveDecision } from './decision-pace.ts'

test('what costs nothing, as in virtual time, never waits', () => {
  const pace = freshPace()
  for (let i = 0; i < 10_000; i++) {
    expect(reserveDecision(pace, 7)).toBe(0)
    noteDecision(pace, 0)
  }
})

test('a few milliseconds of work are done at once, the rest in order, in half of the time', () => {
  const pace = freshPace()
  for (let i = 0; i < 1_000; i++) noteDecision(pace, 0.05)
  const waits = Array.from({ length: 10_000 }, () => reserveDecision(pace, 100))
  expect(waits.filter((wait) => wait === 0)).toHaveLength(51)
  expect(waits).toEqual(waits.toSorted((a, b) => a - b))
  expect(waits.at(-1)).toBeCloseTo(10_000 * 2 * 0.05, 0)
  // When all of it is done there is nothing to wait for again.
  expect(reserveDecision(pace, 100 + 1_001)).toBe(0)
})

test('one slow decision does not make the others wait for long', () => {
  const pace = freshPace()
  for (let i = 0; i < 1_000; i++) noteDecision(pace, 0.01)
  noteDecision(pace, 80)
  expect(pace.costMs).toBeLessThan(0.2)
  for (let i = 0; i < 200; i++) noteDecision(pace, 0.01)
  expect(pace.costMs).toBeLessThan(0.02)
})
