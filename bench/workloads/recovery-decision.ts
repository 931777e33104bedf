// How long the recovery of a failed child takes to decide: from FAILED to the command, through the error kernel.

import { backoff, circuitBreaker, ladder, restartAtOnce, type RecoveryPolicy } from '@understudy/supervisor'
import { defaultRecovery, healthy, tellRecovery } from '@understudy/supervisor/spi'
import type { Competitor, Figures } from '../harness/competitor.ts'
import { median } from '../harness/statistics.ts'
import type { Workload } from '../harness/workload.ts'

const policies: Readonly<Record<string, RecoveryPolicy>> = {
  'decide-at-once': restartAtOnce(),
  'decide-default': defaultRecovery,
  'decide-backoff': backoff({ restartsAtOnce: 0, jitter: 'full' }),
  'decide-breaker': circuitBreaker(),
  'decide-ladder': ladder(),
}
/** So many failures without health in between; then a child that has never failed begins anew. */
const inARow = 4
const decisions = new Set(['restart', 'restartGroup', 'resume', 'park', 'schedule'])

/** The median time of a decision, in µs: of the first failure, for which a machine is made, and of those that follow alike. */
function decisionUs(policy: RecoveryPolicy, count: number): number {
  const cause = new Error('crash')
  const timesUs: number[] = []
  let now = 0
  while (timesUs.length < count) {
    let recovery = healthy(policy)
    for (let attempt = 1; attempt <= inARow; attempt++) {
      const failed = { type: 'FAILED', phase: 'handling', cause, attempt, incarnation: attempt, random: (attempt * 0.37) % 1 } as const
      const from = performance.now()
      const [next, commands] = tellRecovery(recovery, failed, now)
      timesUs.push((performance.now() - from) * 1000)
      if (!commands.some(({ type }) => decisions.has(type)))
        throw new Error(`${policy.name} has decided nothing: ${JSON.stringify(commands)}`)
      now += 1000
      ;[recovery] = tellRecovery(next, { type: 'STARTED' }, now)
      now += 1000
    }
  }
  return median(timesUs)
}

function run(_competitor: Competitor, count: number): Promise<Figures> {
  return Promise.resolve(Object.fromEntries(Object.entries(policies).map(([row, policy]) => [row, decisionUs(policy, count)])))
}

export const recoveryDecision: Workload = {
  name: 'recovery-decision',
  about:
    'From FAILED to command, through the error kernel: the median of four failures in a row (the first makes the machine) of children that had not failed before. ' +
    'Policies: restart at once, the default (at once, then backoff), backoff, circuit breaker, ladder.',
  rows: Object.keys(policies).map((name) => ({ name, unit: 'µs', better: 'less' })) as unknown as Workload['rows'],
  count: 20_000,
  run,
}
