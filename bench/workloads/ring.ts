// The thread ring: one message goes round 1,000 actors.

import type { Competitor, Figures } from '../harness/competitor.ts'
import { completion } from '../harness/completion.ts'
import { spawnMany, stopMany } from '../harness/spawn-many.ts'
import { stopwatch } from '../harness/stopwatch.ts'
import { perSecond, type Workload } from '../harness/workload.ts'

const size = 1000

async function run<R>(competitor: Competitor<R>, count: number): Promise<Figures> {
  const { tell } = competitor
  const { promise, done } = completion()
  let refs: R[] = []
  refs = await spawnMany(competitor, size, (index) => (message) => {
    if (message.value <= 0) done()
    else tell(refs[index + 1 === size ? 0 : index + 1]!, { type: 'ping', value: message.value - 1 })
  })
  const elapsed = stopwatch()
  tell(refs[0]!, { type: 'ping', value: count - 1 })
  await promise
  const elapsedMs = elapsed()
  await stopMany(competitor, refs)
  return { ring: perSecond(count, elapsedMs) }
}

export const ring: Workload = {
  name: 'ring',
  about: 'One message goes round 1,000 actors.',
  rows: [{ name: 'ring', unit: 'hop/s', better: 'more' }],
  count: 1_000_000,
  smokeCount: 2_000_000,
  run,
}
