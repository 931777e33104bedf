// What is persisted must come back as it was, so it must be plain JSON. JSON.stringify would turn the rest into something else in silence.

import { InvalidOptionError } from '../errors.ts'

/** A deep copy of plain JSON data; properties that are undefined are left out. @throws InvalidOptionError naming what is not plain JSON. */
export function plainJson(value: unknown, field: string): unknown {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return value
  if (typeof value === 'number' && Number.isFinite(value)) return value
  if (typeof value !== 'object') throw refused(field, value)
  const toJson = (value as { toJSON?: unknown }).toJSON
  if (typeof toJson === 'function' || onPath.has(value)) throw refused(field, value)
  onPath.add(value)
  try {
    if (Array.isArray(value)) return value.map((item, index) => plainJson(item, `${field}[${index}]`))
    const prototype: unknown = Object.getPrototypeOf(value)
    if (prototype !== Object.prototype && prototype !== null) throw refused(field, value)
    const copy: Record<string, unknown> = {}
    for (const [key, item] of Object.entries(value)) {
      if (item === undefined) continue
      // Assigning `__proto__` would set the copy's prototype.
      if (key === '__proto__') throw refused(`${field}.${key}`, item)
      copy[key] = plainJson(item, `${field}.${key}`)
    }
    return copy
  } finally {
    onPath.delete(value)
  }
}

/** The objects around the one being copied: meeting one again is a circle. */
const onPath = new Set<object>()

function refused(field: string, value: unknown): InvalidOptionError {
  const found = typeof value === 'object' && value !== null ? (value.constructor?.name ?? 'an object') : value
  return new InvalidOptionError(
    field,
    found,
    'plain JSON (objects, arrays, strings, finite numbers, booleans, null), so that it can be persisted',
  )
}
