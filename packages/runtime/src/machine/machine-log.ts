// XState's `log` action, into the logger of the system.

import type { Logger } from '../contracts/log.ts'

/** Writes what `log` was given: a value, or a label and a value. */
export function logValues(log: Logger, path: string, values: readonly unknown[]): void {
  const [label, value] = values.length > 1 ? values : [undefined, values[0]]
  const text = typeof value === 'string' ? value : shown(value)
  log.info({ path, value, ...(label !== undefined && { label }) }, label === undefined ? text : `${label as string}: ${text}`)
}

/** A value that cannot be shown must not make the machine fail. */
function shown(value: unknown): string {
  try {
    return JSON.stringify(value) ?? String(value)
  } catch {
    return 'a value that cannot be printed'
  }
}
