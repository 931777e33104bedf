// One system from the inside: what its cells and the sibling packages work with. The composition root, `system.ts`, makes it.

import { type Address, formatAddress, type NodeIdentity, sameNode } from '../contracts/address.ts'
import type { ActorDefinition } from '../contracts/behavior.ts'
import type { Asker } from '../contracts/asker.ts'
import type { DeadLetter, DeadLetterReason } from '../contracts/dead-letter.ts'
import type { Counters } from '../contracts/accounts.ts'
import type { Endpoint } from '../contracts/endpoint.ts'
import type { Env, TimerHandle } from '../contracts/env.ts'
import type { Level, NewEvent, SystemEvent } from '../contracts/event.ts'
import { describeCause, describeType } from '../contracts/exit-reason.ts'
import type { Remoting } from '../contracts/host.ts'
import type { Isolation } from '../contracts/isolation.ts'
import type { Logger } from '../contracts/log.ts'
import type { Message, Protocol } from '../contracts/message.ts'
import type { Ref } from '../contracts/ref.ts'
import type { ReplyTo } from '../contracts/reply.ts'
import type { ServiceKey } from '../contracts/service.ts'
import { TimerTag } from '../actor/actor-timers.ts'
import type { Cell, Home } from '../actor/cell.ts'
import { lifeCycle } from '../actor/life.ts'
import { type DispatchOptions, Dispatcher } from '../dispatch/dispatcher.ts'
import { TimerHeap } from '../dispatch/timer-heap.ts'
import { turn } from '../dispatch/turn.ts'
import { ActorRef } from '../ref/actor-ref.ts'
import { AskTable } from '../ref/ask-table.ts'
import { DeadEnd } from '../ref/dead-end.ts'
import { DeadLetterOffice } from '../ref/dead-letters.ts'
import { NodeUnreachableError } from '../errors.ts'
import { undelivered } from '../ref/undelivered.ts'
import { Threads } from '../thread/threads.ts'
import { EventBus } from './event-bus.ts'
import { LineLimit } from './line-limit.ts'
import { ProcessGroups } from './process-groups.ts'
import { Registry } from './registry.ts'
import { keyOf, Vigil } from './vigil.ts'

const mostRefusedInARow = 1000
const unnamed = /~([0-9a-z]{1,11})$/

/** The inside of one system. */
export class SystemHost implements Home {
  readonly env: Env
  readonly log: Logger
  readonly dispatcher: Dispatcher
  readonly life = lifeCycle
  readonly #published = new Map<number, Cell>()
  readonly deadLetters = new DeadLetterOffice()
  readonly counters: Counters = {
    sent: 0,
    received: 0,
    handled: 0,
    rejected: 0,
    deadLettered: 0,
    forwarded: 0,
    waiting: 0,
    lateReplies: 0,
    staleContexts: 0,
  }
  identity: NodeIdentity = { name: 'local', incarnation: 0 }
  remoting: Remoting | undefined
  /** Set once by the composition root. */
  root!: Cell

  readonly #asks: AskTable
  readonly #timers: TimerHeap
  readonly #bus: EventBus
  readonly #lines = new LineLimit(
    (delayMs, callback) => this.after(delayMs, callback),
    (level, fields, text) => this.#write(level, fields, text),
  )
  readonly #services = new Map<unknown, unknown>()
  readonly #onStopped: (() => void)[] = []
  #names: Registry | undefined
  #threads: Threads | undefined
  #groups: ProcessGroups | undefined
  #uids = 0
  /** Asks refused in this turn of the event loop. */
  #refused = 0
  #stopped = false

  constructor(env: Env, log: Logger, dispatch: DispatchOptions | undefined) {
    this.env = env
    this.log = log
    this.dispatcher = new Dispatcher(env, dispatch)
    this.#asks = new AskTable(env, () => {
      this.counters.lateReplies++
    })
    this.#timers = new TimerHeap(env)
    this.#bus = new EventBus((cause) => this.#write('error', { cause: describeCause(cause) }, 'a listener of the event bus threw'))
  }

  get stopped(): boolean {
    return this.#stopped
  }

  nextUid(): number {
    return ++this.#uids
  }

  publish(cell: Cell): void {
    this.#published.set(cell.uid, cell)
  }

  unpublish(cell: Cell): void {
    this.#published.delete(cell.uid)
  }

  // --- Addresses ------------------------------------------------------------------------------------------------------------

  lookup(path: string, uid: number): Endpoint | undefined {
    let cell: Cell | undefined = this.root
    for (const name of path.split('/').slice(1)) {
      const parent: Cell = cell
      cell = parent.children?.named.get(name)
      if (cell !== undefined) continue
      const match = unnamed.exec(name)
      cell = match === null ? undefined : this.#published.get(Number.parseInt(match[1]!, 36))
      if (cell === undefined || cell.parent !== parent || cell.name !== name)
        return parent.definition.beneath?.({ node: this.identity, path, uid })
    }
    return uid === 0 || cell.uid === uid ? cell.entry : undefined
  }

  resolve(address: Address): Endpoint {
    if (sameNode(address.node, this.identity) || (this.remoting === undefined && address.node.name === this.identity.name)) {
      return this.lookup(address.path, address.uid) ?? new DeadEnd(this, address, 'no-such-actor')
    }
    return this.remoting?.endpoint(address) ?? new DeadEnd(this, address, 'unreachable')
  }

  refTo<P extends Protocol>(endpoint: Endpoint): Ref<P> {
    return new ActorRef<P>(endpoint)
  }

  endpointOf(ref: Ref<Protocol>): Endpoint {
    return ActorRef.endpointOf(ref)
  }

  // --- Accounting -----------------------------------------------------------------------------------------------------------

  deadLetter(message: Message, replyTo: ReplyTo, reason: DeadLetterReason, target: string, cause?: unknown, at = this.env.now()): void {
    this.counters.deadLettered++
    const asked = replyTo !== null && !(replyTo instanceof TimerTag)
    const sender = turn.actor?.path
    const letter: DeadLetter = { message, reason, target, sender, at, asked, cause }
    const fresh = this.deadLetters.file(letter)
    if (this.#bus.isHeard('dead-letter')) this.#bus.emit({ type: 'dead-letter', at, letter })
    // A failing message was already told of as its actor's failure; an asker has its error. What remains is what nobody else reports.
    if (fresh > 0 && reason !== 'poison' && !asked) {
      const messageType = describeType(message)
      const text = `dead letter '${messageType}' for ${target} (${reason})${fresh > 1 ? `, and ${fresh - 1} more for this reason` : ''}`
      this.#write('warn', { event: 'dead-letter', reason, target, messageType, count: fresh }, text)
    }
    // Nobody reads the error of a timer, and making one costs 12 µs: 100 000 timers of one actor may fall due at once.
    if (typeof replyTo === 'number') this.#refuseAsk(replyTo, undelivered(reason, target, message, cause))
    else if (asked) this.rejectReply(replyTo, undelivered(reason, target, message, cause))
    else replyTo?.reject()
  }

  /** At once. But nobody has a turn between an ask refused at once and the next try: of many in a row, the others wait for I/O. */
  #refuseAsk(slot: number, error: Error): void {
    if (this.#refused === 0) this.env.afterIo(() => (this.#refused = 0))
    if (++this.#refused <= mostRefusedInARow) this.#asks.reject(slot, error)
    else this.env.afterIo(() => this.#asks.reject(slot, error))
  }

  openAsk(timeoutMs: number, target: { readonly address: Address }, message: Message, asker: Asker | null = null): Promise<unknown> {
    return this.#asks.add(timeoutMs, target, message, asker)
  }

  get lastAsk(): number {
    return this.#asks.lastSlot
  }

  refuseCycle(slot: number, target: object, asker: Asker): void {
    this.#asks.refuseCycle(slot, target, asker)
  }

  resolveReply(replyTo: ReplyTo, value: unknown): void {
    if (typeof replyTo === 'number') this.#asks.resolve(replyTo, value)
    else replyTo?.resolve(value)
  }

  rejectReply(replyTo: ReplyTo, error: Error): void {
    if (typeof replyTo === 'number') this.#asks.reject(replyTo, error)
    else replyTo?.reject(error)
  }

  remainingMs(replyTo: ReplyTo): number {
    if (typeof replyTo === 'number') return this.#asks.remainingMs(replyTo)
    const expiresAt = replyTo?.expiresAt
    return expiresAt === undefined ? Number.POSITIVE_INFINITY : expiresAt - this.env.now()
  }

  // --- Time, events, services -----------------------------------------------------------------------------------------------

  after(delayMs: number, callback: () => void): TimerHandle {
    return this.#timers.set(delayMs, callback)
  }

  cancel(handle: TimerHandle): void {
    this.#timers.cancel(handle)
  }

  hears(level: Level, type: SystemEvent['type']): boolean {
    return this.#bus.isHeard(type) || this.#mayWrite(level, type)
  }

  report(level: Level, event: NewEvent, text: string, cause?: unknown): void {
    const { type, ...said } = event
    if (this.#mayWrite(level, type)) {
      this.#lines.wrote(type)
      // As pino calls it. Its stack is made text by whoever writes the line, if anybody does.
      const fields = cause instanceof Error ? { ...said, err: cause } : said
      this.#write(level, { event: type, ...fields }, text)
    }
    if (this.#bus.isHeard(type)) this.#bus.emit({ ...event, at: this.env.now() } as SystemEvent)
  }

  #mayWrite(level: Level, type: string): boolean {
    return this.log.isLevelEnabled?.(level) !== false && this.#lines.hasRoom(level, type, this.env.now())
  }

  /** A logger that throws must not break what it reports of. */
  #write(level: Level, fields: object, text: string): void {
    try {
      this.log[level](fields, text)
    } catch {
      // There is nowhere left to say so.
    }
  }

  onEvent(listener: (event: SystemEvent) => void, types?: ReadonlySet<string>): () => void {
    return this.#bus.on(listener, types)
  }

  // --- Threads --------------------------------------------------------------------------------------------------------------

  isolated(definition: ActorDefinition<Protocol, unknown>, isolation: Isolation): ActorDefinition<Protocol, unknown> {
    if (this.#threads === undefined) {
      const onGone = new Map<string, () => void>()
      const vigil = new Vigil(this, 'threads', (_name, key) => {
        onGone.get(key)?.()
        onGone.delete(key)
      })
      this.#threads = new Threads(this, (target, then) => {
        onGone.set(keyOf(target.address), then)
        vigil.hold(target, 'thread')
      })
    }
    return this.#threads.isolate(definition, isolation)
  }

  /** Calls back when no thread is left; at once where there never was one. */
  closeThreads(then: () => void): void {
    if (this.#threads === undefined) then()
    else void this.#threads.closed().then(then)
  }

  get names(): Registry {
    this.#names ??= new Registry(this)
    return this.#names
  }

  get groups(): ProcessGroups {
    this.#groups ??= new ProcessGroups(this)
    return this.#groups
  }

  provide<T>(key: ServiceKey<T>, value: T): void {
    this.#services.set(key, value)
  }

  shared<T>(key: ServiceKey<T>, make: () => T): T {
    if (!this.#services.has(key)) this.#services.set(key, make())
    return this.#services.get(key) as T
  }

  findService(key: unknown): unknown {
    return this.#services.get(key)
  }

  // --- The end --------------------------------------------------------------------------------------------------------------

  onStopped(callback: () => void): void {
    if (this.#stopped) callback()
    else this.#onStopped.push(callback)
  }

  rootStopped(): void {
    this.#stopped = true
    // Whoever was here has answered for what it had; what is still open was sent elsewhere.
    this.#asks.rejectAll((target, message) => new NodeUnreachableError(formatAddress(target.address), message, 'stopped', 'maybe-handled'))
    this.#timers.clear()
    for (const callback of this.#onStopped.splice(0)) callback()
  }
}
