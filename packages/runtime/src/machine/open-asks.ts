// Asks of a machine: the one in hand, and those kept for a later step.

import { formatAddress } from '../contracts/address.ts'
import type { DeadLetterReason } from '../contracts/dead-letter.ts'
import type { Message } from '../contracts/message.ts'
import type { ReplyTo } from '../contracts/reply.ts'
import type { Cell } from '../actor/cell.ts'
import type { AnyContext } from '../actor/define.ts'
import { currentMessage, takeMessage, takenOver } from '../actor/current-message.ts'
import { ActorFailedError, MessageRefusedError, StashFullError } from '../errors.ts'

/** The context as handlers of ours see it. */
interface Refusing {
  refuse(why: string, reason: DeadLetterReason): void
}

/** An ask kept for later. */
interface Kept {
  readonly message: Message
  readonly replyTo: ReplyTo
}

/** The asks of one incarnation of a machine. */
export class OpenAsks {
  readonly #cell: Cell
  readonly #signal: () => AbortSignal
  #kept: Map<string, Kept[]> | undefined

  /** `signal` is the incarnation's; it is only asked for when there is something to reject at its end. */
  constructor(cell: Cell, signal: () => AbortSignal) {
    this.#cell = cell
    this.#signal = signal
  }

  /** Keeps the ask of the message in hand; a message that was told is nothing to keep. */
  keep(key: string): void {
    const replyTo = currentMessage(this.#cell)?.replyTo
    if (replyTo === undefined || replyTo === null || replyTo === takenOver) return
    if (this.#kept === undefined) this.#signal().addEventListener('abort', () => this.#rejectAll(), { once: true })
    this.#kept ??= new Map()
    const kept = takeMessage(this.#cell, takenOver, 'replyLater')
    if (kept.replyTo === null) return
    const others = this.#kept.get(key)
    if (others === undefined) this.#kept.set(key, [kept])
    else others.push(kept)
  }

  /** Answers all asks kept under a key. */
  answer(key: string, value: unknown): void {
    const kept = this.#kept?.get(key) ?? []
    this.#kept?.delete(key)
    for (const { replyTo } of kept) this.#cell.host.resolveReply(replyTo, value)
  }

  answerAll(value: unknown): void {
    for (const key of [...(this.#kept?.keys() ?? [])]) this.answer(key, value)
  }

  /** Tells the asker of the message in hand, if there is one, that it is not done, and why. */
  refuse(why: string, cause?: unknown): void {
    const replyTo = currentMessage(this.#cell)?.replyTo
    if (replyTo === undefined || replyTo === null || replyTo === takenOver) return
    const taken = takeMessage(this.#cell, takenOver, 'refuse')
    if (taken.replyTo === null) return
    this.#cell.host.rejectReply(taken.replyTo, new MessageRefusedError(this.#target, taken.message, 'invalid', why, { cause }))
  }

  /** Puts the message in hand aside by `stash`. When that is full it is refused, and the machine is none the worse for it. */
  putAside(ctx: AnyContext): void {
    try {
      ctx.stash()
    } catch (cause) {
      if (!(cause instanceof StashFullError)) throw cause
      ;(ctx as unknown as Refusing).refuse(cause.message, 'mailbox-full')
    }
  }

  /** Where those who ask believe it to be. */
  get #target(): string {
    return formatAddress(this.#cell.entry.address)
  }

  #rejectAll(): void {
    const target = this.#target
    for (const { message, replyTo } of [...(this.#kept?.values() ?? [])].flat()) {
      this.#cell.host.rejectReply(replyTo, new ActorFailedError(target, message, 'it ended before it answered'))
    }
    this.#kept?.clear()
  }
}
