// The message in hand, for what a handler can do with it besides returning an answer: put it aside, pass it on, answer it later.

import type { Message } from '../contracts/message.ts'
import type { ReplyPort, ReplyTo } from '../contracts/reply.ts'
import { NotHandlingError } from '../errors.ts'
import { TimerTag } from './actor-timers.ts'
import type { InFlight } from './in-flight.ts'

/** Stands where the reply address was: the message waits in the stash, so it is neither handled nor answered now. */
export const stashed: ReplyPort = { resolve() {}, reject() {} }

/** Stands where the reply address was: somebody else answers, so what the handler returns goes nowhere. */
export const takenOver: ReplyPort = { resolve() {}, reject() {} }

/** Whose message. */
export interface Holder {
  readonly path: string
  readonly taken: Message | undefined
  takenReply: ReplyTo
  readonly inFlight: InFlight | null
}

/** A message taken out of its handler's hands. */
export interface TakenMessage {
  readonly message: Message
  readonly replyTo: ReplyTo
}

/** The message a cell handles now: in its synchronous part, or in the async handler that holds it; undefined when there is none. */
export function currentMessage(cell: Holder): TakenMessage | undefined {
  const { taken } = cell
  if (taken !== undefined) return { message: taken, replyTo: cell.takenReply }
  const flight = cell.inFlight
  return flight?.message === undefined ? undefined : { message: flight.message, replyTo: flight.replyTo }
}

/** Takes the message in hand, leaving `mark` where its reply address was. @throws NotHandlingError */
export function takeMessage(cell: Holder, mark: ReplyPort, what: string): TakenMessage {
  const taken = currentMessage(cell)
  if (taken === undefined) throw new NotHandlingError(cell.path, what, 'no message is being handled now')
  if (taken.replyTo === stashed || taken.replyTo === takenOver)
    throw new NotHandlingError(cell.path, what, 'it was stashed, forwarded or taken over before')
  // Nobody waits for the answer to a timer's message, but the timer waits for its handling.
  const { message, replyTo } = taken
  if (mark === takenOver && replyTo instanceof TimerTag) return { message, replyTo: null }
  if (cell.taken !== undefined) cell.takenReply = mark
  else cell.inFlight!.replyTo = mark
  if (mark !== takenOver || typeof replyTo === 'number' || replyTo?.takeOver === undefined) return taken
  return { message, replyTo: replyTo.takeOver() }
}
