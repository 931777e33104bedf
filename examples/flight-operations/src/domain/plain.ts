// The same figures in one plain loop: no actors, no batches, and on purpose none of the code that adds up totals elsewhere.

import { type Airports, clear } from './clear.ts'
import type { Row } from './flight.ts'
import type { Totals } from './totals.ts'

/** What a single loop over the rows finds. */
export interface PlainResult {
  readonly totals: Totals
  readonly rejected: number
}

/** Computes the figures of all rows. */
export function computePlainly(rows: readonly Row[], known: Airports): PlainResult {
  const airports: Record<string, { departures: number; arrivals: number; delayMinutes: number; miles: number }> = {}
  const hours = Array.from({ length: 24 }, () => ({ flights: 0, delayMinutes: 0, miles: 0 }))
  const sums = { flights: 0, delayMinutes: 0, miles: 0, courseMiles: 0, idSum: 0 }
  let rejected = 0
  for (let id = 0; id < rows.length; id++) {
    const flight = clear(id, rows[id]!, known)
    if (flight.type === 'rejected') {
      rejected++
      continue
    }
    const { origin, destination, delayMinutes, miles } = flight
    sums.flights++
    sums.delayMinutes += delayMinutes
    sums.miles += miles
    sums.courseMiles += flight.courseMiles
    sums.idSum += id
    const hour = hours[flight.hour]!
    hour.flights++
    hour.delayMinutes += delayMinutes
    hour.miles += miles
    for (const code of [origin, destination]) {
      const airport = (airports[code] ??= { departures: 0, arrivals: 0, delayMinutes: 0, miles: 0 })
      if (code === origin) airport.departures++
      else airport.arrivals++
      airport.delayMinutes += delayMinutes
      airport.miles += miles
    }
  }
  return { totals: { ...sums, airports, hours }, rejected }
}
