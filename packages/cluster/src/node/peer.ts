// One life of another node, as seen from here: what waits to be sent to it, which asks and watches depend on it, and what its
// frames' numbers say. All that depends on a peer ends at once when it is down; nothing waits for its own deadline.

import {
  type Address,
  type Codec,
  type DeadLetterReason,
  formatAddress,
  type Host,
  type Link,
  type Message,
  MessageRefusedError,
  type NodeIdentity,
  NodeUnreachableError,
  type ReplyTo,
  type Signal,
} from '@understudy/runtime/spi'
import { type FrameSequence, nextSequence, noFrames } from './frame-sequence.ts'
import type { Outgoing } from './outgoing.ts'
import { errorToWire } from './remote-error.ts'
import { RemoteWatches } from './remote-watches.ts'
import { type Appended, FrameWriter } from './wire-writer.ts'

/** Entries that may wait for one peer while there is no connection; more are shed. */
const maxWaiting = 10_000
// 4 to 16 KiB is where framing gains most: larger buffers cost more to get than they save.
const frameBytes = 16 * 1024
// For an ask that is handed on and does not say how long its asker waits.
const relayTimeoutMs = 5000

type Ended = 'node-down' | 'stopped'

interface OpenAsk {
  readonly message: Message
  readonly path: string
}

/** What all peers of one node share. */
export interface Exchange {
  readonly host: Host
  readonly codec: Codec
  readonly link: Link
  /** Whether there is a connection, and this node knows that it still is who it was before. */
  readonly isConnected: boolean
}

/** One other node. */
export class Peer {
  readonly identity: NodeIdentity
  readonly watches = new RemoteWatches()
  /** Who asks for this life of the node again is to get another object. */
  isForgotten = false
  /** What its frames' sequence numbers say. */
  arrivals: FrameSequence = noFrames

  readonly #exchange: Exchange
  readonly #asks = new Map<number, OpenAsk>()
  readonly #outstanding = new Map<string, number>()
  #writer: FrameWriter
  #queue: Outgoing[] = []
  #relays = 0
  #sequence = 0
  #scheduled = false
  #down = false
  /** The connection was gone and nothing was heard of the peer since: its own may not be back yet, and what is sent to it is lost. */
  #unheard: boolean
  /** Frames may have been lost: with the next one every watch is said again. */
  #mustRepeatWatches: boolean

  constructor(exchange: Exchange, identity: NodeIdentity) {
    this.#exchange = exchange
    this.#unheard = !exchange.isConnected
    this.#mustRepeatWatches = this.#unheard
    this.identity = identity
    this.#writer = new FrameWriter(exchange.host.identity, identity, exchange.link.maxFrameBytes)
  }

  get isDown(): boolean {
    return this.#down
  }

  get accepts(): boolean {
    return !this.#down && this.#queue.length < maxWaiting
  }

  /** Nothing here waits for it. */
  get isIdle(): boolean {
    return this.#queue.length === 0 && this.#asks.size === 0 && this.watches.counts.open === 0
  }

  /** Asks from elsewhere that were asked anew from here and are not answered yet. */
  get relays(): number {
    return this.#relays
  }

  /** Messages to actors at `path` that were accepted and not answered: asks in flight and what waits to be sent. */
  outstandingAt(path: string): number {
    return this.#outstanding.get(path) ?? 0
  }

  // --- Sending --------------------------------------------------------------------------------------------------------------

  post(target: Address, message: Message, replyTo: ReplyTo): void {
    const { host, isConnected } = this.#exchange
    const refused = this.#refusal(isConnected, replyTo)
    if (refused !== undefined) {
      host.deadLetter(message, replyTo, refused, formatAddress(target))
      return
    }
    host.counters.waiting++
    this.#count(target.path, 1)
    this.#enqueue({ kind: 'message', target, message, replyTo })
  }

  #refusal(connected: boolean, replyTo: ReplyTo): DeadLetterReason | undefined {
    if (this.#down) return 'node-down'
    // Whoever asks wants to know now; whoever tells can wait for the connection to come back.
    if (!connected && replyTo !== null) return 'unreachable'
    return this.#queue.length >= maxWaiting ? 'shed' : undefined
  }

  signal(target: Address, signal: Signal): void {
    switch (signal.type) {
      case 'watch': {
        if (this.#down) signal.watcher.signal({ type: 'terminated', address: signal.target, reason: 'node-down' })
        else {
          this.watches.begin({ watcher: signal.watcher, target, name: signal.target })
          if (!this.#mustRepeatWatches) this.#enqueue({ kind: 'watch', target, watcher: signal.watcher.address })
        }
        return
      }
      case 'unwatch':
        // One that is not said costs the other side an entry until the watched actor ends; a queue without bound would cost more.
        if (this.watches.finish(target, signal.watcher.address) !== undefined && this.#queue.length < maxWaiting)
          this.#enqueue({ kind: 'unwatch', target, watcher: signal.watcher.address })
        return
      case 'terminated':
        this.watches.release(signal.address, target)
        this.#enqueue({ kind: 'terminated', watcher: target, from: signal.address, reason: signal.reason })
        return
      case 'stop':
        // Other nodes' actors are stopped by their own supervisors only.
        return
    }
  }

  reply(slot: number, value: unknown): void {
    this.#enqueue({ kind: 'reply', slot, value })
  }

  replyError(slot: number, error: Error): void {
    this.#enqueue({ kind: 'reply-error', slot, error })
  }

  #enqueue(entry: Outgoing): void {
    if (this.#down) return
    this.#queue.push(entry)
    this.#schedule()
  }

  #schedule(): void {
    if (this.#scheduled) return
    this.#scheduled = true
    // One frame per turn of the loop, not per message.
    this.#exchange.host.env.soon(() => this.flush())
  }

  /** Sends what waits, in as few frames as fit; keeps it while there is no connection, on either side. */
  flush(): void {
    this.#scheduled = false
    if (this.#down || this.#unheard || !this.#exchange.isConnected) return
    if (this.#mustRepeatWatches) {
      this.#mustRepeatWatches = false
      for (const { watcher, target } of this.watches.open) this.#queue.push({ kind: 'watch', target, watcher: watcher.address })
    }
    const queue = this.#queue
    this.#queue = []
    for (const entry of queue) {
      this.#append(entry)
      if (this.#writer.byteLength >= frameBytes) this.#send()
    }
    if (!this.#writer.isEmpty) this.#send()
  }

  #send(): void {
    const frame = this.#writer.finish(this.#sequence)
    this.#sequence = nextSequence(this.#sequence)
    this.#exchange.link.send(this.identity, frame)
  }

  /** An empty frame: if nobody listens, the server says so. */
  probe(): void {
    if (!this.#down && this.#exchange.isConnected) this.#send()
  }

  #append(entry: Outgoing): void {
    const writer = this.#writer
    switch (entry.kind) {
      case 'message':
        this.#appendMessage(entry)
        return
      case 'reply':
        this.#appendReply(entry.slot, entry.value)
        return
      case 'reply-error':
        this.#fit(() => writer.replyError(entry.slot, errorToWire(entry.error)))
        return
      case 'watch':
        this.#fit(() => writer.watch(entry.target, entry.watcher))
        return
      case 'unwatch':
        this.#fit(() => writer.unwatch(entry.target, entry.watcher))
        return
      case 'terminated':
        this.#fit(() => writer.terminated(entry.watcher, entry.from, entry.reason))
        return
    }
  }

  /** Appends an entry, sending what is framed already when it does not fit beside it. */
  #fit(append: () => Appended): Appended {
    const appended = append()
    if (appended !== 'full') return appended
    this.#send()
    return append()
  }

  #appendMessage(entry: Extract<Outgoing, { kind: 'message' }>): void {
    const { host, codec } = this.#exchange
    const { target, message, replyTo } = entry
    host.counters.waiting--
    let slot: number | undefined
    try {
      const body = codec.encode(message)
      if (replyTo !== null) {
        if (host.remainingMs(replyTo) <= 0)
          throw new MessageRefusedError(formatAddress(target), message, 'expired', 'its deadline has passed')
        slot = typeof replyTo === 'number' ? replyTo : this.#relay(target, message, replyTo)
      }
      const asked = slot
      const appended = this.#fit(() =>
        asked === undefined ? this.#writer.tell(target, body) : this.#writer.ask(target, asked, host.remainingMs(asked), body),
      )
      if (appended !== 'added') throw this.#refused(target, message, appended, body.length)
    } catch (cause) {
      const reason = cause instanceof MessageRefusedError ? cause.reason : 'undeliverable-codec'
      this.#count(target.path, -1)
      host.deadLetter(message, replyTo, reason, formatAddress(target), cause)
      return
    }
    host.counters.forwarded++
    if (slot === undefined) this.#count(target.path, -1)
    else this.#asks.set(slot, { message, path: target.path })
  }

  /** An ask that came from elsewhere is asked anew from here, and its answer handed on. */
  #relay(target: Address, message: Message, replyTo: Exclude<ReplyTo, number | null>): number {
    const { host } = this.#exchange
    const remainingMs = host.remainingMs(replyTo)
    const promise = host.openAsk(Number.isFinite(remainingMs) ? remainingMs : relayTimeoutMs, { address: target }, message)
    const slot = host.lastAsk
    if (slot < 0) {
      promise.catch(() => {})
      throw new MessageRefusedError(formatAddress(target), message, 'shed', 'too many asks are open on this node')
    }
    this.#relays++
    promise
      .finally(() => this.#relays--)
      .then(
        (value) => replyTo.resolve(value),
        (error: Error) => replyTo.reject(error),
      )
    return slot
  }

  #appendReply(slot: number, value: unknown): void {
    const { codec } = this.#exchange
    const reply: Message = { type: '(a reply)' }
    try {
      const body = codec.encode(value)
      const appended = this.#fit(() => this.#writer.reply(slot, body))
      if (appended !== 'added') throw this.#refused({ node: this.identity, path: '/', uid: 0 }, reply, appended, body.length)
    } catch (cause) {
      // The message was handled; it is only its answer that cannot be carried.
      this.#fit(() => this.#writer.replyError(slot, { ...errorToWire(cause as Error), outcome: 'handled' }))
    }
  }

  #refused(target: Address, message: Message, why: 'full' | 'too-large' | 'invalid', bytes: number): MessageRefusedError {
    const address = formatAddress(target)
    if (why === 'invalid') return new MessageRefusedError(address, message, 'invalid', 'no node has such an address')
    const { maxFrameBytes } = this.#exchange.link
    return new MessageRefusedError(
      address,
      message,
      'too-large',
      `${bytes} bytes encoded, in frames of at most ${maxFrameBytes}. Send it in parts, or by reference`,
    )
  }

  // --- Answers --------------------------------------------------------------------------------------------------------------

  /** An answer has arrived; the message it answers, or undefined when nobody here waits for that slot from that peer. */
  takeAsk(slot: number): Message | undefined {
    const ask = this.#asks.get(slot)
    if (ask === undefined) return undefined
    this.#asks.delete(slot)
    this.#count(ask.path, -1)
    return ask.message
  }

  // --- When things break ----------------------------------------------------------------------------------------------------

  /** The connection is gone: what was asked may or may not be handled, what was to be asked is not. */
  disconnected(): void {
    this.#unheard = true
    this.#mustRepeatWatches = true
    this.#failAsks('unreachable')
    const kept: Outgoing[] = []
    for (const entry of this.#queue) {
      if (entry.kind === 'message' && entry.replyTo !== null) this.#refuse(entry, 'unreachable')
      else if (entry.kind !== 'watch') kept.push(entry)
    }
    this.#queue = kept
  }

  /**
   * This node has a new identity, and to the peer it is somebody else, who has asked, watched and sent nothing yet. What waits is sent
   * under the new one; answers are not, since whoever waited for them was told that the old one is gone.
   */
  renamed(): void {
    if (this.#down) return
    const { host, link } = this.#exchange
    this.disconnected()
    this.#writer = new FrameWriter(host.identity, this.identity, link.maxFrameBytes)
    this.#sequence = 0
    this.arrivals = noFrames
    this.#queue = this.#queue.filter(({ kind }) => kind === 'message')
    this.watches.releaseAll()
  }

  /** Something has come from it, so it can hear, too. */
  heard(): void {
    if (!this.#unheard) return
    this.#unheard = false
    this.flush()
  }

  /** Frames may have been lost: every watch is said again. */
  repeatWatches(): void {
    if (this.watches.counts.open === 0) return
    this.#mustRepeatWatches = true
    this.#schedule()
  }

  /** The node is down, for good: this life of it does not come back. Or this one has `stopped`. */
  down(reason: Ended = 'node-down'): void {
    if (this.#down) return
    this.#down = true
    this.#failAsks(reason)
    for (const entry of this.#queue) if (entry.kind === 'message') this.#refuse(entry, reason)
    this.#queue = []
    this.watches.end()
    this.#outstanding.clear()
  }

  /** Forgets asks that have ended by their own deadline. Called now and then. */
  sweep(): void {
    for (const slot of this.#asks.keys()) if (this.#exchange.host.remainingMs(slot) <= 0) this.takeAsk(slot)
  }

  #failAsks(reason: Ended | 'unreachable'): void {
    const { host } = this.#exchange
    const asks = [...this.#asks]
    this.#asks.clear()
    for (const [slot, { message, path }] of asks) {
      this.#count(path, -1)
      if (host.remainingMs(slot) <= 0) continue
      const target = formatAddress({ node: this.identity, path, uid: 0 })
      host.rejectReply(slot, new NodeUnreachableError(target, message, reason, 'maybe-handled'))
    }
  }

  #refuse(entry: Extract<Outgoing, { kind: 'message' }>, reason: DeadLetterReason): void {
    const { host } = this.#exchange
    host.counters.waiting--
    this.#count(entry.target.path, -1)
    host.deadLetter(entry.message, entry.replyTo, reason, formatAddress(entry.target))
  }

  #count(path: string, by: 1 | -1): void {
    const now = (this.#outstanding.get(path) ?? 0) + by
    if (now <= 0) this.#outstanding.delete(path)
    else this.#outstanding.set(path, now)
  }
}
