// A ref that speaks another protocol: what is sent to it is translated and lands in the mailbox of the actor that made it. It is a
// child without handlers, so it has an address that other nodes can use, and ends with the incarnation that wanted it.

import { formatAddress } from '../contracts/address.ts'
import type { Endpoint, Signal } from '../contracts/endpoint.ts'
import type { Message, Protocol } from '../contracts/message.ts'
import type { ReplyTo } from '../contracts/reply.ts'
import type { SupervisingDefinition } from '../contracts/supervision.ts'
import { shaped } from './definition-shape.ts'
import { noHandlers } from './handler-table.ts'

/** Whom an adapter works for. */
interface Owner {
  readonly entry: Endpoint
  /** Makes the owner fail: its own function threw. */
  failLater(cause: unknown): void
}

/** The definition of an adapter. `map` answers undefined for what is not to be passed on. */
export function adapterOf(owner: Owner, map: (message: Message) => Message | undefined): SupervisingDefinition<Protocol> {
  return shaped({
    name: 'adapter',
    start: () => undefined,
    handlers: noHandlers,
    capacity: 1,
    overflow: 'reject',
    shutdownMs: 'brutal',
    route: (inside) => new Adapter(inside, owner, map),
  })
}

class Adapter implements Endpoint {
  readonly #inside: Endpoint
  readonly #owner: Owner
  readonly #map: (message: Message) => Message | undefined

  constructor(inside: Endpoint, owner: Owner, map: (message: Message) => Message | undefined) {
    this.#inside = inside
    this.#owner = owner
    this.#map = map
  }

  get host(): Endpoint['host'] {
    return this.#inside.host
  }

  get address(): Endpoint['address'] {
    return this.#inside.address
  }

  post(message: Message, replyTo: ReplyTo): void {
    const { host } = this
    // The adapter itself is gone: so is what it worked for.
    if (!this.#inside.accepts()) {
      host.deadLetter(message, replyTo, 'stale-incarnation', formatAddress(this.address))
      return
    }
    let mapped: Message | undefined
    try {
      mapped = this.#map(message)
    } catch (cause) {
      host.deadLetter(message, replyTo, 'poison', formatAddress(this.address), cause)
      this.#owner.failLater(cause)
      return
    }
    if (mapped === undefined)
      host.deadLetter(message, replyTo, 'invalid', formatAddress(this.address), 'the adapter passes it on to nobody')
    else this.#owner.entry.post(mapped, replyTo)
  }

  accepts(): boolean {
    return this.#inside.accepts() && this.#owner.entry.accepts()
  }

  get outstanding(): number {
    return 0
  }

  signal(signal: Signal): void {
    this.#inside.signal(signal)
  }
}
