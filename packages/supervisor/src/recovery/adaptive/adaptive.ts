// The option that makes a ladder adaptive.

import { durationMs, readOptions } from '../library/policy-options.ts'
import type { Rule } from '../library/policy-options.ts'

/** Options of `adaptive()`. */
export interface AdaptiveOptions {
  /** Which share of the recoveries gives what has not helped another chance, so that a cause that has changed is noticed. Default 0.05. */
  readonly exploration?: number
  /** After how long what was learned counts for half, in milliseconds. Default 7 days. */
  readonly halfLifeMs?: number
}

/** How rungs are chosen; made by `adaptive()`. */
export type AdaptiveChoice = Required<AdaptiveOptions>

/**
 * Lets a `ladder()` pass over rungs that have not helped against a failure of the same signature, where trying them costs more than they
 * are likely to save. The first recoveries climb the fixed ladder; no child is quarantined or fails over before each rung was tried.
 *
 * Use when: a child fails for several causes, and dear rungs such as a new process are what helps against some of them.
 * Watch out: a child learns for itself alone, and keeps its machine, a few kilobytes, from its first failure on.
 *
 * @throws InvalidOptionError
 */
export function adaptive(options: AdaptiveOptions = {}): AdaptiveChoice {
  return readOptions(
    'adaptive',
    { exploration: 0.05, halfLifeMs: 604_800_000 },
    { exploration: share, halfLifeMs: longerThanNone },
    options,
  ).input
}

const share: Rule = { test: (value) => typeof value === 'number' && value >= 0 && value <= 1, wanted: 'a number from 0 to 1' }
const longerThanNone: Rule = {
  test: (value) => durationMs.test(value) && value !== 0,
  wanted: 'a number that is finite and greater than 0',
}

/** What a ladder's `choose` must be. */
export const choiceOfRungs: Rule = {
  test: (value) => {
    const { exploration, halfLifeMs } = (value ?? {}) as Partial<AdaptiveChoice>
    return value === undefined || (share.test(exploration) && longerThanNone.test(halfLifeMs))
  },
  wanted: 'what adaptive() makes',
}
