// The recorded ratios: what a later smoke run must not fall far below.

import { readFileSync, writeFileSync } from 'node:fs'
import { subject } from '../competitors/index.ts'
import type { Row } from './rows.ts'

const file = new URL('../baseline.json', import.meta.url)

/** Understudy's ratio to floor-full per row: in full runs, and in smoke runs, whose processes live too short for V8 to finish its work. */
export interface Baseline {
  readonly full: Readonly<Record<string, number>>
  readonly smoke: Readonly<Record<string, number>>
}

export function readBaseline(): Baseline {
  return JSON.parse(readFileSync(file, 'utf8')) as Baseline
}

/** Records the ratios of one kind of run; rows that were not measured keep theirs. */
export function writeBaseline(kind: keyof Baseline, rows: readonly Row[]): void {
  const before = readBaseline()
  const ratios = { ...before[kind] }
  for (const { workload, competitor, ratioToFloor } of rows) {
    if (competitor === subject && ratioToFloor !== null) ratios[workload] = Number(ratioToFloor.toPrecision(3))
  }
  writeFileSync(file, `${JSON.stringify({ ...before, [kind]: ratios }, null, 2)}\n`)
}
