// What the ref of a partition supervisor posts to: it hands each message straight to its partition's mailbox. Only while the
// supervisor itself starts or is restarted do messages wait, in its own mailbox, and are passed on from there in order.

import { describeCause, formatAddress } from '@understudy/runtime/spi'
import type { Address, Endpoint, Message, ReplyTo, Signal } from '@understudy/runtime/spi'
import { isPartitionKey, partitionOfKey } from './partition-key.ts'
import type { PartitionKey } from './partition-key.ts'

/** What the router has to know of its partitions. */
export interface PartitionPlan {
  /** How many there are. */
  readonly partitions: number
  /** The key of a message; it runs at the sender's, and may be wrong. */
  readonly keyOf: (message: Message) => unknown
  /** The partitions there are now, by number; `null` while the supervisor has none of its own. */
  readonly current: () => readonly (Endpoint | undefined)[] | null
}

/** The id of a partition. */
export function partitionName(partition: number): string {
  return `p-${partition}`
}

/** A message for a partition that waits inside until there are partitions. */
class Placed implements Message {
  readonly type = 'partition'
  readonly partition: number
  readonly message: Message

  constructor(partition: number, message: Message) {
    this.partition = partition
    this.message = message
  }
}

/** The endpoint of a partition supervisor, or of one of its partitions. */
export class PartitionRouter implements Endpoint {
  readonly #inside: Endpoint
  readonly #plan: PartitionPlan
  readonly #only: number | undefined

  /** With `only` all messages are for that partition, whatever their key. */
  constructor(inside: Endpoint, plan: PartitionPlan, only?: number) {
    this.#inside = inside
    this.#plan = plan
    this.#only = only
  }

  get host(): Endpoint['host'] {
    return this.#inside.host
  }

  get address(): Address {
    const { address } = this.#inside
    return this.#only === undefined ? address : { ...address, path: `${address.path}/${partitionName(this.#only)}`, uid: 0 }
  }

  get schemas(): Endpoint['schemas'] {
    return this.#inside.schemas
  }

  /** The endpoint of the partition of a key. */
  only(key: PartitionKey): PartitionRouter {
    return new PartitionRouter(this.#inside, this.#plan, partitionOfKey(key, this.#plan.partitions))
  }

  post(message: Message, replyTo: ReplyTo): void {
    const partition = this.#only ?? this.#partitionOf(message, replyTo)
    if (partition === undefined) return
    const endpoints = this.#plan.current()
    // What waits inside came earlier and must not be overtaken.
    if (endpoints !== null && this.#inside.outstanding === 0) this.#pass(endpoints, partition, message, replyTo)
    else this.#inside.post(this.#inside.accepts() ? new Placed(partition, message) : message, replyTo)
  }

  /** Where a message goes that has waited inside, passed on by the supervisor. */
  get passage(): Endpoint {
    const { host, address } = this.#inside
    const post = (placed: Message, replyTo: ReplyTo): void => {
      const { partition, message } = placed as Placed
      this.#pass(this.#plan.current() ?? [], partition, message, replyTo)
    }
    return { host, address, post, outstanding: 0, accepts: () => true, signal: (signal) => this.#inside.signal(signal) }
  }

  accepts(): boolean {
    const endpoints = this.#plan.current()
    if (this.#only === undefined || endpoints === null) return this.#inside.accepts()
    return endpoints[this.#only]?.accepts() === true
  }

  get outstanding(): number {
    const endpoints = this.#plan.current() ?? []
    if (this.#only !== undefined) return endpoints[this.#only]?.outstanding ?? 0
    return endpoints.reduce((sum, endpoint) => sum + (endpoint?.outstanding ?? 0), this.#inside.outstanding)
  }

  signal(signal: Signal): void {
    const target = this.#only === undefined ? this.#inside : this.#plan.current()?.[this.#only]
    ;(target ?? this.#inside).signal(signal)
  }

  #partitionOf(message: Message, replyTo: ReplyTo): number | undefined {
    let why = 'its key is neither a text nor a number; give keyOf, or the message a key'
    try {
      const key = this.#plan.keyOf(message)
      if (isPartitionKey(key)) return partitionOfKey(key, this.#plan.partitions)
    } catch (cause) {
      why = `keyOf threw ${describeCause(cause)}`
    }
    this.host.deadLetter(message, replyTo, 'invalid', formatAddress(this.address), why)
    return undefined
  }

  #pass(endpoints: readonly (Endpoint | undefined)[], partition: number, message: Message, replyTo: ReplyTo): void {
    const endpoint = endpoints[partition]
    if (endpoint !== undefined) endpoint.post(message, replyTo)
    else this.host.deadLetter(message, replyTo, 'stopped', `${formatAddress(this.#inside.address)}/${partitionName(partition)}`)
  }
}
