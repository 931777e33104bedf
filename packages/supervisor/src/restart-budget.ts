// How fast one node restarts actors: a token bucket over all its supervisors, so that a storm of failures does not become one of restarts.
// It delays restarts and never decides about them: what intensity and recovery say stands. One event in, commands out; the state given is
// used up, as that of the engine is.
//
// The bucket is one number, the time at which it is full again (Generic Cell Rate Algorithm, ITU-T I.371): exact, and nothing to refill.

import { RestartQueue } from './restart-queue.ts'
import type { HeldRestart } from './restart-queue.ts'

/** How fast the supervisors of a node may restart actors, all together. */
export interface RestartLimits {
  /** Restarts a second, for good. `Infinity`: as many as come. */
  readonly perSecond: number
  /** How many may come at once after a quiet time. */
  readonly burst: number
  /** A restart that has to wait is put off by up to so many milliseconds at random, so that what failed together does not start together. */
  readonly spreadMs: number
  /** How many actors with an asynchronous start (`state` or `started` is a promise) are restarted at a time. */
  readonly asyncStarts: number
  /** A start that takes longer, in milliseconds, gives its place to the next one, and goes on. */
  readonly asyncStartMs: number
}

/** 20 a second, 50 at once. */
export const defaultRestartLimits: RestartLimits = { perSecond: 20, burst: 50, spreadMs: 2_000, asyncStarts: 8, asyncStartMs: 10_000 }

/** So long nobody must have had to wait before a storm counts as over: otherwise one at the edge of the budget would be told of as many. */
const calmMs = 1_000

/** The budget's state. `T` is what a restart that waits carries along. */
export interface RestartBudget<T extends HeldRestart> {
  limits: RestartLimits
  /** When the bucket is full again. */
  fullAt: number
  readonly waiting: RestartQueue<T>
  /** Who is starting asynchronously, oldest first, and until when that counts. */
  readonly starting: Map<unknown, number>
  /** From the first restart that had to wait until none has had to for a second, and the bucket is full again. */
  storm: { readonly since: number; held: number; lastAt: number } | undefined
  /** When it wants to be woken. */
  wakeAt: number
}

/** What a budget is told. `now` is monotonic milliseconds, `random` a number in [0, 1). */
export type BudgetEvent<T> =
  /** There was no room for this restart. */
  | { readonly type: 'hold'; readonly restart: T; readonly now: number; readonly random: number }
  | { readonly type: 'withdraw'; readonly restart: T; readonly now: number }
  /** The asynchronous start of `who` is over. */
  | { readonly type: 'started'; readonly who: unknown; readonly now: number }
  | { readonly type: 'wake'; readonly now: number }
  | { readonly type: 'limits'; readonly limits: RestartLimits; readonly now: number }

/** What a budget asks for. */
export type BudgetCommand<T> =
  | { readonly type: 'go'; readonly restart: T }
  /** Instead of the time asked for before; `Infinity`: never. */
  | { readonly type: 'wake'; readonly at: number }
  | { readonly type: 'storm-began'; readonly restart: T }
  | { readonly type: 'storm-over'; readonly held: number; readonly lastedMs: number }

/** A full bucket. */
export function fullBudget<T extends HeldRestart>(limits: RestartLimits = defaultRestartLimits): RestartBudget<T> {
  const waiting = new RestartQueue<T>()
  return { limits, fullAt: Number.NEGATIVE_INFINITY, waiting, starting: new Map(), storm: undefined, wakeAt: Number.POSITIVE_INFINITY }
}

/** Whether a restart may happen now, and before whoever waits. `isAsync`: its start is asynchronous, as far as is known. */
export function hasRoom<T extends HeldRestart>(budget: RestartBudget<T>, isAsync: boolean, now: number): boolean {
  if (budget.waiting.count(isAsync) > 0 || now < nextTokenAt(budget)) return false
  return !isAsync || budget.starting.size < budget.limits.asyncStarts
}

/** Takes a token for a restart that happens now. */
export function spend<T extends HeldRestart>(budget: RestartBudget<T>, now: number): void {
  budget.fullAt = Math.max(budget.fullAt, now) + 1000 / budget.limits.perSecond
}

/** Notes an asynchronous start that has begun. */
export function noteStart<T extends HeldRestart>({ starting, limits }: RestartBudget<T>, who: unknown, now: number): void {
  starting.delete(who)
  starting.set(who, now + limits.asyncStartMs)
}

/** About how long the restart that came last has to wait, in milliseconds. */
export function estimatedWaitMs<T extends HeldRestart>({ waiting, limits }: RestartBudget<T>): number {
  return (waiting.size * 1000) / limits.perSecond
}

/** One step. */
export function stepBudget<T extends HeldRestart>(budget: RestartBudget<T>, event: BudgetEvent<T>): [RestartBudget<T>, BudgetCommand<T>[]] {
  const commands: BudgetCommand<T>[] = []
  const { now } = event
  switch (event.type) {
    case 'hold':
      hold(budget, event.restart, now, event.random, commands)
      break
    case 'withdraw':
      budget.waiting.withdraw(event.restart)
      break
    case 'started':
      budget.starting.delete(event.who)
      break
    case 'limits':
      // What has been spent stays spent, in restarts.
      if (budget.fullAt > now) budget.fullAt = now + ((budget.fullAt - now) * budget.limits.perSecond) / event.limits.perSecond
      budget.limits = event.limits
      break
    case 'wake':
      budget.wakeAt = Number.POSITIVE_INFINITY
      break
  }
  letGo(budget, now, commands)
  const { storm } = budget
  if (storm !== undefined && budget.waiting.size === 0 && calmAt(budget, storm) <= now) {
    budget.storm = undefined
    commands.push({ type: 'storm-over', held: storm.held, lastedMs: now - storm.since })
  }
  const at = nextLook(budget)
  if (at !== budget.wakeAt) commands.push({ type: 'wake', at: (budget.wakeAt = at) })
  return [budget, commands]
}

/** No longer than those before it take, so that a wait of one restart is short and the queue of a storm is well shuffled. */
function hold<T extends HeldRestart>(
  budget: RestartBudget<T>,
  restart: T,
  now: number,
  random: number,
  commands: BudgetCommand<T>[],
): void {
  if (budget.storm === undefined) {
    budget.storm = { since: now, held: 0, lastAt: now }
    commands.push({ type: 'storm-began', restart })
  }
  budget.storm.held++
  budget.storm.lastAt = now
  budget.waiting.add(restart, now + random * Math.min(budget.limits.spreadMs, estimatedWaitMs(budget)))
}

function letGo<T extends HeldRestart>(budget: RestartBudget<T>, now: number, commands: BudgetCommand<T>[]): void {
  const { waiting, starting } = budget
  waiting.ripen(now)
  // Started long ago and not done: it no longer counts.
  for (const [who, until] of starting) {
    if (until > now) break
    starting.delete(who)
  }
  while (now >= nextTokenAt(budget)) {
    const restart = waiting.next(starting.size < budget.limits.asyncStarts)
    if (restart === undefined) return
    spend(budget, now)
    if (restart.isAsync) noteStart(budget, restart.who, now)
    commands.push({ type: 'go', restart })
  }
}

function nextTokenAt<T extends HeldRestart>({ fullAt, limits: { burst, perSecond } }: RestartBudget<T>): number {
  return fullAt - ((burst - 1) * 1000) / perSecond
}

/** When a storm of which nobody waits any more is over, if nothing else happens. */
function calmAt<T extends HeldRestart>({ fullAt }: RestartBudget<T>, { lastAt }: { readonly lastAt: number }): number {
  return Math.max(fullAt, lastAt + calmMs)
}

/** When something will have changed without an event. */
function nextLook<T extends HeldRestart>(budget: RestartBudget<T>): number {
  const { waiting, starting, limits, storm } = budget
  if (storm === undefined) return Number.POSITIVE_INFINITY
  if (waiting.size === 0) return calmAt(budget, storm)
  const isFree = starting.size < limits.asyncStarts
  const isReady = waiting.isReady(isFree)
  const [oldest = Number.POSITIVE_INFINITY] = isFree ? [] : starting.values()
  return Math.min(isReady ? nextTokenAt(budget) : Number.POSITIVE_INFINITY, waiting.ripeAt, oldest)
}
