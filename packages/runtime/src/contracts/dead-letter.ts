// Why a message was not handled: a closed list, so that counters can add up.

import type { Message } from './message.ts'

/** All reasons for which a message becomes a dead letter. */
export const deadLetterReasons = [
  'no-such-actor',
  'stopped',
  'stale-incarnation',
  'mailbox-full',
  'expired',
  'poison',
  'node-down',
  'unreachable',
  'too-large',
  'invalid',
  'undeliverable-codec',
  'shed',
] as const

/** Why a message was not handled. */
export type DeadLetterReason = (typeof deadLetterReasons)[number]

/** A message that was not handled, with the reason. */
export interface DeadLetter {
  readonly message: Message
  readonly reason: DeadLetterReason
  /** The address (or path) it was meant for, as text. */
  readonly target: string
  /** The path of the actor in whose turn it was sent or dropped, when there was one. */
  readonly sender?: string | undefined
  /** Monotonic time in milliseconds. */
  readonly at: number
  /** Whether an asker was told. */
  readonly asked: boolean
  readonly cause?: unknown
}
