// One sender, 10,000 receivers, each with its own mailbox: memory traffic instead of a hot cache.

import type { Competitor, Figures } from '../harness/competitor.ts'
import { completion } from '../harness/completion.ts'
import { spawnMany, stopMany } from '../harness/spawn-many.ts'
import { stopwatch } from '../harness/stopwatch.ts'
import { perSecond, type Workload } from '../harness/workload.ts'

async function run<R>(competitor: Competitor<R>, count: number): Promise<Figures> {
  const { tell } = competitor
  const size = Math.min(10_000, Math.max(100, Math.floor(count / 100)))
  const each = Math.max(1, Math.floor(count / size))
  const { promise, done } = completion()
  let finished = 0
  const collector = await competitor.spawn(() => (message) => {
    finished += message.value
    if (finished === size) done()
  })
  const refs = await spawnMany(competitor, size, () => {
    let seen = 0
    return (message) => {
      seen += message.value
      if (seen === each) tell(collector, { type: 'inc', value: 1 })
    }
  })
  const elapsed = stopwatch()
  for (let turn = 0; turn < each; turn++) for (let i = 0; i < size; i++) tell(refs[i]!, { type: 'inc', value: 1 })
  await promise
  const elapsedMs = elapsed()
  await stopMany(competitor, [...refs, collector])
  return { 'fan-out': perSecond(size * each + size, elapsedMs) }
}

export const fanOut: Workload = {
  name: 'fan-out',
  about: 'One sender tells 10,000 actors in turn, 100 messages each; when an actor has all of its messages, it tells a collector.',
  rows: [{ name: 'fan-out', unit: 'msg/s', better: 'more' }],
  count: 1_000_000,
  smokeCount: 500_000,
  run,
}
