// The book of operations: all that must survive the leader. It is stored as a whole, so a flight is in the totals exactly when it is in the ledger.

import type { Clearance } from './clear.ts'
import { emptyLedger, has, type Ledger, record } from './ledger.ts'
import { add, type AirportFigures, noTotals, plus, type Totals } from './totals.ts'

/** A rejected row, as the reject list shows it. */
export interface Reject {
  readonly id: number
  readonly reason: string
}

/** What operations has counted so far. Plain data. */
export interface Book {
  readonly totals: Totals
  /** The ids of all flights that were counted or rejected. */
  readonly ledger: Ledger
  readonly rejected: number
  /** The first rejects; bounded, because the book must fit into one message. */
  readonly rejects: readonly Reject[]
  /** Per airport, how many postings have touched it: the number of its latest update. */
  readonly numbers: Readonly<Record<string, number>>
}

/** What one posting changed at one airport. */
export interface AirportChange {
  readonly airport: string
  readonly number: number
  readonly change: AirportFigures
}

export const emptyBook: Book = { totals: noTotals, ledger: emptyLedger, rejected: 0, rejects: [], numbers: {} }

const mostRejectsShown = 1_000

/** Enters a batch. What the book has already, or what comes twice in the batch, changes nothing. */
export function post(book: Book, batch: Iterable<Clearance>): { readonly book: Book; readonly changes: readonly AirportChange[] } {
  const fresh = new Map<number, Clearance>()
  for (const clearance of batch) if (!has(book.ledger, clearance.id)) fresh.set(clearance.id, clearance)
  let change = noTotals
  const rejects: Reject[] = []
  for (const clearance of fresh.values()) {
    if (clearance.type === 'cleared') change = add(change, clearance)
    else rejects.push({ id: clearance.id, reason: clearance.reason })
  }
  const changes = Object.entries(change.airports).map(([airport, figures]) => ({
    airport,
    number: (book.numbers[airport] ?? 0) + 1,
    change: figures,
  }))
  return {
    book: {
      totals: plus(book.totals, change),
      ledger: record(book.ledger, fresh.keys()),
      rejected: book.rejected + rejects.length,
      rejects: [...book.rejects, ...rejects].slice(0, mostRejectsShown),
      numbers: { ...book.numbers, ...Object.fromEntries(changes.map(({ airport, number }) => [airport, number])) },
    },
    changes,
  }
}
