// How things that are not actors reach actors: by typed key, from the system or from an ancestor.

/** The key of a service: compared by identity, typed by what it leads to. */
export interface ServiceKey<T> {
  readonly name: string
  /** Never there: it carries the type only. */
  readonly type?: T
}

/**
 * Makes a key, to be shared as a constant. The name is for error messages only.
 *
 * Use when: actors need something that is no actor, such as a connection pool, and tests need another one: `system.provide(key, value)`.
 */
export function serviceKey<T>(name: string): ServiceKey<T> {
  return { name }
}
