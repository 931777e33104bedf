// How long to wait before the next restart: exponential with decorrelated jitter, so that what fell together does not rise together.
// Source: M. Brooker, "Exponential Backoff and Jitter", AWS Architecture Blog, 2015.

/** The bounds of a backoff, in milliseconds. */
export interface BackoffBounds {
  /** The shortest wait. */
  readonly minMs: number
  /** The longest wait. */
  readonly maxMs: number
}

/**
 * The next wait: uniform between `minMs` and three times the previous wait, at most `maxMs`.
 * `previousMs` is 0 for the first; `random` is a number in [0, 1).
 */
export function nextDelayMs(previousMs: number, bounds: BackoffBounds, random: number): number {
  const upper = Math.max(previousMs, bounds.minMs) * 3
  return Math.min(bounds.maxMs, bounds.minMs + random * (upper - bounds.minMs))
}
