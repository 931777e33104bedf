import { expect, test } from 'vitest'
import { readAirports } from '../data/airports.ts'
import { defaultFlightsFile, readFlights } from '../data/flights.ts'
import { type Book, emptyBook, post } from '../domain/book.ts'
import { clear } from '../domain/clear.ts'
import { computePlainly } from '../domain/plain.ts'
import { add, plus } from '../domain/totals.ts'
import { judge } from './outcome.ts'

const airports = readAirports()
const rows = [...readFlights(defaultFlightsFile).slice(0, 50), { odd: 'the row is null, not a flight' }]
const plain = computePlainly(rows, airports)
const clearances = rows.map((row, id) => clear(id, row, airports))
const { book } = post(emptyBook, clearances)
const towersOf = ({ totals }: Book) =>
  Object.fromEntries(Object.entries(totals.airports).map(([airport, figures]) => [airport, { epoch: 1, number: 1, figures }]))
const events = {
  killedNode: 'n1',
  takeoverMs: 400,
  oldEpoch: 3,
  newEpoch: 9,
  redelivered: 5,
  duplicatesSuppressed: 2,
  workerRestarts: 1,
  wallMs: 20_000,
  nats: '2.15.1',
}
const verdict = (found: Book, towers = towersOf(found)) => judge(rows.length, plain, found, towers, events)

test('when every flight is counted or rejected exactly once, all is well', () => {
  const { outcome, complaints } = verdict(book)
  expect(complaints).toEqual([])
  expect(outcome).toEqual({ flights: 51, counted: 50, rejected: 1, lost: 0, doubleCounted: 0, totalsMatch: true, ...events })
})

test('a lost flight is seen', () => {
  const { outcome, complaints } = verdict(post(emptyBook, clearances.slice(1)).book)
  expect(outcome).toMatchObject({ lost: 1, doubleCounted: 0, totalsMatch: false })
  expect(complaints).toContain('lost: expected 0, found 1')
})

test('a flight that was added twice is seen, although the ledger has it once', () => {
  const flight = clearances[0]!
  if (flight.type === 'rejected') throw new Error('the first flight is a good one')
  const { outcome } = verdict({ ...book, totals: plus(book.totals, add(emptyBook.totals, flight)) })
  expect(outcome).toMatchObject({ lost: 0, doubleCounted: 1, totalsMatch: false })
})

test('one flight lost and another counted twice do not hide each other', () => {
  const [first, ...others] = clearances
  const without = post(emptyBook, others).book
  const twice = others[0]!
  if (twice.type === 'rejected' || first === undefined) throw new Error('the first flights are good ones')
  const { outcome, complaints } = verdict({ ...without, totals: add(without.totals, twice) })
  expect(outcome).toMatchObject({ counted: 50, lost: 1, doubleCounted: 1, totalsMatch: false })
  expect(complaints.some((complaint) => complaint.startsWith('totals.idSum'))).toBe(true)
})

test('a tower that is behind or missing is seen', () => {
  const towers = towersOf(book)
  const [airport] = Object.keys(towers)
  delete towers[airport!]
  expect(verdict(book, towers).outcome.totalsMatch).toBe(false)
})
