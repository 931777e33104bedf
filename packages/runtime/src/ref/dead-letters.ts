// The dead-letter office: counts by reason, keeps the last ones, and speaks up, but not more than once a second per reason.

import { type DeadLetter, type DeadLetterReason, deadLetterReasons } from '../contracts/dead-letter.ts'

const kept = 1000
const quietMs = 1000

/** What became of messages that nobody handled. */
export class DeadLetterOffice {
  readonly counts: Record<DeadLetterReason, number> = Object.fromEntries(deadLetterReasons.map((reason) => [reason, 0])) as never
  readonly #ring: DeadLetter[] = []
  #next = 0
  readonly #spokeAt = new Map<DeadLetterReason, number>()
  readonly #unspoken = new Map<DeadLetterReason, number>()

  /** Files a letter. Answers how many of its reason have come since one was last spoken of, or 0 if it is not yet time to speak again. */
  file(letter: DeadLetter): number {
    const { reason } = letter
    this.counts[reason]++
    this.#ring[this.#next] = letter
    this.#next = (this.#next + 1) % kept
    const since = (this.#unspoken.get(reason) ?? 0) + 1
    const spoke = this.#spokeAt.get(reason)
    if (spoke !== undefined && letter.at - spoke < quietMs) {
      this.#unspoken.set(reason, since)
      return 0
    }
    this.#spokeAt.set(reason, letter.at)
    this.#unspoken.set(reason, 0)
    return since
  }

  /** The last letters, oldest first, at most 1000. */
  recent(): readonly DeadLetter[] {
    return [...this.#ring.slice(this.#next), ...this.#ring.slice(0, this.#next)]
  }
}
