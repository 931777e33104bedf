// The network's figures. Only whole numbers are added, so any order and any grouping gives the same totals.

import type { ClearedFlight } from './clear.ts'

/** Figures of all flights of one hour of the day. */
export interface HourFigures {
  readonly flights: number
  readonly delayMinutes: number
  readonly miles: number
}

/** Figures of all flights that begin or end at one airport. */
export interface AirportFigures {
  readonly departures: number
  readonly arrivals: number
  readonly delayMinutes: number
  readonly miles: number
}

/** Figures of the network: of all flights, per airport and per hour. */
export interface Totals {
  readonly flights: number
  readonly delayMinutes: number
  readonly miles: number
  readonly courseMiles: number
  /** The sum of the flights' ids: a flight that counts twice or not at all shows here, whatever the ledger believes. */
  readonly idSum: number
  readonly airports: Readonly<Record<string, AirportFigures>>
  /** 24 entries. */
  readonly hours: readonly HourFigures[]
}

export const noFlightsAtAirport: AirportFigures = { departures: 0, arrivals: 0, delayMinutes: 0, miles: 0 }

/** The totals before the first flight. */
export const noTotals: Totals = {
  flights: 0,
  delayMinutes: 0,
  miles: 0,
  courseMiles: 0,
  idSum: 0,
  airports: {},
  hours: Array.from({ length: 24 }, () => ({ flights: 0, delayMinutes: 0, miles: 0 })),
}

/** The totals of one flight. */
function totalsOf({ id, origin, destination, hour, delayMinutes, miles, courseMiles }: ClearedFlight): Totals {
  return {
    flights: 1,
    delayMinutes,
    miles,
    courseMiles,
    idSum: id,
    airports: {
      [origin]: { departures: 1, arrivals: 0, delayMinutes, miles },
      [destination]: { departures: 0, arrivals: 1, delayMinutes, miles },
    },
    hours: noTotals.hours.map((none, index) => (index === hour ? { flights: 1, delayMinutes, miles } : none)),
  }
}

/** The totals of both together. */
export function plus(a: Totals, b: Totals): Totals {
  const airports: Record<string, AirportFigures> = { ...a.airports }
  for (const [code, figures] of Object.entries(b.airports)) airports[code] = plusAirport(airports[code] ?? noFlightsAtAirport, figures)
  return {
    flights: a.flights + b.flights,
    delayMinutes: a.delayMinutes + b.delayMinutes,
    miles: a.miles + b.miles,
    courseMiles: a.courseMiles + b.courseMiles,
    idSum: a.idSum + b.idSum,
    airports,
    hours: a.hours.map((hour, index) => plusHour(hour, b.hours[index]!)),
  }
}

/** The figures of both together. */
export function plusAirport(a: AirportFigures, b: AirportFigures): AirportFigures {
  return {
    departures: a.departures + b.departures,
    arrivals: a.arrivals + b.arrivals,
    delayMinutes: a.delayMinutes + b.delayMinutes,
    miles: a.miles + b.miles,
  }
}

function plusHour(a: HourFigures, b: HourFigures): HourFigures {
  return { flights: a.flights + b.flights, delayMinutes: a.delayMinutes + b.delayMinutes, miles: a.miles + b.miles }
}

/** The totals with one more flight. */
export function add(totals: Totals, flight: ClearedFlight): Totals {
  return plus(totals, totalsOf(flight))
}
