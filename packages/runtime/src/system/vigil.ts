// Keeps watch on actors for the system itself: whoever is gone is forgotten by whatever held it by name.

import { type Address, formatAddress } from '../contracts/address.ts'
import type { Endpoint, Signal } from '../contracts/endpoint.ts'
import type { Host } from '../contracts/host.ts'
import type { Message } from '../contracts/message.ts'
import type { ReplyTo } from '../contracts/reply.ts'

/** A watcher that is no actor. */
export class Vigil implements Endpoint {
  readonly host: Host
  readonly outstanding = 0
  readonly #name: string
  readonly #onGone: (name: string, key: string) => void
  /** What each watched actor is held under: its end must not cost a look at all others. */
  readonly #held = new Map<string, Set<string>>()

  /** `onGone` is called for everything that an actor was held under. */
  constructor(host: Host, name: string, onGone: (name: string, key: string) => void) {
    this.host = host
    this.#name = name
    this.#onGone = onGone
  }

  get address(): Address {
    return { node: this.host.identity, path: `/~${this.#name}`, uid: 0 }
  }

  /** Watches an actor that is held under a name from now on. */
  hold(endpoint: Endpoint, name: string): void {
    const target = endpoint.address
    const key = keyOf(target)
    const names = this.#held.get(key)
    if (names !== undefined) {
      names.add(name)
      return
    }
    this.#held.set(key, new Set([name]))
    // One that is gone already is let go of before this returns.
    endpoint.signal({ type: 'watch', watcher: this, target })
  }

  /** It is not held under that name any more; once it is held under none, it is not watched any more. */
  release(endpoint: Endpoint, name: string): void {
    const key = keyOf(endpoint.address)
    const names = this.#held.get(key)
    if (names === undefined || !names.delete(name) || names.size > 0) return
    this.#held.delete(key)
    endpoint.signal({ type: 'unwatch', watcher: this })
  }

  signal(signal: Signal): void {
    if (signal.type !== 'terminated') return
    const key = keyOf(signal.address)
    const names = this.#held.get(key)
    this.#held.delete(key)
    for (const name of names ?? []) this.#onGone(name, key)
  }

  post(message: Message, replyTo: ReplyTo): void {
    this.host.deadLetter(message, replyTo, 'no-such-actor', formatAddress(this.address))
  }

  accepts(): boolean {
    return false
  }
}

/** What tells actors of one node apart. The node's identity may change, its actors stay. */
export function keyOf({ node, path, uid }: Address): string {
  return `${node.name}${path}#${uid}`
}
