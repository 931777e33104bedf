// From outcomes to rows: the median of the rounds, the range, and the ratio to the floor.

import { reference } from '../competitors/index.ts'
import type { Outcome } from './job.ts'
import { median } from './statistics.ts'
import type { RowSpec } from './workload.ts'

/** One competitor in one row of figures, as `--json` prints it. */
export interface Row {
  readonly workload: string
  readonly competitor: string
  readonly median: number
  readonly min: number
  readonly max: number
  readonly unit: string
  /** How many times as good as floor-full: above 1 is faster, or lighter. Null where the floor was not measured. */
  readonly ratioToFloor: number | null
}

/** Rows in the order of workloads and competitors. */
export function toRows(outcomes: readonly Outcome[]): Row[] {
  const specs = new Map<string, RowSpec>()
  for (const { job } of outcomes) for (const spec of job.workload.rows) specs.set(spec.name, spec)
  const names = [...new Set(outcomes.map(({ job }) => job.entry.name))]
  return [...specs.values()].flatMap((spec) => {
    const valuesOf = (name: string): number[] =>
      outcomes.flatMap(({ job, figures }) => (job.entry.name === name && figures?.[spec.name] !== undefined ? [figures[spec.name]!] : []))
    const floor = median(valuesOf(reference))
    return names.flatMap((competitor): Row[] => {
      const values = valuesOf(competitor)
      if (values.length === 0) return []
      const middle = median(values)
      const ratio = spec.better === 'more' ? middle / floor : floor / middle
      return [
        {
          workload: spec.name,
          competitor,
          median: round(middle),
          min: round(Math.min(...values)),
          max: round(Math.max(...values)),
          unit: spec.unit,
          ratioToFloor: Number.isNaN(ratio) ? null : round(ratio),
        },
      ]
    })
  })
}

/** Four digits say all that can be known. */
function round(value: number): number {
  return Number(value.toPrecision(4))
}
