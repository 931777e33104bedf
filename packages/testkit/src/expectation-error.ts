// What a failed expectation throws, with what was expected and what was seen, so that test runners can show the difference.

import { inspect } from 'node:util'

/** An expectation of the testkit was not met. */
export class ExpectationError extends Error {
  override readonly name = 'ExpectationError'
  readonly expected: unknown
  readonly actual: unknown

  constructor(text: string, seen: { readonly expected?: unknown; readonly actual?: unknown } = {}) {
    super(text)
    this.expected = seen.expected
    this.actual = seen.actual
  }
}

/** A value in one line, as text. */
export function show(value: unknown): string {
  return inspect(value, { depth: 4, breakLength: Number.POSITIVE_INFINITY, maxStringLength: 200, maxArrayLength: 20 })
}
