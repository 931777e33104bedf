// How busy the machine is with other people's work. Exact on Linux; elsewhere nobody knows, and runs count as undisturbed.

import { readFileSync } from 'node:fs'

/** CPU time so far, in ticks of all cores together. */
interface Ticks {
  readonly busy: number
  readonly stolen: number
  readonly total: number
  /** This process and its children that have ended. */
  readonly own: number
}

/** The share of the machine's time that went elsewhere: to other processes, and to other guests of the same host. */
export interface Disturbance {
  readonly foreign: number
  readonly stolen: number
}

const quietShare = 0.1
const looksAfterMs = 120
const longestWaitMs = 8000
/** What a whole run may spend on waiting. On a machine that is never quiet, waiting only makes it longer. */
let patienceMs = 180_000

function read(): Ticks | undefined {
  try {
    const times = readFileSync('/proc/stat', 'utf8').split('\n', 1)[0]!.split(/\s+/).slice(1, 9).map(Number)
    const [user, nice, system, idle, iowait, irq, softirq, stolen] = times as [
      number,
      number,
      number,
      number,
      number,
      number,
      number,
      number,
    ]
    const stat = readFileSync('/proc/self/stat', 'utf8')
    const own = stat
      .slice(stat.lastIndexOf(')') + 2)
      .split(' ')
      .slice(11, 15)
      .map(Number)
    const busy = user + nice + system + irq + softirq
    return { busy, stolen, total: busy + idle + iowait + stolen, own: own.reduce((sum, ticks) => sum + ticks, 0) }
  } catch {
    return undefined
  }
}

/** Begins to watch; the answer tells what happened since. */
export function watchMachine(): () => Disturbance {
  const before = read()
  return () => {
    const after = read()
    if (before === undefined || after === undefined) return { foreign: 0, stolen: 0 }
    const total = Math.max(1, after.total - before.total)
    const foreign = Math.max(0, after.busy - before.busy - (after.own - before.own)) / total
    return { foreign, stolen: (after.stolen - before.stolen) / total }
  }
}

/** From here on nothing is waited for or repeated: for machines that are known to be busy. */
export function losePatience(): void {
  patienceMs = 0
}

/** Whether it is still worth while to wait for a quiet machine. */
export function isPatient(): boolean {
  return patienceMs > 0
}

/** Waits until hardly anybody else works, or until it has waited long enough. */
export async function untilQuiet(): Promise<void> {
  if (patienceMs <= 0) return
  const from = Date.now()
  const until = from + Math.min(longestWaitMs, patienceMs)
  while (Date.now() < until) {
    const disturbance = watchMachine()
    await new Promise((resolve) => setTimeout(resolve, looksAfterMs))
    if (disturbance().foreign < quietShare) break
  }
  patienceMs -= Date.now() - from
}
