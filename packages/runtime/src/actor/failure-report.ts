// A failure, as it is told: to the log and the event bus, and, as an exit reason, to whoever has to do with the actor.

import { describeCause, describePhase, describeType } from '../contracts/exit-reason.ts'
import type { Failure } from '../contracts/failure.ts'
import type { Message } from '../contracts/message.ts'
import type { Cell } from './cell.ts'

/** Whether its failure is news: it is not on its way out, nor down. Asked again after each report of it, as a listener may have ended it. */
export function isUp({ ending, life }: Cell): boolean {
  return ending === null && life !== 'stopped' && life !== 'suspended'
}

/** Puts a failure on the event bus and into the log. */
export function tellOfFailure(cell: Cell, cause: unknown, phase: Failure['phase'], message: Message | undefined): void {
  const { path, incarnation } = cell
  const text = describeCause(cause)
  const its = message === undefined ? {} : { messageType: describeType(message) }
  const event = { type: 'actor.failed', path, incarnation, phase, cause: text, ...its } as const
  cell.host.report('warn', event, `${path} ${describePhase(phase)}: ${text}`, cause)
}

/** A failure as its supervisor and its watchers are told of it. */
export function failureOf(cell: Cell, cause: unknown, phase: Failure['phase'], message: Message | undefined): Failure {
  const { incarnation, attempt } = cell
  const snapshots = cell.extras?.snapshots?.count ?? 0
  return { cause, phase, incarnation, attempt, ...(message !== undefined && { message }), ...(snapshots > 0 && { snapshots }) }
}
