// Why an actor is gone. The words are OTP's.

import type { Failure } from './failure.ts'

/** Why an actor ended: `normal`, `shutdown`, `{ shutdown: why }`, `killed`, `node-down`, or the failure that ended it. */
export type ExitReason = 'normal' | 'shutdown' | 'killed' | 'node-down' | { readonly shutdown: string } | Failure

/** Whether an exit reason is a failure, as opposed to an orderly end. */
export function isFailure(reason: ExitReason): reason is Failure {
  return typeof reason === 'object' && 'phase' in reason
}

/** Whether an exit is abnormal in OTP's sense (restarts a `transient` child): anything but `normal`, `shutdown`, `{ shutdown }`. */
export function isAbnormal(reason: ExitReason): boolean {
  return reason === 'killed' || reason === 'node-down' || isFailure(reason)
}

/** One short line for logs and messages. */
export function describeExit(reason: ExitReason): string {
  if (typeof reason === 'string') return reason
  if ('shutdown' in reason) return `shutdown: ${reason.shutdown}`
  return `${describePhase(reason.phase)}: ${describeCause(reason.cause)}`
}

/** How an actor failed, in a few words. */
export function describePhase(phase: Failure['phase']): string {
  return phase === 'stray' ? 'failed by a stray error' : `failed while ${phase}`
}

/** The type of a message for logs and errors, also of one that cannot be read or printed: anybody may send anything. */
export function describeType(message: unknown): string {
  try {
    return describeCause((message as { type?: unknown } | null | undefined)?.type)
  } catch {
    return 'a type that cannot be read'
  }
}

/** One short line for whatever was thrown. */
export function describeCause(cause: unknown): string {
  try {
    return cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause)
  } catch {
    return 'a value that cannot be printed'
  }
}
