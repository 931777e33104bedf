// How a task ends otherwise than with its result. docs/errors.md has an entry per code.

import { describeCause, describeExit, UnderstudyError } from '@understudy/runtime/spi'
import type { ExitReason } from '@understudy/runtime/spi'

/** The task's function threw or rejected; `cause` is what with. */
export class TaskFailedError extends UnderstudyError {
  static override readonly code = 'TASK_FAILED'
  readonly path: string
  constructor(path: string, cause: unknown) {
    super(`the task ${path} failed: ${describeCause(cause)}`, { cause })
    this.path = path
  }
}

/** The task did not end in its time. It is stopped: its signal is aborted, and what it still answers is not heard. */
export class TaskTimeoutError extends UnderstudyError {
  static override readonly code = 'TASK_TIMEOUT'
  readonly path: string
  readonly timeoutMs: number
  constructor(path: string, timeoutMs: number) {
    super(`the task ${path} did not end within ${timeoutMs} ms and is stopped; parts of it may have happened. Raise timeoutMs, or do less`)
    this.path = path
    this.timeoutMs = timeoutMs
  }
}

/** The task was stopped before it had a result: by a signal, with its caller, by call, or with its supervisor. */
export class TaskStoppedError extends UnderstudyError {
  static override readonly code = 'TASK_STOPPED'
  readonly path: string
  /** Why; `killed` when it did not stop in its shutdown time. */
  readonly reason: ExitReason
  constructor(path: string, reason: ExitReason, options?: ErrorOptions) {
    super(`the task ${path} was stopped (${describeExit(reason)}); parts of it may have happened`, options)
    this.path = path
    this.reason = reason
  }
}

/** The task supervisor has as many tasks as it may have; this one was not begun. */
export class TooManyTasksError extends UnderstudyError {
  static override readonly code = 'TOO_MANY_TASKS'
  readonly path: string
  constructor(path: string, maxChildren: number) {
    super(`${path} has ${maxChildren} tasks, as many as it may; the task was not begun. Wait for one to end, or raise maxChildren`)
    this.path = path
  }
}

/** How a task that was begun ends otherwise than with its result. */
export type TaskError = TaskFailedError | TaskTimeoutError | TaskStoppedError
