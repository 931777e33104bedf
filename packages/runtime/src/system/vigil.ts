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
  readonly #onGone: (key: string) => void
  readonly #watched = new Set<string>()

  constructor(host: Host, name: string, onGone: (key: string) => void) {
    this.host = host
    this.#name = name
    this.#onGone = onGone
  }

  get address(): Address {
    return { node: this.host.identity, path: `/~${this.#name}`, uid: 0 }
  }

  /** Watches from now on; answers the key that `onGone` will name. */
  watch(endpoint: Endpoint): string {
    const target = endpoint.address
    const key = keyOf(target)
    if (this.#watched.has(key)) return key
    this.#watched.add(key)
    endpoint.signal({ type: 'watch', watcher: this, target })
    return key
  }

  unwatch(endpoint: Endpoint): void {
    if (this.#watched.delete(keyOf(endpoint.address))) endpoint.signal({ type: 'unwatch', watcher: this })
  }

  signal(signal: Signal): void {
    if (signal.type !== 'terminated') return
    const key = keyOf(signal.address)
    if (this.#watched.delete(key)) this.#onGone(key)
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
