// One life of another node, as seen from here: what waits to be sent to it, which asks and watches depend on it, and what its
// frames' numbers say. All that depends on a peer ends at once when it is down; nothing waits for its own deadline.

import {
  type Address,
  type Codec,
  type DeadLetterReason,
  type Endpoint,
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
import type { OpenWatch, Outgoing } from './outgoing.ts'
import { errorToWire } from './remote-error.ts'
import { type Appended, FrameWriter } from './wire-writer.ts'

/** Entries that may wait for one peer while there is no connection; more are shed. */
const maxWaiting = 10_000
// 4 to 16 KiB is where framing gains most: larger buffers cost more to get than they save.
const frameBytes = 16 * 1024
const relayTimeoutMs = 5000
// Watches that one node may hold on actors of another.
const maxWatchers = 100_000

interface OpenAsk {
  readonly message: Message
  readonly path: string
}

/** What all peers of one node share. */
export interface Exchange {
  readonly host: Host
  readonly codec: Codec
  readonly link: Link
}

/** One other node. */
export class Peer {
  readonly identity: NodeIdentity
  /** What its frames' sequence numbers say. */
  arrivals: FrameSequence = noFrames

  readonly #exchange: Exchange
  readonly #asks = new Map<number, OpenAsk>()
  readonly #watches = new Map<string, OpenWatch>()
  /** Who there watches whom here; let go of when the node is down. */
  readonly #watchers = new Map<string, readonly [watched: Endpoint, watcher: Endpoint]>()
  readonly #outstanding = new Map<string, number>()
  readonly #writer: FrameWriter
  #queue: Outgoing[] = []
  #sequence = 0
  #scheduled = false
  #down = false

  constructor(exchange: Exchange, identity: NodeIdentity) {
    this.#exchange = exchange
    this.identity = identity
    this.#writer = new FrameWriter(exchange.host.identity, identity, exchange.link.maxFrameBytes)
  }

  get isDown(): boolean {
    return this.#down
  }

  get accepts(): boolean {
    return !this.#down && this.#queue.length < maxWaiting
  }

  /** Nothing waits for it or depends on it. */
  get isIdle(): boolean {
    return this.#queue.length === 0 && this.#asks.size === 0 && this.#watches.size === 0 && this.#watchers.size === 0
  }

  /** Messages to actors at `path` that were accepted and not answered: asks in flight and what waits to be sent. */
  outstandingAt(path: string): number {
    return this.#outstanding.get(path) ?? 0
  }

  // --- Sending --------------------------------------------------------------------------------------------------------------

  post(target: Address, message: Message, replyTo: ReplyTo): void {
    const { host, link } = this.#exchange
    const refused = this.#refusal(link.connected, replyTo)
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
          this.#watches.set(watchKey(signal.target, signal.watcher), { watcher: signal.watcher, target: signal.target })
          this.#enqueue({ kind: 'watch', target: signal.target, watcher: signal.watcher.address })
        }
        return
      }
      case 'unwatch':
        if (this.#watches.delete(watchKey(target, signal.watcher)))
          this.#enqueue({ kind: 'unwatch', target, watcher: signal.watcher.address })
        return
      case 'terminated':
        this.#watchers.delete(`${signal.address.path}#${signal.address.uid}<${formatAddress(target)}`)
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
    if (this.#scheduled) return
    this.#scheduled = true
    // One frame per turn of the loop, not per message.
    this.#exchange.host.env.soon(() => this.flush())
  }

  /** Sends what waits, in as few frames as fit; keeps it when there is no connection. */
  flush(): void {
    this.#scheduled = false
    const { link } = this.#exchange
    if (this.#down || !link.connected) return
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
    if (!this.#down && this.#exchange.link.connected) this.#send()
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
    const remainingMs = replyTo.expiresAt === undefined ? relayTimeoutMs : Math.max(1, replyTo.expiresAt - host.env.now())
    const { slot, promise } = host.openAsk(remainingMs, { address: target }, message)
    promise.then(
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
      this.#fit(() => this.#writer.replyError(slot, errorToWire(cause as Error)))
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

  /** The watch on a target that is gone, by the name under which it was watched; undefined when it is not watched any more. */
  takeWatch(target: Address, watcher: Address): OpenWatch | undefined {
    for (const [key, watch] of this.#watches) {
      if (watch.watcher.address.uid !== watcher.uid || watch.target.path !== target.path || watch.target.uid !== target.uid) continue
      this.#watches.delete(key)
      return watch
    }
    return undefined
  }

  /** Somebody there watches somebody here; false when there are too many already. */
  watchedHere(watched: Endpoint, watcher: Endpoint): boolean {
    if (this.#watchers.size >= maxWatchers) return false
    this.#watchers.set(watchKey(watched.address, watcher), [watched, watcher])
    return true
  }

  unwatchedHere(watched: Endpoint, watcher: Endpoint): void {
    this.#watchers.delete(watchKey(watched.address, watcher))
  }

  // --- When things break ----------------------------------------------------------------------------------------------------

  /** The connection is gone: what was asked may or may not be handled, what was to be asked is not. */
  disconnected(): void {
    this.#failAsks('unreachable')
    const kept: Outgoing[] = []
    for (const entry of this.#queue) {
      if (entry.kind === 'message' && entry.replyTo !== null) this.#refuse(entry, 'unreachable')
      else kept.push(entry)
    }
    this.#queue = kept
  }

  /** The connection is back: frames may have been lost, so every watch is said again. */
  reconnected(): void {
    for (const { watcher, target } of this.#watches.values()) this.#queue.push({ kind: 'watch', target, watcher: watcher.address })
    this.flush()
  }

  /** The node is down, for good: this life of it does not come back. */
  down(): void {
    if (this.#down) return
    this.#down = true
    this.#failAsks('node-down')
    for (const entry of this.#queue) if (entry.kind === 'message') this.#refuse(entry, 'node-down')
    this.#queue = []
    for (const { watcher, target } of this.#watches.values()) watcher.signal({ type: 'terminated', address: target, reason: 'node-down' })
    this.#watches.clear()
    for (const [watched, watcher] of this.#watchers.values()) watched.signal({ type: 'unwatch', watcher })
    this.#watchers.clear()
    this.#outstanding.clear()
  }

  /** Forgets asks that have ended by their own deadline. Called now and then. */
  sweep(): void {
    for (const slot of this.#asks.keys()) if (this.#exchange.host.remainingMs(slot) <= 0) this.takeAsk(slot)
  }

  #failAsks(reason: 'unreachable' | 'node-down'): void {
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

function watchKey(target: Address, watcher: Endpoint): string {
  return `${target.path}#${target.uid}<${formatAddress(watcher.address)}`
}
