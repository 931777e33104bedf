// Two actors, one message in flight: what a hop costs when nothing can be batched.

import type { Competitor, Figures } from '../harness/competitor.ts'
import { completion } from '../harness/completion.ts'
import { stopwatch } from '../harness/stopwatch.ts'
import { perSecond, type Workload } from '../harness/workload.ts'

async function run<R>(competitor: Competitor<R>, count: number): Promise<Figures> {
  const { tell } = competitor
  const { promise, done } = completion()
  const players: R[] = []
  const player = (other: number) => () => (message: { value: number }) => {
    if (message.value <= 0) done()
    else tell(players[other]!, { type: 'ping', value: message.value - 1 })
  }
  players[0] = await competitor.spawn(player(1))
  players[1] = await competitor.spawn(player(0))
  const elapsed = stopwatch()
  tell(players[0], { type: 'ping', value: count - 1 })
  await promise
  const elapsedMs = elapsed()
  for (const ref of players) await competitor.stop(ref)
  return { 'ping-pong': perSecond(count, elapsedMs) }
}

export const pingPong: Workload = {
  name: 'ping-pong',
  about: 'Two actors send one message to and fro; a hop is one way.',
  rows: [{ name: 'ping-pong', unit: 'hop/s', better: 'more' }],
  count: 1_000_000,
  smokeCount: 2_000_000,
  run,
}
