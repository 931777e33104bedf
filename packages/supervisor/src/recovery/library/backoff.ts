// The user's choice of backoff: the default recovery with other numbers.

import type { RecoveryPolicy } from '../machine.ts'
import { checkOrder, count, durationMs, oneOf, readOptions } from './policy-options.ts'
import type { PolicyOptions } from './policy-options.ts'
import { defaultBackoff, restartThenBackoff } from './restart-then-backoff.ts'

/** Options of `backoff()`; all durations in milliseconds. */
export interface BackoffOptions extends PolicyOptions {
  /** The shortest wait. Default 100. */
  readonly minMs?: number
  /** The longest wait. Default 30 000. */
  readonly maxMs?: number
  /** Restarts without any wait before the first that waits. Default 1. */
  readonly restartsAtOnce?: number
  /** After how many restarts without health in between the policy `then` takes over. Default: never. */
  readonly maxRestarts?: number
  /** `decorrelated` (default): between `minMs` and three times the last wait. `full`: between 0 and a bound that doubles. */
  readonly jitter?: 'decorrelated' | 'full'
}

/**
 * Recovery by restart at once, then exponential backoff with jitter: what children have by default, with numbers of your own.
 *
 * Use when: what fails is likely to be mended by time alone.
 * Source: M. Brooker, "Exponential Backoff and Jitter", AWS Architecture Blog, 2015.
 * @throws InvalidOptionError
 */
export function backoff(options: BackoffOptions = {}): RecoveryPolicy {
  const rules = {
    minMs: durationMs,
    maxMs: durationMs,
    restartsAtOnce: count,
    maxRestarts: count,
    jitter: oneOf('decorrelated', 'full'),
  }
  const { input, common } = readOptions('backoff', defaultBackoff, rules, options)
  checkOrder('backoff', ['minMs', input.minMs], ['maxMs', input.maxMs])
  return { name: 'restart-then-backoff', machine: restartThenBackoff, input, ...common }
}
