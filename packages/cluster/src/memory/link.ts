// One node's connection to a memory network, with the faults that tests inject: cut off, frozen, crashed.

import {
  type KeyValueStore,
  type Link,
  type NodeIdentity,
  type TransportContext,
  TransportError,
  type TransportHandlers,
} from '@understudy/runtime/spi'
import type { MemoryStore } from './store.ts'
import { type ServerPath, storeClient } from './store-client.ts'
import type { Transit } from './transit.ts'

/** What connects the links of one cluster. */
export interface Hub {
  readonly transit: Transit
  readonly store: MemoryStore
  readonly links: Set<MemoryLink>
  readonly inboxes: Map<string, MemoryLink>
}

/** Largest frame and broadcast of a memory network, in bytes: nats-server's default `max_payload`. */
const maxFrameBytes = 1024 * 1024

function inboxKey({ name, incarnation }: NodeIdentity): string {
  return `${name}~${incarnation}`
}

/** A live connection to a memory network. */
export class MemoryLink implements Link, ServerPath {
  readonly maxFrameBytes = maxFrameBytes
  readonly serverVersion = 'in memory'
  readonly store: KeyValueStore
  readonly nodeName: string
  readonly #hub: Hub
  readonly #context: TransportContext
  #identity: NodeIdentity | undefined
  #isOpen = true
  #isCut = false
  // While frozen: what would have left or arrived, in order.
  #held: (() => void)[] | undefined

  constructor(hub: Hub, context: TransportContext) {
    this.#hub = hub
    this.#context = context
    this.nodeName = context.nodeName
    this.store = storeClient(hub.store, this)
    hub.links.add(this)
  }

  get connected(): boolean {
    return this.#isOpen && !this.#isCut
  }

  async openInbox(self: NodeIdentity): Promise<void> {
    await this.roundTrip(() => {
      this.#closeInbox()
      this.#identity = self
      this.#hub.inboxes.set(inboxKey(self), this)
    }, notConnected)
  }

  send(to: NodeIdentity, frame: Uint8Array): boolean {
    if (!this.connected || frame.byteLength > maxFrameBytes) return false
    const bytes = frame.slice()
    this.#depart(() => {
      const receiver = this.#hub.inboxes.get(inboxKey(to))
      if (receiver === undefined) this.#hub.transit.later(() => this.#arrive((handlers) => handlers.unreachable(to)))
      else receiver.#arrive((handlers) => handlers.frame(bytes))
    })
    return true
  }

  broadcast(frame: Uint8Array): boolean {
    if (!this.connected || frame.byteLength > maxFrameBytes) return false
    const bytes = frame.slice()
    this.#depart(() => {
      for (const link of this.#hub.links) if (link !== this) link.#arrive((handlers) => handlers.broadcast(bytes.slice()))
    })
    return true
  }

  async flush(): Promise<void> {
    await this.roundTrip(() => {}, notConnected)
  }

  async close(): Promise<void> {
    if (!this.#isOpen) return
    if (this.connected && this.#held === undefined) await this.flush().catch(() => {})
    this.crash()
  }

  roundTrip<T>(serve: () => T, lost: () => Error): Promise<T> {
    return new Promise((resolve, reject) => {
      const { transit } = this.#hub
      const back = (settle: () => void) => transit.later(() => this.#whenAwake(() => (this.connected ? settle() : reject(lost()))))
      this.#whenAwake(() =>
        transit.later(() => {
          if (!this.connected) {
            reject(lost())
            return
          }
          try {
            const result = serve()
            back(() => resolve(result))
          } catch (error) {
            back(() => reject(error as Error))
          }
        }),
      )
    })
  }

  deliver(run: () => void): void {
    this.#hub.transit.later(() => this.#arrive(run))
  }

  /** The network to this node is gone: silence in both directions. Only the node itself notices. */
  cut(): void {
    if (!this.connected) return
    this.#isCut = true
    this.#hub.transit.later(() => this.#call((handlers) => handlers.disconnected('the network was cut')))
  }

  heal(): void {
    if (!this.#isOpen || !this.#isCut) return
    this.#isCut = false
    this.#hub.transit.later(() => this.#call((handlers) => handlers.reconnected()))
  }

  /** Gone at once and without a word to its own node; the server sees the connection close and hints to the others. */
  crash(): void {
    if (!this.#isOpen) return
    this.#isOpen = false
    this.#hub.links.delete(this)
    const gone = this.#identity
    this.#closeInbox()
    this.thaw()
    if (gone === undefined || this.#isCut) return
    this.#hub.transit.later(() => {
      for (const link of this.#hub.links) link.#arrive((handlers) => handlers.connectionClosed(gone))
    })
  }

  freeze(): void {
    if (this.#isOpen) this.#held ??= []
  }

  thaw(): void {
    const held = this.#held
    this.#held = undefined
    for (const run of held ?? []) run()
  }

  #closeInbox(): void {
    if (this.#identity !== undefined && this.#hub.inboxes.get(inboxKey(this.#identity)) === this)
      this.#hub.inboxes.delete(inboxKey(this.#identity))
    this.#identity = undefined
  }

  #depart(route: () => void): void {
    this.#whenAwake(() =>
      this.#hub.transit.later(() => {
        if (!this.#isCut) route()
      }),
    )
  }

  #arrive(run: (handlers: TransportHandlers) => void): void {
    this.#whenAwake(() => {
      if (!this.#isCut) this.#call(run)
    })
  }

  #call(run: (handlers: TransportHandlers) => void): void {
    if (!this.#isOpen) return
    this.#whenAwake(() => {
      try {
        run(this.#context.handlers)
      } catch (error) {
        this.#context.log.error({ err: error }, 'a transport handler threw')
      }
    })
  }

  #whenAwake(run: () => void): void {
    if (this.#held === undefined) run()
    else this.#held.push(run)
  }
}

function notConnected(): TransportError {
  return new TransportError('the connection to the memory network is lost. Wait until it is healed')
}
