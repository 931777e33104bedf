// What a workload is: its rows in the tables, its counts, and the run itself.

import type { Competitor, Figures } from './competitor.ts'

/** One line of figures per competitor. */
export interface RowSpec {
  readonly name: string
  readonly unit: string
  readonly better: 'more' | 'less'
}

/** One thing that all competitors do. */
export interface Workload {
  readonly name: string
  /** What exactly is done and timed, for readers of the tables. */
  readonly about: string
  readonly rows: readonly [RowSpec, ...RowSpec[]]
  /** How many operations, unless the competitor says otherwise. */
  readonly count: number
  /** How many in the smoke run; absent where it has no place there. */
  readonly smokeCount?: number
  /** Share of the count in each of the two warm-up passes. Default 0.1. */
  readonly warmUp?: number
  /** Answers only when every message was handled; throws when one was lost or a reply was wrong. */
  readonly run: (competitor: Competitor, count: number) => Promise<Figures>
}

/** Operations per second. */
export function perSecond(operations: number, elapsedMs: number): number {
  return (operations / elapsedMs) * 1000
}
