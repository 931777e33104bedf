// The task supervisor: functions run once, each as an actor of its own beneath it. Elixir's Task.Supervisor.

import { checkShutdown, InvalidOptionError } from '@understudy/runtime/spi'
import type { ActorContext, ActorDefinition, Handler, Protocol, Ref, Shutdown, SupervisionControl } from '@understudy/runtime/spi'
import type { CallResult, StartResult } from '../call.ts'
import { countChildren, whichChildren } from '../child-info.ts'
import type { ChildCounts, ChildInfo } from '../child-info.ts'
import { Executor } from '../executor.ts'
import type { Intensity } from '../intensity.ts'
import type { RestartType } from '../restart-type.ts'
import { childSpec, refuseUnknown, validateName, validIntensity } from '../spec.ts'
import { oneForOne } from '../strategy/one-for-one.ts'
import { supervising } from '../supervising.ts'
import { withBlueprint } from '../tree/blueprint.ts'
import { describe } from '../tree/running-tree.ts'
import type { RunningNode } from '../tree/tree-node.ts'
import { Background, task } from './task-actor.ts'
import { TaskStoppedError, TooManyTasksError } from './task-error.ts'
import type { Job, NoMessages, TaskFunction } from './task-job.ts'
import type { TaskRun } from './task-run.ts'

/** Options of a task supervisor. */
export interface TaskSupervisorOptions {
  /** The default name of its instances. */
  readonly name: string
  /** How many tasks there may be at a time; one more is refused with TooManyTasksError. Default: no limit. */
  readonly maxChildren?: number
  /** How long a task may take to stop once its signal is aborted, unless it says otherwise: milliseconds, `brutal` or `infinity`. Default 5000. */
  readonly shutdownMs?: Shutdown
  /** When to give up; only tasks that are restarted count. Default: at more than 3 restarts in 5 000 ms. */
  readonly intensity?: Intensity
}

/** A task that nobody waits for. */
export interface BackgroundTask {
  readonly work: TaskFunction<unknown>
  readonly restart: RestartType
  readonly shutdownMs: Shutdown | undefined
}

/** What a task supervisor understands; use it through `tasks(ref)`. Local callers only: functions do not travel. */
export type TaskSupervisorProtocol = {
  /** Runs a function for a caller that waits. */
  runTask(message: { readonly run: object }): void
  /** Runs a function that nobody waits for. */
  startTask(message: BackgroundTask): Ref<NoMessages>
  /** All tasks, in the order in which they were begun. */
  whichChildren(): readonly ChildInfo[]
  countChildren(): ChildCounts
  /** This supervisor and its tasks, as plain JSON. */
  describe(): RunningNode
  /** Stops a task, by the last part of its path. */
  terminateChild(message: { readonly id: string }): CallResult
}

const handlers: ReadonlyMap<string, Handler> = new Map<string, Handler>([
  ['whichChildren', (tasks: TaskExecutor) => whichChildren(tasks)],
  ['countChildren', (tasks: TaskExecutor) => countChildren(tasks)],
  ['describe', describe],
  ['runTask', (tasks: TaskExecutor, { run }: { run: TaskRun }, ctx: ActorContext<Protocol>) => tasks.run(run, ctx)],
  ['startTask', (tasks: TaskExecutor, message: BackgroundTask, ctx: ActorContext<Protocol>) => tasks.runInBackground(message, ctx)],
  ['terminateChild', (tasks: TaskExecutor, { id }: { id: string }) => tasks.call({ type: 'terminateChild', id })],
])

const fields = new Set(['name', 'maxChildren', 'shutdownMs', 'intensity'])

/**
 * Defines a task supervisor. Spawn it, or make it a child, and give it work through `tasks(ref)`.
 *
 * Use when: something is to be done beside an actor, once: a request, a computation, a batch.
 * Guarantees: each task is an actor with its own signal; it ends within `shutdownMs` once it is told to, and with its supervisor at the
 * latest. A task that fails harms no other.
 *
 * @throws InvalidOptionError naming the field.
 */
export function taskSupervisor(options: TaskSupervisorOptions): ActorDefinition<TaskSupervisorProtocol> {
  if (typeof options !== 'object' || options === null) throw new InvalidOptionError('options', options, 'an object with at least the name')
  refuseUnknown(options, fields)
  const { name, maxChildren = Infinity, shutdownMs } = options
  validateName(name, 'name')
  if (maxChildren !== Infinity && !(Number.isInteger(maxChildren) && maxChildren >= 0))
    throw new InvalidOptionError('maxChildren', maxChildren, 'a whole number of tasks, not negative, or Infinity')
  checkShutdown('shutdownMs', shutdownMs)
  const intensity = validIntensity(options.intensity, 'intensity')
  const definition = {
    ...supervising<TaskSupervisorProtocol>(name, handlers, (control) => new TaskExecutor(control, { intensity, maxChildren, shutdownMs })),
    // Side by side, as OTP's dynamic supervisors do: they do not build on each other.
    stopping: (run: unknown) => (run as TaskExecutor).stopAll(),
  }
  return withBlueprint(definition, { kind: 'task-supervisor', strategy: 'one-for-one', intensity, maxChildren, children: [] })
}

interface TaskSettings {
  readonly intensity: Intensity
  readonly maxChildren: number
  readonly shutdownMs: Shutdown | undefined
}

/** An executor whose children are tasks. */
class TaskExecutor extends Executor {
  readonly #path: string
  readonly #settings: TaskSettings
  #begun = 0

  constructor(control: SupervisionControl, settings: TaskSettings) {
    const { intensity, maxChildren } = settings
    super(control, { strategy: oneForOne, intensity, maxChildren, children: [] })
    this.#path = control.path
    this.#settings = settings
  }

  /** Begins a run; the task itself answers the message. */
  run(run: TaskRun, ctx: ActorContext<Protocol>): void {
    // Its caller has given up while it waited.
    if (run.over) return
    const begun = this.#begin(run, 'temporary', run.shutdownMs)
    if ('ref' in begun) ctx.forward(begun.ref)
    else answerLater(begun.refused, ctx)
  }

  /** Begins a task that nobody waits for; answers its ref. */
  runInBackground({ work, restart, shutdownMs }: BackgroundTask, ctx: ActorContext<Protocol>): unknown {
    const begun = this.#begin(new Background(work), restart, shutdownMs)
    return 'ref' in begun ? begun.ref : answerLater(begun.refused, ctx)
  }

  #begin(
    job: Job,
    restart: RestartType,
    shutdownMs = this.#settings.shutdownMs,
  ): { readonly ref: Ref<Protocol> } | { readonly refused: Promise<Error> } {
    const id = `t-${++this.#begun}`
    const spec = childSpec(task, { id, restart, input: job, ...(shutdownMs !== undefined && { shutdownMs }) })
    const called = this.call({ type: 'startChild', spec })
    // It is there at once, or not at all.
    const child = this.child(id)
    return child === undefined ? { refused: Promise.resolve(called).then((result) => this.#refusal(id, result)) } : child
  }

  #refusal(id: string, result: StartResult): Error {
    const isFull = !result.ok && result.error === 'max-children'
    return isFull ? new TooManyTasksError(this.#path, this.#settings.maxChildren) : new TaskStoppedError(`${this.#path}/${id}`, 'shutdown')
  }
}

/** Answers the message in hand with an error, without holding the supervisor until it is there. */
function answerLater(refused: Promise<Error>, ctx: ActorContext<Protocol>): void {
  const reply = ctx.deferReply()
  void refused.then((error) => reply.reject(error))
}
