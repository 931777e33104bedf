// What supervision costs an actor in health: bursts of tells, now to a supervised actor, now to its like that no supervisor watches.

import type { Competitor, Figures } from '../harness/competitor.ts'
import { median } from '../harness/statistics.ts'
import type { Workload } from '../harness/workload.ts'

const burst = 1000
/** Bursts that are timed together, and how many of those there are of each kind. */
const pairs = 50

async function run<R>(competitor: Competitor<R>, count: number): Promise<Figures> {
  const { tell } = competitor
  let handled = 0
  let awaited = 0
  let done!: () => void
  const make = () => (message: { value: number }) => {
    handled += message.value
    if (handled === awaited) done()
  }
  const plain = await competitor.spawn(make)
  const supervised = await competitor.spawn(make, { supervised: true })
  const bursts = Math.max(1, Math.floor(count / pairs / burst / 2))

  async function timeOf(ref: R): Promise<number> {
    const from = performance.now()
    for (let i = 0; i < bursts; i++) {
      awaited += burst
      const burstHandled = new Promise<void>((resolve) => {
        done = resolve
      })
      for (let sent = 0; sent < burst; sent++) tell(ref, { type: 'inc', value: 1 })
      await burstHandled
    }
    return performance.now() - from
  }

  // Each pair in its own order and its own ratio: whatever slows the machine for longer than a pair takes slows both.
  const ratios: number[] = []
  for (let pair = 0; pair < pairs; pair++) {
    const isPlainFirst = pair % 2 === 0
    const first = await timeOf(isPlainFirst ? plain : supervised)
    const second = await timeOf(isPlainFirst ? supervised : plain)
    ratios.push(isPlainFirst ? first / second : second / first)
  }
  if (handled !== pairs * bursts * burst * 2) throw new Error(`handled ${handled} of ${pairs * bursts * burst * 2} messages`)
  await competitor.stop(plain)
  return { 'supervised-tell': median(ratios) }
}

export const supervisedTell: Workload = {
  name: 'supervised-tell',
  about:
    'Bursts of 1,000 tells, by turns to an actor in health under a supervisor and to one without: throughput of the first over that of the second.',
  rows: [{ name: 'supervised-tell', unit: '×', better: 'more' }],
  count: 10_000_000,
  run,
}
