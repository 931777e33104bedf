// The dynamic supervisor as users define it: one kind of child, started when asked for. OTP's simple_one_for_one, Elixir's DynamicSupervisor.

import { InvalidOptionError } from '@understudy/runtime/spi'
import type { ActorDefinition, Handler, Protocol, SupervisingDefinition, SupervisionDefaults } from '@understudy/runtime/spi'
import { countChildren, whichChildren } from '../child-info.ts'
import type { Intensity } from '../intensity.ts'
import { childSpec, refuseUnknown, validateChild, validateName, validIntensity } from '../spec.ts'
import type { ChildSpecOptions } from '../spec.ts'
import { supervising } from '../supervising.ts'
import { withBlueprint } from '../tree/blueprint.ts'
import { describe } from '../tree/running-tree.ts'
import type { ChildKey, DynamicSupervisorProtocol, StartMessage } from './dynamic-call.ts'
import { DynamicExecutor } from './dynamic-executor.ts'

/** Options of a dynamic supervisor; what they leave open of its children is as their definition has it, or the default. */
export interface DynamicSupervisorOptions<P extends Protocol, I> extends Omit<ChildSpecOptions, 'id' | 'significant'> {
  /** The default name of its instances. */
  readonly name: string
  /** What all its children are. */
  readonly child: ActorDefinition<P, I>
  /** How many children there may be, those that wait for their restart included. Default: as many as are asked for. */
  readonly maxChildren?: number
  /** When to give up. Default: at more than 3 restarts in 5 000 ms, of all children together. */
  readonly intensity?: Intensity
  /** How it would like to be supervised itself; its supervisor's child spec may say otherwise. */
  readonly supervision?: SupervisionDefaults
}

const handlers: ReadonlyMap<string, Handler> = new Map<string, Handler>([
  ['startChild', (run: DynamicExecutor, message: StartMessage<unknown>) => run.startChild(message)],
  ['terminateChild', (run: DynamicExecutor, key: ChildKey) => run.terminateChild(key)],
  ['whichChildren', (run: DynamicExecutor) => whichChildren(run)],
  ['countChildren', (run: DynamicExecutor) => countChildren(run)],
  ['describe', describe],
  ['getChildSpec', (run: DynamicExecutor, key: ChildKey) => run.getChildSpec(key)],
])

const childFields = ['restart', 'shutdownMs', 'type', 'recovery', 'onUndelivered'] as const
const fields: ReadonlySet<string> = new Set(['name', 'child', 'maxChildren', 'intensity', 'supervision', ...childFields])

/**
 * Defines a dynamic supervisor: it starts without children, starts one of one kind whenever it is asked to, restarts those that fail,
 * and stops all of them side by side.
 *
 * Use when: children come and go with what they stand for: sessions, orders, uploads. Guarantees: a child costs the same to start,
 * restart and stop with 100 000 siblings as with none; one that starts slowly makes no other wait; one that has ended and is not
 * restarted is forgotten. Watch out: children are lost when the supervisor itself is restarted; nobody but the caller knows their inputs.
 *
 * @throws InvalidOptionError naming the field.
 */
export function dynamicSupervisor<P extends Protocol, I>(
  options: DynamicSupervisorOptions<P, I>,
): ActorDefinition<DynamicSupervisorProtocol<P, I>> {
  const { name, child, maxChildren = Infinity, supervision } = options
  refuseUnknown(options, fields)
  validateName(name, 'name')
  if (maxChildren !== Infinity && !(Number.isInteger(maxChildren) && maxChildren >= 0))
    throw new InvalidOptionError('maxChildren', maxChildren, 'a whole number, not negative, or Infinity')
  const intensity = validIntensity(options.intensity, 'intensity')
  const overrides = Object.fromEntries(childFields.flatMap((field) => (field in options ? [[field, options[field]]] : [])))
  const template = childSpec(child, { ...overrides, significant: false })
  validateChild(template, 'child')
  const definition: SupervisingDefinition<DynamicSupervisorProtocol<P, I>> = {
    ...supervising<DynamicSupervisorProtocol<P, I>>(
      name,
      handlers,
      (control) => new DynamicExecutor(control, { template, maxChildren, intensity }),
      supervision,
    ),
    reentrant: { types: true, maxInFlight: mostOpenCalls },
    stopping: (run) => (run as DynamicExecutor).stopAll(),
  }
  return withBlueprint(definition, { kind: 'dynamic-supervisor', strategy: 'one-for-one', intensity, maxChildren, template, children: [] })
}

/** As many as its mailbox holds: calls wait for their children, not for each other. */
const mostOpenCalls = 10_000
