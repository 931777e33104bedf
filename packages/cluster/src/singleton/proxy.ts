// The way to a leader-singleton: straight to it when it leads here, to its node when it leads elsewhere, and a bounded wait while
// nobody leads. Messages keep their order through a takeover.

import {
  type Address,
  type DeadLetterReason,
  type Endpoint,
  formatAddress,
  type Host,
  type Message,
  type ReplyTo,
  type Signal,
} from '@understudy/runtime/spi'
import type { Owners } from './owners.ts'

/** Messages that wait while nobody leads; more are refused. */
const maxHeld = 1000

interface Held {
  readonly message: Message
  readonly replyTo: ReplyTo
}

/** What a proxy needs of its node. */
export interface ProxyNode {
  readonly host: Host
  readonly owners: Owners
  /** Whether that life of a node is up as far as this node knows. */
  isUp(node: Address['node']): boolean
}

/** The endpoint of a leader-singleton on any node. */
export class SingletonProxy implements Endpoint {
  readonly address: Address
  readonly #node: ProxyNode
  readonly #name: string
  #held: Held[] = []

  constructor(node: ProxyNode, name: string, address: Address) {
    this.address = address
    this.#node = node
    this.#name = name
    node.owners.onChange(name, () => this.#flush())
    node.host.onStopped(() => this.#drop())
  }

  get host(): Host {
    return this.#node.host
  }

  post(message: Message, replyTo: ReplyTo): void {
    const { host } = this.#node
    const way = this.#held.length === 0 ? this.#way() : undefined
    if (way !== undefined) {
      way.post(message, replyTo)
      return
    }
    if (this.#held.length >= maxHeld) this.#dropExpired()
    if (this.#held.length >= maxHeld) {
      host.deadLetter(message, replyTo, 'mailbox-full', formatAddress(this.address))
      return
    }
    host.counters.waiting++
    this.#held.push({ message, replyTo })
  }

  accepts(): boolean {
    return this.#held.length < maxHeld
  }

  get outstanding(): number {
    return this.#held.length + (this.#way()?.outstanding ?? 0)
  }

  signal(signal: Signal): void {
    const way = this.#way()
    if (way !== undefined) way.signal(signal)
    else if (signal.type === 'watch')
      signal.watcher.signal({ type: 'terminated', address: signal.target, reason: { shutdown: 'nobody leads' } })
  }

  #way(): Endpoint | undefined {
    const { host, owners } = this.#node
    const local = owners.localLeader(this.#name)
    if (local !== undefined) return local
    const owner = owners.owner(this.#name)
    if (owner === undefined || owner.node.name === host.identity.name || !this.#node.isUp(owner.node)) return undefined
    return host.resolve(owners.addressOf(owner))
  }

  /** Asks that have ended make room. */
  #dropExpired(): void {
    const { host } = this.#node
    const held = this.#held
    this.#held = held.filter(({ replyTo }) => host.remainingMs(replyTo) > 0)
    for (const one of held) if (host.remainingMs(one.replyTo) <= 0) this.#refuse(one, 'expired')
  }

  /** The system has stopped: nobody will lead for it any more. */
  #drop(): void {
    for (const held of this.#held.splice(0)) this.#refuse(held, 'stopped')
  }

  #refuse({ message, replyTo }: Held, reason: DeadLetterReason): void {
    const { host } = this.#node
    host.counters.waiting--
    host.deadLetter(message, replyTo, reason, formatAddress(this.address))
  }

  #flush(): void {
    const way = this.#way()
    if (way === undefined || this.#held.length === 0) return
    const held = this.#held
    this.#held = []
    const { host } = this.#node
    for (const one of held) {
      if (host.remainingMs(one.replyTo) <= 0) {
        this.#refuse(one, 'expired')
        continue
      }
      host.counters.waiting--
      way.post(one.message, one.replyTo)
    }
  }
}
