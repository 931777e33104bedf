// What data must be before any of it is used. Nothing here trusts its input: it may be whatever a parser makes of hostile text.

import { InvalidOptionError } from '@understudy/runtime/spi'

/** A record that is a record and nothing else. */
export type PlainRecord = Readonly<Record<string, unknown>>

const deepestInput = 32
const refusedKeys = new Set(['__proto__', 'constructor', 'prototype'])
const longestShown = 80

/** An error that shows no more of what was found than a line has room for. */
export function refusal(at: string, found: unknown, wanted: string): InvalidOptionError {
  const error = new InvalidOptionError(at, found, wanted)
  const isShort = error.message.length < at.length + wanted.length + longestShown
  return isShort ? error : new InvalidOptionError(at, Array.isArray(found) ? 'a long array' : `a long ${typeof found}`, wanted)
}

/** @throws InvalidOptionError unless it is a plain object, as JSON has them, all of whose fields are known. */
export function checkRecord(value: unknown, at: string, known: ReadonlySet<string>, wanted = 'an object'): PlainRecord {
  if (!isRecord(value)) throw refusal(at, value, wanted)
  for (const key of Object.keys(value)) {
    const list = [...known].join(', ')
    if (!known.has(key)) throw refusal(`${at}.${shorten(key)}`, value[key], `left out: there is no such field; there are ${list}`)
  }
  return value
}

/** @throws InvalidOptionError unless it is one of them; undefined passes. */
export function checkChoice<T extends string>(value: unknown, at: string, choices: readonly T[]): T | undefined {
  if (value !== undefined && !choices.includes(value as T)) throw refusal(at, value, `one of ${choices.join(', ')}`)
  return value as T | undefined
}

/** @throws InvalidOptionError unless it is such a number; undefined passes. */
export function checkCount(value: unknown, at: string, least: number, most: number): number | undefined {
  if (value === undefined || (Number.isInteger(value) && (value as number) >= least && (value as number) <= most)) return value as undefined
  throw refusal(at, value, `a whole number from ${least} to ${most}`)
}

/** @throws InvalidOptionError unless it is JSON of a depth that somebody may have meant, without keys that reach for prototypes. */
export function checkJson(value: unknown, at: string, depth = 0): void {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return
  if (typeof value === 'number' && Number.isFinite(value)) return
  if (depth >= deepestInput) throw refusal(at, value, `at most ${deepestInput} levels deep`)
  if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) checkJson(item, `${at}[${index}]`, depth + 1)
  } else if (isRecord(value)) {
    for (const key of Object.keys(value)) {
      if (refusedKeys.has(key)) throw refusal(`${at}.${key}`, value[key], 'left out: it reaches for prototypes')
      checkJson(value[key], `${at}.${shorten(key)}`, depth + 1)
    }
  } else throw refusal(at, value, 'JSON')
}

function isRecord(value: unknown): value is PlainRecord {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}

function shorten(key: string): string {
  return key.length > longestShown ? `${key.slice(0, longestShown)}…` : key
}
