// The benchmark of Understudy against hand-written floors and its peers. What is measured and how: README.md.
//   pnpm bench                              all workloads, all competitors, 5 rounds, a table
//   pnpm bench --only tell-burst,ring --competitors understudy,nact --rounds 7
//   pnpm -s bench --json                    the last line is {"rows":[…]}
//   pnpm bench --no-wait                    does not wait for a quiet machine, and repeats nothing
//   pnpm bench --write                      also writes the tables in README.md and the ratios in baseline.json
//   pnpm bench --smoke                      under a minute: fails on a large loss against the recorded ratios (--write records them anew)

import { parseArgs } from 'node:util'
import { prepareErlang } from './competitors/erlang/program.ts'
import { competitors, reference } from './competitors/index.ts'
import { writeBaseline } from './harness/baseline.ts'
import { type Outcome, runQuietly } from './harness/job.ts'
import { losePatience } from './harness/machine.ts'
import { writeReadme } from './harness/readme.ts'
import { type Row, toRows } from './harness/rows.ts'
import { jobsOf, runRounds } from './harness/rounds.ts'
import { select } from './harness/selection.ts'
import { smoke } from './harness/smoke.ts'
import { short, textTable } from './harness/table.ts'
import { workloads } from './workloads/index.ts'

const options = {
  only: { type: 'string' },
  competitors: { type: 'string' },
  rounds: { type: 'string', default: '5' },
  json: { type: 'boolean', default: false },
  'no-wait': { type: 'boolean', default: false },
  write: { type: 'boolean', default: false },
  smoke: { type: 'boolean', default: false },
} as const

const started = Date.now()
const remarks: string[] = []
const note = (text: string): void => console.error(`${((Date.now() - started) / 1000).toFixed(0).padStart(4)} s  ${text}`)

try {
  const { values } = parseArgs({ options })
  const rounds = Number(values.rounds)
  if (!(Number.isInteger(rounds) && rounds >= 1)) throw new RangeError(`--rounds takes a whole number, at least 1, not ${values.rounds}`)
  if (values['no-wait']) losePatience()
  const chosen = select(workloads, values.only, 'workload', ({ name, rows }) => [name, ...rows.map((row) => row.name)])
  const rows = values.smoke ? await runSmoke(new Set(chosen), values.write) : await runAll(chosen, values.competitors, rounds, values.write)
  console.log(values.json ? JSON.stringify({ rows }) : `\n${textTable(rows)}`)
} catch (error) {
  if (!(error instanceof RangeError || (error as { code?: string }).code?.startsWith('ERR_PARSE_ARGS') === true)) throw error
  console.error((error as Error).message)
  process.exitCode = 2
}

async function runSmoke(chosen: ReadonlySet<unknown>, write: boolean): Promise<readonly Row[]> {
  const { rows, losses } = await smoke((job) => chosen.has(job.workload))
  if (write) writeBaseline('smoke', rows)
  else if (losses.length > 0) {
    for (const loss of losses) console.error(loss)
    process.exitCode = 1
  }
  note(losses.length === 0 ? 'smoke: no loss' : 'smoke: see the losses above')
  return rows
}

async function runAll(chosen: typeof workloads, names: string | undefined, rounds: number, write: boolean): Promise<readonly Row[]> {
  const jobs = jobsOf(chosen, available(names))
  note(`${jobs.length} measurements a round, ${rounds} rounds`)
  const outcomes = await runRounds(jobs, rounds, runQuietly, tell)
  const rows = toRows(outcomes)
  const noisy = outcomes.filter((outcome) => outcome.noisy).length
  if (noisy > 0) note(`others disturbed ${noisy} of ${outcomes.length} measurements`)
  if (write) {
    writeReadme(rows, { rounds, measurements: outcomes.length, noisy, remarks: [...new Set(remarks)] })
    writeBaseline('full', rows)
    note('and the smoke run, to record its ratios')
    writeBaseline('smoke', (await smoke((job) => chosen.includes(job.workload))).rows)
  }
  return rows
}

/** The chosen competitors that this machine has, and always the floor that ratios are against. */
function available(names: string | undefined): typeof competitors {
  const wanted = select(competitors, names, 'competitor', ({ name }) => [name])
  const entries = competitors.filter((entry) => entry.name === reference || wanted.includes(entry))
  if (!entries.some(({ kind }) => kind === 'erlang')) return entries
  const release = prepareErlang()
  remarks.push(release === undefined ? 'Erlang/OTP is not on this machine (`erl`): its rows are missing.' : `Erlang/OTP ${release}.`)
  note(remarks.at(-1)!)
  if (release !== undefined) return entries
  return entries.filter(({ kind }) => kind !== 'erlang')
}

function tell({ job, figures, error, disturbance, noisy }: Outcome, round: number): void {
  const what = `round ${round}  ${job.workload.name.padEnd(14)} ${job.entry.name.padEnd(18)}`
  if (error !== undefined) {
    remarks.push(`${job.entry.name} failed in ${job.workload.name} (round ${round}).`)
    note(`${what} FAILED ${error}`)
    // What others cannot do is worth a remark; what we or the floors cannot do makes the figures worthless.
    if (job.entry.kind === 'ours' || job.entry.kind === 'floor') process.exitCode = 1
    return
  }
  const shown = Object.values(figures!).map(short).join('  ')
  note(`${what} ${shown}${noisy ? `  (others took ${Math.round(disturbance.foreign * 100)} % of the machine)` : ''}`)
}
