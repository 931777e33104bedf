// One measurement in its own process, undisturbed if possible.

import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { Entry } from '../competitors/index.ts'
import { type Disturbance, isPatient, untilQuiet, watchMachine } from './machine.ts'
import type { Workload } from './workload.ts'

/** What to run. */
export interface Job {
  readonly entry: Entry
  readonly workload: Workload
  readonly count: number
  readonly warmUp: number
  /** Which time counts. Default: of the wall. */
  readonly clock?: 'cpu'
}

/** What came of it: figures or an error. */
export interface Outcome {
  readonly job: Job
  readonly figures?: Readonly<Record<string, number>>
  readonly error?: string
  readonly disturbance: Disturbance
  readonly noisy: boolean
}

const measure = fileURLToPath(new URL('../measure.ts', import.meta.url))
const nodeFlags = ['--expose-gc', '--max-old-space-size=8192', '--conditions=understudy-source', '--disable-warning=ExperimentalWarning']
const timeoutMs = 120_000
const mostForeign = 0.08
const mostStolen = 0.05
const attempts = 3

/** Waits for a quiet machine, runs, and runs again (twice at most) when somebody else took more than 8 % of the machine meanwhile. */
export async function runQuietly(job: Job): Promise<Outcome> {
  for (let attempt = 1; ; attempt++) {
    await untilQuiet()
    const outcome = runJob(job)
    if (!outcome.noisy || outcome.error !== undefined || attempt === attempts || !isPatient()) return outcome
  }
}

/** Runs at once, whatever else goes on. */
export function runJob(job: Job, env: Readonly<Record<string, string>> = {}): Outcome {
  const { entry, workload, count, warmUp, clock } = job
  const args = [...nodeFlags, measure, entry.name, workload.name, String(count), String(warmUp), ...(clock === undefined ? [] : [clock])]
  const [command, ...rest] = entry.command?.(workload.name, count, warmUp) ?? [process.execPath, ...args]
  const disturbed = watchMachine()
  const child = spawnSync(command!, rest, { encoding: 'utf8', timeout: timeoutMs, killSignal: 'SIGKILL', env: { ...process.env, ...env } })
  const disturbance = disturbed()
  const noisy = disturbance.foreign > mostForeign || disturbance.stolen > mostStolen
  const line = (child.stdout ?? '').split('\n').find((it) => it.startsWith('@@'))
  if (line !== undefined) return { job, figures: JSON.parse(line.slice(2)) as Record<string, number>, disturbance, noisy }
  const why = child.error?.message ?? `it ended with ${child.signal ?? child.status}`
  return { job, error: `${why}\n${(child.stderr ?? '').trim().slice(-600)}`, disturbance, noisy }
}
