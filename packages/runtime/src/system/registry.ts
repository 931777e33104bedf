// Names of one node: a name leads to one living actor. An actor that is gone frees its names; a restart keeps them.

import type { ActorDefinition } from '../contracts/behavior.ts'
import type { Host } from '../contracts/host.ts'
import type { Protocol } from '../contracts/message.ts'
import type { AnyRef, Ref } from '../contracts/ref.ts'
import { InvalidOptionError, NameTakenError } from '../errors.ts'
import { keyOf, Vigil } from './vigil.ts'

/** Names and who has them. */
export interface Names {
  /** Gives a living actor a name, besides its path. @throws NameTakenError when another one has it. @throws InvalidOptionError */
  register(name: string, ref: AnyRef): void
  /** Frees a name; false when nobody had it. */
  unregister(name: string): boolean
  /** Who has a name now; `definition` says what it speaks. */
  whereis<P extends Protocol>(name: string, definition?: ActorDefinition<P, never>): Ref<P> | undefined
  /** All names given now. */
  registered(): readonly string[]
}

/** The registry of one system. */
export class Registry implements Names {
  readonly #host: Host
  readonly #names = new Map<string, { readonly ref: AnyRef; readonly key: string }>()
  readonly #vigil: Vigil

  constructor(host: Host) {
    this.#host = host
    this.#vigil = new Vigil(host, 'names', (name) => void this.#names.delete(name))
  }

  register(name: string, ref: AnyRef): void {
    checkName(name)
    const endpoint = this.#host.endpointOf(ref)
    const key = keyOf(endpoint.address)
    const holder = this.#names.get(name)
    if (holder !== undefined) {
      if (holder.key === key) return
      throw new NameTakenError(`${String(holder.ref)} is registered as '${name}'`)
    }
    this.#names.set(name, { ref, key })
    this.#vigil.hold(endpoint, name)
  }

  unregister(name: string): boolean {
    const held = this.#names.get(name)
    if (held === undefined) return false
    this.#names.delete(name)
    this.#vigil.release(this.#host.endpointOf(held.ref), name)
    return true
  }

  whereis<P extends Protocol>(name: string): Ref<P> | undefined {
    return this.#names.get(name)?.ref as Ref<P> | undefined
  }

  registered(): readonly string[] {
    return [...this.#names.keys()]
  }
}

/** @throws InvalidOptionError unless `name` is a text of 1 to 256 characters. */
export function checkName(name: unknown): asserts name is string {
  if (typeof name !== 'string' || name.length === 0 || name.length > 256)
    throw new InvalidOptionError('name', name, 'a text of 1 to 256 characters')
}
