// How a node talks to the others: one peer per life of another node, frames in and out, and endpoints for their addresses.

import {
  ActorRef,
  type Address,
  type Codec,
  DeadEnd,
  type Endpoint,
  type Host,
  type Link,
  type NodeIdentity,
  type Remoting,
  sameNode,
} from '@understudy/runtime/spi'
import { jsonCodec } from './codec.ts'
import { Inbound } from './inbound.ts'
import { Peer } from './peer.ts'
import { NamedEndpoint, RemoteEndpoint } from './remote-endpoint.ts'

/** The node of what belongs to the whole cluster: singletons and pools. No node may have its name. */
export const everywhere: NodeIdentity = Object.freeze({ name: '_', incarnation: 0 })

/** What is known of the other nodes. */
export interface Directory {
  current(name: string): NodeIdentity | undefined
  isGone(node: NodeIdentity): boolean
}

/** The peers of one node, and the way to their actors. */
export class Communication implements Remoting {
  readonly codec: Codec
  readonly #host: Host
  readonly #link: Link
  readonly #clusterWide: (path: string) => Endpoint | undefined
  readonly #directory: Directory
  readonly #peers = new Map<string, Peer>()
  readonly #inbound: Inbound

  /** `clusterWide` answers the endpoint of what belongs to no node, by path. */
  constructor(host: Host, link: Link, directory: Directory, clusterWide: (path: string) => Endpoint | undefined) {
    this.#host = host
    this.#link = link
    this.#directory = directory
    this.#clusterWide = clusterWide
    this.codec = jsonCodec({
      refs: {
        isRef: (value) => (ActorRef.is(value) ? value.address : undefined),
        toRef: (address) => host.refTo(host.resolve(address)),
      },
    })
    this.#inbound = new Inbound({ host, codec: this.codec, peer: (identity) => this.peer(identity) })
  }

  /** The endpoint of an address on another node; incarnation 0 means whatever life that node has when a message is sent. */
  endpoint(address: Address): Endpoint {
    const { node } = address
    if (node.name === everywhere.name) return this.#clusterWide(address.path) ?? new DeadEnd(this.#host, address, 'no-such-actor')
    if (node.incarnation === 0) return new NamedEndpoint(this.#host, address, () => this.#endpointByName(address))
    if (this.#directory.isGone(node)) return new DeadEnd(this.#host, address, 'node-down', 'node-down')
    if (node.name === this.#host.identity.name) return new DeadEnd(this.#host, address, 'stale-incarnation', 'node-down')
    return new RemoteEndpoint(this.#host, address, this.peer(node))
  }

  #endpointByName({ node: { name }, path, uid }: Address): Endpoint {
    const { identity } = this.#host
    const node = name === identity.name ? identity : this.#directory.current(name)
    if (node === undefined) return new DeadEnd(this.#host, { node: { name, incarnation: 0 }, path, uid }, 'unreachable', 'node-down')
    return this.#host.resolve({ node, path, uid })
  }

  peer(identity: NodeIdentity): Peer {
    const key = `${identity.name}~${identity.incarnation}`
    let peer = this.#peers.get(key)
    if (peer === undefined) {
      peer = new Peer({ host: this.#host, codec: this.codec, link: this.#link }, identity)
      this.#peers.set(key, peer)
      if (this.#directory.isGone(identity)) peer.down()
    }
    return peer
  }

  frame(bytes: Uint8Array): void {
    this.#inbound.frame(bytes)
  }

  probe(node: NodeIdentity): void {
    this.peer(node).probe()
  }

  /** A life of a node is over: whoever waits for it is told now. */
  down(node: NodeIdentity): void {
    this.peer(node).down()
  }

  disconnected(): void {
    for (const peer of this.#peers.values()) peer.disconnected()
  }

  reconnected(): void {
    for (const peer of this.#peers.values()) peer.reconnected()
  }

  /** This node has a new identity: to the others it is somebody else, and what it asked under the old one is not answered any more. */
  renamed(): void {
    const peers = [...this.#peers.values()]
    this.#peers.clear()
    for (const peer of peers) peer.down()
  }

  sweep(): void {
    for (const [key, peer] of this.#peers) {
      if (!peer.isDown) peer.sweep()
      else if (!sameNode(this.#directory.current(peer.identity.name) ?? peer.identity, peer.identity)) this.#peers.delete(key)
    }
  }
}
