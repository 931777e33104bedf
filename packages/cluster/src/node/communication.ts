// How a node talks to the others: one peer per life of another node, frames in and out, and endpoints for their addresses.

import {
  ActorRef,
  type Address,
  type Codec,
  DeadEnd,
  type Endpoint,
  type Host,
  LazyEndpoint,
  type Link,
  type NodeIdentity,
  type Remoting,
  sameNode,
} from '@understudy/runtime/spi'
import { jsonCodec } from './codec.ts'
import { Inbound } from './inbound.ts'
import { type Exchange, Peer } from './peer.ts'
import { RemoteEndpoint } from './remote-endpoint.ts'

/** The node of what belongs to the whole cluster: singletons and pools. No node may have its name. */
export const everywhere: NodeIdentity = Object.freeze({ name: '_', incarnation: 0 })

/** What is known of the other nodes. */
export interface Directory {
  current(name: string): NodeIdentity | undefined
  isGone(node: NodeIdentity): boolean
}

// Senders that may be remembered; members always are. Bounds what frames with invented senders can make a node hold.
const maxPeers = 2048
const nobody: NodeIdentity = Object.freeze({ name: '', incarnation: -1 })

function keyOf({ name, incarnation }: NodeIdentity): string {
  return `${name}~${incarnation}`
}

/** The peers of one node, and the way to their actors. */
export class Communication implements Remoting {
  readonly codec: Codec
  readonly #host: Host
  readonly #exchange: Exchange
  readonly #clusterWide: (path: string) => Endpoint | undefined
  readonly #directory: Directory
  readonly #peers = new Map<string, Peer>()
  readonly #inbound: Inbound
  /** Peers that were no members at the last sweep. */
  readonly #strangers = new WeakSet<Peer>()
  #isConfirmed = true

  /** `clusterWide` answers the endpoint of what belongs to no node, by path. */
  constructor(host: Host, link: Link, directory: Directory, clusterWide: (path: string) => Endpoint | undefined) {
    this.#host = host
    this.#directory = directory
    this.#clusterWide = clusterWide
    this.codec = jsonCodec({
      refs: {
        isRef: (value) => (ActorRef.is(value) ? value.address : undefined),
        toRef: (address) => host.refTo(host.resolve(address)),
      },
    })
    const isConnected = (): boolean => this.#isConfirmed && link.connected
    this.#exchange = {
      host,
      codec: this.codec,
      link,
      get isConnected() {
        return isConnected()
      },
    }
    this.#inbound = new Inbound({ host, codec: this.codec, peer: (identity) => this.#sender(identity) })
  }

  /** The endpoint of an address on another node; incarnation 0 means whatever life that node has when a message is sent. */
  endpoint(address: Address): Endpoint {
    const { node } = address
    if (node.name === everywhere.name) {
      const nobody = new DeadEnd(this.#host, address, 'no-such-actor')
      return new LazyEndpoint(this.#host, address, () => this.#clusterWide(address.path) ?? nobody)
    }
    if (node.incarnation === 0) return new LazyEndpoint(this.#host, address, () => this.#endpointByName(address))
    if (this.#directory.isGone(node)) return new DeadEnd(this.#host, address, 'node-down', 'node-down')
    if (node.name === this.#host.identity.name) return new DeadEnd(this.#host, address, 'stale-incarnation', 'node-down')
    return new RemoteEndpoint(this.#host, address, () => this.peer(node))
  }

  #endpointByName({ node: { name }, path, uid }: Address): Endpoint {
    const { identity } = this.#host
    const node = name === identity.name ? identity : this.#directory.current(name)
    if (node === undefined) return new DeadEnd(this.#host, { node: { name, incarnation: 0 }, path, uid }, 'unreachable', 'node-down')
    return this.#host.resolve({ node, path, uid })
  }

  peer(identity: NodeIdentity): Peer {
    const key = keyOf(identity)
    let peer = this.#peers.get(key)
    if (peer === undefined) {
      peer = new Peer(this.#exchange, identity)
      this.#peers.set(key, peer)
      if (this.#directory.isGone(identity)) peer.down()
    }
    return peer
  }

  /** The peer that a frame claims to come from; undefined when too many that nobody knows have claimed to be there. */
  #sender(identity: NodeIdentity): Peer | undefined {
    const isKnown = this.#peers.has(keyOf(identity)) || sameNode(this.#directory.current(identity.name) ?? nobody, identity)
    if (!isKnown && this.#peers.size >= maxPeers) return undefined
    return this.peer(identity)
  }

  /** `staleMs`: how long the frame may have waited because this node stood still. */
  frame(bytes: Uint8Array, staleMs: number): void {
    this.#inbound.frame(bytes, staleMs)
  }

  /** A node has said something to everybody. */
  heard(node: NodeIdentity): void {
    this.#peers.get(keyOf(node))?.heard()
  }

  probe(node: NodeIdentity): void {
    this.peer(node).probe()
  }

  /** A life of a node is over: whoever waits for it is told now. */
  down(node: NodeIdentity): void {
    this.peer(node).down()
  }

  /** Whether this node still is who it was when there was a connection last. */
  get isConfirmed(): boolean {
    return this.#isConfirmed
  }

  /** A node is trusted again: what was sent to it meanwhile may be lost. */
  trusted(node: NodeIdentity): void {
    this.#peers.get(keyOf(node))?.repeatWatches()
  }

  /** There is no connection, or this node is nobody at the moment. */
  disconnected(): void {
    this.#isConfirmed = false
    for (const peer of this.#peers.values()) peer.disconnected()
  }

  /** This node is, over the present connection, who it was before. Before that is known nothing is sent: from a past life nobody takes it. */
  confirmed(): void {
    if (this.#isConfirmed) return
    this.#isConfirmed = true
    for (const peer of this.#peers.values()) peer.flush()
  }

  /** This node has a new identity. */
  renamed(): void {
    for (const peer of this.#peers.values()) peer.renamed()
    this.confirmed()
  }

  /** How many lives of other nodes are remembered. */
  get peerCount(): number {
    return this.#peers.size
  }

  /** Whether somebody elsewhere still waits for an answer that comes by way of this node. */
  get isRelaying(): boolean {
    return [...this.#peers.values()].some(({ relays }) => relays > 0)
  }

  /** This node is out: what still waits is not sent any more. */
  close(): void {
    for (const peer of this.#peers.values()) peer.down('stopped')
  }

  /** Lets go of what nobody needs. Called every few seconds. */
  sweep(): void {
    for (const [key, peer] of this.#peers) {
      peer.sweep()
      if (sameNode(this.#directory.current(peer.identity.name) ?? nobody, peer.identity)) continue
      // No member. Who has only just joined will be one by the next time; who never was one watches nobody.
      if (!this.#strangers.delete(peer)) this.#strangers.add(peer)
      else peer.watches.releaseAll()
      if (!peer.isDown && !(peer.isIdle && peer.watches.counts.held === 0)) continue
      peer.isForgotten = !peer.isDown
      this.#peers.delete(key)
    }
  }
}
