// Savina's `big`: many actors talk to random others, so that every mailbox is everybody's neighbour.

import type { Competitor, Figures } from '../harness/competitor.ts'
import { completion } from '../harness/completion.ts'
import { xorshift } from '../harness/random.ts'
import { spawnMany, stopMany } from '../harness/spawn-many.ts'
import { stopwatch } from '../harness/stopwatch.ts'
import { perSecond, type Workload } from '../harness/workload.ts'

const size = 120

async function run<R>(competitor: Competitor<R>, count: number): Promise<Figures> {
  const { tell } = competitor
  const pings = Math.max(1, Math.floor(count / size / 2))
  const { promise, done } = completion()
  let finished = 0
  let refs: R[] = []
  const sink = await competitor.spawn(() => (message) => {
    finished += message.value
    if (finished === size) done()
  })
  refs = await spawnMany(competitor, size, (me) => {
    const next = xorshift(me * 7919 + 1)
    let left = pings
    return (message) => {
      if (message.type === 'ping') tell(refs[message.value]!, { type: 'inc', value: me })
      else if (left-- > 0) tell(refs[next() % size]!, { type: 'ping', value: me })
      else tell(sink, { type: 'inc', value: 1 })
    }
  })
  const elapsed = stopwatch()
  for (let i = 0; i < size; i++) tell(refs[i]!, { type: 'inc', value: i })
  await promise
  const elapsedMs = elapsed()
  await stopMany(competitor, [...refs, sink])
  return { big: perSecond(size * pings * 2, elapsedMs) }
}

export const big: Workload = {
  name: 'big',
  about: '120 actors each send pings to random partners and wait for the pong; both count (Savina).',
  rows: [{ name: 'big', unit: 'msg/s', better: 'more' }],
  count: 480_000,
  smokeCount: 480_000,
  run,
}
