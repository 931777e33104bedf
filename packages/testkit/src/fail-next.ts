// Failure injection: the next start or message of an actor fails, so that what stands above it has something to recover from.

import type { ActorDefinition, AnyRef, Protocol } from '@understudy/runtime'
import { type Advice, advise, advised, isRef } from './advice.ts'

/** What fails, and how often. */
export interface FailNextOptions {
  /** How many times in a row. Default 1. */
  readonly times?: number
  /** What fails: handling a message, before its handler runs, or starting an incarnation. Default `handling`. */
  readonly phase?: 'handling' | 'starting'
  /** Only messages of this type. Default: any. */
  readonly type?: string
}

/** An injected failure of a living actor. */
export interface InjectedFailure {
  /** How many times it will still fail. */
  readonly remaining: number
  /** Takes back what has not happened yet. */
  cancel(): void
}

/**
 * Makes the next message (or start) of an actor fail with `error`.
 *
 * Given a ref, the living actor behind it fails, also after restarts. Given a definition, a copy is returned whose instances fail;
 * the count is for all of them together, so `{ phase: 'starting', times: 2 }` is a child that comes up at the third attempt.
 * What is given as a value is thrown as it is.
 *
 * Use when: a test is about supervision, or about what callers see of a failure.
 * @throws InvalidOptionError when the ref leads to no living actor of this process.
 */
export function failNext<P extends Protocol, I>(
  definition: ActorDefinition<P, I>,
  error: unknown,
  options?: FailNextOptions,
): ActorDefinition<P, I>
export function failNext(ref: AnyRef, error: unknown, options?: FailNextOptions): InjectedFailure
export function failNext<P extends Protocol, I>(
  target: ActorDefinition<P, I> | AnyRef,
  error: unknown,
  options: FailNextOptions = {},
): ActorDefinition<P, I> | InjectedFailure {
  const { times = 1, phase = 'handling', type } = options
  let remaining = times
  const fail = (): void => {
    if (remaining === 0) return
    remaining--
    throw error as Error
  }
  const advice: Advice =
    phase === 'starting'
      ? { starting: fail }
      : {
          handling(message) {
            if (type === undefined || message.type === type) fail()
          },
        }
  if (!isRef(target)) return advised(target, advice)
  advise(target, advice)
  return {
    get remaining() {
      return remaining
    },
    cancel() {
      remaining = 0
    },
  }
}
