// Clearance: what makes a row a flight that counts. Whatever does not pass is rejected with a reason that a person can act on.

import { greatCircleMiles, type Place } from './distance.ts'
import type { Row } from './flight.ts'

/** A flight that counts. All its numbers are whole, so sums do not depend on the order in which flights arrive. */
export interface ClearedFlight {
  readonly type: 'cleared'
  readonly id: number
  readonly origin: string
  readonly destination: string
  /** Local hour of departure, 0 to 23. */
  readonly hour: number
  readonly delayMinutes: number
  /** As stated. */
  readonly miles: number
  /** Great-circle distance between the airports, rounded. */
  readonly courseMiles: number
}

/** A row that does not count, and why. */
export interface RejectedFlight {
  readonly type: 'rejected'
  readonly id: number
  readonly reason: string
}

export type Clearance = ClearedFlight | RejectedFlight

/** Where the airports are, by IATA code. */
export type Airports = ReadonlyMap<string, Place>

const mostEarlyMinutes = 120
const mostLateMinutes = 2 * 24 * 60
/** Half the way round the earth is the farthest that anything can be. */
const farthestMiles = 12_450

/**
 * How far the stated distance may be from the great circle: 5 miles or 1 %, whichever is more. The 20 000 flights of the data set stay within
 * 7.4 miles (0.28 %) on long routes, because the earth is not quite a sphere, and within 1.1 miles on those below 120, because of rounding.
 */
export function toleranceMiles(courseMiles: number): number {
  return Math.max(5, courseMiles / 100)
}

/** Validates and enriches one row. */
export function clear(id: number, row: Row, airports: Airports): Clearance {
  const reject = (reason: string): RejectedFlight => ({ type: 'rejected', id, reason })
  if ('odd' in row) return reject(row.odd)
  const { date, delay, distance, origin, destination } = row
  const hour = hourOf(date)
  if (hour === undefined) return reject(`the date ${date} does not exist`)
  if (delay < -mostEarlyMinutes || delay > mostLateMinutes) return reject(`a delay of ${delay} minutes is absurd`)
  if (distance <= 0 || distance > farthestMiles) return reject(`a distance of ${distance} miles is absurd`)
  const from = airports.get(origin)
  const to = airports.get(destination)
  if (from === undefined) return reject(`unknown airport ${origin}`)
  if (to === undefined) return reject(`unknown airport ${destination}`)
  if (origin === destination) return reject(`it leads from ${origin} to ${origin}`)
  const course = greatCircleMiles(from, to)
  if (Math.abs(distance - course) > toleranceMiles(course)) {
    return reject(`${origin} to ${destination} is said to be ${distance} miles, but is ${Math.round(course)}`)
  }
  return { type: 'cleared', id, origin, destination, hour, delayMinutes: delay, miles: distance, courseMiles: Math.round(course) }
}

const dateForm = /^(\d{4})\/(\d\d)\/(\d\d) (\d\d):(\d\d)$/

/** The hour of a date that exists, else `undefined`. */
function hourOf(date: string): number | undefined {
  const [, year, month, day, hour, minute] = (dateForm.exec(date) ?? []).map(Number)
  if (year === undefined || month === undefined || day === undefined || hour === undefined || minute === undefined) return undefined
  // An impossible day rolls over into the next month.
  const exists = month >= 1 && month <= 12 && day >= 1 && new Date(Date.UTC(year, month - 1, day)).getUTCMonth() === month - 1
  return exists && hour <= 23 && minute <= 59 ? hour : undefined
}
