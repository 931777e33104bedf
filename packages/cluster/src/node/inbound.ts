// What arrives from other nodes: each frame is checked as a whole, each entry reaches its target or is accounted for. Nothing that
// arrives can throw out of here.

import {
  admit,
  type Address,
  type Codec,
  DeadEnd,
  type Endpoint,
  type ExitReason,
  formatAddress,
  type Host,
  type Message,
  MessageRefusedError,
  type NodeIdentity,
  type ReplyPort,
  sameNode,
} from '@understudy/runtime/spi'
import { arrive } from './frame-sequence.ts'
import type { Peer } from './peer.ts'
import { errorFromWire } from './remote-error.ts'
import type { FrameHeader, FrameVisitor, WireError, WirePlace } from './wire.ts'
import { readFrame } from './wire-reader.ts'

/** What inbound frames need of the node. */
export interface InboundNode {
  readonly host: Host
  readonly codec: Codec
  /** `undefined` when that sender is refused. */
  peer(identity: NodeIdentity): Peer | undefined
}

/** Handles the frames that arrive in a node's inbox. */
export class Inbound {
  readonly #node: InboundNode

  constructor(node: InboundNode) {
    this.#node = node
  }

  /** `staleMs` is taken off the deadlines of asks: how long the frame may have waited because this node stood still. */
  frame(bytes: Uint8Array, staleMs: number): void {
    const { host } = this.#node
    const visitor = new Entries(this.#node, staleMs)
    const read = readFrame(bytes, visitor)
    const why = read.ok ? visitor.refusal : read.why
    if (why !== undefined)
      host.report('warn', { type: 'frame.refused', why, bytes: bytes.length }, `refused a frame of ${bytes.length} bytes: ${why}`)
  }
}

/** Handles the entries of one frame. */
class Entries implements FrameVisitor {
  /** Why the frame was not handled, although it is well formed. */
  refusal: string | undefined
  readonly #node: InboundNode
  readonly #staleMs: number
  #peer!: Peer

  constructor(node: InboundNode, staleMs: number) {
    this.#node = node
    this.#staleMs = staleMs
  }

  header(header: FrameHeader): boolean {
    this.refusal = this.#refuses(header)
    return this.refusal === undefined
  }

  #refuses(header: FrameHeader): string | undefined {
    const { host } = this.#node
    const { from } = header
    if (header.toIncarnation !== host.identity.incarnation) return `it is for incarnation ${header.toIncarnation} of this node`
    if (sameNode(from, host.identity)) return 'it claims to come from this node'
    const peer = this.#node.peer(from)
    if (peer === undefined) return `too many senders are unknown, ${from.name} among them`
    if (peer.isDown) return `it comes from ${from.name}~${from.incarnation}, which is down`
    const [arrivals, arrival] = arrive(peer.arrivals, header.sequence)
    peer.arrivals = arrivals
    if (arrival.type === 'duplicate') return 'it has arrived before'
    if (arrival.type === 'gap') {
      const { missing } = arrival
      host.report('warn', { type: 'frames.lost', from, missing }, `${missing} frames from ${from.name} were lost on the way`)
      // Among them, perhaps, the end of somebody who is watched: asked again, it is told again.
      peer.repeatWatches()
    }
    this.#peer = peer
    peer.heard()
    return undefined
  }

  tell(to: WirePlace, body: Uint8Array): void {
    this.#deliver(to, body, null)
  }

  ask(to: WirePlace, slot: number, remainingMs: number, body: Uint8Array): void {
    const peer = this.#peer
    this.#deliver(to, body, {
      expiresAt: this.#node.host.env.now() + remainingMs - this.#staleMs,
      resolve: (value) => peer.reply(slot, value),
      reject: (error) => peer.replyError(slot, error),
    })
  }

  reply(slot: number, body: Uint8Array): void {
    const { host, codec } = this.#node
    const message = this.#peer.takeAsk(slot)
    if (message === undefined) {
      host.counters.lateReplies++
      return
    }
    try {
      host.resolveReply(slot, codec.decode(body))
    } catch (cause) {
      host.rejectReply(
        slot,
        new MessageRefusedError('this node', message, 'invalid', 'its reply could not be decoded', { cause, outcome: 'handled' }),
      )
    }
  }

  replyError(slot: number, error: WireError): void {
    const { host } = this.#node
    const message = this.#peer.takeAsk(slot)
    if (message === undefined) host.counters.lateReplies++
    else host.rejectReply(slot, errorFromWire(error, message))
  }

  watch(at: WirePlace, watcher: WirePlace): void {
    const target = this.#ours(at)
    const watched = this.#local(target)
    const by = this.#theirs(watcher)
    if (this.#peer.watches.hold(at, watched, by)) watched.signal({ type: 'watch', watcher: by, target })
  }

  unwatch(at: WirePlace, watcher: WirePlace): void {
    const watched = this.#local(this.#ours(at))
    const by = this.#theirs(watcher)
    this.#peer.watches.release(at, watcher)
    watched.signal({ type: 'unwatch', watcher: by })
  }

  terminated(watcher: WirePlace, subject: WirePlace, reason: ExitReason): void {
    const watch = this.#peer.watches.finish(subject, watcher)
    watch?.watcher.signal({ type: 'terminated', address: watch.name, reason })
  }

  stop(): void {
    // Actors are stopped by their own supervisors only, never from another node.
  }

  #ours({ path, uid }: WirePlace): Address {
    return { node: this.#node.host.identity, path, uid }
  }

  #theirs({ path, uid }: WirePlace): Endpoint {
    return this.#node.host.resolve({ node: this.#peer.identity, path, uid })
  }

  #local(address: Address): Endpoint {
    return this.#node.host.lookup(address.path, address.uid) ?? new DeadEnd(this.#node.host, address, 'no-such-actor')
  }

  #deliver(to: WirePlace, body: Uint8Array, port: ReplyPort | null): void {
    const { host, codec } = this.#node
    const target = this.#ours(to)
    host.counters.received++
    let message: unknown
    try {
      message = codec.decode(body)
      if (!isMessage(message))
        throw new MessageRefusedError(formatAddress(target), { type: '(not a message)' }, 'invalid', 'it is not an object with a type')
    } catch (cause) {
      host.deadLetter({ type: '(undecodable)' }, port, 'invalid', formatAddress(target), cause)
      return
    }
    const endpoint = this.#local(target)
    const admission = admit(endpoint, message)
    if (admission.ok) endpoint.post(admission.message, port)
    else host.deadLetter(message, port, 'invalid', formatAddress(target), admission.why)
  }
}

function isMessage(value: unknown): value is Message {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && typeof (value as Partial<Message>).type === 'string'
}
