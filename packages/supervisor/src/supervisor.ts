// The supervisor as users define it: an actor whose children are its work.

import { InvalidOptionError, tableOf } from '@understudy/runtime/spi'
import type { ActorDefinition, Handler, LifeState, Protocol, Ref, SupervisingDefinition, SupervisionControl } from '@understudy/runtime/spi'
import type { CallResult } from './call.ts'
import { Executor } from './executor.ts'
import type { Intensity } from './intensity.ts'
import type { RestartType } from './restart-type.ts'
import { validateChild, validateChildren, validateName, validIntensity } from './spec.ts'
import type { ChildSpec } from './spec.ts'
import { oneForAll } from './strategy/one-for-all.ts'
import { oneForOne } from './strategy/one-for-one.ts'
import { restForOne } from './strategy/rest-for-one.ts'
import type { Strategy } from './strategy/strategy.ts'

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
  /** Started in this order, stopped in the reverse one. */
  readonly children: readonly ChildSpec[]
}

/** One child as `whichChildren` shows it. */
export interface ChildInfo {
  readonly id: string
  readonly restart: RestartType
  readonly type: 'worker' | 'supervisor'
  /** `restarting` while it waits for its restart; `absent` when only its spec is there. */
  readonly state: 'starting' | 'running' | 'restarting' | 'stopping' | 'absent'
  readonly life: LifeState | undefined
  /** 0 while it is absent. */
  readonly incarnation: number
  readonly ref: Ref<Protocol> | undefined
}

/** What `countChildren` answers. */
export interface ChildCounts {
  readonly specs: number
  /** Those that run or are being started. */
  readonly active: number
  readonly supervisors: number
  readonly workers: number
}

/** What can be asked of a supervisor. The four calls that change something answer `{ ok: false, error, detail }` when they are refused. */
export type SupervisorProtocol = {
  /** All children in start order. */
  whichChildren(): readonly ChildInfo[]
  countChildren(): ChildCounts
  /** Adds a child at the end and starts it; a failed start leaves nothing behind. Local callers only: a spec holds functions. */
  startChild(message: { readonly child: ChildSpec }): CallResult
  /** Stops a child and keeps its spec (unless it is `temporary`). Its siblings go on. Does not count as a restart. */
  terminateChild(message: { readonly id: string }): CallResult
  /** Starts a child that was terminated or has ended. Does not count as a restart. */
  restartChild(message: { readonly id: string }): CallResult
  /** Forgets the spec of a child that is not running. */
  deleteChild(message: { readonly id: string }): CallResult
}

const handlers: ReadonlyMap<string, Handler> = new Map<string, Handler>([
  ['whichChildren', (run: Executor) => whichChildren(run)],
  ['countChildren', (run: Executor) => countChildren(run)],
  ['startChild', (run: Executor, message: { child: ChildSpec }) => startChild(run, message.child)],
  ['terminateChild', (run: Executor, { id }: { id: string }) => run.call({ type: 'terminateChild', id })],
  ['restartChild', (run: Executor, { id }: { id: string }) => run.call({ type: 'restartChild', id })],
  ['deleteChild', (run: Executor, { id }: { id: string }) => run.call({ type: 'deleteChild', id })],
])

const fields = new Set(['name', 'strategy', 'intensity', 'children'])

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
  const { name, strategy = 'one-for-one', children } = options
  for (const [field, value] of Object.entries(options) as [string, unknown][]) {
    if (!fields.has(field)) throw new InvalidOptionError(field, value, 'left out: there is no such option')
  }
  validateName(name, 'name')
  const chosen = strategies.get(strategy)
  if (chosen === undefined) throw new InvalidOptionError('strategy', strategy, `one of ${[...strategies.keys()].join(', ')}`)
  const intensity = validIntensity(options.intensity, 'intensity')
  validateChildren(children, 'children')
  return supervising<SupervisorProtocol>(name, handlers, (control) => new Executor(control, { strategy: chosen, intensity, children }))
}

/** A definition whose state is an executor and whose start is the start of its children. */
export function supervising<P extends Protocol>(
  name: string,
  handled: ReadonlyMap<string, Handler>,
  makeExecutor: (control: SupervisionControl) => Executor,
): SupervisingDefinition<P> {
  return {
    name,
    handlers: tableOf(handled),
    capacity: 10_000,
    overflow: 'reject',
    shutdownMs: 'infinity',
    supervise: makeExecutor,
    start: (_input, ctx, supervision) => (supervision as Executor).boot(ctx.signal),
  }
}

function whichChildren(run: Executor): readonly ChildInfo[] {
  return run.standings().map(({ spec, phase, child }) => ({
    id: spec.id,
    restart: spec.restart,
    type: isSupervisor(spec) ? 'supervisor' : 'worker',
    state: phase === 'down' ? 'restarting' : phase,
    life: child?.life,
    incarnation: child?.incarnation ?? 0,
    ref: child?.ref,
  }))
}

function countChildren(run: Executor): ChildCounts {
  const standings = run.standings()
  const supervisors = standings.filter(({ spec }) => isSupervisor(spec)).length
  const active = standings.filter(({ phase }) => phase === 'running' || phase === 'starting').length
  return { specs: standings.length, active, supervisors, workers: standings.length - supervisors }
}

async function startChild(run: Executor, child: ChildSpec): Promise<CallResult> {
  try {
    validateChild(child, 'child')
  } catch (error) {
    return { ok: false, error: 'invalid-spec', detail: (error as Error).message }
  }
  return run.call({ type: 'startChild', spec: child })
}

function isSupervisor(spec: ChildSpec): boolean {
  return (spec.definition as SupervisingDefinition<Protocol>).supervise !== undefined
}
