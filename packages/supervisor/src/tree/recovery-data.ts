// A recovery as people write it down: the name of a policy, or one policy of the library with its options.

import type { InvalidOptionError } from '@understudy/runtime/spi'
import { backoff } from '../recovery/library/backoff.ts'
import { circuitBreaker } from '../recovery/library/circuit-breaker.ts'
import { dependencyGate } from '../recovery/library/dependency-gate.ts'
import { failover } from '../recovery/library/failover.ts'
import { ladder } from '../recovery/library/ladder.ts'
import { quarantine } from '../recovery/library/quarantine.ts'
import { rejuvenate } from '../recovery/library/rejuvenate.ts'
import { restartAtOnce } from '../recovery/library/restart-at-once.ts'
import { retryMessage } from '../recovery/library/retry-message.ts'
import { warmRestart } from '../recovery/library/warm-restart.ts'
import type { RecoveryPolicy } from '../recovery/machine.ts'
import { checkJson, checkRecord, refusal } from './data-check.ts'
import type { PlainRecord } from './data-check.ts'

/** The policies of the library that have options, by the name under which code calls them. */
const library = { backoff, circuitBreaker, dependencyGate, failover, ladder, quarantine, rejuvenate, retryMessage, warmRestart }

type Library = typeof library
type OptionsData<Options> = Omit<NonNullable<Options>, 'then' | 'classify'> & { readonly then?: RecoveryData }

/**
 * `restartAtOnce`, a policy of the library by its name, a name given to `treeFrom`, or a policy with its options, such as
 * `{ "circuitBreaker": { "failures": 5, "then": "quarantine" } }`.
 */
export type RecoveryData = string | { [K in keyof Library]: { readonly [P in K]: OptionsData<Parameters<Library[K]>[0]> } }[keyof Library]

/** Policies by name. */
export type Recoveries = Readonly<Record<string, RecoveryPolicy>>

const deepest = 8
const known: ReadonlySet<string> = new Set(Object.keys(library))

/** Makes the policy; `given` are those of the user. @throws InvalidOptionError naming the place beneath `at`. */
export function recoveryFrom(data: unknown, at: string, given: Recoveries, depth = 0): RecoveryPolicy {
  const wanted = `a recovery with its options, or one of ${['restartAtOnce', ...known, ...Object.keys(given)].join(', ')}`
  if (depth > deepest) throw refusal(at, data, `at most ${deepest} recoveries one after the other`)
  if (typeof data === 'string' && Object.hasOwn(given, data)) return given[data]!
  if (data === 'restartAtOnce') return restartAtOnce()
  if (typeof data === 'string' && known.has(data)) return made(data, {}, at)
  const record = checkRecord(data, at, known, wanted)
  const [name, ...others] = Object.keys(record)
  if (name === undefined || others.length > 0) throw refusal(at, data, wanted)
  const options = record[name]
  checkJson(options, `${at}.${name}`)
  const then = typeof options === 'object' && options !== null && Object.hasOwn(options, 'then')
  if (!then) return made(name, options, at)
  return made(name, { ...options, then: recoveryFrom((options as PlainRecord)['then'], `${at}.${name}.then`, given, depth + 1) }, at)
}

function made(name: string, options: unknown, at: string): RecoveryPolicy {
  try {
    return (library as Readonly<Record<string, (options: never) => RecoveryPolicy>>)[name]!(options as never)
  } catch (error) {
    throw beneath(error as InvalidOptionError, at, options)
  }
}

/** An error about an option of something, as one about its place in the tree. */
function beneath({ field, message }: InvalidOptionError, at: string, options: unknown): InvalidOptionError {
  const wanted = message.slice(message.indexOf('it must be ') + 'it must be '.length)
  const option = field.split('.')[1]
  return refusal(`${at}.${field}`, option === undefined ? options : (options as PlainRecord)[option], wanted)
}
