// Birth, and what an actor weighs that has nothing to do.

import { collectGarbage } from '../harness/collect-garbage.ts'
import type { Competitor, Figures } from '../harness/competitor.ts'
import { spawnMany, stopMany } from '../harness/spawn-many.ts'
import { stopwatch } from '../harness/stopwatch.ts'
import { perSecond, type Workload } from '../harness/workload.ts'

/** What the array that holds the refs takes itself, per ref. */
const slotBytes = 8

async function run<R>(competitor: Competitor<R>, count: number): Promise<Figures> {
  const held: { refs: R[] } = { refs: [] }
  collectGarbage()
  const before = process.memoryUsage().heapUsed
  const elapsed = stopwatch()
  held.refs = await spawnMany(competitor, count, () => {
    let sum = 0
    return (message) => {
      sum += message.value
    }
  })
  const elapsedMs = elapsed()
  collectGarbage()
  await new Promise((resolve) => setImmediate(resolve))
  collectGarbage()
  const bytes = (process.memoryUsage().heapUsed - before) / held.refs.length - slotBytes
  await stopMany(competitor, held.refs)
  return { spawn: perSecond(count, elapsedMs), 'idle-bytes': bytes }
}

export const spawn: Workload = {
  name: 'spawn',
  about:
    'Spawns actors that get no message; then the growth of the heap per actor, the closures of its handler included (about 130 bytes).',
  rows: [
    { name: 'spawn', unit: 'actor/s', better: 'more' },
    { name: 'idle-bytes', unit: 'B/actor', better: 'less' },
  ],
  count: 100_000,
  smokeCount: 30_000,
  run,
}
