// Messages, asks, watches and stops between the actors of two threads, by address. Both sides have one; what differs is what they
// resolve addresses to, and how they send.

import { type Address, formatAddress, parseAddress } from '../contracts/address.ts'
import type { Endpoint, Signal } from '../contracts/endpoint.ts'
import { describeCause } from '../contracts/exit-reason.ts'
import type { Host } from '../contracts/host.ts'
import type { Message } from '../contracts/message.ts'
import type { ReplyPort, ReplyTo } from '../contracts/reply.ts'
import { admit } from '../actor/schemas.ts'
import { ActorFailedError, MessageRefusedError } from '../errors.ts'
import type { CrossingFrame } from './frame.ts'
import { pack, type Parcel, sendWithOutput, unpack } from './parcel.ts'
import { causeToData, errorFromData, reasonFromData, reasonToData } from './portable.ts'

interface OpenAsk {
  readonly replyTo: ReplyTo
  readonly message: Message
  readonly target: string
}

/** One side of the way between two threads. */
export class Crossing {
  readonly host: Host
  readonly #send: (frame: CrossingFrame) => void
  readonly #asks = new Map<number, OpenAsk>()
  /** Watches of here on there. */
  readonly #watches = new Map<number, { readonly watcher: Endpoint; readonly target: Address; readonly key: string }>()
  readonly #watchIds = new Map<string, number>()
  /** Watches of there on here. */
  readonly #held = new Map<number, { readonly watched: Endpoint; readonly watcher: Endpoint }>()
  #ids = 0
  #isClosed = false

  /** `send` throws for what cannot be cloned, and only then. */
  constructor(host: Host, send: (frame: CrossingFrame) => void) {
    this.host = host
    this.#send = send
  }

  get isClosed(): boolean {
    return this.#isClosed
  }

  /** Whoever lives at an address on the other side. */
  endpoint(address: Address): Endpoint {
    return new Across(this, address)
  }

  /** Makes a value again. */
  open(parcel: Parcel): unknown {
    return unpack(parcel, (address) => this.host.refTo(this.host.resolve(address)))
  }

  // --- Going out ------------------------------------------------------------------------------------------------------------

  post(to: Address, message: Message, replyTo: ReplyTo): void {
    const { host } = this
    const target = formatAddress(to)
    if (this.#isClosed) {
      host.deadLetter(message, replyTo, 'no-such-actor', target)
      return
    }
    const ask = replyTo === null ? undefined : ++this.#ids
    try {
      const parcel = pack(message)
      this.#send({ t: 'message', to: target, parcel, ...(ask !== undefined && { ask, leftMs: host.remainingMs(replyTo) }) })
    } catch (cause) {
      host.deadLetter(message, replyTo, 'undeliverable-codec', target, cause)
      return
    }
    host.counters.forwarded++
    if (ask !== undefined) this.#asks.set(ask, { replyTo, message, target })
  }

  signal(to: Address, signal: Signal): void {
    if (this.#isClosed) {
      if (signal.type === 'watch')
        signal.watcher.signal({ type: 'terminated', address: signal.target, reason: { shutdown: 'no-such-actor' } })
      return
    }
    switch (signal.type) {
      case 'stop':
        this.#send({ t: 'stop', to: formatAddress(to), reason: reasonToData(signal.reason) })
        return
      case 'watch': {
        const id = ++this.#ids
        const key = watchKey(signal.watcher, to)
        this.#watches.set(id, { watcher: signal.watcher, target: signal.target, key })
        this.#watchIds.set(key, id)
        this.#send({ t: 'watch', id, to: formatAddress(to) })
        return
      }
      case 'unwatch': {
        const id = this.#watchIds.get(watchKey(signal.watcher, to))
        if (id === undefined) return
        this.#forgetWatch(id)
        this.#send({ t: 'unwatch', id })
        return
      }
      case 'terminated':
        // Watchers from there are told by `gone`.
        return
    }
  }

  // --- Coming in ------------------------------------------------------------------------------------------------------------

  receive(frame: CrossingFrame): void {
    switch (frame.t) {
      case 'message':
        this.#deliver(frame)
        return
      case 'reply': {
        const open = this.#asks.get(frame.ask)
        this.#asks.delete(frame.ask)
        if (open === undefined) return
        if (frame.error === undefined) this.host.resolveReply(open.replyTo, frame.parcel && this.open(frame.parcel))
        else this.host.rejectReply(open.replyTo, errorFromData(frame.error, open.message))
        return
      }
      case 'stop':
        this.#resolve(frame.to).signal({ type: 'stop', reason: reasonFromData(frame.reason) })
        return
      case 'watch': {
        const watched = this.#resolve(frame.to)
        const watcher = new Lookout(this, frame.id, this.host)
        this.#held.set(frame.id, { watched, watcher })
        watched.signal({ type: 'watch', watcher, target: watched.address })
        return
      }
      case 'unwatch': {
        const held = this.#held.get(frame.id)
        this.#held.delete(frame.id)
        held?.watched.signal({ type: 'unwatch', watcher: held.watcher })
        return
      }
      case 'gone': {
        const watch = this.#watches.get(frame.id)
        this.#forgetWatch(frame.id)
        const output = frame.output && { output: this.open(frame.output) }
        watch?.watcher.signal({ type: 'terminated', address: watch.target, reason: reasonFromData(frame.reason), ...output })
        return
      }
    }
  }

  /** Somebody here whom the other side watches is gone. */
  gone(id: number, signal: Extract<Signal, { type: 'terminated' }>): void {
    if (!this.#held.delete(id) || this.#isClosed) return
    sendWithOutput(signal.output, (packed) => this.#send({ t: 'gone', id, reason: reasonToData(signal.reason), ...packed }))
  }

  /** Forgets asks that nobody waits for any more. */
  sweep(): void {
    for (const [id, { replyTo }] of this.#asks) if (this.host.remainingMs(replyTo) <= 0) this.#asks.delete(id)
  }

  /** The other side is gone: whoever waits for it, or watches somebody there, is told. */
  close(cause: Error): void {
    this.#isClosed = true
    for (const { replyTo, message, target } of this.#asks.values())
      this.host.rejectReply(replyTo, new ActorFailedError(target, message, cause))
    this.#asks.clear()
    const watches = [...this.#watches.values()]
    this.#watches.clear()
    this.#watchIds.clear()
    for (const { watcher, target } of watches) watcher.signal({ type: 'terminated', address: target, reason: 'killed' })
    for (const { watched, watcher } of this.#held.values()) watched.signal({ type: 'unwatch', watcher })
    this.#held.clear()
  }

  #deliver({ to, parcel, ask, leftMs }: Extract<CrossingFrame, { t: 'message' }>): void {
    const { host } = this
    host.counters.received++
    const message = this.open(parcel) as Message
    const replyTo = ask === undefined ? null : this.#replyPort(ask, leftMs, to, message)
    const target = this.#resolve(to)
    const admission = admit(target, message)
    if (admission.ok) target.post(admission.message, replyTo)
    else host.deadLetter(message, replyTo, 'invalid', to, admission.why)
  }

  #replyPort(ask: number, leftMs: number | undefined, target: string, message: Message): ReplyPort {
    let isAnswered = false
    const answer = (frame: CrossingFrame): void => {
      if (isAnswered || this.#isClosed) return
      this.#send(frame)
      isAnswered = true
    }
    const reject = (error: Error): void => answer({ t: 'reply', ask, error: causeToData(error) })
    return {
      ...(leftMs !== undefined && Number.isFinite(leftMs) && { expiresAt: this.host.env.now() + leftMs }),
      resolve(value) {
        try {
          answer({ t: 'reply', ask, parcel: pack(value) })
        } catch (cause) {
          reject(unanswerable(target, message, describeCause(cause)))
        }
      },
      reject,
    }
  }

  #resolve(text: string): Endpoint {
    return this.host.resolve(parseAddress(text)!)
  }

  #forgetWatch(id: number): void {
    const watch = this.#watches.get(id)
    this.#watches.delete(id)
    if (watch !== undefined && this.#watchIds.get(watch.key) === id) this.#watchIds.delete(watch.key)
  }
}

/** The error for an answer that cannot be cloned. */
export function unanswerable(target: string, message: Message, why: string): MessageRefusedError {
  return new MessageRefusedError(target, message, 'undeliverable-codec', `it was handled, but its answer cannot leave the thread: ${why}`, {
    outcome: 'handled',
  })
}

function watchKey(watcher: Endpoint, to: Address): string {
  return `${formatAddress(watcher.address)}>${formatAddress(to)}`
}

/** Somebody on the other side. */
class Across implements Endpoint {
  readonly address: Address
  readonly outstanding = 0
  readonly #crossing: Crossing

  constructor(crossing: Crossing, address: Address) {
    this.#crossing = crossing
    this.address = address
  }

  get host(): Host {
    return this.#crossing.host
  }

  post(message: Message, replyTo: ReplyTo): void {
    this.#crossing.post(this.address, message, replyTo)
  }

  accepts(): boolean {
    return !this.#crossing.isClosed
  }

  signal(signal: Signal): void {
    this.#crossing.signal(this.address, signal)
  }
}

/** Stands here for a watcher on the other side. */
class Lookout implements Endpoint {
  readonly host: Host
  readonly outstanding = 0
  readonly #crossing: Crossing
  readonly #id: number
  readonly #name: string

  constructor(crossing: Crossing, id: number, host: Host) {
    this.#crossing = crossing
    this.#id = id
    this.host = host
    // Watchers are told apart by address, and another thread counts from one, too.
    this.#name = `/~lookout-${host.env.id()}-${id}`
  }

  get address(): Address {
    return { node: this.host.identity, path: this.#name, uid: 0 }
  }

  post(message: Message, replyTo: ReplyTo): void {
    this.host.deadLetter(message, replyTo, 'no-such-actor', formatAddress(this.address))
  }

  accepts(): boolean {
    return false
  }

  signal(signal: Signal): void {
    if (signal.type === 'terminated') this.#crossing.gone(this.#id, signal)
  }
}
