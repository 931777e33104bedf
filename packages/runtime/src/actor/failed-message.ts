// The message that an actor has failed on. It becomes a dead letter at once, unless the supervisor may want to have it handled again: then
// it is kept, and counted as waiting, until the order comes.

import type { Message } from '../contracts/message.ts'
import type { ReplyTo } from '../contracts/reply.ts'
import type { Cell } from './cell.ts'
import { takenOver } from './current-message.ts'

/** Keeps the message that a cell has failed on, if its supervisor may want to have it handled again. */
export function holdFailed(cell: Cell, message: Message, replyTo: ReplyTo, cause: unknown): boolean {
  const { parent } = cell
  if (parent === null || parent.ending !== null || parent.supervision?.holdsFailed?.(cell) !== true) return false
  // Where somebody else answers, the handler that is to come may have it answered anew: nobody waits for what it returns.
  cell.openExtras.failed = { message, replyTo: replyTo === takenOver ? null : replyTo, cause }
  cell.host.counters.waiting++
  return true
}

/** What becomes of a message that was kept: it is the next to be handled, or a dead letter. */
export function settleFailed(cell: Cell, retry: boolean): void {
  const { extras, host } = cell
  const kept = extras?.failed ?? null
  if (kept === null) return
  extras!.failed = null
  if (retry) {
    cell.unshift(kept.message, kept.replyTo)
    return
  }
  host.counters.waiting--
  host.deadLetter(kept.message, kept.replyTo, 'poison', cell.addressText, kept.cause)
}

/** What waits is given up. */
export function dropWaiting(cell: Cell): void {
  const { host } = cell
  if (cell.queueLength === 0) return
  const target = cell.addressText
  while (cell.queueLength > 0) {
    const message = cell.take()
    host.counters.waiting--
    host.deadLetter(message, cell.takenReply, 'shed', target)
  }
  cell.settle()
}
