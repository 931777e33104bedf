// Many tasks, a bounded number at a time, as something to iterate: their outcomes come as fast as they are taken and no faster.

import { InvalidOptionError } from '@understudy/runtime/spi'
import { TaskFailedError, TaskStoppedError, TaskTimeoutError } from './task-error.ts'
import type { TaskError } from './task-error.ts'
import type { TaskRun } from './task-run.ts'

/** Options of a stream of tasks. */
export interface TaskStreamOptions {
  /** How many tasks run, or have ended and wait to be taken, at the same time. Default 8. */
  readonly maxConcurrency?: number
  /** Whether outcomes come in the order of the items, or as tasks end. Default true. */
  readonly ordered?: boolean
  /** How long each task may take, in milliseconds. Default 5000; `Infinity` for as long as it likes. */
  readonly timeoutMs?: number
  /** What a task that takes longer does: `exit` ends the iteration with TaskTimeoutError, `kill` makes it the outcome of that task. Default `exit`. */
  readonly onTimeout?: 'exit' | 'kill'
  /** Ends all tasks, and the iteration with TaskStoppedError, when aborted. */
  readonly signal?: AbortSignal
}

/** How the task of one item ended. */
export type TaskOutcome<I, T> =
  { readonly ok: true; readonly item: I; readonly value: T } | { readonly ok: false; readonly item: I; readonly error: TaskError }

/** What a stream is made of. */
export interface StreamPlan<I> {
  readonly items: Iterable<I> | AsyncIterable<I>
  /** Begins the task of an item. */
  readonly start: (item: I) => TaskRun
  readonly maxConcurrency: number
  readonly ordered: boolean
  readonly onTimeout: 'exit' | 'kill'
  /** Each ends the iteration when aborted. */
  readonly signals: readonly AbortSignal[]
  /** The task supervisor's path. */
  readonly path: string
}

interface Slot<I, T> {
  readonly run: TaskRun
  outcome: TaskOutcome<I, T> | undefined
}

/** @throws InvalidOptionError */
export function checkStreamOptions(options: TaskStreamOptions): void {
  const { maxConcurrency, onTimeout } = options as { maxConcurrency: unknown; onTimeout: unknown }
  if (maxConcurrency !== undefined && !(Number.isInteger(maxConcurrency) && (maxConcurrency as number) >= 1))
    throw new InvalidOptionError('maxConcurrency', maxConcurrency, 'a whole number of tasks, at least 1')
  if (onTimeout !== undefined && onTimeout !== 'exit' && onTimeout !== 'kill')
    throw new InvalidOptionError('onTimeout', onTimeout, "'exit' or 'kill'")
}

/** Runs the tasks. Nothing begins before the first outcome is asked for; what is left when the iteration ends is stopped. */
export async function* taskStream<I, T>(plan: StreamPlan<I>): AsyncGenerator<TaskOutcome<I, T>, void, undefined> {
  const slots: Slot<I, T>[] = []
  const inbox = new Inbox<I>(plan)
  try {
    for (;;) {
      for (const item of inbox.take(plan.maxConcurrency - slots.length)) {
        const slot: Slot<I, T> = { run: plan.start(item), outcome: undefined }
        slots.push(slot)
        slot.run.result.then(
          (value) => {
            slot.outcome = { ok: true, item, value: value as T }
            inbox.wake()
          },
          (error: unknown) => {
            if (endsStream(error, plan)) return inbox.fail(error)
            slot.outcome = { ok: false, item, error: error as TaskError }
            inbox.wake()
          },
        )
      }
      if (inbox.failure !== undefined) throw inbox.failure.cause
      const at = plan.ordered ? (slots[0]?.outcome === undefined ? -1 : 0) : slots.findIndex(({ outcome }) => outcome !== undefined)
      if (at >= 0) yield slots.splice(at, 1)[0]!.outcome!
      else if (inbox.empty && slots.length === 0) return
      else await inbox.news()
    }
  } finally {
    for (const { run } of slots) run.stop('shutdown', new TaskStoppedError(plan.path, { shutdown: 'the iteration is over' }))
    inbox.close()
  }
}

/** Whether an error is not the outcome of its item, but the end of them all. */
function endsStream<I>(error: unknown, { onTimeout }: StreamPlan<I>): boolean {
  if (error instanceof TaskTimeoutError) return onTimeout === 'exit'
  return !(error instanceof TaskFailedError || error instanceof TaskStoppedError)
}

/** The items, asked for one by one and never more than are wanted, and the bell that wakes the stream. */
class Inbox<I> {
  readonly #sync: Iterator<I> | undefined
  readonly #async: AsyncIterator<I> | undefined
  readonly #releases: (() => void)[] = []
  #arrived: I[] = []
  #asking = false
  #done = false
  #bell: PromiseWithResolvers<void> | undefined
  /** Why the iteration must end. */
  failure: { readonly cause: unknown } | undefined

  constructor({ items, signals, path }: StreamPlan<I>) {
    if (Symbol.asyncIterator in items) this.#async = items[Symbol.asyncIterator]()
    else this.#sync = items[Symbol.iterator]()
    for (const signal of signals) {
      const abort = (): void => this.fail(new TaskStoppedError(path, { shutdown: 'aborted' }, { cause: signal.reason }))
      if (signal.aborted) abort()
      signal.addEventListener('abort', abort, { once: true })
      this.#releases.push(() => signal.removeEventListener('abort', abort))
    }
  }

  /** No more items will come. */
  get empty(): boolean {
    return this.#done && this.#arrived.length === 0
  }

  /** The items that are there, at most `count`; asks for another one when there are fewer. */
  take(count: number): I[] {
    if (this.failure !== undefined) return []
    const taken = this.#arrived.splice(0, count)
    while (taken.length < count && !this.#done && this.#sync !== undefined) {
      const next = this.#sync.next()
      if (next.done === true) this.#done = true
      else taken.push(next.value)
    }
    if (taken.length < count && !this.#done && !this.#asking) void this.#ask()
    return taken
  }

  /** Resolves when something has happened. */
  news(): Promise<void> {
    this.#bell = Promise.withResolvers()
    return this.#bell.promise
  }

  wake(): void {
    this.#bell?.resolve()
  }

  close(): void {
    for (const release of this.#releases) release()
    if (this.#done) return
    this.#sync?.return?.()
    // Whoever leaves does not wait for a source that is slow to close.
    this.#async?.return?.().catch(() => {})
  }

  async #ask(): Promise<void> {
    this.#asking = true
    try {
      const next = await this.#async!.next()
      if (next.done === true) this.#done = true
      else this.#arrived.push(next.value)
    } catch (cause) {
      this.#done = true
      this.fail(cause)
    }
    this.#asking = false
    this.wake()
  }

  /** Ends the iteration. */
  fail(cause: unknown): void {
    this.failure ??= { cause }
    this.wake()
  }
}
