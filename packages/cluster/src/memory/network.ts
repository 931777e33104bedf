// A network and a store in one process: the embedded default, and the ground that tests break on purpose.

import { type Env, type Transport, TransportError } from '@understudy/runtime/spi'
import { type Hub, MemoryLink } from './link.ts'
import { MemoryStore } from './store.ts'
import { Transit } from './transit.ts'

/** Options of `memoryNetwork`. */
export interface MemoryNetworkOptions {
  /** Default: the Env of the first node that connects. */
  readonly env?: Env
  /** How long everything takes from a node to the server or from there to a node's inbox, in milliseconds. Default 0: as soon as the stack unwinds. */
  readonly latencyMs?: number
}

/** A network in one process. The faults take effect at once and apply to every node of that name; without a name, to all nodes. */
export interface MemoryNetwork {
  /** What to hand to each node. All transports of one network reach each other. */
  transport(): Transport
  /** Cuts nodes off: frames vanish both ways without a hint, their store is unavailable, and they are told that they are disconnected. */
  cut(nodeName?: string): void
  /** Undoes `cut`; the nodes are told that they are reconnected. */
  heal(nodeName?: string): void
  /** A node vanishes without goodbye, as if killed: its link does nothing any more, the others get the server's hint. */
  crash(nodeName: string): void
  /** A node hangs, as if stopped: what it sends and what it should get is held, in order, until `thaw`. Its timers go on. */
  freeze(nodeName: string): void
  thaw(nodeName: string): void
  /** Takes the store away from everybody, or gives it back. Frames still flow. */
  storeOutage(isDown: boolean): void
}

/**
 * A network and a store in memory, for nodes of one process.
 *
 * Use when: running an example or a test without NATS. Nothing survives the process.
 */
export function memoryNetwork(options: MemoryNetworkOptions = {}): MemoryNetwork {
  const hubs = new Map<string, Hub>()
  const cutNames = new Set<string>()
  let isStoreDown = false

  const hubOf = (cluster: string, env: Env): Hub => {
    let hub = hubs.get(cluster)
    if (hub === undefined) {
      hub = { transit: new Transit(env, options.latencyMs ?? 0), store: new MemoryStore(env), links: new Set(), inboxes: new Map() }
      hub.store.setDown(isStoreDown)
      hubs.set(cluster, hub)
    }
    return hub
  }
  const links = (nodeName?: string): MemoryLink[] =>
    [...hubs.values()].flatMap((hub) => [...hub.links].filter((link) => nodeName === undefined || link.nodeName === nodeName))

  return {
    transport: () => ({
      description: 'memory',
      async connect(context) {
        if (cutNames.has(context.nodeName)) throw new TransportError(`the memory network to '${context.nodeName}' is cut. Heal it first`)
        return new MemoryLink(hubOf(context.cluster, options.env ?? context.env), context)
      },
    }),
    cut(nodeName) {
      for (const link of links(nodeName)) {
        cutNames.add(link.nodeName)
        link.cut()
      }
      if (nodeName !== undefined) cutNames.add(nodeName)
    },
    heal(nodeName) {
      if (nodeName === undefined) cutNames.clear()
      else cutNames.delete(nodeName)
      for (const link of links(nodeName)) link.heal()
    },
    crash(nodeName) {
      for (const link of links(nodeName)) link.crash()
    },
    freeze(nodeName) {
      for (const link of links(nodeName)) link.freeze()
    },
    thaw(nodeName) {
      for (const link of links(nodeName)) link.thaw()
    },
    storeOutage(isDown) {
      isStoreDown = isDown
      for (const { store } of hubs.values()) store.setDown(isDown)
    },
  }
}
