// One pool over all nodes: each node has workers of its own, and everybody reaches all of them through one ref.

import {
  type ActorDefinition,
  type Address,
  type Endpoint,
  formatAddress,
  type Host,
  type Message,
  type Protocol,
  type ReplyTo,
  type Signal,
  type SupervisingDefinition,
} from '@understudy/runtime/spi'
import { pool, type PoolArguments } from '@understudy/supervisor'
import { leastOutstanding, type Routing } from '@understudy/supervisor/spi'
import type { Groups } from '../group/groups.ts'
import { nodeInsideKey } from '../node/inside.ts'

/** Begins the names of the process groups of cluster pools' parts. */
export const poolPrefix = 'pool.'

function poolGroup(name: string): string {
  return poolPrefix + name
}

/**
 * Defines this node's part of a cluster pool: workers as `pool` makes them, reachable from every node by `cluster.pool(definition)`.
 *
 * Use when: stateless work may be done on any node. Make it a child of every node's root that should take part.
 * Watch out: messages to a pool have no order among each other.
 *
 * @throws InvalidOptionError naming the field.
 */
export function clusterPool<P extends Protocol, I>(definition: ActorDefinition<P, I>, ...options: PoolArguments<I>): ActorDefinition<P> {
  const local = pool(definition, ...options) as SupervisingDefinition<P>
  // By incarnation, not in the definition: one definition may run on several nodes of one process.
  const memberships = new WeakMap<object, () => void>()
  const made: SupervisingDefinition<P> = {
    ...local,
    start(input, ctx, supervision) {
      const { groups } = ctx.service(nodeInsideKey)
      const member = { ...ctx.self.address, uid: 0 }
      groups.join(poolGroup(local.name), member)
      memberships.set(supervision!, () => groups.leave(poolGroup(local.name), member))
      return local.start(input, ctx, supervision)
    },
    stopped(state, reason) {
      memberships.get(state as object)?.()
      return local.stopped?.(state, reason)
    },
  }
  return made
}

/** What a cluster pool needs of its node. */
export interface PoolNode {
  readonly host: Host
  readonly groups: Groups
  isTrusted(node: Address['node']): boolean
}

/** The endpoint of a cluster pool on any node: least outstanding over the nodes' parts, as far as this node knows. */
export class ClusterPool implements Endpoint {
  readonly address: Address
  readonly #node: PoolNode
  readonly #name: string
  readonly #routing: Routing
  #turn = 0
  #known: readonly Address[] = []
  #parts: readonly Part[] = []

  constructor(node: PoolNode, name: string, address: Address, routing: Routing = leastOutstanding) {
    this.#node = node
    this.#name = name
    this.#routing = routing
    this.address = address
  }

  get host(): Host {
    return this.#node.host
  }

  post(message: Message, replyTo: ReplyTo): void {
    const parts = this.#current()
    const chosen = this.#routing(parts, this.#turn)
    const part = parts[chosen]
    if (part === undefined) {
      const why =
        parts.length === 0 ? `no node has a part of the pool '${this.#name}'` : `no part of the pool '${this.#name}' takes messages now`
      this.host.deadLetter(message, replyTo, 'unreachable', formatAddress(this.address), why)
      return
    }
    this.#turn = chosen + 1
    part.endpoint.post(message, replyTo)
  }

  accepts(): boolean {
    return this.#current().some((part) => part.available)
  }

  get outstanding(): number {
    return this.#current().reduce((sum, part) => sum + part.outstanding, 0)
  }

  signal(signal: Signal): void {
    if (signal.type === 'watch')
      signal.watcher.signal({ type: 'terminated', address: signal.target, reason: { shutdown: 'pools are not watched' } })
  }

  #current(): readonly Part[] {
    const members = this.#node.groups.members(poolGroup(this.#name))
    if (members !== this.#known) {
      this.#known = members
      this.#parts = members.map((address) => new Part(this.#node, address))
    }
    return this.#parts
  }
}

/** One node's part of a pool. */
class Part {
  readonly endpoint: Endpoint
  readonly #node: PoolNode
  readonly #address: Address

  constructor(node: PoolNode, address: Address) {
    this.#node = node
    this.#address = address
    this.endpoint = node.host.resolve(address)
  }

  get available(): boolean {
    return this.#node.isTrusted(this.#address.node) && this.endpoint.accepts()
  }

  get outstanding(): number {
    return this.endpoint.outstanding
  }
}
