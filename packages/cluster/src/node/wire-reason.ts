// Exit reasons as the wire has them: a failure's cause travels as name, message and code; what the actor was handling stays at home.

import { describeCause, type ExitReason, type Failure, isFailure } from '@understudy/runtime/spi'
import { maxTextBytes } from './wire.ts'

const phases = ['starting', 'handling', 'stopping', 'signal', 'stray'] as const satisfies readonly Failure['phase'][]
const words = ['normal', 'shutdown', 'killed', 'node-down'] as const
const withText = 4
const withFailure = 5

/** A text in UTF-8, cut between characters when it is too long. */
export function textBytes(text: string): Buffer {
  const bytes = Buffer.from(text.slice(0, maxTextBytes))
  let end = Math.min(bytes.length, maxTextBytes)
  while (end < bytes.length && (bytes[end]! & 0xc0) === 0x80) end--
  return bytes.subarray(0, end)
}

function prefixed(text: string): Buffer[] {
  const bytes = textBytes(text)
  const length = Buffer.alloc(2)
  length.writeUInt16BE(bytes.length)
  return [length, bytes]
}

/** Writes an exit reason: rare enough to be a buffer of its own. */
export function reasonBytes(reason: ExitReason): Buffer {
  if (typeof reason === 'string') return Buffer.of(words.indexOf(reason))
  if (!isFailure(reason)) return Buffer.concat([Buffer.of(withText), ...prefixed(reason.shutdown)])
  const { cause, phase, incarnation, attempt } = reason
  const head = Buffer.alloc(10)
  head[0] = withFailure
  head[1] = phases.indexOf(phase)
  head.writeUInt32BE(Math.min(incarnation, 0xffffffff), 2)
  head.writeUInt32BE(Math.min(attempt, 0xffffffff), 6)
  const { code } = (cause ?? {}) as { code?: unknown }
  const [name, message] = cause instanceof Error ? [String(cause.name), String(cause.message)] : ['', describeCause(cause)]
  return Buffer.concat([head, ...prefixed(name), ...prefixed(message), ...prefixed(typeof code === 'string' ? code : '')])
}

/** The part of a frame reader that reasons need. After a failure it answers zeros and empty texts. */
export interface ReasonSource {
  u8(): number
  u32(): number
  text(): string
  fail(why: string): void
}

/** Reads an exit reason. The cause of a failure is an Error, or a text when it was not one. */
export function readReason(source: ReasonSource): ExitReason {
  const tag = source.u8()
  const word = words[tag]
  if (word !== undefined) return word
  if (tag === withText) return { shutdown: source.text() }
  if (tag !== withFailure) {
    source.fail(`exit reason ${tag} is unknown`)
    return 'normal'
  }
  const phase = phases[source.u8()]
  if (phase === undefined) source.fail('the phase of a failure is unknown')
  const [incarnation, attempt, name, message, code] = [source.u32(), source.u32(), source.text(), source.text(), source.text()]
  return { cause: name === '' ? message : errorOf(name, message, code), phase: phase ?? 'handling', incarnation, attempt }
}

/** An Error as far as the wire carries one; its stack says that it happened elsewhere. */
function errorOf(name: string, message: string, code: string): Error {
  const error = new Error(message)
  error.stack = `${name}: ${message}\n    on another node`
  Object.defineProperty(error, 'name', { value: name, writable: true, configurable: true })
  return code === '' ? error : Object.assign(error, { code })
}
