// Reads flights from JSON. A file that is no list of rows is an error; a row that is no flight is kept as an odd row, to be rejected and counted.

import { readFileSync, statSync } from 'node:fs'
import type { Row } from '../domain/flight.ts'
import { DataError } from './data-error.ts'
import { dataSetFile } from './data-set.ts'

/** 20 000 flights of 2001, from the npm package vega-datasets. */
export const defaultFlightsFile = dataSetFile('flights-20k.json')

/** More than this is refused rather than read into memory. */
const mostBytes = 256 * 1024 * 1024
const longestText = 40

/** Reads a file of flights. @throws DataError when it is missing, too large, not JSON or not a list. */
export function readFlights(file: string): Row[] {
  return parseFlights(readText(file), file)
}

/** Reads flights from the text of a JSON array. @throws DataError */
export function parseFlights(text: string, source: string): Row[] {
  let rows: unknown
  try {
    rows = JSON.parse(text.replace(/^\uFEFF/, ''))
  } catch (cause) {
    throw new DataError(`${source} is not JSON: ${(cause as Error).message}`, { cause })
  }
  if (!Array.isArray(rows)) throw new DataError(`${source} must hold a JSON array of flights, but holds ${describe(rows)}`)
  return rows.map(toRow)
}

/** Checks the shape of one row. Whether what it says can be true is for clearance to decide. */
export function toRow(value: unknown): Row {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return { odd: `the row is ${describe(value)}, not a flight` }
  const { date, delay, distance, origin, destination } = value as Record<string, unknown>
  for (const [field, text] of Object.entries({ date, origin, destination })) {
    if (typeof text !== 'string' || text.length > longestText) return { odd: `${field} is ${describe(text)}, not a short text` }
  }
  for (const [field, number] of Object.entries({ delay, distance })) {
    if (!Number.isInteger(number)) return { odd: `${field} is ${describe(number)}, not a whole number` }
  }
  // Only the known fields go on, however many others a row has.
  return { date, delay, distance, origin, destination } as Row
}

function readText(file: string): string {
  try {
    const { size } = statSync(file)
    if (size > mostBytes) throw new DataError(`${file} has ${size} bytes; at most ${mostBytes} can be read`)
    return readFileSync(file, 'utf8')
  } catch (cause) {
    if (cause instanceof DataError) throw cause
    const why = (cause as NodeJS.ErrnoException).code === 'ENOENT' ? 'there is no such file' : (cause as Error).message
    throw new DataError(`cannot read the flights in ${file}: ${why}`, { cause })
  }
}

function describe(value: unknown): string {
  if (value === undefined) return 'missing'
  if (Array.isArray(value)) return 'a list'
  if (typeof value === 'object' && value !== null) return 'an object'
  const text = JSON.stringify(value)
  return text.length > longestText ? `${text.slice(0, longestText)}…` : text
}
