// What Erlang/OTP did, as record.ts wrote it down.

import { readFileSync } from 'node:fs'
import type { Family } from './generator.ts'
import type { Recording } from './script.ts'

/** All recordings of a family. */
export function recordings(family: Family): Recording[] {
  const lines = readFileSync(new URL(`recordings/${family}.jsonl`, import.meta.url), 'utf8').trim().split('\n')
  return lines.map((line) => JSON.parse(line) as Recording)
}
