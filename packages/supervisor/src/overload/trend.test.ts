import { expect, test } from 'vitest'
import { closeWindow, noTrend, sample } from './trend.ts'
import type { TrendRules } from './trend.ts'

const mean: TrendRules = { reads: 'mean', floor: 10, drift: 0 }

function ratios(rules: TrendRules, windows: readonly (readonly number[])[]): number[] {
  let trend = noTrend
  return windows.map((values) => {
    for (const value of values) trend = sample(trend, value)
    const [next, ratio] = closeWindow(trend, rules)
    trend = next
    return ratio
  })
}

const learnt = Array.from({ length: 6 }, () => [20])

test('what is normal is learnt for six windows, and nothing is out of the ordinary meanwhile', () => {
  expect(ratios(mean, [[900], [1], [20], [20], [20], [20], [60]])).toEqual([1, 1, 1, 1, 1, 1, 3])
})

test('a window is the mean of its samples, or the least of them', () => {
  expect(ratios(mean, [...learnt, [20, 60]]).at(-1)).toBe(2)
  expect(ratios({ ...mean, reads: 'least' }, [...learnt, [20, 60]]).at(-1)).toBe(1)
})

test('next to nothing is not normal: below the floor nothing grows', () => {
  expect(ratios(mean, [...Array.from({ length: 6 }, () => [0]), [9], [30]]).slice(-2)).toEqual([1, 3])
})

test('what is normal falls at once, and rises only by its drift', () => {
  expect(ratios(mean, [...learnt, [10], [40], [40]]).slice(-2)).toEqual([4, 4])
  const drifting = ratios({ ...mean, drift: 0.5 }, [...learnt, ...Array.from({ length: 10 }, () => [40])])
  expect(drifting.slice(-10)).toEqual(drifting.slice(-10).toSorted((one, other) => other - one))
  expect(drifting[6]).toBe(2)
  expect(drifting.at(-1)).toBeLessThan(1.01)
})

test('a window without samples says nothing', () => {
  expect(ratios(mean, [...learnt, [], [40]]).slice(-2)).toEqual([1, 2])
})
