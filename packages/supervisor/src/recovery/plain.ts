// Plain JSON: what comes back as it was written.

/** Where the first thing is that is no plain JSON (or could change a prototype), beneath `at`; undefined when all is well. */
export function findOdd(value: unknown, at: string, depth = 0): string | undefined {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return undefined
  if (typeof value === 'number') return Number.isFinite(value) ? undefined : at
  // Deeper than this is a circle, or nothing that a recovery machine should remember.
  if (typeof value !== 'object' || depth > 16) return at
  const prototype: unknown = Object.getPrototypeOf(value)
  if (!Array.isArray(value) && prototype !== Object.prototype && prototype !== null) return at
  for (const [key, item] of Object.entries(value)) {
    if (key === '__proto__') return `${at}.${key}`
    if (item === undefined) continue
    const odd = findOdd(item, `${at}.${key}`, depth + 1)
    if (odd !== undefined) return odd
  }
  return undefined
}

/** The fields of an object. @throws Error when it is none. */
export function fieldsOf(value: unknown, what: string): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Error(`${what} is no object`)
  return value as Record<string, unknown>
}
