// A probe: something to send messages to that writes them down, so that a test can say what it expects of them.

import { actor, type ActorDefinition, type ActorSystem, type AnyRef, type ExitReason, formatAddress } from '@understudy/runtime'
import type { MessageOf, Protocol, Ref, ReplyOf } from '@understudy/runtime'
import { type Host, hostOf, type SupervisingDefinition } from '@understudy/runtime/spi'
import { ExpectationError, show } from './expectation-error.ts'
import { matches } from './matches.ts'
import { isVirtual, type Patience, staysQuiet, waitUntil } from './patience.ts'
import { ProbeEndpoint, type Received } from './probe-endpoint.ts'

/** Options of a probe. */
export interface ProbeOptions<P extends Protocol> {
  /** The probe's name at the top of the system. Default: a generated one. */
  readonly name?: string
  /** A definition whose protocol the probe speaks; for its type only. */
  readonly like?: ActorDefinition<P, never>
}

/** The messages of type `K` of a protocol. */
export type MessageOfType<P extends Protocol, K> = Extract<MessageOf<P>, { readonly type: K }>

/**
 * What a fisher says of one message: it is the last one (`complete`), keep it and go on (`continue`), skip it
 * (`continue-and-ignore`), or this should not have come (`fail`).
 */
export type FishingOutcome = 'complete' | 'continue' | 'continue-and-ignore' | { readonly fail: string }

/** Any protocol: a probe of it takes every message. */
// oxlint-disable-next-line typescript/no-explicit-any
export type AnyProtocol = Record<string, (message: any) => any>

/**
 * Makes a probe: an actor's ref to hand out, and expectations of what is sent to it. Messages are read in order, each by one expectation.
 *
 * Use when: the actor under test talks to somebody, answers a tell by a tell, or should be seen ending.
 */
export function probe<P extends Protocol = AnyProtocol>(system: ActorSystem, options: ProbeOptions<P> = {}): Probe<P> {
  return new Probe<P>(system, options)
}

/** A ref that records, with expectations. Made by `probe()`. */
export class Probe<P extends Protocol> {
  /** What to hand to the actor under test. */
  readonly ref: Ref<P>
  readonly #host: Host
  readonly #endpoint: ProbeEndpoint
  #read = 0
  #last: Received | undefined
  #deadline: number | undefined

  constructor(system: ActorSystem, options: ProbeOptions<P>) {
    this.#host = hostOf(system)
    let endpoint: ProbeEndpoint | undefined
    const definition: SupervisingDefinition<Protocol> = {
      ...actor({ name: 'probe', on: {} }),
      route: (inside) => (endpoint = new ProbeEndpoint(inside, this.#host)),
    }
    const spawnOptions = options.name === undefined ? {} : { name: options.name }
    this.ref = system.spawn(definition as unknown as ActorDefinition<P>, spawnOptions)
    this.#endpoint = endpoint!
  }

  /** Everything that was sent to the probe so far, read or not, oldest first. */
  get received(): readonly Received<MessageOf<P>>[] {
    return this.#endpoint.received as readonly Received[] as readonly Received<MessageOf<P>>[]
  }

  /** The messages that no expectation has read yet. */
  get unread(): readonly MessageOf<P>[] {
    return this.received.slice(this.#read).map(({ message }) => message)
  }

  /** Reads the next message, which must equal `message`: deeply, refs by address; matchers such as `expect.any(Number)` may stand in it. */
  async expect(message: MessageOf<P>, patience?: Patience): Promise<MessageOf<P>> {
    const { message: actual } = await this.#next(`${show(message)}`, patience)
    if (!matches(message, actual)) {
      throw new ExpectationError(`${this.#path} expected ${show(message)} but got ${show(actual)}`, { expected: message, actual })
    }
    return actual
  }

  /** Reads the next message, which must be of that type. */
  async expectType<K extends MessageOf<P>['type']>(type: K, patience?: Patience): Promise<MessageOfType<P, K>> {
    const { message } = await this.#next(`a message of type '${type}'`, patience)
    if (message.type !== type) {
      const text = `${this.#path} expected a message of type '${type}' but got ${show(message)}`
      throw new ExpectationError(text, { expected: type, actual: message.type })
    }
    return message as MessageOfType<P, K>
  }

  /** Fails if an unread message is there or comes within `forMs`. Default: virtual time does not move; in real time 100. */
  async expectNone(options: { readonly forMs?: number } = {}): Promise<void> {
    const quiet = await staysQuiet(this.#host.env, () => this.#read < this.received.length, options.forMs)
    if (!quiet) throw new ExpectationError(`${this.#path} expected no message but got ${show(this.unread[0])}`, { actual: this.unread[0] })
  }

  /** Reads the next message, whatever it is, with the time it came and the way to answer it. */
  async receive(patience?: Patience): Promise<Received<MessageOf<P>>> {
    return this.#next('a message', patience)
  }

  /** Reads messages until `fisher` says `complete`; resolves with those it did not ignore. The patience is for all of them together. */
  async fish(fisher: (message: MessageOf<P>) => FishingOutcome, patience?: Patience): Promise<MessageOf<P>[]> {
    const caught: MessageOf<P>[] = []
    const fishing = async (): Promise<MessageOf<P>[]> => {
      for (;;) {
        const { message } = await this.#next(`what it was fishing for (after ${caught.length} kept)`)
        const outcome = fisher(message)
        if (typeof outcome === 'object') throw new ExpectationError(`${this.#path}: ${outcome.fail}: ${show(message)}`, { actual: message })
        if (outcome !== 'continue-and-ignore') caught.push(message)
        if (outcome === 'complete') return caught
      }
    }
    const withinMs = patience?.withinMs
    return withinMs === undefined ? fishing() : this.#before(this.#host.env.now() + withinMs, fishing)
  }

  /**
   * Runs `body`; all expectations of this probe in it share `maxMs`, and it fails when it took longer. In virtual time,
   * expectations in it move time as far as that.
   */
  async within<T>(maxMs: number, body: () => T | Promise<T>): Promise<T> {
    const { env } = this.#host
    const started = env.now()
    const result = await this.#before(started + maxMs, async () => body())
    const took = env.now() - started
    if (took > maxMs)
      throw new ExpectationError(`${this.#path}: within ${maxMs} ms, but it took ${took} ms`, { expected: maxMs, actual: took })
    return result
  }

  /** Answers the message that was read last, if it was an ask; else nothing happens. @throws ExpectationError when none was read. */
  reply(value: unknown): void {
    this.#lastRead('reply').reply(value)
  }

  /** Ends the ask that was read last with an error. @throws ExpectationError when none was read. */
  fail(error: Error): void {
    this.#lastRead('fail').fail(error)
  }

  /** From now on answers every ask of that type: with a value, or with what a function makes of the message. */
  answer<K extends keyof P & string>(
    type: K,
    answer: ReplyOf<P, K> | ((message: MessageOfType<P, K>) => ReplyOf<P, K> | Promise<ReplyOf<P, K>>),
  ): void {
    this.#endpoint.answers.set(type, answer)
  }

  /** Watches `target`, so that a later `expectTerminated` knows why it ended. */
  watch(target: AnyRef): void {
    this.#endpoint.watch(target)
  }

  /** Resolves with the exit reason once `target` is gone; watches it first if need be. */
  async expectTerminated(target: AnyRef, patience?: Patience): Promise<ExitReason> {
    const { terminated } = this.#endpoint
    const address = formatAddress(target.address)
    if (!terminated.has(address)) this.#endpoint.watch(target)
    const gone = await waitUntil(this.#host.env, () => terminated.has(address), this.#withinMs(patience))
    if (!gone) throw new ExpectationError(`${this.#path} expected ${target.address.path} to end, but it lives`)
    return terminated.get(address)!
  }

  /** Forgets what was sent so far and not read. */
  clear(): void {
    this.#read = this.received.length
  }

  /** Ends the probe: what is sent to it afterwards becomes dead letters. */
  stop(): void {
    this.#endpoint.signal({ type: 'stop', reason: 'normal' })
  }

  get #path(): string {
    return this.ref.address.path
  }

  async #next(wanted: string, patience?: Patience): Promise<Received<MessageOf<P>>> {
    const withinMs = this.#withinMs(patience)
    const came = await waitUntil(this.#host.env, () => this.#read < this.received.length, withinMs)
    if (!came) {
      const how = withinMs === undefined && isVirtual(this.#host.env) ? 'and time stands still: move it, or give withinMs' : 'in time'
      throw new ExpectationError(`${this.#path} expected ${wanted} but nothing came ${how}`)
    }
    const received = this.received[this.#read++]!
    this.#last = received as Received
    return received
  }

  #withinMs(patience: Patience | undefined): number | undefined {
    if (this.#deadline === undefined) return patience?.withinMs
    const left = Math.max(0, this.#deadline - this.#host.env.now())
    return Math.min(patience?.withinMs ?? left, left)
  }

  async #before<T>(deadline: number, body: () => Promise<T>): Promise<T> {
    const outer = this.#deadline
    this.#deadline = outer === undefined ? deadline : Math.min(outer, deadline)
    try {
      return await body()
    } finally {
      this.#deadline = outer
    }
  }

  #lastRead(what: string): Received {
    if (this.#last === undefined) throw new ExpectationError(`${this.#path} has no message to ${what} to: read one first`)
    return this.#last
  }
}
