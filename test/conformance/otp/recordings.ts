// What Erlang/OTP did, as record.ts wrote it down.

import { readFileSync } from 'node:fs'
import type { Family } from './generator.ts'
import type { Recording } from './script.ts'

/** The random families, and the rows of the tables. */
export type RecordedFamily = Family | 'rows'

/** All recordings of a family. */
export function recordings(family: RecordedFamily): Recording[] {
  const lines = readFileSync(new URL(`recordings/${family}.jsonl`, import.meta.url), 'utf8')
    .trim()
    .split('\n')
  return lines.map((line) => JSON.parse(line) as Recording)
}
