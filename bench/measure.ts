// One measurement: one competitor, one workload, one process. Warms up twice, collects garbage, runs once, prints one line.
//   node --expose-gc --conditions=understudy-source bench/measure.ts <competitor> <workload> <count> <share to warm up with> [cpu]

import { competitors } from './competitors/index.ts'
import { collectGarbage } from './harness/collect-garbage.ts'
import { useCpuTime } from './harness/stopwatch.ts'
import { workloads } from './workloads/index.ts'

const warmUpPasses = 2
const [competitorName, workloadName, countText, warmUpText, clock] = process.argv.slice(2)
if (clock === 'cpu') useCpuTime()
const entry = competitors.find(({ name }) => name === competitorName)
const workload = workloads.find(({ name }) => name === workloadName)
if (entry?.load === undefined || workload === undefined) throw new Error(`nothing to measure: ${competitorName} ${workloadName}`)

const { competitor } = await entry.load()
await competitor.prepare?.()
const count = Number(countText)
const own = competitor.own?.[workload.name]
const run = (operations: number): Promise<Readonly<Record<string, number>>> =>
  own === undefined ? workload.run(competitor, operations) : own(operations)

const warmUp = Math.min(count, Math.floor(count * Number(warmUpText)))
if (warmUp > 0) for (let pass = 0; pass < warmUpPasses; pass++) await run(Math.max(Math.min(1000, count), warmUp))
collectGarbage()
await new Promise((resolve) => setTimeout(resolve, 10))
const figures = await run(count)
// Actors keep timers and sockets open; what was to be measured is measured.
process.stdout.write(`@@${JSON.stringify(figures)}\n`, () => process.exit(0))
