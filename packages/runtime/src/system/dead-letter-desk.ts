// What a system lets its user do with dead letters: look, listen, and send again.

import { parseAddress } from '../contracts/address.ts'
import type { DeadLetter, DeadLetterReason } from '../contracts/dead-letter.ts'
import type { Endpoint } from '../contracts/endpoint.ts'
import type { Host } from '../contracts/host.ts'
import type { AnyRef } from '../contracts/ref.ts'
import type { DeadLetterOffice, DeadLetterQuery } from '../ref/dead-letters.ts'

/** The dead letters of one system. */
export interface DeadLetters {
  readonly counts: Readonly<Record<DeadLetterReason, number>>
  /** The last 10 000, oldest first. */
  recent(): readonly DeadLetter[]
  /** Those of them that are meant, oldest first. */
  query(query?: DeadLetterQuery): readonly DeadLetter[]
  /** Calls back for each new one; returns the way to stop. */
  subscribe(listener: (letter: DeadLetter) => void): () => void
  /**
   * Sends letters again, in order, and takes them out: to `to`, or to where they were meant for, whoever lives there now. Answers how
   * many were sent. What was asked is told: its asker waits no more. A letter that cannot be delivered again is a new letter.
   */
  replay(letters: DeadLetterQuery | readonly DeadLetter[], to?: AnyRef): number
}

/** Opens the office to the user of a system. */
export function deadLetterDesk(host: Host, office: DeadLetterOffice): DeadLetters {
  const whereTo = ({ target }: DeadLetter): Endpoint | undefined => {
    const address = parseAddress(target)
    return address && host.resolve({ ...address, uid: 0 })
  }
  return {
    counts: office.counts,
    recent: () => office.recent(),
    query: (query) => office.query(query),
    subscribe: (listener) =>
      host.onEvent(
        (event) => {
          if (event.type === 'dead-letter') listener(event.letter)
        },
        new Set(['dead-letter']),
      ),
    replay(letters, to) {
      const meant = Array.isArray(letters) ? (letters as readonly DeadLetter[]) : office.query(letters as DeadLetterQuery)
      const sendable = meant.filter((letter) => to !== undefined || whereTo(letter) !== undefined)
      const taken = office.take(sendable)
      for (const letter of taken) {
        host.counters.sent++
        ;(to === undefined ? whereTo(letter)! : host.endpointOf(to)).post(letter.message, null)
      }
      return taken.length
    },
  }
}
