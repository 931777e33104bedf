// Stray errors, seen from the process: what no promise's taker and no `try` has caught. One pair of process listeners serves all
// systems, as long as there is one. What belongs to an actor is its failure. What belongs to nobody is left to other listeners where
// there are any; otherwise every system stops in order, and then the process ends with the error, as Node would have ended it at once.

import { systemEnv } from '../dispatch/system-env.ts'

/** What to do with the process's stray errors, for one system. */
export interface StrayErrorPolicy {
  /** Makes it the failure of the actor it belongs to; false when there is none. */
  claim(cause: unknown): boolean
  /** It belongs to nobody, and nobody else listens. */
  unattributed(cause: unknown): void
  stop(): unknown
}

type Origin = 'uncaughtException' | 'unhandledRejection'

/** How long systems may take to stop in order, in milliseconds, until the process ends with the error all the same. */
const stopWithinMs = 15_000

/** The systems of this process that care for stray errors. */
class StrayErrors {
  readonly #policies = new Set<StrayErrorPolicy>()
  #stopping = false
  #passing = false

  /** Returns the way to leave. */
  join(policy: StrayErrorPolicy): () => void {
    if (this.#policies.size === 0) this.#listen()
    this.#policies.add(policy)
    return () => {
      if (this.#policies.delete(policy) && this.#policies.size === 0) this.#unlisten()
    }
  }

  #listen(): void {
    // `strict` makes an exception of every rejection before it is told of: one way is enough.
    if (rejectionMode() !== 'strict') process.on('unhandledRejection', this.#onRejection)
    process.on('uncaughtException', this.#onException)
  }

  #unlisten(): void {
    process.off('unhandledRejection', this.#onRejection)
    process.off('uncaughtException', this.#onException)
  }

  readonly #onRejection = (cause: unknown): void => {
    if (this.#claimed(cause) || othersListen('unhandledRejection')) return
    const mode = rejectionMode()
    // Whoever started Node so wants to live with them.
    if (mode === 'none' || mode === 'warn') return
    if (mode === 'warn-with-error-code') {
      process.exitCode = 1
      process.emitWarning(asError(cause))
      return
    }
    if (!othersListen('uncaughtException')) this.#stop(cause)
    else this.#passOn(asError(cause))
  }

  readonly #onException = (cause: unknown): void => {
    if (this.#passing || this.#claimed(cause) || othersListen('uncaughtException')) return
    this.#stop(cause)
  }

  #claimed(cause: unknown): boolean {
    for (const policy of this.#policies) if (policy.claim(cause)) return true
    return false
  }

  /** A rejection that nobody takes is an exception to those who listen for exceptions only, as it would be without us. */
  #passOn(error: Error): void {
    this.#passing = true
    try {
      const emitter: NodeJS.EventEmitter = process
      emitter.emit('uncaughtExceptionMonitor', error, 'unhandledRejection')
      emitter.emit('uncaughtException', error, 'unhandledRejection')
    } finally {
      this.#passing = false
    }
  }

  #stop(cause: unknown): void {
    const policies = [...this.#policies]
    for (const policy of policies) policy.unattributed(cause)
    if (this.#stopping) return
    this.#stopping = true
    // Also when the loop has nothing more to do before all is stopped.
    process.exitCode ??= 1
    let over = false
    const end = (): void => {
      if (over) return
      over = true
      systemEnv.clearTimer(deadline)
      this.#unlisten()
      systemEnv.afterIo(() => {
        throw cause
      })
    }
    const deadline = systemEnv.setTimer(stopWithinMs, end)
    void Promise.allSettled(policies.map(async (policy) => policy.stop())).then(end)
  }
}

/** Whether somebody else than this file listens. */
function othersListen(origin: Origin): boolean {
  return process.listenerCount(origin) > 1
}

/** How Node was told to deal with rejections that nobody takes. */
function rejectionMode(): string {
  const options = [process.env['NODE_OPTIONS'] ?? '', ...process.execArgv].join(' ')
  return [...options.matchAll(/--unhandled-rejections[= ]([a-z-]+)/g)].at(-1)?.[1] ?? 'throw'
}

function asError(cause: unknown): Error {
  if (cause instanceof Error) return cause
  return Object.assign(new Error('A promise was rejected with something that is no Error, and nobody took it.', { cause }), {
    code: 'ERR_UNHANDLED_REJECTION',
  })
}

const shared = Symbol.for('understudy.stray-errors')

/** Lets a system care for the stray errors of its actors, and of the process, until it leaves. Copies of this package share one pair of listeners. */
export function joinStrayErrors(policy: StrayErrorPolicy): () => void {
  const global = globalThis as { [shared]?: StrayErrors }
  global[shared] ??= new StrayErrors()
  return global[shared].join(policy)
}
