// The end of a system in phases, each with a deadline: what the user has to do first, then letting the mailboxes run empty, then the
// actors. A phase that fails or overruns is reported, and the next one begins: nothing is cut off silently, nothing hangs for ever.

import type { Env } from '../contracts/env.ts'
import { describeCause } from '../contracts/exit-reason.ts'
import type { Host } from '../contracts/host.ts'
import { InvalidOptionError } from '../errors.ts'

/** Something to be done before the actors are stopped. */
export interface ShutdownPhase {
  readonly name: string
  /** Milliseconds until the next phase begins without waiting for this one. Default 5000. */
  readonly timeoutMs?: number
  /** What is to be done; `signal` is aborted when its time is over. */
  readonly run: (signal: AbortSignal) => unknown
}

/** Options of a shutdown. */
export interface ShutdownOptions {
  /** Run one after the other, in this order. Default: none. */
  readonly phases?: readonly ShutdownPhase[]
  /** How long messages that wait may go on being handled before the actors are stopped, in milliseconds. Default 5000; 0 for not at all. */
  readonly drainTimeoutMs?: number
  /** After so many milliseconds the actors that have not stopped are killed. Default: never, beyond their own `shutdownMs`. */
  readonly stopTimeoutMs?: number
}

/** How one phase went. */
export interface PhaseReport {
  readonly name: string
  readonly outcome: 'done' | 'failed' | 'timed-out'
  readonly tookMs: number
  /** What a failed phase threw. */
  readonly cause?: unknown
}

/** How a shutdown went. */
export interface ShutdownReport {
  /** The given phases, then `drain` and `stop`. */
  readonly phases: readonly PhaseReport[]
  /** Messages that became dead letters meanwhile. */
  readonly deadLettered: number
}

/** What a shutdown works on. */
interface Ending {
  readonly host: Host
  /** Stops the actors in order. */
  readonly stop: () => Promise<void>
  /** Ends them at once. */
  readonly kill: () => void
}

const defaultTimeoutMs = 5000
const lookMs = 10

/** Goes through the phases. @throws (rejects with) InvalidOptionError before anything has begun. */
export async function runShutdown(ending: Ending, options: ShutdownOptions = {}): Promise<ShutdownReport> {
  const { phases = [], drainTimeoutMs = defaultTimeoutMs, stopTimeoutMs } = options
  check('drainTimeoutMs', drainTimeoutMs)
  if (stopTimeoutMs !== undefined) check('stopTimeoutMs', stopTimeoutMs)
  for (const [at, { name, run, timeoutMs }] of phases.entries()) {
    if (typeof name !== 'string' || name === '') throw new InvalidOptionError(`phases[${at}].name`, name, 'a text')
    if (typeof run !== 'function') throw new InvalidOptionError(`phases[${at}].run`, run, 'a function')
    if (timeoutMs !== undefined) check(`phases[${at}].timeoutMs`, timeoutMs)
  }
  const { host } = ending
  const { counters } = host
  const before = counters.deadLettered
  const reports: PhaseReport[] = []
  const go = async (name: string, timeoutMs: number, run: ShutdownPhase['run']): Promise<void> => {
    const report = await runPhase(host.env, name, timeoutMs, run)
    reports.push(report)
    const { outcome, tookMs, cause } = report
    const why = cause === undefined ? '' : `: ${describeCause(cause)}`
    host.report(
      outcome === 'done' ? 'info' : 'warn',
      { type: 'shutdown.phase', name, outcome, tookMs },
      `shutdown: '${name}' ${outcome === 'timed-out' ? `was not through after ${timeoutMs} ms` : `${outcome}${why}`}`,
    )
  }
  for (const { name, timeoutMs = defaultTimeoutMs, run } of phases) await go(name, timeoutMs, run)
  let isDraining = true
  await go('drain', drainTimeoutMs, () => emptied(host, () => isDraining))
  isDraining = false
  const stopped = ending.stop()
  await go('stop', stopTimeoutMs ?? Number.POSITIVE_INFINITY, () => stopped)
  if (reports.at(-1)!.outcome === 'timed-out') {
    ending.kill()
    await stopped
  }
  return { phases: reports, deadLettered: counters.deadLettered - before }
}

/** Env timers, not the system's own: those end with its actors. */
async function runPhase(env: Env, name: string, timeoutMs: number, run: ShutdownPhase['run']): Promise<PhaseReport> {
  const began = env.now()
  let outcome: PhaseReport['outcome'] = 'done'
  let failed: { readonly cause?: unknown } = {}
  const late = new AbortController()
  const work = (async () => {
    await run(late.signal)
  })().catch((cause: unknown) => {
    if (outcome === 'timed-out') return
    outcome = 'failed'
    failed = { cause }
  })
  if (timeoutMs === Number.POSITIVE_INFINITY) await work
  else {
    let timer: unknown
    const timeOver = new Promise<'late'>((resolve) => {
      timer = env.setTimer(timeoutMs, () => resolve('late'))
    })
    if ((await Promise.race([work, timeOver])) === 'late') {
      outcome = 'timed-out'
      late.abort()
    }
    env.clearTimer(timer)
  }
  return { name, outcome, tookMs: env.now() - began, ...failed }
}

/** Resolves when no message waits anywhere. */
function emptied(host: Host, goesOn: () => boolean): Promise<void> {
  return new Promise((resolve) => {
    const look = (): void => {
      if (host.counters.waiting === 0 || !goesOn()) resolve()
      else host.env.setTimer(lookMs, look)
    }
    look()
  })
}

function check(field: string, ms: number): void {
  if (!(typeof ms === 'number' && ms >= 0)) throw new InvalidOptionError(field, ms, 'a number of milliseconds, 0 or more')
}
