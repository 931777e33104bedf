// The supervisor as users define it: an actor whose children are its work.

import { InvalidOptionError } from '@understudy/runtime/spi'
import type { ActorDefinition, Handler, SupervisionDefaults } from '@understudy/runtime/spi'
import { validateAutoShutdown } from './auto-shutdown.ts'
import type { AutoShutdown } from './auto-shutdown.ts'
import { refuse, unknownChild } from './call.ts'
import type { CallResult, SpecResult, StartResult } from './call.ts'
import { countChildren, whichChildren } from './child-info.ts'
import type { ChildCounts, ChildInfo } from './child-info.ts'
import { Executor } from './executor.ts'
import type { Intensity } from './intensity.ts'
import { validatePersist } from './persistence/recovery-store.ts'
import type { RecoveryStore } from './persistence/recovery-store.ts'
import { recoverChild } from './recovery-info.ts'
import type { RecoveryOrder } from './recovery-info.ts'
import { refuseUnknown, validateChild, validateChildren, validateName, validateSignificance, validIntensity } from './spec.ts'
import type { ChildSpec } from './spec.ts'
import { oneForAll } from './strategy/one-for-all.ts'
import { oneForOne } from './strategy/one-for-one.ts'
import { restForOne } from './strategy/rest-for-one.ts'
import type { Strategy } from './strategy/strategy.ts'
import { supervising } from './supervising.ts'
import { withBlueprint } from './tree/blueprint.ts'
import { describe } from './tree/running-tree.ts'
import type { RunningNode } from './tree/tree-node.ts'

const strategies: ReadonlyMap<string, Strategy> = new Map([
  ['one-for-one', oneForOne],
  ['one-for-all', oneForAll],
  ['rest-for-one', restForOne],
])

/** Options of a supervisor. */
export interface SupervisorOptions {
  /** The default name of its instances. */
  readonly name: string
  /** Who is restarted with a failed child. Default `one-for-one`. */
  readonly strategy?: 'one-for-one' | 'one-for-all' | 'rest-for-one'
  /** When to give up. Default: at more than 3 restarts in 5 000 ms. */
  readonly intensity?: Intensity
  /** Whether it shuts itself down, with the exit reason `shutdown`, when significant children have ended. Default `never`. */
  readonly autoShutdown?: AutoShutdown
  /** Whether a group restart starts those, too, that had ended or were terminated, as OTP does. Default false. */
  readonly reviveStopped?: boolean
  /**
   * Keeps the recoveries of its children in a store, so that each goes on where it was after the end of the process: with `true` in the
   * store of its node, else in the one given, such as `fileStore()`. Default false. What is stored last may be one step old.
   */
  readonly persist?: boolean | RecoveryStore
  /** Started in this order, stopped in the reverse one. */
  readonly children: readonly ChildSpec[]
  /** How it would like to be supervised itself; its supervisor's child spec may say otherwise. */
  readonly supervision?: SupervisionDefaults
}

/** What can be asked of a supervisor. Calls that are refused answer `{ ok: false, error, detail }`. Each waits for the one before. */
export type SupervisorProtocol = {
  /** All children in start order. */
  whichChildren(): readonly ChildInfo[]
  countChildren(): ChildCounts
  /** This supervisor and everything beneath it, as plain JSON. */
  describe(): RunningNode
  /** The complete spec of a child, all defaults filled in. Local callers only: a spec holds functions. */
  getChildSpec(message: { readonly id: string }): SpecResult
  /** Adds a child at the end and starts it; a failed start leaves nothing behind. Local callers only: a spec holds functions. */
  startChild(message: { readonly child: ChildSpec }): StartResult
  /** Stops a child and keeps its spec (unless it is `temporary`). Its siblings go on. Does not count as a restart. */
  terminateChild(message: { readonly id: string }): CallResult
  /** Starts a child that was terminated or has ended. Does not count as a restart. */
  restartChild(message: { readonly id: string }): StartResult
  /** Forgets the spec of a child that is not running. */
  deleteChild(message: { readonly id: string }): CallResult
  /** Decides about a child in recovery by hand, if its machine has a use for that in the state that it is in (else `ignored`). */
  recoverChild(message: { readonly id: string; readonly order: RecoveryOrder }): CallResult
}

const fields = new Set(['name', 'strategy', 'intensity', 'autoShutdown', 'reviveStopped', 'persist', 'children', 'supervision'])

/**
 * Defines a supervisor: it starts its children in order, one at a time, restarts those that fail, and stops them in reverse order.
 *
 * Use when: something must go on although parts of it fail. Spawn it like any actor, or make it a child of another supervisor.
 * Guarantees: a child whose first start fails undoes the whole start, which then fails with StartFailedError; later failures go
 * through restart type, recovery machine, intensity and strategy. When it gives up it stops all children and exits `shutdown`.
 * Watch out: a `transient` supervisor that gives up is therefore not restarted by its own supervisor; a `permanent` one is.
 *
 * @throws InvalidOptionError naming the field, such as `children[2].shutdownMs`.
 */
export function supervisor(options: SupervisorOptions): ActorDefinition<SupervisorProtocol> {
  const { name, strategy = 'one-for-one', autoShutdown = 'never', reviveStopped = false, persist = false, children, supervision } = options
  refuseUnknown(options, fields)
  validateName(name, 'name')
  const chosen = strategies.get(strategy)
  if (chosen === undefined) throw new InvalidOptionError('strategy', strategy, `one of ${[...strategies.keys()].join(', ')}`)
  const intensity = validIntensity(options.intensity, 'intensity')
  validateAutoShutdown(autoShutdown)
  if (typeof reviveStopped !== 'boolean') throw new InvalidOptionError('reviveStopped', reviveStopped, 'true or false')
  validatePersist(persist)
  validateChildren(children, 'children', autoShutdown)
  const settings = { strategy: chosen, intensity, autoShutdown, reviveStopped, persist, children }
  const definition = supervising<SupervisorProtocol>(
    name,
    handlersFor(autoShutdown),
    (control) => new Executor(control, settings),
    supervision,
  )
  return withBlueprint(definition, { kind: 'supervisor', strategy, intensity, autoShutdown, children })
}

function handlersFor(autoShutdown: AutoShutdown): ReadonlyMap<string, Handler> {
  return new Map<string, Handler>([
    ['whichChildren', (run: Executor) => whichChildren(run)],
    ['countChildren', (run: Executor) => countChildren(run)],
    ['describe', describe],
    ['getChildSpec', (run: Executor, { id }: { id: string }) => getChildSpec(run, id)],
    ['startChild', (run: Executor, message: { child: ChildSpec }) => startChild(run, message.child, autoShutdown)],
    ['terminateChild', (run: Executor, { id }: { id: string }) => run.call({ type: 'terminateChild', id })],
    ['restartChild', (run: Executor, { id }: { id: string }) => run.call({ type: 'restartChild', id })],
    ['deleteChild', (run: Executor, { id }: { id: string }) => run.call({ type: 'deleteChild', id })],
    ['recoverChild', recoverChild],
  ])
}

function getChildSpec(run: Executor, id: string): SpecResult {
  const spec = run.spec(id)
  return spec === undefined ? unknownChild(id) : { ok: true, spec }
}

function startChild(run: Executor, child: ChildSpec, autoShutdown: AutoShutdown): StartResult | Promise<StartResult> {
  try {
    validateChild(child, 'child')
    validateSignificance(child, autoShutdown, 'child')
  } catch (error) {
    return refuse('invalid-spec', (error as Error).message)
  }
  return run.call({ type: 'startChild', spec: child })
}
