// From a throw to the next message handled by the next incarnation.

import type { Competitor, Figures } from '../harness/competitor.ts'
import { stopMany } from '../harness/spawn-many.ts'
import { median } from '../harness/statistics.ts'
import type { Workload } from '../harness/workload.ts'

async function run<R>(competitor: Competitor<R>, count: number): Promise<Figures> {
  const { tell } = competitor
  const crash = new Error('crash')
  let starts = 0
  let done!: () => void
  const ref = await competitor.spawn(
    () => {
      starts++
      return (message) => {
        if (message.type === 'crash') throw crash
        done()
      }
    },
    { supervised: true },
  )
  const before = starts
  const latenciesUs = new Float64Array(count)
  for (let i = 0; i < count; i++) {
    const answered = new Promise<void>((resolve) => {
      done = resolve
    })
    const from = performance.now()
    tell(ref, { type: 'crash', value: 0 })
    tell(ref, { type: 'inc', value: 1 })
    await answered
    latenciesUs[i] = (performance.now() - from) * 1000
  }
  if (starts - before !== count) throw new Error(`${starts - before} restarts after ${count} crashes`)
  await stopMany(competitor, [ref])
  return { restart: median([...latenciesUs]) }
}

export const restart: Workload = {
  name: 'restart',
  about:
    'A supervised actor throws, is restarted and handles the message that waited: the median time from tell to handled. One error object for all.',
  rows: [{ name: 'restart', unit: 'µs', better: 'less' }],
  count: 20_000,
  smokeCount: 3000,
  warmUp: 0.5,
  run,
}
