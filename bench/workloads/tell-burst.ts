// One sender, one receiver, many messages at a time: what a tell costs.

import type { Competitor, Figures } from '../harness/competitor.ts'
import { stopwatch } from '../harness/stopwatch.ts'
import { perSecond, type Workload } from '../harness/workload.ts'

const burst = 1000

async function run<R>(competitor: Competitor<R>, count: number): Promise<Figures> {
  const { tell } = competitor
  let handled = 0
  let sum = 0
  let awaited = 0
  let done!: () => void
  const ref = await competitor.spawn(() => (message) => {
    sum += message.value
    if (++handled === awaited) done()
  })
  let expected = 0
  const elapsed = stopwatch()
  for (let sent = 0; sent < count;) {
    const size = Math.min(burst, count - sent)
    awaited += size
    expected += (size * (size - 1)) / 2
    const burstHandled = new Promise<void>((resolve) => {
      done = resolve
    })
    for (let i = 0; i < size; i++) tell(ref, { type: 'inc', value: i })
    sent += size
    await burstHandled
  }
  const elapsedMs = elapsed()
  if (handled !== count || sum !== expected) throw new Error(`handled ${handled} of ${count} messages, sum ${sum} instead of ${expected}`)
  await competitor.stop(ref)
  return { 'tell-burst': perSecond(count, elapsedMs) }
}

export const tellBurst: Workload = {
  name: 'tell-burst',
  about: 'Bursts of 1,000 tells to one actor; the next burst begins when the last one is handled.',
  rows: [{ name: 'tell-burst', unit: 'msg/s', better: 'more' }],
  count: 5_000_000,
  smokeCount: 2_000_000,
  run,
}
