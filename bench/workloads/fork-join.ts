// Short lives: spawn, one message, its acknowledgement, stop.

import type { Competitor, Figures } from '../harness/competitor.ts'
import { completion } from '../harness/completion.ts'
import { spawnMany } from '../harness/spawn-many.ts'
import { stopwatch } from '../harness/stopwatch.ts'
import { perSecond, type Workload } from '../harness/workload.ts'

const atOnce = 1000

async function run<R>(competitor: Competitor<R>, count: number): Promise<Figures> {
  const { tell } = competitor
  const join = completion()
  const after = completion()
  let joined = 0
  const collector = await competitor.spawn(() => (message) => {
    joined += message.value
    if (joined === count) join.done()
    else if (joined > count) after.done()
  })
  const elapsed = stopwatch()
  const refs: R[] = []
  for (let forked = 0; forked < count; forked += atOnce) {
    const some = await spawnMany(competitor, Math.min(atOnce, count - forked), () => (message) => {
      tell(collector, message)
    })
    for (const ref of some) {
      refs.push(ref)
      tell(ref, { type: 'inc', value: 1 })
    }
  }
  await join.promise
  for (const ref of refs) {
    const stopped = competitor.stop(ref)
    if (stopped !== undefined) await stopped
  }
  // Where a stop is a signal to the actor, it is over when what was sent after it has been handled.
  tell(collector, { type: 'inc', value: 1 })
  await after.promise
  const elapsedMs = elapsed()
  await competitor.stop(collector)
  return { 'fork-join': perSecond(count, elapsedMs) }
}

export const forkJoin: Workload = {
  name: 'fork-join',
  about: 'Spawn, send one message, get its acknowledgement, stop, and wait for the end; 1,000 spawns at a time.',
  rows: [{ name: 'fork-join', unit: 'actor/s', better: 'more' }],
  count: 40_000,
  smokeCount: 10_000,
  warmUp: 0.25,
  run,
}
