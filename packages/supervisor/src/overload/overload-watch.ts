// Looks now and then how much there is to do and what it costs, and tells the recoveries that have a use for it: OVERLOADED. It samples
// from outside, so messages pay nothing; its timer runs only while somebody listens.

import { ActorRef, InvalidOptionError, serviceKey } from '@understudy/runtime/spi'
import type { Child, Env, ServiceKey, SupervisionControl, TimerHandle } from '@understudy/runtime/spi'
import type { Told } from '../recovery/facts.ts'
import { listens } from '../recovery/machine.ts'
import type { RecoveryPolicy } from '../recovery/machine.ts'
import { closeWindow, noTrend, sample } from './trend.ts'
import type { Trend, TrendRules } from './trend.ts'

/** How overload is looked for. */
export interface OverloadWatchOptions {
  /** How often a sample is taken, in milliseconds. Default 1 000. */
  readonly everyMs?: number
  /** How many samples are one window, after which recoveries are told; the first six windows are learnt from. Default 10. */
  readonly samples?: number
  /** The heap in use, in bytes. Default: V8's. */
  readonly heapBytes?: () => number
}

/**
 * Provide options (`{}` for the defaults) under this key, before the supervisors are spawned, and the system measures for `OVERLOADED`: heap
 * (`heapRatio` of `rejuvenate()`), loop lag (`lagRatio`), and for each child that has a use for it an estimate of latency (`slowRatio` of
 * `circuitBreaker()`): what waits for it and is in its hands, which at the same load grows as latency does (J. Little, 1961).
 */
export const overloadWatch: ServiceKey<OverloadWatchOptions> = serviceKey<OverloadWatchOptions>('overload-watch')

/** A supervisor, as far as it is looked at. */
export interface Watched {
  standings(): Iterable<{ readonly spec: { readonly id: string }; readonly phase: string; readonly child: Child | undefined }>
  recovery(id: string): { readonly policy: RecoveryPolicy } | undefined
  /** Tells in the supervisor's own turn. */
  tellSoon(id: string, told: Told): void
}

type Resource = 'latency' | 'heap' | 'loop-lag'

/** Less than that is told to nobody. */
const leastRatio = 1.25
const rules: Readonly<Record<Resource, TrendRules>> = {
  // Sixteen messages are no queue. A load that has grown for good is normal after some minutes.
  latency: { reads: 'mean', floor: 16, drift: 0.05 },
  // The least of a window is what is left after a collection.
  heap: { reads: 'least', floor: 2 ** 20, drift: 0 },
  'loop-lag': { reads: 'mean', floor: 10, drift: 0 },
}
const watchKey: ServiceKey<OverloadWatch> = serviceKey('overload-watch at work')

/** The watch of one system. */
export class OverloadWatch {
  readonly #env: Env
  readonly #everyMs: number
  readonly #samples: number
  readonly #heapBytes: () => number
  readonly #watched = new Set<Watched>()
  /** What was told to whom, by incarnation: what is normal is learnt anew when one of them has been restarted. */
  readonly #told = new Map<Child, number>()
  #children = new WeakMap<Child, Trend>()
  #heap = noTrend
  #lag = noTrend
  #taken = 0
  #dueAt = 0
  #timer: TimerHandle | undefined

  constructor(env: Env, { everyMs = 1_000, samples = 10, heapBytes = () => process.memoryUsage().heapUsed }: OverloadWatchOptions) {
    if (!(Number.isFinite(everyMs) && everyMs > 0))
      throw new InvalidOptionError('overloadWatch.everyMs', everyMs, 'milliseconds, more than 0')
    if (!(Number.isSafeInteger(samples) && samples > 0))
      throw new InvalidOptionError('overloadWatch.samples', samples, 'a whole number, 1 or more')
    this.#env = env
    this.#everyMs = everyMs
    this.#samples = samples
    this.#heapBytes = heapBytes
  }

  /** The watch of the system that a supervisor lives in, if it is wanted there. @throws InvalidOptionError */
  static of(control: SupervisionControl): OverloadWatch | undefined {
    const options = control.find?.(overloadWatch)
    if (options === undefined) return undefined
    return control.shared?.(watchKey, (host) => new OverloadWatch(host.env, options))
  }

  /** A supervisor has a child with such a recovery. */
  join(watched: Watched, recovery: RecoveryPolicy): void {
    if (!listens(recovery, 'OVERLOADED')) return
    this.#watched.add(watched)
    if (this.#timer === undefined) this.#lookLater()
  }

  /** A supervisor has ended. */
  leave(watched: Watched): void {
    this.#watched.delete(watched)
    if (this.#watched.size > 0 || this.#timer === undefined) return
    this.#env.clearTimer(this.#timer)
    this.#timer = undefined
    this.#forget()
  }

  #lookLater(): void {
    this.#dueAt = this.#env.now() + this.#everyMs
    this.#timer = this.#env.setTimer(this.#everyMs, () => this.#look(), true)
  }

  #look(): void {
    this.#heap = sample(this.#heap, this.#heapBytes())
    this.#lag = sample(this.#lag, Math.max(0, this.#env.now() - this.#dueAt))
    for (const { child } of this.#listeners()) {
      const { outstanding } = ActorRef.endpointOf(child.ref)
      this.#children.set(child, sample(this.#children.get(child) ?? noTrend, outstanding))
    }
    if (++this.#taken >= this.#samples) this.#closeWindow()
    this.#lookLater()
  }

  #closeWindow(): void {
    this.#taken = 0
    if ([...this.#told].some(([child, incarnation]) => child.incarnation !== incarnation || child.life === 'stopped')) return this.#forget()
    const [heap, heapRatio] = closeWindow(this.#heap, rules.heap)
    const [lag, lagRatio] = closeWindow(this.#lag, rules['loop-lag'])
    this.#heap = heap
    this.#lag = lag
    for (const { watched, id, child } of this.#listeners()) {
      const [trend, latencyRatio] = closeWindow(this.#children.get(child) ?? noTrend, rules.latency)
      this.#children.set(child, trend)
      const ratios = { heap: heapRatio, 'loop-lag': lagRatio, latency: latencyRatio }
      for (const [resource, ratio] of Object.entries(ratios) as [Resource, number][]) {
        if (ratio < leastRatio) continue
        if (resource !== 'latency') this.#told.set(child, child.incarnation)
        watched.tellSoon(id, { type: 'OVERLOADED', resource, ratio, incarnation: child.incarnation })
      }
    }
  }

  #forget(): void {
    this.#told.clear()
    this.#children = new WeakMap()
    this.#heap = this.#lag = noTrend
    this.#taken = 0
  }

  *#listeners(): Generator<{ readonly watched: Watched; readonly id: string; readonly child: Child }> {
    for (const watched of this.#watched)
      for (const { spec, phase, child } of watched.standings()) {
        const recovery = watched.recovery(spec.id)
        if (child !== undefined && phase === 'running' && recovery !== undefined && listens(recovery.policy, 'OVERLOADED'))
          yield { watched, id: spec.id, child }
      }
  }
}
