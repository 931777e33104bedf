// Whether timers and I/O still get their turn while a million messages a second flow.

import { monitorEventLoopDelay } from 'node:perf_hooks'
import type { Competitor, Figures } from '../harness/competitor.ts'
import { completion } from '../harness/completion.ts'
import { spawnMany, stopMany } from '../harness/spawn-many.ts'
import type { Workload } from '../harness/workload.ts'

const receivers = 100
const perMs = 1000

async function run<R>(competitor: Competitor<R>, count: number): Promise<Figures> {
  const { tell } = competitor
  const { promise, done } = completion()
  let handled = 0
  const refs = await spawnMany(competitor, receivers, () => () => {
    if (++handled === count) done()
  })
  const delay = monitorEventLoopDelay({ resolution: 1 })
  delay.enable()
  let sent = 0
  const from = performance.now()
  // Sends what is due by the clock, so that the rate holds however late the timer is.
  const beat = (): void => {
    const due = Math.min(count, Math.floor((performance.now() - from) * perMs))
    for (; sent < due; sent++) tell(refs[sent % receivers]!, { type: 'inc', value: sent })
    if (sent < count) setTimeout(beat, 1)
  }
  beat()
  await promise
  const elapsedMs = performance.now() - from
  delay.disable()
  await stopMany(competitor, refs)
  return { 'loop-delay': delay.percentile(99) / 1e6, 'loop-rate': (count / elapsedMs) * 1000 }
}

export const loopDelay: Workload = {
  name: 'loop-delay',
  about:
    'A timer sends 1,000 messages per millisecond to 100 actors; p99 of the time between two looks at the event loop, the 1 ms of the ' +
    'sampling timer included, and the rate that was reached.',
  rows: [
    { name: 'loop-delay', unit: 'ms', better: 'less' },
    { name: 'loop-rate', unit: 'msg/s', better: 'more' },
  ],
  count: 3_000_000,
  run,
}
