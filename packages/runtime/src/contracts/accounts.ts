// The books of one system: every message that enters is accounted for exactly once.

import type { Address } from './address.ts'
import type { Asker } from './asker.ts'
import type { DeadLetterReason } from './dead-letter.ts'
import type { Env, TimerHandle } from './env.ts'
import type { Message } from './message.ts'
import type { ReplyTo } from './reply.ts'

/**
 * The counters of one system. At any quiet moment
 * `sent + received = handled + rejected + deadLettered + forwarded + waiting`.
 */
export interface Counters {
  /** Messages that entered by tell, ask or a timer. */
  sent: number
  /** Messages that arrived from other nodes. */
  received: number
  /** Messages whose handler was called and did not fail. */
  handled: number
  /** Messages refused to a caller that was told at once (`tryTell`). */
  rejected: number
  /** Messages that became dead letters, all reasons together. */
  deadLettered: number
  /** Messages handed to the transport for another node. */
  forwarded: number
  /** Messages accepted and not yet handled, dead-lettered or forwarded. */
  waiting: number
  /** Answers that came after their ask had ended. */
  lateReplies: number
  /** What a context of a past incarnation still tried to do. */
  staleContexts: number
}

/** What every endpoint needs of its system: the books and the table of open asks. */
export interface Accounts {
  readonly counters: Counters
  /** Records an undelivered message, tells the asker (if any) and counts it; `at`: now, where that is known. Does not touch `waiting`. */
  deadLetter(message: Message, replyTo: ReplyTo, reason: DeadLetterReason, target: string, cause?: unknown, at?: number): void
  /** Opens an ask slot, whose number is then in `lastAsk`. The promise always settles; with no slot left at once, and `lastAsk` is -1. */
  openAsk(timeoutMs: number, target: { readonly address: Address }, message: Message, asker?: Asker | null): Promise<unknown>
  /** The number of the ask opened last: unique among open asks, and can travel over a wire. */
  readonly lastAsk: number
  /** Settles an ask. Late or unknown slots only count. */
  resolveReply(replyTo: ReplyTo, value: unknown): void
  rejectReply(replyTo: ReplyTo, error: Error): void
  /** Rejects the ask if it closes a cycle of actors that wait for each other. Called once its asker is held by its handler. */
  refuseCycle(slot: number, target: object, asker: Asker): void
  /** Calls back once; cheaper than an Env timer when there are many. */
  after(delayMs: number, callback: () => void): TimerHandle
  cancel(handle: TimerHandle): void
  readonly env: Env
  /** Milliseconds left until an ask's deadline; `Infinity` for what has none, 0 or less for one that has ended. */
  remainingMs(replyTo: ReplyTo): number
}
