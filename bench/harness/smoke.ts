// The smoke run: a guard against large losses on the message path, short enough for every check-in. Understudy and the floor it is
// compared with, small counts, CPU time instead of the wall's, and the ratio of the two against the recorded one: so a slow machine
// slows both, and a busy one hardly matters.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { competitors, reference, subject } from '../competitors/index.ts'
import { workloads } from '../workloads/index.ts'
import { type Baseline, readBaseline } from './baseline.ts'
import { type Job, type Outcome, runJob } from './job.ts'
import { type Row, toRows } from './rows.ts'
import { runRounds } from './rounds.ts'

const rounds = 5
const moreRounds = 8
const warmUp = 0.5
/** A ratio below this share of the recorded one is a loss. */
const tolerated = 0.6

/** What came of a smoke run. */
export interface SmokeResult {
  readonly rows: readonly Row[]
  readonly losses: readonly string[]
}

/**
 * Measures, and where a loss shows measures that workload longer before it believes it: the further rounds are added to the first ones,
 * so a real loss stays one, and a median that a burst of foreign work had bent straightens. Nothing is tried again until it passes.
 */
export async function smoke(only: (job: Job) => boolean): Promise<SmokeResult> {
  const { smoke: recorded } = readBaseline()
  const jobs = smokeJobs().filter(only)
  const outcomes = await measure(jobs, rounds)
  const suspects = new Set(lossesIn(toRows(outcomes), recorded).map(({ workload }) => workload))
  const again = jobs.filter(({ workload }) => workload.rows.some(({ name }) => suspects.has(name)))
  if (again.length > 0) {
    console.error(`measuring longer: ${[...suspects].join(', ')}`)
    outcomes.push(...(await measure(again, moreRounds)))
  }
  const rows = toRows(outcomes)
  const losses = lossesIn(rows, recorded).map(
    ({ workload, ratioToFloor }) =>
      `${workload}: understudy is ${ratioToFloor} of ${reference}, recorded are ${recorded[workload]}: a loss of more than ${Math.round((1 - tolerated) * 100)} %`,
  )
  return { rows, losses }
}

function smokeJobs(): Job[] {
  const entries = competitors.filter(({ name }) => name === subject || name === reference)
  return workloads.flatMap((workload) =>
    workload.smokeCount === undefined
      ? []
      : entries.map((entry) => ({ entry, workload, count: workload.smokeCount!, warmUp, clock: 'cpu' as const })),
  )
}

/** With a compile cache: half the time of so short a process is the loading of its modules. */
async function measure(jobs: readonly Job[], times: number): Promise<Outcome[]> {
  const cache = mkdtempSync(join(tmpdir(), 'understudy-bench-'))
  try {
    const run = (job: Job): Outcome => runJob(job, { NODE_COMPILE_CACHE: cache })
    return await runRounds(jobs, times, run, ({ job, error }) => {
      if (error !== undefined) throw new Error(`${job.entry.name}, ${job.workload.name}: ${error}`)
    })
  } finally {
    rmSync(cache, { recursive: true, force: true })
  }
}

function lossesIn(rows: readonly Row[], recorded: Baseline['smoke']): Row[] {
  return rows.filter(
    ({ workload, competitor, ratioToFloor }) => competitor === subject && ratioToFloor! < (recorded[workload] ?? 0) * tolerated,
  )
}
