// Reads where the airports are, from CSV.

import { readFileSync } from 'node:fs'
import type { Airports } from '../domain/clear.ts'
import type { Place } from '../domain/distance.ts'
import { DataError } from './data-error.ts'
import { dataSetFile } from './data-set.ts'

const airportsFile = dataSetFile('airports.csv')

/** The airports of the npm package vega-datasets. @throws DataError */
export function readAirports(): Airports {
  return parseAirports(readFileSync(airportsFile, 'utf8'), airportsFile)
}

/** Reads the columns `iata`, `latitude` and `longitude` of a CSV text; a line without a usable place is no airport. @throws DataError */
export function parseAirports(text: string, source: string): Airports {
  const [header = '', ...lines] = text.split(/\r?\n/)
  const columns = splitCsvLine(header)
  const [code, latitude, longitude] = ['iata', 'latitude', 'longitude'].map((name) => columns.indexOf(name)) as [number, number, number]
  if (Math.min(code, latitude, longitude) < 0)
    throw new DataError(`${source} must have the columns iata, latitude and longitude, but has ${header.slice(0, 100)}`)
  const airports = new Map<string, Place>()
  for (const line of lines) {
    const fields = splitCsvLine(line)
    const place = { latitude: Number(fields[latitude] || Number.NaN), longitude: Number(fields[longitude] || Number.NaN) }
    if (fields[code] && Math.abs(place.latitude) <= 90 && Math.abs(place.longitude) <= 180) airports.set(fields[code], place)
  }
  return airports
}

/** Fields of one line; quotes may protect commas, and two quotes mean one. */
function splitCsvLine(line: string): string[] {
  return [...line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g)].map(([, quoted, plain]) => quoted?.replaceAll('""', '"') ?? plain ?? '')
}
