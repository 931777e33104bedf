// The options that all policies of the library have, and how options are checked.

import { InvalidOptionError } from '@understudy/runtime/spi'
import type { Classifier } from '../failure-class.ts'
import { validatePolicy } from '../machine.ts'
import type { RecoveryPolicy } from '../machine.ts'

/** What every policy of the library can be told besides its own options. */
export interface PolicyOptions {
  /** Names the class of each failure. Default: `classifyFailure`. */
  readonly classify?: Classifier
  /** Who goes on when this policy is at its end. Default: the built-in policy. */
  readonly then?: RecoveryPolicy
  /** How long the child must run until its past failures are forgotten. Default 60 000. */
  readonly resetAfterMs?: number
}

/** What an option must be; the words are those of the error. */
export interface Rule {
  readonly test: (value: unknown) => boolean
  readonly wanted: string
}

const isFinite = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value)

/** Milliseconds, finite and not negative. */
export const durationMs: Rule = { test: (value) => isFinite(value) && value >= 0, wanted: 'a number that is finite and not negative' }
/** A whole number, 0 or more. */
export const count: Rule = { test: (value) => Number.isSafeInteger(value) && (value as number) >= 0, wanted: 'a whole number, 0 or more' }
/** A whole number, 1 or more. */
export const positive: Rule = {
  test: (value) => Number.isSafeInteger(value) && (value as number) >= 1,
  wanted: 'a whole number, 1 or more',
}
/** A number greater than 1. */
export const ratio: Rule = { test: (value) => isFinite(value) && value > 1, wanted: 'a number greater than 1' }
/** One of these words. */
export const oneOf = (...words: readonly string[]): Rule => ({
  test: (value) => words.includes(value as string),
  wanted: `one of ${words.join(', ')}`,
})
/** A list of at least one, each of which keeps a rule. */
export const listOf = (rule: Rule): Rule => ({
  test: (value) => Array.isArray(value) && value.length > 0 && value.every((item) => rule.test(item)),
  wanted: `an array of at least one, each ${rule.wanted}`,
})

/**
 * Fills in the defaults of a policy's own options, checked.
 * @throws InvalidOptionError naming the option beneath the policy's name.
 */
export function readOptions<T extends object>(
  name: string,
  defaults: T,
  rules: { readonly [K in keyof T]: Rule },
  options: Partial<T> & PolicyOptions,
): { readonly input: T; readonly common: Pick<RecoveryPolicy, 'classify' | 'then' | 'stableAfterMs'> } {
  if (typeof options !== 'object' || options === null) throw new InvalidOptionError(name, options, 'called with an object of options')
  const { classify, then, resetAfterMs, ...own } = options
  for (const [field, value] of Object.entries(own) as [string, unknown][]) {
    if (!Object.hasOwn(rules, field)) throw new InvalidOptionError(`${name}.${field}`, value, 'left out: there is no such option')
  }
  const given = Object.fromEntries(Object.entries(own).filter(([, value]) => value !== undefined))
  const input = { ...defaults, ...given } as T
  for (const [field, { test, wanted }] of Object.entries(rules) as [keyof T & string, Rule][]) {
    if (!test(input[field])) throw new InvalidOptionError(`${name}.${field}`, input[field], wanted)
  }
  if (resetAfterMs !== undefined && !durationMs.test(resetAfterMs)) {
    throw new InvalidOptionError(`${name}.resetAfterMs`, resetAfterMs, durationMs.wanted)
  }
  if (classify !== undefined && typeof classify !== 'function') {
    throw new InvalidOptionError(`${name}.classify`, classify, 'a function such as classifier([...]) makes')
  }
  if (then !== undefined) validatePolicy(then, `${name}.then`)
  const common = {
    ...(classify !== undefined && { classify }),
    ...(then !== undefined && { then }),
    ...(resetAfterMs !== undefined && { stableAfterMs: resetAfterMs }),
  }
  return { input, common }
}

/** @throws InvalidOptionError unless the one is at most the other. */
export function checkOrder(name: string, low: readonly [string, number], high: readonly [string, number]): void {
  if (low[1] > high[1]) throw new InvalidOptionError(`${name}.${low[0]}`, low[1], `at most ${high[0]}, which is ${high[1]}`)
}
