// How errors and exit reasons cross between threads: as plain data, and back into something that `instanceof` recognises by its code.

import type { DeadLetterReason } from '../contracts/dead-letter.ts'
import { UnderstudyError } from '../contracts/error.ts'
import { describeCause, type ExitReason, isFailure } from '../contracts/exit-reason.ts'
import type { Failure } from '../contracts/failure.ts'
import type { Message } from '../contracts/message.ts'
import { DeliveryError, type Outcome } from '../errors.ts'

/** Whatever was thrown, as data that can always be cloned. */
export interface PortableCause {
  readonly name: string
  readonly message: string
  readonly stack?: string
  readonly code?: string | number
  /** Whether it is an error of Understudy, so that its code says its class. */
  readonly ours?: true
  readonly outcome?: Outcome
  readonly reason?: DeadLetterReason
  readonly cause?: PortableCause
  /** It was no error but this. */
  readonly value?: string | number | boolean | bigint | null
}

/** A failure, without the message: that one is told of by itself. */
export type PortableReason = Exclude<ExitReason, Failure> | (Omit<Failure, 'cause' | 'message'> & { readonly cause: PortableCause })

class RelayedError extends UnderstudyError {}

class RelayedDeliveryError extends DeliveryError {
  readonly reason: DeadLetterReason | undefined
  constructor(from: PortableCause, message: Message) {
    super(from.message, message, from.outcome ?? 'maybe-handled')
    this.reason = from.reason
  }
}

const deepestCause = 5

/** Makes whatever was thrown plain. Never throws. */
export function causeToData(cause: unknown, depth = 0): PortableCause {
  try {
    if (!(cause instanceof Error)) {
      const isPlain = cause === null || ['string', 'number', 'boolean', 'bigint'].includes(typeof cause)
      return { name: '', message: describeCause(cause), ...(isPlain && { value: cause as string }) }
    }
    const { code, reason, outcome } = cause as { code?: unknown; reason?: DeadLetterReason; outcome?: Outcome }
    return {
      name: String(cause.name),
      message: String(cause.message),
      ...(typeof cause.stack === 'string' && { stack: cause.stack }),
      ...((typeof code === 'string' || typeof code === 'number') && { code }),
      ...(cause instanceof UnderstudyError && { ours: true as const }),
      ...(cause instanceof DeliveryError && { outcome: outcome!, ...(typeof reason === 'string' && { reason }) }),
      ...(cause.cause !== undefined && depth < deepestCause && { cause: causeToData(cause.cause, depth + 1) }),
    }
  } catch {
    return { name: 'Error', message: 'a value that cannot be read' }
  }
}

/** Makes it again; `message` is the one whose answer it is. */
export function causeFromData(from: PortableCause, message: Message = { type: '(unknown)' }): unknown {
  if ('value' in from) return from.value
  if (from.name === '') return new Error(from.message)
  const error = from.ours === undefined ? new Error(from.message) : ourError(from, message)
  if (from.cause !== undefined) Object.defineProperty(error, 'cause', { value: causeFromData(from.cause, message), configurable: true })
  if (from.code !== undefined) Object.defineProperty(error, 'code', { value: from.code, configurable: true, enumerable: true })
  error.name = from.name
  if (from.stack !== undefined) error.stack = from.stack
  return error
}

/** An error for whoever asked; what was thrown and is no error is described. */
export function errorFromData(from: PortableCause, message: Message): Error {
  const cause = causeFromData(from, message)
  return cause instanceof Error ? cause : new Error(describeCause(cause))
}

function ourError(from: PortableCause, message: Message): Error {
  return from.outcome === undefined ? new RelayedError(from.message) : new RelayedDeliveryError(from, message)
}

/** Makes an exit reason plain. */
export function reasonToData(reason: ExitReason): PortableReason {
  if (!isFailure(reason)) return reason
  const { phase, incarnation, attempt, cause } = reason
  return { phase, incarnation, attempt, cause: causeToData(cause) }
}

/** Makes it again. */
export function reasonFromData(reason: PortableReason): ExitReason {
  return typeof reason === 'object' && 'phase' in reason ? { ...reason, cause: causeFromData(reason.cause) } : reason
}
