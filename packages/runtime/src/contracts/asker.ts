// Who asks, while handling what: what deadlines and call chains are handed on by.

import type { Message } from './message.ts'
import type { ReplyTo } from './reply.ts'

/** An actor, as far as its asks need it. */
export interface Asker {
  readonly host: { remainingMs(replyTo: ReplyTo): number; readonly env: { now(): number } }
  readonly path: string
  /** What its refs post to; compared by identity. */
  readonly entry: object
  /** The message in hand in the synchronous part of a handler, and where its reply goes. */
  readonly taken: Message | undefined
  readonly takenReply: ReplyTo
  /** Stands for the incarnation that asks. */
  readonly openContext: object
  /** The async handler that holds it. */
  readonly inFlight: { readonly message: Message | undefined; readonly replyTo: ReplyTo } | null
}
