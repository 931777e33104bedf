// One message inside the thread: it is begun once, settled once, and answered at most once. It stands where others carry a reply address.

import type { DeadLetterReason } from '../contracts/dead-letter.ts'
import { describeCause } from '../contracts/exit-reason.ts'
import type { ReplyPort, ReplyTo } from '../contracts/reply.ts'
import type { FromThread, Settled } from './frame.ts'
import { pack } from './parcel.ts'
import { causeToData } from './portable.ts'
import { begin, settle, type Window } from './slots.ts'

/** What all messages of one actor have in common. */
export interface Desk {
  readonly id: number
  readonly window: Window
  send(frame: FromThread): void
  /** Told later, together with others: it has been handled, and nobody asks. */
  handled(number: number): void
}

/** The slot of one message, as its handler's cell sees it: where its reply goes. */
export class Settling implements ReplyPort {
  readonly expiresAt?: number
  #isTaken = false
  readonly #desk: Desk
  readonly #slot: number
  readonly #number: number
  readonly #isAsked: boolean
  #isSettled = false
  #isAnswered = false

  /** `expiresAt` undefined: nobody asks. */
  constructor(desk: Desk, slot: number, number: number, expiresAt: number | undefined) {
    this.#desk = desk
    this.#slot = slot
    this.#number = number
    this.#isAsked = expiresAt !== undefined
    if (expiresAt !== undefined && Number.isFinite(expiresAt)) this.expiresAt = expiresAt
  }

  /** Somebody else answers, now or later: what the handler returns is no answer. */
  get isTaken(): boolean {
    return this.#isTaken
  }

  takeOver(): ReplyTo {
    this.#isTaken = true
    return this.#isAsked ? this : null
  }

  /** Begins the message; false when the main side has taken it back, and it must not be handled here. */
  begin(): boolean {
    return begin(this.#desk.window, this.#slot, this.#number)
  }

  resolve(value: unknown): void {
    this.#answer(() => pack(value))
  }

  reject(error: Error): void {
    if (this.#isAnswered || !this.isTaken) return
    this.#isAnswered = true
    this.#desk.send({ t: 'answer', id: this.#desk.id, number: this.#number, error: causeToData(error) })
  }

  /** Its handler is through, and the answer is in other hands. */
  handedOn(): void {
    this.#settle({ how: 'owed' })
  }

  /** It is put aside; the main side keeps it. */
  stashed(): void {
    this.#settle({ how: 'stashed' })
  }

  /** Its handler has failed; whoever else has taken the answer may still give it. */
  failed(cause: unknown): void {
    this.#settle({ how: 'failed', cause: causeToData(cause), isOwed: this.isTaken })
  }

  /** The cell gave it up. */
  deadLettered(reason: DeadLetterReason, cause: unknown): void {
    if (reason === 'poison') this.failed(cause)
    // Otherwise it never began; unless it waits for a cell that has ended, and then the main side takes it back by itself.
    else if (reason !== 'stopped' && this.begin()) this.refused(reason, cause === undefined ? undefined : describeCause(cause))
  }

  /** It was begun, and is not what it should be. */
  refused(reason: DeadLetterReason, why: string | undefined): void {
    this.#settle({ how: 'refused', reason, why })
  }

  #answer(packed: () => ReturnType<typeof pack>): void {
    if (this.isTaken) {
      if (this.#isAnswered) return
      this.#isAnswered = true
      this.#try((parcel) => ({ t: 'answer', id: this.#desk.id, number: this.#number, parcel }), packed)
      return
    }
    if (!this.#isAsked) {
      if (this.#isSettled) return
      this.#isSettled = true
      settle(this.#desk.window, this.#slot, this.#number)
      this.#desk.handled(this.#number)
      return
    }
    try {
      this.#settle({ how: 'handled', parcel: packed() })
    } catch (cause) {
      this.#isSettled = false
      this.#settle({ how: 'unanswerable', why: describeCause(cause) })
    }
  }

  #try(frame: (parcel: ReturnType<typeof pack>) => FromThread, packed: () => ReturnType<typeof pack>): void {
    try {
      this.#desk.send(frame(packed()))
    } catch (cause) {
      this.#desk.send({ t: 'answer', id: this.#desk.id, number: this.#number, error: causeToData(cause) })
    }
  }

  #settle(settled: Settled): void {
    if (this.#isSettled) return
    this.#isSettled = true
    // First, as the main side may use the slot again as soon as it is told.
    settle(this.#desk.window, this.#slot, this.#number)
    this.#desk.send({ t: 'settled', id: this.#desk.id, number: this.#number, settled })
  }
}
