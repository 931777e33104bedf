// What a task does, and what it is told and tells while it does it.

import type { ActorContext, Child, Endpoint } from '@understudy/runtime/spi'

/** Tasks take no messages. */
export type NoMessages = Record<never, never>

/** What a task's function gets: the context of the actor that it is. `signal` is aborted when the task is to end. */
export type TaskContext = ActorContext<NoMessages>

/** The actor that runs it. */
export type TaskActor = Endpoint & Pick<Child, 'shutdownMs'>

/** What a task does. */
export type TaskFunction<T> = (task: TaskContext) => T | PromiseLike<T>

/** What a task actor is started with. */
export interface Job {
  readonly work: TaskFunction<unknown>
  /** The actor is there, and is not running the function yet. */
  began(ctx: TaskContext, actor: TaskActor): void
  /** The function threw. */
  failed(path: string, cause: unknown): void
  /** The function threw after it had been told to end. */
  stopped(path: string, cause: unknown): void
}
