import { expect, test } from 'vitest'
import { readAirports } from '../data/airports.ts'
import { defaultFlightsFile, readFlights } from '../data/flights.ts'
import { type Airports, clear, toleranceMiles } from './clear.ts'
import { greatCircleMiles } from './distance.ts'
import type { Flight } from './flight.ts'

const airports: Airports = new Map([
  ['ATL', { latitude: 33.64044444, longitude: -84.42694444 }],
  ['BOS', { latitude: 42.3643475, longitude: -71.00517917 }],
])
const flight: Flight = { date: '2001/02/28 23:59', delay: -5, distance: 946, origin: 'ATL', destination: 'BOS' }

test('a flight that can be true is cleared, with its hour and the great-circle distance', () => {
  expect(clear(7, flight, airports)).toEqual({
    type: 'cleared',
    id: 7,
    origin: 'ATL',
    destination: 'BOS',
    hour: 23,
    delayMinutes: -5,
    miles: 946,
    courseMiles: 945,
  })
})

test.each<[string, Partial<Flight>, string]>([
  ['an unknown origin', { origin: 'XXX' }, 'unknown airport XXX'],
  ['a name from the object prototype', { destination: '__proto__' }, 'unknown airport __proto__'],
  ['an absurd delay', { delay: 100_000 }, 'a delay of 100000 minutes is absurd'],
  ['a flight hours before its time', { delay: -121 }, 'a delay of -121 minutes is absurd'],
  ['no distance', { distance: 0 }, 'a distance of 0 miles is absurd'],
  ['more than half the earth', { distance: 12_451 }, 'a distance of 12451 miles is absurd'],
  ['a stated distance far from the computed one', { distance: 1_000 }, 'ATL to BOS is said to be 1000 miles, but is 945'],
  ['a round trip', { destination: 'ATL' }, 'it leads from ATL to ATL'],
  ['a day that does not exist', { date: '2001/02/30 10:00' }, 'the date 2001/02/30 10:00 does not exist'],
  ['an hour that does not exist', { date: '2001/02/03 24:00' }, 'the date 2001/02/03 24:00 does not exist'],
  ['another form of date', { date: 'yesterday' }, 'the date yesterday does not exist'],
])('%s is rejected with its reason', (_, odd, reason) => {
  expect(clear(1, { ...flight, ...odd }, airports)).toEqual({ type: 'rejected', id: 1, reason })
})

test('a row that is no flight is rejected for what is odd about it', () => {
  expect(clear(3, { odd: 'date is missing' }, airports)).toEqual({ type: 'rejected', id: 3, reason: 'date is missing' })
})

test('every one of the 20 000 real flights is cleared, with room to spare in the tolerance', () => {
  const known = readAirports()
  const rows = readFlights(defaultFlightsFile) as Flight[]
  expect(rows).toHaveLength(20_000)
  expect(rows.map((row, id) => clear(id, row, known)).filter(({ type }) => type === 'rejected')).toEqual([])
  const worst = Math.max(
    ...rows.map(({ distance, origin, destination }) => {
      const course = greatCircleMiles(known.get(origin)!, known.get(destination)!)
      return Math.abs(distance - course) / toleranceMiles(course)
    }),
  )
  expect(worst).toBeLessThan(0.5)
})
