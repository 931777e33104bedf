// The failure on which a recovery has still to decide, on paper: enough of it to name its class and its signature again.

import { describeCause } from '@understudy/runtime/spi'
import { namesOf } from './failure-class.ts'
import type { RecoveryFailure } from './failure-class.ts'
import type { ChildFailed } from './machine.ts'
import { fieldsOf } from './plain.ts'

/** A failure as plain JSON. */
export interface PersistedFailure {
  readonly phase: RecoveryFailure['phase']
  readonly attempt: number
  readonly text: string
  readonly name?: string
  readonly code?: string
  /** The first lines of the stack. */
  readonly stack?: string
  /** Type and idempotency key of the message it was handling. */
  readonly message?: { readonly type: string; readonly idempotencyKey?: string }
}

const phases: ReadonlySet<unknown> = new Set(['starting', 'handling', 'stopping', 'signal', 'stray', 'ended', 'hung'])
const maxText = 1_000

/** Writes it down. */
export function failureOnPaper({ phase, attempt, cause, message }: ChildFailed): PersistedFailure {
  const { name, code } = namesOf(cause)
  const stack = cause instanceof Error && typeof cause.stack === 'string' ? cause.stack.slice(0, maxText) : undefined
  const { type, idempotencyKey } = message ?? {}
  return {
    phase,
    attempt,
    text: (cause instanceof Error ? cause.message : describeCause(cause)).slice(0, maxText),
    ...(name !== undefined && { name: name.slice(0, 100) }),
    ...(code !== undefined && { code: code.slice(0, 100) }),
    ...(stack !== undefined && { stack }),
    ...(typeof type === 'string' && { message: { type, ...(typeof idempotencyKey === 'string' && { idempotencyKey }) } }),
  }
}

/** Reads it again; what was thrown has become an error of the same name, code and text. @throws Error */
export function failureFromPaper(paper: unknown): ChildFailed {
  const { phase, attempt, text, name, code, stack, message } = fieldsOf(paper, 'its failure')
  if (!phases.has(phase)) throw new Error(`its failure has the phase ${describeCause(phase)}`)
  if (!Number.isSafeInteger(attempt) || (attempt as number) < 0) throw new Error(`its failure has the attempt ${describeCause(attempt)}`)
  const cause = new Error(string(text, 'text'))
  if (name !== undefined) cause.name = string(name, 'name')
  if (code !== undefined) Object.assign(cause, { code: string(code, 'code') })
  cause.stack = stack === undefined ? '' : string(stack, 'stack')
  const failed = { type: 'FAILED', phase: phase as RecoveryFailure['phase'], cause, attempt: attempt as number, random: 0.5 } as const
  if (message === undefined) return failed
  const { type, idempotencyKey } = fieldsOf(message, "its failure's message")
  const key = idempotencyKey === undefined ? {} : { idempotencyKey: string(idempotencyKey, 'idempotencyKey') }
  return { ...failed, message: { type: string(type, 'message type'), ...key } }
}

function string(value: unknown, what: string): string {
  if (typeof value !== 'string') throw new Error(`its failure has the ${what} ${describeCause(value)}`)
  return value
}
