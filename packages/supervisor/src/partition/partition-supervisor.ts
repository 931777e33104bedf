// A partition supervisor: the same child several times, each message routed to one of them by its key. Elixir's PartitionSupervisor.

import { actor } from '@understudy/runtime'
import { ActorRef, formatAddress, InvalidOptionError } from '@understudy/runtime/spi'
import type {
  ActorDefinition,
  AnyRef,
  Child,
  Endpoint,
  Message,
  MessageOf,
  Protocol,
  Ref,
  Shutdown,
  SupervisingDefinition,
  SupervisionControl,
} from '@understudy/runtime/spi'
import { Executor } from '../executor.ts'
import type { Intensity } from '../intensity.ts'
import type { RecoveryPolicy } from '../recovery/machine.ts'
import type { RestartType } from '../restart-type.ts'
import { childSpec, validateChild, validateDefinition, validateName, validIntensity } from '../spec.ts'
import type { ChildSpec } from '../spec.ts'
import { oneForOne } from '../strategy/one-for-one.ts'
import { supervising } from '../supervising.ts'
import { withBlueprint } from '../tree/blueprint.ts'
import { isPartitionKey } from './partition-key.ts'
import type { PartitionKey } from './partition-key.ts'
import { partitionName, PartitionRouter } from './partition-router.ts'

/** Options of a partition supervisor of children that speak `P` and take the input `I`. */
export interface PartitionSupervisorOptions<P extends Protocol, I> {
  /** The default name of its instances. */
  readonly name: string
  /** What each partition runs: an actor, or a supervisor of any kind. */
  readonly child: ActorDefinition<P, I>
  /** How many; they never become more or fewer. Default 8. */
  readonly partitions?: number
  /** The key of a message, a text or a number. Runs at the sender's, so keep it cheap. Default: the message's field `key`. */
  readonly keyOf?: (message: MessageOf<P>) => PartitionKey
  /** The input of each partition. Default: none. */
  readonly inputOf?: (partition: number) => I
  /** When a partition is restarted. Default `permanent`. */
  readonly restart?: RestartType
  /** How long a partition may take to stop. Default: what its definition says. */
  readonly shutdownMs?: Shutdown
  /** How each partition recovers. Default: one restart at once, then backoff. */
  readonly recovery?: RecoveryPolicy
  /** When the supervisor gives up. Default: at more than 3 restarts in 5 000 ms. */
  readonly intensity?: Intensity
}

const defaultPartitions = 8
/** More than that are a mistake, not partitions. */
const mostPartitions = 10_000
const fields = new Set(['name', 'child', 'partitions', 'keyOf', 'inputOf', 'restart', 'shutdownMs', 'recovery', 'intensity'])

/**
 * Defines a partition supervisor: `partitions` copies of one child, whose ref speaks the child's protocol and hands each message
 * straight to the partition of its key.
 *
 * Use when: one actor (or one dynamic supervisor, one task supervisor) is too busy, and its work falls apart by some key.
 * Guarantees: messages of one key go to one partition, in order, also over restarts; partitions are restarted one-for-one, so a
 * failure is felt by its own keys only. Whole numbers go to partition `|key| mod partitions`, other keys by a stable hash.
 * Watch out: what cannot be routed by message (`startChild` of a dynamic supervisor) goes to `partitionOf(ref, key)`.
 *
 * @throws InvalidOptionError naming the field.
 */
export function partitionSupervisor<P extends Protocol, I = undefined>(
  options: PartitionSupervisorOptions<P, I> & (undefined extends I ? unknown : { readonly inputOf: (partition: number) => I }),
): ActorDefinition<P> {
  if (typeof options !== 'object' || options === null) throw new InvalidOptionError('options', options, 'an object with name and child')
  for (const [field, value] of Object.entries(options) as [string, unknown][]) {
    if (!fields.has(field)) throw new InvalidOptionError(field, value, 'left out: there is no such option')
  }
  const { name, child: definition, partitions = defaultPartitions, keyOf = keyField, inputOf } = options
  validateName(name, 'name')
  validateDefinition(definition, 'child')
  if (!Number.isInteger(partitions) || partitions < 1 || partitions > mostPartitions)
    throw new InvalidOptionError('partitions', partitions, `a whole number from 1 to ${mostPartitions}`)
  if (typeof keyOf !== 'function') throw new InvalidOptionError('keyOf', keyOf, 'a function from a message to a text or a number')
  if (inputOf !== undefined && typeof inputOf !== 'function')
    throw new InvalidOptionError('inputOf', inputOf, 'a function from the number of a partition to its input')
  const intensity = validIntensity(options.intensity, 'intensity')
  const { restart, shutdownMs, recovery } = options
  const children = Array.from({ length: partitions }, (_, n) =>
    childSpec(definition, {
      id: partitionName(n),
      input: inputOf?.(n),
      ...(restart !== undefined && { restart }),
      ...(shutdownMs !== undefined && { shutdownMs }),
      ...(recovery !== undefined && { recovery }),
    }),
  )
  validateChild(children[0]!, 'child')

  const made: SupervisingDefinition<P> = {
    ...supervising<P>(name, new Map(), (control) => new PartitionExecutor(control, intensity, children)),
    ...(definition.schemas && { schemas: definition.schemas }),
    handlers: passOn,
    route: (inside, current) =>
      new PartitionRouter(inside, {
        partitions,
        keyOf: keyOf as (message: Message) => unknown,
        current: () => (current() as PartitionExecutor | null)?.partitions ?? null,
      }),
  }
  return withBlueprint(made, { kind: 'partition-supervisor', strategy: 'one-for-one', intensity, children })
}

/**
 * A ref to the partition of a key; it stays valid through restarts of the partition.
 *
 * Use when: the partitions are supervisors, whose messages carry no key: `tasks(partitionOf(ref, user))`.
 *
 * @throws InvalidOptionError when `ref` is not the ref of a partition supervisor of this process.
 */
export function partitionOf<P extends Protocol>(ref: Ref<P>, key: PartitionKey): Ref<P> {
  const router = ActorRef.endpointOf(ref as AnyRef)
  if (!(router instanceof PartitionRouter))
    throw new InvalidOptionError('ref', formatAddress(ref.address), 'that of a partition supervisor')
  if (!isPartitionKey(key)) throw new InvalidOptionError('key', key, 'a text or a number')
  return new ActorRef<P>(router.only(key))
}

/** What waited with the supervisor is passed on when it runs. */
const { handlers: passOn } = actor({
  name: 'partition-supervisor',
  receive: (_state, _message, ctx) => ctx.forward(new ActorRef((ActorRef.endpointOf(ctx.self) as PartitionRouter).passage)),
})

/** An executor that knows its children by number. */
class PartitionExecutor extends Executor {
  readonly partitions: (Endpoint | undefined)[] = []
  readonly #numbers: ReadonlyMap<string, number>

  constructor(control: SupervisionControl, intensity: Intensity, children: readonly ChildSpec[]) {
    super(control, { strategy: oneForOne, intensity, children })
    this.#numbers = new Map(children.map(({ id }, n) => [id, n]))
  }

  protected override born(child: Child): void {
    this.partitions[this.#numbers.get(child.name)!] = ActorRef.endpointOf(child.ref)
  }
}

function keyField(message: Message): PartitionKey {
  return (message as Message & { readonly key: PartitionKey }).key
}
