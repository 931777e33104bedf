// The bank: somebody else's system, which this program can only call. It may be slow or away, and it may do what it is asked and then fail to
// say so. What makes that bearable is its one promise: it does the same thing for the same id only once.

import type { Env } from '@understudy/actors'
import type { Payment } from '../domain/payment.ts'
import { weatherAt } from '../domain/scenario.ts'
import { seededRandom } from '../domain/seeded-random.ts'

/** Why a call to the bank failed, by a code like those of Node.js. */
class BankError extends Error {
  override readonly name = 'BankError'
  readonly code: 'ECONNREFUSED' | 'ECONNRESET' | 'ETIMEDOUT'

  constructor(code: BankError['code'], text: string) {
    super(text)
    this.code = code
  }
}

/** What the bank says to a question. */
export type Authorisation = 'approved' | 'declined'

const answerWithinMs = 900

/** The bank, and the line to it. */
export class Bank {
  /** What it moved, in order. */
  readonly movements: { readonly id: string; readonly cents: number }[] = []
  /** Calls for an id that it had dealt with already. */
  repeats = 0
  readonly #env: Env
  readonly #startedAt: number
  readonly #random: () => number
  readonly #posted = new Map<string, number>()
  readonly #voided = new Set<string>()

  constructor(env: Env, seed: number) {
    this.#env = env
    this.#startedAt = env.now()
    this.#random = seededRandom(`${seed} bank`)
  }

  /** Opens the line. */
  connect(): Promise<void> {
    return this.#call(() => {})
  }

  /** May this be paid? If so it is posted. */
  authorise({ id, cents, card }: Payment): Promise<Authorisation> {
    return this.#call(() => {
      if (this.#isRepeated(id)) return this.#voided.has(id) ? 'declined' : 'approved'
      if (this.#voided.has(id) || card.chip?.account === 'empty') return 'declined'
      this.#post(id, cents)
      return 'approved'
    })
  }

  /** It was paid without asking: it is posted, whatever the account says. */
  advise(id: string, cents: number): Promise<void> {
    return this.#call(() => {
      if (!this.#isRepeated(id)) this.#post(id, cents)
    })
  }

  /** It was not paid: if it was posted that is undone, and if it comes yet it is declined. */
  void(id: string): Promise<void> {
    return this.#call(() => {
      const posted = this.#posted.get(id)
      if (this.#voided.has(id)) this.repeats++
      else if (posted !== undefined) this.movements.push({ id, cents: -posted })
      this.#voided.add(id)
    })
  }

  #isRepeated(id: string): boolean {
    if (!this.#posted.has(id)) return false
    this.repeats++
    return true
  }

  #post(id: string, cents: number): void {
    this.#posted.set(id, cents)
    this.movements.push({ id, cents })
  }

  /** One call over the line. The deed happens half-way, whether or not anybody waits for the answer. */
  async #call<T>(deed: () => T): Promise<T> {
    const { latencyMs, isDown, lostAnswers } = weatherAt(this.#env.now() - this.#startedAt)
    const [least, most] = latencyMs
    const tookMs = least + this.#random() * (most - least)
    const isLost = this.#random() < lostAnswers
    if (isDown) {
      await this.#sleep(tookMs)
      throw new BankError('ECONNREFUSED', 'the bank refuses the connection')
    }
    const done = this.#sleep(tookMs / 2).then(deed)
    if (tookMs > answerWithinMs) {
      await this.#sleep(answerWithinMs)
      throw new BankError('ETIMEDOUT', `no answer from the bank within ${answerWithinMs} ms`)
    }
    const answer = await done
    await this.#sleep(tookMs / 2)
    if (isLost) throw new BankError('ECONNRESET', 'the bank hung up before it answered')
    return answer
  }

  #sleep(ms: number): Promise<void> {
    return new Promise((resolve) => void this.#env.setTimer(ms, resolve))
  }
}
