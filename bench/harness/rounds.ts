// Interleaved rounds: in each round every workload is run by every competitor once, in an order drawn for the round, so that drift
// and noise reach all of them alike.

import type { Entry } from '../competitors/index.ts'
import type { Job, Outcome } from './job.ts'
import { shuffle } from './random.ts'
import type { Workload } from './workload.ts'

const defaultWarmUp = 0.1

/** The jobs of one round, workload by workload. */
export function jobsOf(workloads: readonly Workload[], entries: readonly Entry[]): Job[] {
  return workloads.flatMap((workload) =>
    entries
      .filter((entry) => entry.workloads.includes(workload.name))
      .map((entry) => ({
        entry,
        workload,
        count: entry.counts?.[workload.name] ?? workload.count,
        warmUp: workload.warmUp ?? defaultWarmUp,
      })),
  )
}

/** Runs all jobs `rounds` times; tells of each outcome as it comes. */
export async function runRounds(
  jobs: readonly Job[],
  rounds: number,
  run: (job: Job) => Outcome | Promise<Outcome>,
  tell: (outcome: Outcome, round: number) => void,
): Promise<Outcome[]> {
  const outcomes: Outcome[] = []
  for (let round = 1; round <= rounds; round++) {
    for (const workload of new Set(jobs.map((job) => job.workload))) {
      const same = jobs.filter((job) => job.workload === workload)
      for (const job of shuffle(same, round * 7919 + workload.name.length)) {
        const outcome = await run(job)
        outcomes.push(outcome)
        tell(outcome, round)
      }
    }
  }
  return outcomes
}
