import { describe, expect, test } from 'vitest'
import { seededRandom } from '../../seeded-random.fixture.ts'
import { chanceFrom, drawBeta } from './chance.ts'
import { chooseTry } from './choice.ts'
import { learn, recall } from './evidence.ts'
import type { Evidence, Memory } from './evidence.ts'

const evidence = (mended: number, failed: number, mendedMs: number, failedMs: number): Evidence => ({ mended, failed, mendedMs, failedMs })
const tries = [
  { rung: 'restart', nth: 1 },
  { rung: 'process', nth: 1 },
] as const

describe('the try that comes next', () => {
  test.each<[string, Record<string, Evidence>, 'restart' | 'process']>([
    ['is the first one, as long as nothing is known', {}, 'restart'],
    ['is the first one, as long as little is known', { 'restart 1': evidence(0, 5, 0, 900) }, 'restart'],
    [
      'is not one that never helps and costs much',
      { 'restart 1': evidence(0, 20, 0, 900), 'process 1': evidence(20, 0, 2_000, 0) },
      'process',
    ],
    [
      'may be one that hardly ever helps, if it costs next to nothing',
      { 'restart 1': evidence(0, 20, 0, 9), 'process 1': evidence(20, 0, 2_000, 0) },
      'restart',
    ],
    [
      'is the first one, if that helps half the time',
      { 'restart 1': evidence(10, 10, 1, 900), 'process 1': evidence(20, 0, 2_000, 0) },
      'restart',
    ],
    [
      'is the first one, if nothing else helps either',
      { 'restart 1': evidence(10, 10, 1, 900), 'process 1': evidence(0, 20, 0, 2_000) },
      'restart',
    ],
  ])('%s', (_, known, rung) => {
    expect(tries[chooseTry(tries, known, 'quarantine', undefined)]!.rung).toBe(rung)
  })

  test('may be another one in a recovery that explores, now and then', () => {
    const known = { 'restart 1': evidence(0, 20, 0, 900), 'process 1': evidence(20, 0, 2_000, 0) }
    const random = seededRandom(4)
    const chosen = Array.from({ length: 2_000 }, () => chooseTry(tries, known, 'quarantine', chanceFrom(random())))
    const again = chosen.filter((index) => index === 0).length
    expect(chooseTry(tries, known, 'quarantine', undefined)).toBe(1)
    expect(again).toBeGreaterThan(20)
    expect(again).toBeLessThan(1_000)
  })
})

describe('what was seen', () => {
  const outcome = { signature: 's', name: 'restart 1', mended: true, costMs: 10 }
  const week = { at: 0, halfLifeMs: 604_800_000 }

  test('counts for half after its half-life, and for no more if the clock begins anew', () => {
    const memory = learn([], outcome, { ...week, at: 1_000 })
    expect(recall(memory, 's', { ...week, at: 604_801_000 })['restart 1']).toEqual(evidence(0.5, 0, 10, 0))
    expect(recall(memory, 's', week)['restart 1']).toEqual(evidence(1, 0, 10, 0))
    expect(recall(memory, 'other', week)).toEqual({})
  })

  test('gives way to what is seen now, however often it was seen', () => {
    let memory: Memory = []
    for (let n = 0; n < 1_000; n++) memory = learn(memory, outcome, week)
    for (let n = 0; n < 20; n++) memory = learn(memory, { ...outcome, mended: false }, week)
    const { mended, failed } = recall(memory, 's', week)['restart 1']!
    expect(mended + failed).toBeCloseTo(20)
    expect(failed).toBeGreaterThan(mended)
  })

  test('keeps its costs where the clock has begun anew between order and outcome', () => {
    const memory = learn(learn([], outcome, week), { ...outcome, costMs: undefined }, week)
    expect(recall(memory, 's', week)['restart 1']).toEqual(evidence(2, 0, 10, 0))
  })
})

test.each([
  [1, 1],
  [2, 5],
  [21, 1],
  [1.5, 30.25],
])('numbers drawn from Beta(%d, %d) have its mean and its variance, and follow from their seed', (a, b) => {
  const chance = chanceFrom(0.3)
  const drawn = Array.from({ length: 20_000 }, () => drawBeta(a, b, chance))
  const mean = drawn.reduce((sum, x) => sum + x, 0) / drawn.length
  const variance = drawn.reduce((sum, x) => sum + (x - mean) ** 2, 0) / drawn.length
  const wanted = (a * b) / ((a + b) ** 2 * (a + b + 1))
  expect(Math.abs(mean - a / (a + b))).toBeLessThan(5 * Math.sqrt(wanted / drawn.length))
  expect(Math.abs(variance / wanted - 1)).toBeLessThan(0.1)
  expect(drawBeta(a, b, chanceFrom(0.7))).toBe(drawBeta(a, b, chanceFrom(0.7)))
})
