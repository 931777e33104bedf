// How things that are not actors reach actors: by typed key, from the system or from an ancestor.

/** The key of a service: compared by identity, typed by what it leads to. */
export interface ServiceKey<T> {
  readonly name: string
  readonly type?: T
}

/** Makes a key. The name is for error messages only. */
export function serviceKey<T>(name: string): ServiceKey<T> {
  return { name }
}
