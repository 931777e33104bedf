// How work is given to a task supervisor: with a caller (`tasks(ref, ctx)`), whom linked tasks share their fate with, or without one.

import { ActorRef, checkShutdown, InvalidOptionError } from '@understudy/runtime/spi'
import type { ActorContext, AnyRef, Endpoint, Message, Protocol, Ref, Shutdown } from '@understudy/runtime/spi'
import type { CallResult } from '../call.ts'
import { restartTypes } from '../restart-type.ts'
import type { RestartType } from '../restart-type.ts'
import type { NoMessages, TaskContext, TaskFunction } from './task-job.ts'
import { TaskRun } from './task-run.ts'
import { checkStreamOptions, taskStream } from './task-stream.ts'
import type { TaskOutcome, TaskStreamOptions } from './task-stream.ts'
import type { TaskSupervisorProtocol } from './task-supervisor.ts'

/** Options of one task. */
export interface TaskOptions {
  /** How long it may take, in milliseconds; then it is stopped, and its promise rejects with TaskTimeoutError. Default: as long as it likes. */
  readonly timeoutMs?: number
  /** Stops it when aborted; its promise then rejects with TaskStoppedError. */
  readonly signal?: AbortSignal
  /** How long it may take to stop once its own signal is aborted. Default: what its supervisor says, 5000 ms. */
  readonly shutdownMs?: Shutdown
}

/** Options of a task that nobody waits for. */
export interface BackgroundTaskOptions {
  /** Whether it is run again: `transient` after a failure, `permanent` always. Default `temporary`: never. */
  readonly restart?: RestartType
  /** How long it may take to stop once its signal is aborted. Default: what its supervisor says, 5000 ms. */
  readonly shutdownMs?: Shutdown
}

/** Work for a task supervisor, by nobody in particular. */
export interface Tasks {
  /**
   * Runs a function as a task, and resolves with what it returns. Its failure is nobody's but its own.
   * @throws (rejects with) TaskFailedError, TaskTimeoutError, TaskStoppedError, TooManyTasksError, or a DeliveryError when there is no
   * such supervisor. A promise that nobody looks at is no unhandled rejection.
   */
  asyncNoLink<T>(work: TaskFunction<T>, options?: TaskOptions): Promise<T>
  /** Begins a task that nobody waits for; resolves with its ref, to be watched or terminated. @throws (rejects with) TooManyTasksError, DeliveryError */
  startChild(work: TaskFunction<unknown>, options?: BackgroundTaskOptions): Promise<Ref<NoMessages>>
  /**
   * Runs a function for each item, at most `maxConcurrency` at a time, and gives the outcomes as they are taken. Leaving the loop stops
   * what is left. Nothing begins before the loop does.
   * @throws (while iterating) TaskTimeoutError with `onTimeout: 'exit'`, TaskStoppedError when aborted, TooManyTasksError, DeliveryError
   */
  asyncStreamNoLink<I, T>(
    items: Iterable<I> | AsyncIterable<I>,
    work: (item: I, task: TaskContext) => T | PromiseLike<T>,
    options?: TaskStreamOptions,
  ): AsyncIterableIterator<TaskOutcome<I, T>>
  /** Stops a task that was begun with `startChild`, within its shutdown time. */
  terminateChild(task: Ref<NoMessages>): Promise<CallResult>
}

/** Work for a task supervisor, by an actor; what it begins with `async` and `asyncStream` shares its fate. */
export interface LinkedTasks extends Tasks {
  /**
   * Like `asyncNoLink`, but linked: when the task fails the caller fails too, even if it catches the rejection, unless it traps exits;
   * when the caller's incarnation is over, so is the task.
   */
  async<T>(work: TaskFunction<T>, options?: TaskOptions): Promise<T>
  /** Like `asyncStreamNoLink`, but each task is linked with the caller. */
  asyncStream<I, T>(
    items: Iterable<I> | AsyncIterable<I>,
    work: (item: I, task: TaskContext) => T | PromiseLike<T>,
    options?: TaskStreamOptions,
  ): AsyncIterableIterator<TaskOutcome<I, T>>
}

/** Gives work to a task supervisor of this process, from anywhere. */
export function tasks(supervisor: Ref<TaskSupervisorProtocol>): Tasks
/** Gives work to a task supervisor of this process, from an actor: `ctx` is that of its present incarnation. */
export function tasks<P extends Protocol>(supervisor: Ref<TaskSupervisorProtocol>, ctx: ActorContext<P>): LinkedTasks
export function tasks(supervisor: Ref<TaskSupervisorProtocol>, ctx?: AnyContext): LinkedTasks {
  return new TaskClient(supervisor, ctx)
}

// oxlint-disable-next-line typescript/no-explicit-any
type AnyContext = ActorContext<any>

class TaskClient implements LinkedTasks {
  readonly #ref: Ref<TaskSupervisorProtocol>
  readonly #endpoint: Endpoint
  readonly #caller: AnyContext | undefined

  constructor(supervisor: Ref<TaskSupervisorProtocol>, caller: AnyContext | undefined) {
    this.#ref = supervisor
    this.#endpoint = ActorRef.endpointOf(supervisor as AnyRef)
    this.#caller = caller
  }

  async<T>(work: TaskFunction<T>, options?: TaskOptions): Promise<T> {
    return this.#asked(work, options, this.#caller)
  }

  asyncNoLink<T>(work: TaskFunction<T>, options?: TaskOptions): Promise<T> {
    return this.#asked(work, options, undefined)
  }

  startChild(work: TaskFunction<unknown>, options: BackgroundTaskOptions = {}): Promise<Ref<NoMessages>> {
    const { restart = 'temporary', shutdownMs } = options
    checkWork(work)
    if (!restartTypes.includes(restart)) throw new InvalidOptionError('restart', restart, `one of ${restartTypes.join(', ')}`)
    checkShutdown('shutdownMs', shutdownMs)
    const started = this.#ref.ask({ type: 'startTask', work, restart, shutdownMs })
    // Nobody has to look at the ref.
    started.catch(() => {})
    return started
  }

  asyncStream<I, T>(
    items: Iterable<I> | AsyncIterable<I>,
    work: (item: I, task: TaskContext) => T | PromiseLike<T>,
    options?: TaskStreamOptions,
  ): AsyncIterableIterator<TaskOutcome<I, T>> {
    return this.#streamed(items, work, options, this.#caller)
  }

  asyncStreamNoLink<I, T>(
    items: Iterable<I> | AsyncIterable<I>,
    work: (item: I, task: TaskContext) => T | PromiseLike<T>,
    options?: TaskStreamOptions,
  ): AsyncIterableIterator<TaskOutcome<I, T>> {
    return this.#streamed(items, work, options, undefined)
  }

  terminateChild(task: Ref<NoMessages>): Promise<CallResult> {
    return this.#ref.ask({ type: 'terminateChild', id: task.address.path.split('/').at(-1)! })
  }

  #asked<T>(work: TaskFunction<T>, options: TaskOptions | undefined, caller: AnyContext | undefined): Promise<T> {
    return this.#begin(work, options ?? {}, 'shutdown', caller).result as Promise<T>
  }

  #streamed<I, T>(
    items: Iterable<I> | AsyncIterable<I>,
    work: (item: I, task: TaskContext) => T | PromiseLike<T>,
    options: TaskStreamOptions = {},
    caller: AnyContext | undefined,
  ): AsyncIterableIterator<TaskOutcome<I, T>> {
    checkWork(work)
    checkStreamOptions(options)
    const { maxConcurrency = 8, ordered = true, timeoutMs = 5000, onTimeout = 'exit', signal } = options
    checkTimeout(timeoutMs)
    const each: TaskOptions = { timeoutMs, ...(signal && { signal }) }
    return taskStream<I, T>({
      items,
      start: (item) => this.#begin((task) => work(item, task), each, onTimeout === 'kill' ? 'killed' : 'shutdown', caller),
      maxConcurrency,
      ordered,
      onTimeout,
      signals: [signal, caller?.signal].filter((one) => one !== undefined),
      path: this.#endpoint.address.path,
    })
  }

  /** Sends a run on its way; `late` is how it ends when its time is over. */
  #begin(work: TaskFunction<unknown>, options: TaskOptions, late: 'shutdown' | 'killed', caller: AnyContext | undefined): TaskRun {
    const { timeoutMs, signal, shutdownMs } = options
    checkWork(work)
    checkTimeout(timeoutMs)
    checkShutdown('shutdownMs', shutdownMs)
    const run = new TaskRun({ work, supervisor: this.#endpoint, shutdownMs, caller: caller?.self })
    if (caller !== undefined) run.endWith(caller.signal, 'its caller is over')
    if (signal !== undefined) run.endWith(signal, 'aborted')
    if (run.over) return run
    if (timeoutMs !== undefined && timeoutMs !== Infinity) run.endAfter(timeoutMs, late)
    const message: Message & { readonly run: TaskRun } = { type: 'runTask', run }
    this.#endpoint.host.counters.sent++
    this.#endpoint.post(message, run)
    return run
  }
}

function checkWork(work: unknown): void {
  if (typeof work !== 'function') throw new InvalidOptionError('work', work, 'a function')
}

function checkTimeout(timeoutMs: unknown): void {
  if (timeoutMs !== undefined && !(typeof timeoutMs === 'number' && timeoutMs >= 0))
    throw new InvalidOptionError('timeoutMs', timeoutMs, 'milliseconds, 0 or more, or Infinity')
}
