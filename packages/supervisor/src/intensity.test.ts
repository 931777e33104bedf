import { describe, expect, test } from 'vitest'
import { admitRestart, emptyWindow, restartsIn } from './intensity.ts'
import { seededRandom } from './seeded-random.fixture.ts'

/** Which of the restarts at `times` is the first one too many, counted from 1; 0 when none is. */
function givesUpAt(times: readonly number[], restarts: number, withinMs: number): number {
  const window = emptyWindow()
  return times.findIndex((at) => !admitRestart(window, at, { restarts, withinMs })) + 1
}

describe('restart intensity', () => {
  test.each([
    { promise: 'intensity 0 gives up at the first', times: [0], restarts: 0, withinMs: 5_000, at: 1 },
    { promise: 'three in the window are allowed', times: [0, 1, 2], restarts: 3, withinMs: 5_000, at: 0 },
    { promise: 'the fourth in the window gives up', times: [0, 1, 2, 3], restarts: 3, withinMs: 5_000, at: 4 },
    { promise: 'a restart exactly one window ago still counts', times: [0, 1_000], restarts: 1, withinMs: 1_000, at: 2 },
    { promise: 'a restart a fraction longer ago does not', times: [0, 1_000.01], restarts: 1, withinMs: 1_000, at: 0 },
    { promise: 'whole seconds play no part', times: [20, 1_850], restarts: 1, withinMs: 1_000, at: 0 },
    { promise: 'the window slides', times: [0, 600, 1_200, 1_800, 2_400], restarts: 2, withinMs: 1_000, at: 0 },
    { promise: 'a burst after a calm gives up', times: [0, 9_000, 9_001, 9_002], restarts: 2, withinMs: 1_000, at: 4 },
  ])('$promise', ({ times, restarts, withinMs, at }) => {
    expect(givesUpAt(times, restarts, withinMs)).toBe(at)
  })

  test('remembers no more than it needs', () => {
    const window = emptyWindow()
    for (let now = 0; now < 100_000; now += 100) expect(admitRestart(window, now, { restarts: 1_000_000, withinMs: 1_000 })).toBe(true)
    expect(restartsIn(window)).toBe(11)
    expect(window.times.length).toBeLessThanOrEqual(2 * 11)
  })

  test('agrees with counting all restarts ever made, for any times', () => {
    const random = seededRandom(7)
    for (let round = 0; round < 500; round++) {
      const restarts = Math.floor(random() * 4)
      const withinMs = 1 + Math.floor(random() * 50)
      const times: number[] = []
      for (let n = 0, at = 0; n < 12; n++) times.push((at += Math.floor(random() * 30)))
      const naive = times.findIndex((now, index) => times.slice(0, index + 1).filter((at) => now - at <= withinMs).length > restarts) + 1
      expect(givesUpAt(times, restarts, withinMs)).toBe(naive)
    }
  })
})
