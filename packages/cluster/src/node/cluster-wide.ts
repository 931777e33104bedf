// What belongs to no node: singletons and cluster pools, each behind one endpoint per node. Their addresses mean the same everywhere.

import type { Endpoint } from '@understudy/runtime/spi'
import { ClusterPool, type PoolNode } from '../pool/cluster-pool.ts'
import { type ProxyNode, SingletonProxy } from '../singleton/proxy.ts'
import { everywhere } from './communication.ts'

// Singletons and pools that one node may talk to: bounds what refs that arrive can make it remember.
const mostEndpoints = 10_000

/** The endpoints of one node for what belongs to the whole cluster. */
export class ClusterWide {
  readonly #node: ProxyNode & PoolNode
  readonly #endpoints = new Map<string, Endpoint>()

  constructor(node: ProxyNode & PoolNode) {
    this.#node = node
  }

  /** The endpoint at `/singleton/<name>` or `/pool/<name>`; `undefined` for any other path. */
  at(path: string): Endpoint | undefined {
    const known = this.#endpoints.get(path)
    if (known !== undefined || this.#endpoints.size >= mostEndpoints) return known
    const [, kind, name] = path.split('/')
    if (name === undefined || (kind !== 'singleton' && kind !== 'pool')) return undefined
    const address = { node: everywhere, path, uid: 0 }
    const made = kind === 'singleton' ? new SingletonProxy(this.#node, name, address) : new ClusterPool(this.#node, name, address)
    this.#endpoints.set(path, made)
    return made
  }
}
