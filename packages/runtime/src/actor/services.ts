// How an actor finds what its ancestors or its system provide.

import type { ServiceKey } from '../contracts/service.ts'
import { ServiceMissingError } from '../errors.ts'

/** Where the search begins, and goes on upwards. */
interface Place {
  readonly path: string
  readonly parent: Place | null
  readonly provided: ReadonlyMap<ServiceKey<unknown>, unknown> | undefined
  readonly host: { findService(key: unknown): unknown }
}

/** The nearest provided value; undefined when there is none. */
export function findService<T>(from: Place, key: ServiceKey<T>): T | undefined {
  for (let place: Place | null = from; place !== null; place = place.parent) {
    const found = place.provided?.get(key as ServiceKey<unknown>)
    if (found !== undefined) return found as T
  }
  return from.host.findService(key) as T | undefined
}

/** @throws ServiceMissingError when nobody provides it. */
export function service<T>(from: Place, key: ServiceKey<T>): T {
  const found = findService(from, key)
  if (found === undefined) throw new ServiceMissingError(from.path, key.name)
  return found
}
