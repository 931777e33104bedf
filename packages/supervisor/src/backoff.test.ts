import { describe, expect, test } from 'vitest'
import { nextDelayMs } from './backoff.ts'
import { seededRandom } from './seeded-random.fixture.ts'

const bounds = { minMs: 100, maxMs: 30_000 }

describe('decorrelated jitter', () => {
  test.each([
    { promise: 'the first wait is at least the shortest', previous: 0, random: 0, delay: 100 },
    { promise: 'the first wait is at most three times the shortest', previous: 0, random: 1, delay: 300 },
    { promise: 'a later wait grows up to three times the previous', previous: 1_000, random: 1, delay: 3_000 },
    { promise: 'a later wait may be the shortest again', previous: 1_000, random: 0, delay: 100 },
    { promise: 'no wait is longer than the longest', previous: 30_000, random: 0.99, delay: 30_000 },
  ])('$promise', ({ previous, random, delay }) => {
    expect(nextDelayMs(previous, bounds, random)).toBe(delay)
  })

  test('every chain of waits stays in its bounds and comes to be long', () => {
    const random = seededRandom(3)
    let longest = 0
    for (let chain = 0; chain < 200; chain++) {
      let delay = 0
      for (let n = 0; n < 20; n++) {
        delay = nextDelayMs(delay, bounds, random())
        expect(delay).toBeGreaterThanOrEqual(100)
        expect(delay).toBeLessThanOrEqual(30_000)
        longest = Math.max(longest, delay)
      }
    }
    expect(longest).toBe(30_000)
  })
})
