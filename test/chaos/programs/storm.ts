// One node with 10 000 supervised actors that all fail at the same moment, and 100 others that are well. A message to one of these is due
// every millisecond; how late it is handled is measured against the moment it was due, so that a loop that stands still counts in full.
//
// Arguments: restarts a second (or `default`), and how long to watch at most; it ends earlier when all are back. Prints what it saw as one
// line of JSON.

import { actor, child, createSystem, dynamicSupervisor, limitRestarts, supervisor } from '@understudy/actors'
import type { EventOf, Ref } from '@understudy/actors'

type Session = { fail(): void; work(): void }

const [perSecond = 'default', maxMs = '6000'] = process.argv.slice(2)
const failing = 10_000
const patient = { restarts: Infinity, withinMs: 1_000 }

let lives = 0
let worked = 0
const session = actor({
  name: 'session',
  state: () => void lives++,
  on: {
    fail: () => {
      throw new Error('the database is gone')
    },
    work: () => void worked++,
  },
})

/**
 * The time of a machine that nobody else uses, in milliseconds: the processor time of this thread, and the time in which it waited for its
 * next timer, which is never more than a millisecond away. Where others take the processor, that is none of our time.
 */
function ownTime(): number {
  const { user, system: kernel } = process.threadCpuUsage()
  const { idle } = performance.eventLoopUtilization()
  const cpuMs = (user + kernel) / 1000
  own += cpuMs - ownCpuMs + Math.min(idle - ownIdle, 1.5)
  ownCpuMs = cpuMs
  ownIdle = idle
  return own
}
let [own, ownCpuMs, ownIdle] = [0, 0, 0]

const late: number[] = []
const healthy = actor({
  name: 'healthy',
  on: {
    ping: (_state, { dueAt }: { dueAt: number }) => void late.push(ownTime() - dueAt),
  },
})

const system = createSystem()
if (perSecond !== 'default') limitRestarts(system, { perSecond: Number(perSecond) })
const storms: EventOf<'storm.began' | 'storm.over'>[] = []
system.onEvent(['storm.began', 'storm.over'], (event) => storms.push(event))

const ids = Array.from({ length: 100 }, (_, i) => `healthy-${i}`)
const well = system.spawn(supervisor({ name: 'well', children: ids.map((id) => child(healthy, { id })) }), { name: 'well' })
await well.ask({ type: 'countChildren' })
const healthyRefs = ids.map((id) => system.ref(`/well/${id}`, healthy))

const refs: Ref<Session>[] = []
for (let group = 0; group < 20; group++) {
  const sessions = system.spawn(dynamicSupervisor({ name: `group-${group}`, child: session, intensity: patient }))
  const started = await Promise.all(Array.from({ length: failing / 20 }, () => sessions.ask({ type: 'startChild' })))
  for (const one of started) if (one.ok) refs.push(one.ref as unknown as Ref<Session>)
}

let sent = 0
let from = ownTime()
const pinging = setInterval(() => {
  for (const now = ownTime(); from + sent <= now; sent++) healthyRefs[sent % healthyRefs.length]!.tell({ type: 'ping', dueAt: from + sent })
}, 1)

/** Watches until it is over; answers how late all were that were due meanwhile, and how long that took by the clock on the wall. */
async function watch(isOver: (ms: number) => boolean): Promise<Record<'count' | 'p50' | 'p99' | 'max' | 'ms', number>> {
  late.length = sent = 0
  from = ownTime()
  const began = performance.now()
  while (!isOver(performance.now() - began) || late.length < sent) await new Promise((resolve) => setTimeout(resolve, 5))
  const sorted = late.toSorted((a, b) => a - b)
  const at = (share: number): number => sorted[Math.ceil(sorted.length * share) - 1]!
  return { count: sorted.length, p50: at(0.5), p99: at(0.99), max: at(1), ms: performance.now() - began }
}

const before = await watch((ms) => ms >= 500)
const livesBefore = lives
for (const ref of refs) {
  ref.tell({ type: 'fail' })
  ref.tell({ type: 'work' })
}
const storm = await watch((ms) => worked === failing || ms >= Number(maxMs))
const { waiting } = system.counters
clearInterval(pinging)
const result = { before, storm, restarts: lives - livesBefore, worked, waiting, storms: storms.map(({ type }) => type) }
const stopping = performance.now()
await system.stop()
process.stdout.write(`${JSON.stringify({ ...result, stopMs: performance.now() - stopping, counters: system.counters })}\n`)
