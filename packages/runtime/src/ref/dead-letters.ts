// The dead-letter office: counts by reason, keeps the last ones, and speaks up, but not more than once a second per reason.

import { type DeadLetter, type DeadLetterReason, deadLetterReasons } from '../contracts/dead-letter.ts'

/** How many letters are kept. */
const keptLetters = 10_000

const quietMs = 1000

/** Which letters are meant; what is left out does not matter. */
export interface DeadLetterQuery {
  readonly reason?: DeadLetterReason
  /** The message's type. */
  readonly type?: string
  /** The target as text: an address, or the path in it. */
  readonly target?: string
  /** The sender's path. */
  readonly sender?: string
  /** Not older than this, in milliseconds of the system's monotonic time. */
  readonly since?: number
  /** At most so many, the newest. */
  readonly limit?: number
}

/** What became of messages that nobody handled. */
export class DeadLetterOffice {
  readonly counts: Record<DeadLetterReason, number> = Object.fromEntries(deadLetterReasons.map((reason) => [reason, 0])) as never
  readonly #ring: DeadLetter[] = []
  #next = 0
  readonly #spoken = Object.fromEntries(deadLetterReasons.map((reason) => [reason, { at: -quietMs, since: 0 }])) as Record<
    DeadLetterReason,
    { at: number; since: number }
  >

  /** Files a letter. Answers how many of its reason have come since one was last spoken of, or 0 if it is not yet time to speak again. */
  file(letter: DeadLetter): number {
    const { reason } = letter
    this.counts[reason]++
    this.#ring[this.#next] = letter
    this.#next = this.#next + 1 === keptLetters ? 0 : this.#next + 1
    const spoken = this.#spoken[reason]
    spoken.since++
    if (letter.at - spoken.at < quietMs) return 0
    const { since } = spoken
    spoken.at = letter.at
    spoken.since = 0
    return since
  }

  /** The last letters, oldest first, at most 10 000. */
  recent(): readonly DeadLetter[] {
    return [...this.#ring.slice(this.#next), ...this.#ring.slice(0, this.#next)]
  }

  /** Those of the last letters that are meant, oldest first. */
  query({ reason, type, target, sender, since, limit }: DeadLetterQuery = {}): readonly DeadLetter[] {
    const found = this.recent().filter(
      (letter) =>
        (reason === undefined || letter.reason === reason) &&
        (type === undefined || (letter.message as { type?: unknown } | undefined)?.type === type) &&
        (target === undefined || letter.target === target || pathOf(letter.target) === target) &&
        (sender === undefined || letter.sender === sender) &&
        (since === undefined || letter.at >= since),
    )
    return limit === undefined ? found : found.slice(Math.max(0, found.length - limit))
  }

  /** Takes letters out; answers those that were still there. */
  take(letters: Iterable<DeadLetter>): readonly DeadLetter[] {
    const wanted = new Set(letters)
    const kept: DeadLetter[] = []
    const taken: DeadLetter[] = []
    for (const letter of this.recent()) (wanted.has(letter) ? taken : kept).push(letter)
    this.#ring.length = 0
    this.#ring.push(...kept)
    this.#next = kept.length % keptLetters
    return taken
  }
}

/** The path in an address, as text; a path stays one. */
function pathOf(target: string): string {
  return /^us:\/\/[^/]*(\/[^#]*)/.exec(target)?.[1] ?? target
}
