// What a pool's ref posts to: it hands each message straight to a worker's mailbox, without a hop over the pool's own.

import { ActorRef, formatAddress } from '@understudy/runtime/spi'
import type { Address, Child, Endpoint, Message, ReplyTo, Signal } from '@understudy/runtime/spi'
import type { Candidate, Routing } from './routing/candidate.ts'

/** A worker as the router knows it. */
export class Worker implements Candidate {
  readonly child: Child
  readonly endpoint: Endpoint

  constructor(child: Child) {
    this.child = child
    this.endpoint = ActorRef.endpointOf(child.ref)
  }

  get available(): boolean {
    return this.child.life === 'running' && this.endpoint.accepts()
  }

  get outstanding(): number {
    return this.endpoint.outstanding
  }
}

/** The endpoint of a pool. */
export class Router implements Endpoint {
  readonly #inside: Endpoint
  readonly #routing: Routing
  readonly #workers: () => readonly Worker[]
  #turn = 0

  /** `workers` answers the workers there are now, in the order of their start; none while the pool itself is down. */
  constructor(inside: Endpoint, routing: Routing, workers: () => readonly Worker[]) {
    this.#inside = inside
    this.#routing = routing
    this.#workers = workers
  }

  get host(): Endpoint['host'] {
    return this.#inside.host
  }

  get address(): Address {
    return this.#inside.address
  }

  post(message: Message, replyTo: ReplyTo): void {
    const workers = this.#workers()
    const chosen = this.#routing(workers, this.#turn)
    this.#turn = chosen + 1
    const worker = chosen === -1 ? this.#waitingRoom(workers) : workers[chosen]
    if (worker === undefined) this.host.deadLetter(message, replyTo, 'stopped', formatAddress(this.address), 'the pool has no workers now')
    else worker.endpoint.post(message, replyTo)
  }

  /** The pool's own are its workers'. */
  get schemas(): Endpoint['schemas'] {
    return this.#inside.schemas
  }

  accepts(): boolean {
    const workers = this.#workers()
    return workers.some((worker) => worker.available) || this.#waitingRoom(workers)?.endpoint.accepts() === true
  }

  get outstanding(): number {
    return this.#workers().reduce((sum, worker) => sum + worker.outstanding, 0)
  }

  signal(signal: Signal): void {
    this.#inside.signal(signal)
  }

  /** Nobody is available: messages wait, in order, with the first that has not gone for good. */
  #waitingRoom(workers: readonly Worker[]): Worker | undefined {
    return workers.find((worker) => worker.child.life !== 'stopped')
  }
}
