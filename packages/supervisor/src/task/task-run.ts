// One run of a function as a task, from the caller's side: its promise, and everything that may end it early.

import { ActorFailedError } from '@understudy/runtime/spi'
import type { AnyRef, Endpoint, ReplyPort, Shutdown } from '@understudy/runtime/spi'
import type { Job, TaskActor, TaskContext, TaskFunction } from './task-job.ts'
import { TaskFailedError, TaskStoppedError, TaskTimeoutError } from './task-error.ts'

/** What a run is made for. */
export interface RunOptions {
  readonly work: TaskFunction<unknown>
  /** The task supervisor, for errors about tasks that never came to be. */
  readonly supervisor: Endpoint
  readonly shutdownMs: Shutdown | undefined
  /** Who is linked with the task. */
  readonly caller: AnyRef | undefined
}

/** A run; what the runtime answers to the message that carries it is the task's outcome. */
export class TaskRun implements Job, ReplyPort {
  readonly work: TaskFunction<unknown>
  readonly shutdownMs: Shutdown | undefined
  readonly result: Promise<unknown>
  readonly #supervisor: Endpoint
  readonly #caller: AnyRef | undefined
  readonly #settle: PromiseWithResolvers<unknown>
  readonly #releases: (() => void)[] = []
  #task: { readonly path: string; readonly actor: TaskActor } | undefined
  #over = false

  constructor({ work, supervisor, shutdownMs, caller }: RunOptions) {
    this.work = work
    this.shutdownMs = shutdownMs
    this.#supervisor = supervisor
    this.#caller = caller
    this.#settle = Promise.withResolvers()
    this.result = this.#settle.promise
    // Nobody has to look at the result.
    this.result.catch(() => {})
  }

  /** Whether its outcome is known, so that there is nothing left to do. */
  get over(): boolean {
    return this.#over
  }

  get #path(): string {
    return this.#task?.path ?? `of ${this.#supervisor.address.path}`
  }

  /** Ends it when `signal` is aborted. */
  endWith(signal: AbortSignal, why: string): void {
    const end = (): void => this.stop('shutdown', new TaskStoppedError(this.#path, { shutdown: why }, { cause: signal.reason }))
    if (signal.aborted) return end()
    signal.addEventListener('abort', end, { once: true })
    this.#releases.push(() => signal.removeEventListener('abort', end))
  }

  /** Ends it after its time. */
  endAfter(timeoutMs: number, reason: 'shutdown' | 'killed'): void {
    const { host } = this.#supervisor
    const timer = host.after(timeoutMs, () => this.stop(reason, new TaskTimeoutError(this.#path, timeoutMs)))
    this.#releases.push(() => host.cancel(timer))
  }

  /** Stops the task, if it is there, and does not wait for it. */
  stop(reason: 'shutdown' | 'killed', error: Error): void {
    if (this.#over) return
    this.refuse(error)
    const actor = this.#task?.actor
    // Whom its supervisor would not wait for, nobody does.
    actor?.signal({ type: 'stop', reason: actor.shutdownMs === 'brutal' ? 'killed' : reason })
  }

  /** It will not be begun. */
  refuse(error: Error): void {
    if (this.#end()) this.#settle.reject(error)
  }

  began(ctx: TaskContext, task: TaskActor): void {
    this.#task = { path: ctx.path, actor: task }
    if (this.#caller !== undefined) ctx.link(this.#caller)
  }

  failed(path: string, cause: unknown): void {
    this.refuse(new TaskFailedError(path, cause))
  }

  stopped(path: string, cause: unknown): void {
    this.refuse(new TaskStoppedError(path, 'shutdown', { cause }))
  }

  resolve(value: unknown): void {
    if (this.#end()) this.#settle.resolve(value)
  }

  /** By the runtime: it was killed, or never handled. */
  reject(error: Error): void {
    if (this.#task === undefined) this.refuse(error)
    else this.refuse(new TaskStoppedError(this.#path, error instanceof ActorFailedError ? 'killed' : 'shutdown'))
  }

  #end(): boolean {
    if (this.#over) return false
    this.#over = true
    for (const release of this.#releases.splice(0)) release()
    return true
  }
}
