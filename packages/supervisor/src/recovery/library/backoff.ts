// The user's choice of backoff: the default recovery with other numbers.

import { InvalidOptionError } from '@understudy/runtime/spi'
import type { RecoveryPolicy } from '../machine.ts'
import { defaultBackoff, restartThenBackoff } from './restart-then-backoff.ts'
import type { BackoffSettings } from './restart-then-backoff.ts'

/** Options of `backoff()`; all durations in milliseconds. */
export interface BackoffOptions {
  /** The shortest wait. Default 100. */
  readonly minMs?: number
  /** The longest wait. Default 30 000. */
  readonly maxMs?: number
  /** Restarts without any wait before the first that waits. Default 1. */
  readonly restartsAtOnce?: number
  /** How long the child must run until its past failures are forgotten. Default 60 000. */
  readonly resetAfterMs?: number
}

/**
 * Recovery by restart at once, then exponential backoff with decorrelated jitter: what children have by default, with numbers of your own.
 * @throws InvalidOptionError
 */
export function backoff(options: BackoffOptions = {}): RecoveryPolicy {
  const input: BackoffSettings = { ...defaultBackoff, ...options }
  for (const [name, value] of Object.entries(input) as [string, unknown][]) {
    if (!(name in defaultBackoff)) throw new InvalidOptionError(`backoff.${name}`, value, 'left out: there is no such option')
    if (typeof value !== 'number' || !Number.isFinite(value) || value < 0) {
      throw new InvalidOptionError(`backoff.${name}`, value, 'a number that is finite and not negative')
    }
  }
  if (!Number.isInteger(input.restartsAtOnce))
    throw new InvalidOptionError('backoff.restartsAtOnce', input.restartsAtOnce, 'a whole number')
  if (input.minMs > input.maxMs) throw new InvalidOptionError('backoff.minMs', input.minMs, `at most maxMs, which is ${input.maxMs}`)
  return { name: 'restart-then-backoff', machine: restartThenBackoff, input }
}
