// The demo's verdict: what the cluster says against what a plain loop finds.

import type { Book, Reject } from '../domain/book.ts'
import { differences, towerDifferences } from '../domain/compare.ts'
import { missing, size } from '../domain/ledger.ts'
import type { PlainResult } from '../domain/plain.ts'
import type { ReadModel } from '../domain/read-model.ts'

/** What happened on the way. */
export interface Events {
  readonly killedNode: string | null
  /** From the kill to the first answer of the new leader. */
  readonly takeoverMs: number | null
  readonly oldEpoch: number
  readonly newEpoch: number
  readonly redelivered: number
  readonly duplicatesSuppressed: number
  readonly workerRestarts: number
  readonly wallMs: number
  /** Version of the nats-server. */
  readonly nats: string
}

/** The result, as `--json` prints it. */
export interface Outcome extends Events {
  readonly flights: number
  readonly counted: number
  readonly rejected: number
  /** Flights that the book has neither counted nor rejected. */
  readonly lost: number
  /** Entries in the totals beyond one per flight. */
  readonly doubleCounted: number
  /** Whether all totals, those of the towers too, equal those of the plain loop. */
  readonly totalsMatch: boolean
}

/** What came out. */
export interface Verdict {
  readonly outcome: Outcome
  /** A line for each figure that is not as it must be. */
  readonly complaints: readonly string[]
  /** The reject list, its first thousand. */
  readonly rejects: readonly Reject[]
}

/** Compares what the cluster says with what a plain loop finds. */
export function judge(
  flights: number,
  plain: PlainResult,
  book: Book,
  towers: Readonly<Record<string, ReadModel>>,
  events: Events,
): Verdict {
  const counted = book.totals.flights
  const lost = missing(book.ledger, flights)
  // The ledger says how many different flights there are, the totals how often anything was added: each is stored, neither is derived from the other.
  const doubleCounted = Math.max(0, counted + book.rejected - size(book.ledger))
  const figures = Object.fromEntries(Object.entries(towers).map(([airport, model]) => [airport, model.figures]))
  const complaints = [
    ...differences(flights, counted + book.rejected, 'counted and rejected'),
    ...differences(0, lost, 'lost'),
    ...differences(0, doubleCounted, 'counted twice'),
    ...differences(plain.rejected, book.rejected, 'rejected'),
    ...differences(plain.totals, book.totals),
    ...towerDifferences(plain.totals, figures),
  ]
  const totalsMatch = complaints.length === 0
  const { killedNode, takeoverMs, oldEpoch, newEpoch, redelivered, duplicatesSuppressed, workerRestarts, wallMs, nats } = events
  return {
    outcome: {
      flights,
      counted,
      rejected: book.rejected,
      lost,
      doubleCounted,
      totalsMatch,
      killedNode,
      takeoverMs,
      oldEpoch,
      newEpoch,
      redelivered,
      duplicatesSuppressed,
      workerRestarts,
      wallMs,
      nats,
    },
    complaints,
    rejects: book.rejects,
  }
}
