// Rows for people: a table per workload, as text or as Markdown.

import type { Row } from './rows.ts'

/** Three digits and a unit prefix, as in `35.8 M`. */
export function short(value: number): string {
  const size = Math.abs(value)
  const [divisor, prefix] = size >= 1e6 ? [1e6, ' M'] : size >= 1e4 ? [1e3, ' k'] : [1, '']
  const scaled = value / divisor
  if (Math.abs(scaled) >= 100) return `${scaled.toFixed(0)}${prefix}`
  return `${Number(scaled.toPrecision(3))}${prefix}`
}

/** `2.3×`, or a dash where there is nothing to compare with. */
export function times(ratio: number | null): string {
  if (ratio === null) return '–'
  if (ratio >= 100) return `${ratio.toFixed(0)}×`
  return `${Number(ratio.toPrecision(2))}×`
}

/** The names of the workloads' rows, in order. */
export function workloadsOf(rows: readonly Row[]): string[] {
  return [...new Set(rows.map((row) => row.workload))]
}

/** Plain text: one block per workload, the best first. */
export function textTable(rows: readonly Row[]): string {
  const blocks = workloadsOf(rows).map((workload) => {
    const lines = bestFirst(rows.filter((row) => row.workload === workload)).map(
      ({ competitor, median, min, max, ratioToFloor }) =>
        `  ${competitor.padEnd(18)} ${short(median).padStart(8)}   ${`${short(min)} – ${short(max)}`.padEnd(20)} ${times(ratioToFloor).padStart(7)}`,
    )
    return [`${workload} (${rows.find((row) => row.workload === workload)!.unit}; median, range, against floor-full)`, ...lines].join('\n')
  })
  return blocks.join('\n\n')
}

/** Markdown: one table per workload, the best first. */
export function markdownTable(rows: readonly Row[]): string {
  const { unit } = rows[0]!
  const lines = bestFirst(rows).map(({ competitor, median, min, max, ratioToFloor }) => {
    const name = competitor === 'understudy' ? '**understudy**' : competitor
    return `| ${name} | ${short(median)} | ${short(min)} – ${short(max)} | ${times(ratioToFloor)} |`
  })
  return [`| | ${unit} | range | of floor-full |`, '|---|--:|--:|--:|', ...lines].join('\n')
}

function bestFirst(rows: readonly Row[]): Row[] {
  return rows.toSorted((a, b) => (b.ratioToFloor ?? 0) - (a.ratioToFloor ?? 0))
}
