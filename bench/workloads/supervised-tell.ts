// What supervision costs an actor in health: bursts of tells, now to a supervised actor, now to its like that no supervisor watches.

import type { Competitor, Figures } from '../harness/competitor.ts'
import type { Workload } from '../harness/workload.ts'

const burst = 1000
/** By turns so often, so that whatever slows the machine for a while slows both. */
const turns = 50

/** What the main thread has used of the CPU, in µs: what other processes do hardly bends it, and both actors live on this thread. */
function cpuTimeUs(): number {
  const { user, system } = process.threadCpuUsage()
  return user + system
}

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
  const bursts = Math.max(1, Math.floor(count / turns / burst / 2))

  async function timeOf(ref: R): Promise<number> {
    const from = cpuTimeUs()
    for (let i = 0; i < bursts; i++) {
      awaited += burst
      const burstHandled = new Promise<void>((resolve) => {
        done = resolve
      })
      for (let sent = 0; sent < burst; sent++) tell(ref, { type: 'inc', value: 1 })
      await burstHandled
    }
    return cpuTimeUs() - from
  }

  let plainUs = 0
  let supervisedUs = 0
  for (let turn = 0; turn < turns; turn++) {
    if (turn % 2 === 0) plainUs += await timeOf(plain)
    supervisedUs += await timeOf(supervised)
    if (turn % 2 === 1) plainUs += await timeOf(plain)
  }
  if (handled !== turns * bursts * burst * 2) throw new Error(`handled ${handled} of ${turns * bursts * burst * 2} messages`)
  await competitor.stop(plain)
  return { 'supervised-tell': plainUs / supervisedUs }
}

export const supervisedTell: Workload = {
  name: 'supervised-tell',
  about:
    'Bursts of 1,000 tells, by turns to an actor in health under a supervisor and to one without: throughput of the first over that of the second, by CPU time.',
  rows: [{ name: 'supervised-tell', unit: '×', better: 'more' }],
  count: 40_000_000,
  run,
}
