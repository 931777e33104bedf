// What kind of trouble a failure is. Recovery machines decide by class, so that no machine has to look at messages or names of errors.
// A classifier is a list of rules; the first that matches names the class, and the built-in rules come last.

import { InvalidOptionError } from '@understudy/runtime/spi'
import type { Failure, Message } from '@understudy/runtime/spi'

/** What failed, as classifiers and recovery machines see it. `ended`: it did not fail, but came to an end although it should live. */
export interface RecoveryFailure {
  readonly phase: Failure['phase'] | 'ended' | 'hung'
  /** What was thrown, or the exit reason when the phase is `ended`. */
  readonly cause: unknown
  /** The message it was handling, when there was one. */
  readonly message?: Message
}

/**
 * The classes of failure. `transient`: likely to be over on the next try. `overload`: too much was asked. `deadline`: it took too long.
 * `dependency`: something it needs is down. `poison`: this message fails every time. `invalid`: the input is wrong. `fenced`: it may no
 * longer act. `resource`: memory, disk, descriptors or threads are used up. `bug`: the program is wrong. `unknown`: none of these.
 */
export const failureClasses = [
  'transient',
  'overload',
  'deadline',
  'dependency',
  'poison',
  'invalid',
  'fenced',
  'resource',
  'bug',
  'unknown',
] as const

/** See `failureClasses`. */
export type FailureClass = (typeof failureClasses)[number]

/** Names the class of what matches all that is given. At least one criterion. */
export interface ClassifierRule {
  readonly class: FailureClass
  /** The error's `code`, or several. */
  readonly code?: string | readonly string[]
  /** The error's `name`, or several. */
  readonly name?: string | readonly string[]
  /** A class of errors, recognised by `instanceof`. */
  readonly error?: abstract new (...args: never[]) => Error
  /** A predicate of your own; must be quick and without effects. */
  readonly when?: (failure: RecoveryFailure) => boolean
}

/** Names the class of a failure. Pure. */
export type Classifier = (failure: RecoveryFailure) => FailureClass

const builtInRules: readonly ClassifierRule[] = [
  { class: 'fenced', code: 'FENCED' },
  { class: 'deadline', code: ['ASK_TIMEOUT', 'OFFER_TIMEOUT', 'ETIMEDOUT', 'ESOCKETTIMEDOUT', 'ERR_SOCKET_CONNECTION_TIMEOUT'] },
  { class: 'deadline', name: 'TimeoutError' },
  { class: 'overload', code: ['MAILBOX_FULL', 'STASH_FULL', 'OVERLOADED', 'EBUSY'] },
  {
    class: 'dependency',
    code: [
      'ACTOR_FAILED',
      'NO_SUCH_ACTOR',
      'NODE_UNREACHABLE',
      'STORE_UNAVAILABLE',
      'TRANSPORT',
      'ECONNREFUSED',
      'ENOTFOUND',
      'EHOSTUNREACH',
    ],
  },
  { class: 'transient', code: ['ECONNRESET', 'EPIPE', 'EAI_AGAIN', 'EAGAIN', 'REVISION_CONFLICT', 'ASK_ABORTED'] },
  { class: 'transient', name: 'AbortError' },
  {
    class: 'resource',
    code: ['ENOSPC', 'EMFILE', 'ENFILE', 'ENOMEM', 'EDQUOT', 'ERR_WORKER_OUT_OF_MEMORY', 'ERR_MEMORY_ALLOCATION_FAILED'],
  },
  { class: 'invalid', code: ['INVALID_OPTION', 'MESSAGE_REFUSED'] },
  { class: 'invalid', name: ['ValidationError', 'ZodError', 'SyntaxError', 'URIError'] },
  // V8 says "Invalid array length", "Maximum call stack size exceeded" and the like by RangeError: the program is wrong.
  { class: 'bug', name: ['TypeError', 'ReferenceError', 'RangeError', 'EvalError', 'AssertionError'] },
  { class: 'bug', code: ['ERR_ASSERTION', 'ASK_CYCLE', 'NOT_HANDLING', 'SERVICE_MISSING'] },
]

/** The built-in classification: by the codes of Node.js and of Understudy, then by the names of JavaScript's errors. */
export const classifyFailure: Classifier = compile(builtInRules)

/**
 * A classifier of your own rules, asked in order, before the built-in ones.
 *
 * Use when: your errors say more than their name: `classifier([{ class: 'dependency', error: PaymentDown }])`.
 * Watch out: a rule that throws is taken out of service, with one error log; the built-in classification then goes on alone.
 *
 * @throws InvalidOptionError naming the rule.
 */
export function classifier(rules: readonly ClassifierRule[]): Classifier {
  if (!Array.isArray(rules)) throw new InvalidOptionError('rules', rules, 'an array of rules such as { class, code }')
  for (const [index, rule] of (rules as readonly unknown[]).entries()) validateRule(rule, `rules[${index}]`)
  const own = compile(rules)
  return (failure) => {
    const named = own(failure)
    return named === 'unknown' ? classifyFailure(failure) : named
  }
}

/** Codes and names are looked up at once; only what needs `instanceof` or a predicate is gone through. */
function compile(rules: readonly ClassifierRule[]): Classifier {
  const plain = new Map<string, readonly [FailureClass, number]>()
  const others: (readonly [ClassifierRule, number])[] = []
  for (const [index, rule] of rules.entries()) {
    const { code, name, error, when } = rule
    if (error === undefined && when === undefined && (code === undefined) !== (name === undefined)) {
      for (const key of list(code)) addFirst(plain, `c${key}`, rule.class, index)
      for (const key of list(name)) addFirst(plain, `n${key}`, rule.class, index)
    } else others.push([rule, index])
  }
  return (failure) => {
    const { code, name } = namesOf(failure.cause)
    const byCode = code === undefined ? undefined : plain.get(`c${code}`)
    const byName = name === undefined ? undefined : plain.get(`n${name}`)
    let best = byCode !== undefined && (byName === undefined || byCode[1] < byName[1]) ? byCode : byName
    for (const [rule, index] of others) {
      if (best !== undefined && best[1] < index) break
      if (!matches(rule, failure, code, name)) continue
      best = [rule.class, index]
      break
    }
    return best === undefined ? 'unknown' : best[0]
  }
}

function addFirst(map: Map<string, readonly [FailureClass, number]>, key: string, value: FailureClass, index: number): void {
  if (!map.has(key)) map.set(key, [value, index])
}

function matches(rule: ClassifierRule, failure: RecoveryFailure, code: string | undefined, name: string | undefined): boolean {
  if (rule.code !== undefined && (code === undefined || !list(rule.code).includes(code))) return false
  if (rule.name !== undefined && (name === undefined || !list(rule.name).includes(name))) return false
  if (rule.error !== undefined && !(failure.cause instanceof rule.error)) return false
  return rule.when === undefined || rule.when(failure)
}

/** The code and the name of whatever was thrown; what is no error, or has odd ones, has none. Never throws. */
export function namesOf(cause: unknown): { readonly code: string | undefined; readonly name: string | undefined } {
  if (typeof cause !== 'object' || cause === null) return nameless
  try {
    const { code, name } = cause as { code?: unknown; name?: unknown }
    return { code: typeof code === 'string' ? code : undefined, name: typeof name === 'string' ? name : undefined }
  } catch {
    return nameless
  }
}

const nameless = { code: undefined, name: undefined }

function list(value: string | readonly string[] | undefined): readonly string[] {
  return value === undefined ? [] : typeof value === 'string' ? [value] : value
}

const ruleFields = new Set(['class', 'code', 'name', 'error', 'when'])

function validateRule(rule: unknown, at: string): void {
  if (typeof rule !== 'object' || rule === null) throw new InvalidOptionError(at, rule, 'a rule such as { class, code }')
  const fields = rule as Record<string, unknown>
  for (const [field, value] of Object.entries(fields)) {
    if (!ruleFields.has(field)) throw new InvalidOptionError(`${at}.${field}`, value, 'left out: there is no such field')
  }
  if (!(failureClasses as readonly unknown[]).includes(fields['class'])) {
    throw new InvalidOptionError(`${at}.class`, fields['class'], `one of ${failureClasses.join(', ')}`)
  }
  for (const field of ['code', 'name']) {
    const value = fields[field]
    if (value !== undefined && !(typeof value === 'string' || (Array.isArray(value) && value.every((item) => typeof item === 'string')))) {
      throw new InvalidOptionError(`${at}.${field}`, value, 'a string or an array of strings')
    }
  }
  for (const field of ['error', 'when']) {
    const value = fields[field]
    if (value !== undefined && typeof value !== 'function') throw new InvalidOptionError(`${at}.${field}`, value, 'a function')
  }
  if (Object.keys(fields).length === 1) throw new InvalidOptionError(at, rule, 'with at least one of code, name, error, when')
}
