// Whether two sets of figures are the same, and if not, where they differ.

import type { AirportFigures, Totals } from './totals.ts'

/** One line per figure that differs, such as `airports.ATL.miles: expected 5, found 4`; empty when all are equal. */
export function differences(expected: unknown, found: unknown, at = 'totals'): string[] {
  if (isObject(expected) && isObject(found)) {
    const names = new Set([...Object.keys(expected), ...Object.keys(found)])
    return [...names].flatMap((name) => differences(expected[name], found[name], `${at}.${name}`))
  }
  return Object.is(expected, found) ? [] : [`${at}: expected ${show(expected)}, found ${show(found)}`]
}

/** One line per airport whose tower is missing or says something else than the totals. */
export function towerDifferences(expected: Totals, towers: Readonly<Record<string, AirportFigures>>): string[] {
  return differences(expected.airports, towers, 'towers')
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}

function show(value: unknown): string {
  return value === undefined ? 'nothing' : JSON.stringify(value)
}
