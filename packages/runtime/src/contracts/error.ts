// The root of every error that Understudy throws or rejects with. Recognised by a registered symbol and a stable code, not by
// prototype, so that two copies of a package in one process agree on what an error is.

const brand: unique symbol = Symbol.for('understudy.error') as never

/**
 * The base of all errors of Understudy: a stable `code`, the `cause` kept, and `instanceof` that works across duplicate copies of a package.
 *
 * Use when: catching anything that Understudy itself reports, as opposed to what a handler threw.
 */
export abstract class UnderstudyError extends Error {
  /** The stable code of this class; every code has its entry in `docs/errors.md`. */
  static readonly code: string = 'UNDERSTUDY'

  /** The stable code, equal to the class's static `code`; safe to switch on and to send over a wire. */
  readonly code: string
  readonly [brand] = true

  constructor(message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = new.target.code
    this.name = new.target.name
  }

  static override [Symbol.hasInstance](value: unknown): boolean {
    if (typeof value !== 'object' || value === null || (value as { [brand]?: true })[brand] !== true) return false
    return this.code === UnderstudyError.code || (value as UnderstudyError).code === this.code
  }
}
