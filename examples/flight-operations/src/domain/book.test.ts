import { expect, test } from 'vitest'
import { emptyBook, post } from './book.ts'
import type { Clearance } from './clear.ts'
import { size } from './ledger.ts'

const cleared = (id: number, origin = 'ATL', destination = 'BOS'): Clearance => ({
  type: 'cleared',
  id,
  origin,
  destination,
  hour: 10,
  delayMinutes: 3,
  miles: 100,
  courseMiles: 101,
})

test('a batch is in the totals, in the ledger and in the numbers of its airports', () => {
  const { book, changes } = post(emptyBook, [cleared(0), cleared(1), cleared(2, 'BOS', 'DEN')])
  expect(book.totals).toMatchObject({ flights: 3, delayMinutes: 9, miles: 300, courseMiles: 303, idSum: 3 })
  expect(book.totals.airports['BOS']).toEqual({ departures: 1, arrivals: 2, delayMinutes: 9, miles: 300 })
  expect(book.totals.hours[10]).toEqual({ flights: 3, delayMinutes: 9, miles: 300 })
  expect(book.ledger).toEqual([[0, 2]])
  expect(book.numbers).toEqual({ ATL: 1, BOS: 1, DEN: 1 })
  expect(changes.find(({ airport }) => airport === 'ATL')).toEqual({
    airport: 'ATL',
    number: 1,
    change: { departures: 2, arrivals: 0, delayMinutes: 6, miles: 200 },
  })
})

test('a flight that comes again, in the same batch or later, changes nothing', () => {
  const first = post(emptyBook, [cleared(0), cleared(0)]).book
  expect(first.totals.flights).toBe(1)
  expect(post(first, [cleared(0)])).toEqual({ book: first, changes: [] })
})

test('a rejected flight is on the list and in the ledger, and in no total', () => {
  const { book } = post(emptyBook, [{ type: 'rejected', id: 4, reason: 'unknown airport XXX' }, cleared(5)])
  expect(book).toMatchObject({ rejected: 1, rejects: [{ id: 4, reason: 'unknown airport XXX' }], ledger: [[4, 5]] })
  expect(book.totals.flights).toBe(1)
})

test('the reject list is bounded, the count is not', () => {
  const batch = Array.from({ length: 2_500 }, (_, id): Clearance => ({ type: 'rejected', id, reason: 'odd' }))
  const { book } = post(emptyBook, batch)
  expect(book.rejected).toBe(2_500)
  expect(book.rejects).toHaveLength(1_000)
  expect(size(book.ledger)).toBe(2_500)
})
