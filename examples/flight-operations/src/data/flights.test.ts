import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { parseAirports, readAirports } from './airports.ts'
import { parseFlights, readFlights, toRow } from './flights.ts'

const folder = mkdtempSync(join(tmpdir(), 'flights-test-'))
afterAll(() => rmSync(folder, { recursive: true }))

test('a file that is missing, a folder, not JSON or not a list is an error that names the file', () => {
  expect(() => readFlights(join(folder, 'none.json'))).toThrow(/none\.json: there is no such file/)
  expect(() => readFlights(folder)).toThrow(/cannot read the flights in/)
  const file = join(folder, 'broken.json')
  writeFileSync(file, '[{"date": ')
  expect(() => readFlights(file)).toThrow(/broken\.json is not JSON/)
  expect(() => parseFlights('{"flights": []}', 'it')).toThrow('it must hold a JSON array of flights, but holds an object')
})

test.each<[unknown, string]>([
  [null, 'the row is null, not a flight'],
  [[1], 'the row is a list, not a flight'],
  ['x'.repeat(100), `the row is "${'x'.repeat(39)}…, not a flight`],
  [{}, 'date is missing, not a short text'],
  [{ date: 'd', origin: 'a'.repeat(50), destination: 'b' }, `origin is "${'a'.repeat(39)}…, not a short text`],
  [{ date: 'd', origin: 'a', destination: 'b', delay: '5', distance: 1 }, 'delay is "5", not a whole number'],
  [{ date: 'd', origin: 'a', destination: 'b', delay: 5, distance: 1.5 }, 'distance is 1.5, not a whole number'],
])('the odd row %j is kept with what is odd about it', (row, odd) => {
  expect(toRow(row)).toEqual({ odd })
})

test('a row keeps the known fields only', () => {
  const flight = { date: 'd', origin: 'a', destination: 'b', delay: 5, distance: 1 }
  expect(parseFlights(`\uFEFF${JSON.stringify([{ ...flight, extra: { deep: [1] } }])}`, 'it')).toEqual([flight])
})

test('airports are read by column name, quoted commas included, and lines without a place are none', () => {
  const airports = parseAirports('name,iata,latitude,longitude\r\n"Smith, ""Joe""",AAA,1.5,-2\nno place,BBB,,\n\nfar,CCC,91,0\n', 'it')
  expect([...airports]).toEqual([['AAA', { latitude: 1.5, longitude: -2 }]])
  expect(() => parseAirports('a,b\n', 'it')).toThrow('it must have the columns iata, latitude and longitude, but has a,b')
  expect(readAirports().size).toBe(3376)
})
