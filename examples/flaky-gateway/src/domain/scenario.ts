// A minute of bad luck, from a seed: who pays when, and what the bank is like meanwhile. All times in milliseconds of the scenario.

import type { Payment } from './payment.ts'
import { seededRandom } from './seeded-random.ts'

/** What the bank is like. */
export interface Weather {
  readonly name: 'well' | 'slow' | 'broken' | 'healing'
  readonly says: string
  readonly fromMs: number
  /** How long an answer takes: shortest and longest. */
  readonly latencyMs: readonly [number, number]
  /** How often the connection breaks before the answer is there, but after the deed: 0 to 1. */
  readonly lostAnswers: number
  /** Whether nobody can connect. */
  readonly isDown: boolean
}

const well = { latencyMs: [40, 160], lostAnswers: 0, isDown: false } as const

/** The bank, by and by. */
export const weathers: readonly Weather[] = [
  { name: 'well', says: 'the bank is well', fromMs: 0, ...well },
  {
    name: 'slow',
    says: 'the bank gets slow: half a second to 3 s for an answer',
    fromMs: 9_000,
    latencyMs: [500, 3_000],
    lostAnswers: 0,
    isDown: false,
  },
  { name: 'broken', says: 'the bank is down: connections are refused', fromMs: 20_000, latencyMs: [5, 20], lostAnswers: 0, isDown: true },
  {
    name: 'healing',
    says: 'the bank is back, but one answer in two hundred gets lost',
    fromMs: 31_000,
    latencyMs: [60, 250],
    lostAnswers: 0.005,
    isDown: false,
  },
  { name: 'well', says: 'the bank is well again', fromMs: 42_000, ...well },
]

/** What it is like at a time. */
export function weatherAt(ms: number): Weather {
  return weathers.findLast(({ fromMs }) => fromMs <= ms) ?? weathers[0]!
}

/** A release of the receipt printer that cannot print is rolled out, and taken back by a person. */
export const badRelease = { fromMs: 36_000, untilMs: 46_000 } as const

/** When the last payment comes, and by when all must be settled. */
export const lastPaymentMs = 55_000
export const patienceMs = 600_000

/** A payment, and when it is handed in; impatient customers press twice. */
export interface Arrival {
  readonly atMs: number
  readonly payment: Payment
  readonly times: 1 | 2
}

const meanGapMs = 50
const unreadable = 6

/** All payments in order, about twenty a second. */
export function arrivals(seed: number): readonly Arrival[] {
  const random = seededRandom(`${seed} arrivals`)
  const found: Arrival[] = []
  for (let atMs = 500; atMs < lastPaymentMs; atMs += -Math.log(1 - random()) * meanGapMs) {
    const id = `p-${found.length + 1}`
    // Most are small, some are not.
    const cents = Math.round(100 + (random() < 0.8 ? random() * 4_000 : random() * 40_000))
    // One account in twenty has nothing on it.
    const account = random() < 0.05 ? 'empty' : `a-${Math.floor(random() * 1_000)}`
    found.push({ atMs, payment: { id, cents, card: { chip: { account } } }, times: random() < 0.05 ? 2 : 1 })
  }
  for (let left = unreadable; left > 0; left--) {
    const at = Math.floor(random() * found.length)
    found[at] = { ...found[at]!, payment: { ...found[at]!.payment, card: {} } }
  }
  return found
}
