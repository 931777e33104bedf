import { expect, test } from 'vitest'
import { readAirports } from '../data/airports.ts'
import { defaultFlightsFile, readFlights } from '../data/flights.ts'
import { emptyBook, post } from './book.ts'
import { clear } from './clear.ts'
import { differences, towerDifferences } from './compare.ts'
import { computePlainly } from './plain.ts'

const airports = readAirports()
const rows = readFlights(defaultFlightsFile)

test('the book, filled in batches out of order, and the plain loop agree on all real flights', () => {
  const clearances = rows.map((row, id) => clear(id, row, airports)).reverse()
  let book = emptyBook
  for (let from = 0; from < clearances.length; from += 333) book = post(book, clearances.slice(from, from + 333)).book
  const plain = computePlainly(rows, airports)
  expect(plain.rejected).toBe(0)
  expect(differences(plain.totals, book.totals)).toEqual([])
  expect(plain.totals.flights).toBe(20_000)
})

test('every flight is counted at both its ends, and in one hour', () => {
  const { totals } = computePlainly(rows, airports)
  const atAirports = Object.values(totals.airports)
  expect(atAirports.reduce((sum, { departures }) => sum + departures, 0)).toBe(20_000)
  expect(atAirports.reduce((sum, { arrivals }) => sum + arrivals, 0)).toBe(20_000)
  expect(atAirports.reduce((sum, { miles }) => sum + miles, 0)).toBe(2 * totals.miles)
  expect(totals.hours.reduce((sum, { delayMinutes }) => sum + delayMinutes, 0)).toBe(totals.delayMinutes)
})

test('each figure that differs is named', () => {
  const { totals } = computePlainly(rows.slice(0, 100), airports)
  const { totals: found } = computePlainly(rows.slice(0, 99), airports)
  expect(differences(totals, found)).toContain('totals.flights: expected 100, found 99')
  const { [Object.keys(totals.airports)[0]!]: _, ...others } = totals.airports
  expect(towerDifferences(totals, totals.airports)).toEqual([])
  expect(towerDifferences(totals, others)[0]).toMatch(/^towers\..*: expected \{.*\}, found nothing$/)
})
