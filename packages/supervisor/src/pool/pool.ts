// A pool: several workers of one kind behind one ref, each supervised on its own.

import { InvalidOptionError } from '@understudy/runtime/spi'
import type { ActorDefinition, Child, Protocol, SupervisingDefinition, SupervisionControl } from '@understudy/runtime/spi'
import { Executor } from '../executor.ts'
import type { Intensity } from '../intensity.ts'
import { defaultIntensity } from '../intensity.ts'
import { validatePolicy } from '../recovery/machine.ts'
import type { RecoveryPolicy } from '../recovery/machine.ts'
import { childSpec, refuseUnknown, validateDefinition, validateName, validIntensity } from '../spec.ts'
import type { ChildSpec } from '../spec.ts'
import { oneForOne } from '../strategy/one-for-one.ts'
import { supervising } from '../supervising.ts'
import { withBlueprint } from '../tree/blueprint.ts'
import { Router, Worker } from './router.ts'
import type { Routing } from './routing/candidate.ts'
import { leastOutstanding } from './routing/least-outstanding.ts'
import { roundRobin } from './routing/round-robin.ts'

const routings: ReadonlyMap<string, Routing> = new Map([
  ['round-robin', roundRobin],
  ['least-outstanding', leastOutstanding],
])

/** Options of a pool, beside its workers' input. */
export interface PoolOptions {
  /** How many workers. `{ min, max }` is taken when both are equal; pools do not grow and shrink yet. */
  readonly size: number | { readonly min: number; readonly max: number }
  /** Who gets the next message. Default `round-robin`. */
  readonly routing?: 'round-robin' | 'least-outstanding'
  /** The pool's name. Default: the name of its workers' definition. */
  readonly name?: string
  /** When the pool gives up. Default: at more than 3 restarts per worker in 5 000 ms. */
  readonly intensity?: Intensity
  /** How each worker recovers. Default: one restart at once, then backoff. */
  readonly recovery?: RecoveryPolicy
}

/** `input` must be given exactly when the workers' definition takes one; every worker gets the same. */
export type PoolArguments<I> = undefined extends I
  ? [options: PoolOptions & { readonly input?: I }]
  : [options: PoolOptions & { readonly input: I }]

/** More workers than that are a mistake, not a pool. */
const largestSize = 10_000
const fields = new Set(['size', 'routing', 'name', 'intensity', 'recovery', 'input'])

/**
 * Defines a pool: its ref speaks the protocol of its workers, and each message goes straight to one of them.
 *
 * Guarantees: workers are `permanent` and restarted one-for-one; while one is down the others get its share, and while all are down
 * messages wait with the first. Watch out: messages to a pool have no order among each other, as they go to different workers.
 *
 * @throws InvalidOptionError naming the field.
 */
export function pool<P extends Protocol, I>(definition: ActorDefinition<P, I>, ...[options]: PoolArguments<I>): ActorDefinition<P> {
  validateDefinition(definition, 'definition')
  if (typeof options !== 'object' || options === null) throw new InvalidOptionError('options', options, 'an object with at least the size')
  refuseUnknown(options, fields)
  const size = validSize(options.size)
  const routing = routings.get(options.routing ?? 'round-robin')
  if (routing === undefined) throw new InvalidOptionError('routing', options.routing, `one of ${[...routings.keys()].join(', ')}`)
  const name = options.name ?? definition.name
  validateName(name, 'name')
  const fallback = { ...defaultIntensity, restarts: defaultIntensity.restarts * size }
  const intensity = validIntensity(options.intensity ?? fallback, 'intensity')
  const { recovery, input } = options
  const worker = childSpec(definition, { restart: 'permanent', significant: false, input, ...(recovery && { recovery }) })
  validatePolicy(worker.recovery, 'recovery')
  const children = Array.from({ length: size }, (_, n) => ({ ...worker, id: `w-${n + 1}` }))
  const chosen = routing

  const made: SupervisingDefinition<P> = {
    ...supervising<P>(name, new Map(), (control) => new PoolExecutor(control, intensity, children)),
    ...(definition.schemas && { schemas: definition.schemas }),
    route: (inside, current) => new Router(inside, chosen, () => (current() as PoolExecutor | null)?.workers ?? []),
  }
  return withBlueprint(made, { kind: 'pool', strategy: 'one-for-one', intensity, children })
}

/** An executor that knows its children as workers. */
class PoolExecutor extends Executor {
  readonly workers: Worker[] = []

  constructor(control: SupervisionControl, intensity: Intensity, children: readonly ChildSpec[]) {
    super(control, { strategy: oneForOne, intensity, children })
  }

  protected override born(child: Child): void {
    this.workers.push(new Worker(child))
  }
}

function validSize(size: PoolOptions['size']): number {
  const { min, max } = typeof size === 'object' && size !== null ? size : { min: size, max: size }
  for (const [field, value] of [
    ['min', min],
    ['max', max],
  ] as const) {
    const at = typeof size === 'object' ? `size.${field}` : 'size'
    if (!Number.isInteger(value) || value < 1 || value > largestSize)
      throw new InvalidOptionError(at, value, `a whole number from 1 to ${largestSize}`)
  }
  if (min !== max) throw new InvalidOptionError('size.max', max, `equal to size.min (${min}): pools do not grow and shrink yet`)
  return min
}
