// A million actors with nothing to do, and what a tell costs among them.

import type { Competitor, Figures } from '../harness/competitor.ts'
import { collectGarbage } from '../harness/collect-garbage.ts'
import { xorshift } from '../harness/random.ts'
import { spawnMany, stopMany } from '../harness/spawn-many.ts'
import { quantile } from '../harness/statistics.ts'
import type { Workload } from '../harness/workload.ts'

const burst = 1000
const bursts = 500

async function run<R>(competitor: Competitor<R>, count: number): Promise<Figures> {
  const { tell } = competitor
  let handled = 0
  let awaited = 0
  let done!: () => void
  const refs = await spawnMany(competitor, count, () => () => {
    if (++handled === awaited) done()
  })
  collectGarbage()
  const rssMib = process.memoryUsage().rss / 2 ** 20

  const next = xorshift(11)
  const tellBursts = async (pick: () => R): Promise<number> => {
    const times: number[] = []
    for (let i = 0; i < bursts; i++) {
      const targets = Array.from({ length: burst }, pick)
      awaited += burst
      const burstHandled = new Promise<void>((resolve) => {
        done = resolve
      })
      const from = performance.now()
      for (const target of targets) tell(target, { type: 'inc', value: i })
      await burstHandled
      times.push(((performance.now() - from) / burst) * 1e6)
    }
    return quantile(times, 0.5)
  }
  const hot = refs[0]!
  await tellBursts(() => hot)
  const hotNs = await tellBursts(() => hot)
  const randomNs = await tellBursts(() => refs[next() % count]!)
  if (handled !== awaited) throw new Error(`handled ${handled} of ${awaited} messages`)
  await stopMany(competitor, refs)
  return { 'idle-million-rss': rssMib, 'idle-million-hot': hotNs, 'idle-million-random': randomNs }
}

export const idleMillion: Workload = {
  name: 'idle-million',
  about:
    'A million idle actors: resident memory of the whole process; then bursts of 1,000 tells to one of them (hot) and to 1,000 random ones, ' +
    'nearly all of which get their first message. The time of a tell includes its handling.',
  rows: [
    { name: 'idle-million-rss', unit: 'MiB', better: 'less' },
    { name: 'idle-million-hot', unit: 'ns', better: 'less' },
    { name: 'idle-million-random', unit: 'ns', better: 'less' },
  ],
  count: 1_000_000,
  warmUp: 0,
  run,
}
