// The restart budget of one system at work: its clock, its timer, its two log lines for each storm.

import { hostOf, InvalidOptionError, serviceKey } from '@understudy/runtime/spi'
import type { Host, ServiceKey, SupervisionControl, TimerHandle } from '@understudy/runtime/spi'
import type { ActorSystem } from '@understudy/runtime'
import { freshPace, noteDecision, reserveDecision } from './decision-pace.ts'
import { defaultRestartLimits, estimatedWaitMs, fullBudget, hasRoom, noteStart, spend, stepBudget } from './restart-budget.ts'
import type { BudgetCommand, BudgetEvent, RestartLimits } from './restart-budget.ts'
import type { HeldRestart } from './restart-queue.ts'

/** A restart that waits, and what to do when its turn has come. */
export interface Waiting extends HeldRestart {
  readonly go: () => void
}

const key: ServiceKey<NodeBudget> = serviceKey('restart-budget')

/** What all supervisors of a system share. */
export class NodeBudget {
  readonly #host: Host
  readonly #budget = fullBudget<Waiting>()
  /** Definitions whose start was seen to be asynchronous. */
  readonly #asyncStarters = new WeakSet<object>()
  #hasAsyncStarters = false
  readonly #pace = freshPace()
  #timer: TimerHandle | undefined

  constructor(host: Host) {
    this.#host = host
  }

  /** The budget of the system that a supervisor lives in; undefined where there is no system. */
  static of(control: SupervisionControl): NodeBudget | undefined {
    return control.shared?.(key, (host) => new NodeBudget(host))
  }

  /** The budget of a system. */
  static ofSystem(system: ActorSystem): NodeBudget {
    const host = hostOf(system)
    return host.shared(key, () => new NodeBudget(host))
  }

  /** Whether an actor may be restarted at once, without being looked at again afterwards. */
  isFree(definition: object, now: number): boolean {
    return hasRoom(this.#budget, false, now) && !(this.#hasAsyncStarters && this.#asyncStarters.has(definition))
  }

  /** A restart for which it was free happens. */
  spend(now: number): void {
    spend(this.#budget, now)
  }

  startsAsync(definition: object): boolean {
    return this.#asyncStarters.has(definition)
  }

  /** Takes what a restart costs; false when it has to wait. */
  take(who: unknown, isAsync: boolean, now: number): boolean {
    if (!hasRoom(this.#budget, isAsync, now)) return false
    spend(this.#budget, now)
    if (isAsync) noteStart(this.#budget, who, now)
    return true
  }

  /** Lets a restart wait, and answers about how long, in milliseconds. */
  hold(restart: Waiting, now: number, random: number): number {
    this.#tell({ type: 'hold', restart, now, random })
    return estimatedWaitMs(this.#budget)
  }

  withdraw(restart: Waiting, now: number): void {
    this.#tell({ type: 'withdraw', restart, now })
  }

  /** An actor is starting asynchronously: its next restart is treated as one that will, too. */
  noteAsync(definition: object): void {
    this.#hasAsyncStarters = true
    this.#asyncStarters.add(definition)
  }

  /** As `noteAsync`, and it is a restart. */
  noteStart(who: unknown, definition: object, now: number): void {
    this.#hasAsyncStarters = true
    this.#asyncStarters.add(definition)
    noteStart(this.#budget, who, now)
  }

  /** It is over, one way or another, if it ever was under way. */
  noteOver(who: unknown): void {
    if (this.#budget.starting.has(who)) this.#tell({ type: 'started', who, now: this.#host.env.now() })
  }

  /** How long the decision on a failure has to wait, in milliseconds, so that those who are well have their share of the loop. */
  reserveDecision(now: number): number {
    return reserveDecision(this.#pace, now)
  }

  noteDecision(costMs: number): void {
    noteDecision(this.#pace, costMs)
  }

  limit(limits: Partial<RestartLimits>): void {
    this.#tell({ type: 'limits', limits: checkLimits({ ...this.#budget.limits, ...limits }), now: this.#host.env.now() })
  }

  #tell(event: BudgetEvent<Waiting>): void {
    const [, commands] = stepBudget(this.#budget, event)
    for (const command of commands) this.#execute(command)
  }

  #execute(command: BudgetCommand<Waiting>): void {
    switch (command.type) {
      case 'go':
        return command.restart.go()
      case 'wake':
        return this.#wakeAt(command.at)
      case 'storm-began': {
        const { perSecond, burst } = this.#budget.limits
        const path = command.restart.supervisor
        const text = `restarts wait for their turn, at ${perSecond} a second after ${burst} at once; the first to wait is a child of ${path}`
        return this.#host.report('warn', { type: 'storm.began', path, perSecond, burst }, text)
      }
      case 'storm-over': {
        const { held, lastedMs } = command
        const text = `the storm of restarts is over after ${Math.round(lastedMs)} ms; ${held} had to wait`
        return this.#host.report('info', { type: 'storm.over', held, lastedMs }, text)
      }
    }
  }

  #wakeAt(at: number): void {
    if (this.#timer !== undefined) this.#host.cancel(this.#timer)
    this.#timer = undefined
    if (at === Number.POSITIVE_INFINITY) return
    this.#timer = this.#host.after(at - this.#host.env.now(), () => {
      this.#timer = undefined
      this.#tell({ type: 'wake', now: this.#host.env.now() })
    })
  }
}

/**
 * Limits how fast the supervisors of a system restart actors, all together; what is not given stays as it is, at first 20 a second and 50
 * at once. What is above waits for its turn with its mailbox, first come first served, and the supervisors take turns. Holds from now on,
 * also for what waits already. Systems in threads have a budget of their own.
 *
 * Use when: restarts of this system are much cheaper or much dearer than usual. `{ perSecond: Infinity }` lifts the limit.
 *
 * @throws InvalidOptionError
 */
export function limitRestarts(system: ActorSystem, limits: Partial<RestartLimits>): void {
  NodeBudget.ofSystem(system).limit(limits)
}

function checkLimits(limits: RestartLimits): RestartLimits {
  for (const [field, value] of Object.entries(limits) as [keyof RestartLimits, unknown][]) {
    if (!(field in defaultRestartLimits)) throw new InvalidOptionError(`limits.${field}`, value, 'left out: there is no such option')
    const isAmount = typeof value === 'number' && value >= 0
    if (field === 'burst' || field === 'asyncStarts') {
      const isCount = isAmount && value >= 1 && (Number.isInteger(value) || (field === 'asyncStarts' && value === Infinity))
      if (!isCount) throw new InvalidOptionError(`limits.${field}`, value, 'a whole number, 1 or more')
    } else if (field === 'perSecond') {
      if (!isAmount || value === 0) throw new InvalidOptionError(`limits.${field}`, value, 'a positive number, or Infinity')
    } else if (!isAmount || value === Infinity) {
      throw new InvalidOptionError(`limits.${field}`, value, 'milliseconds, finite and not negative')
    }
  }
  return limits
}
