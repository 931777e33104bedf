// The half of an actor in a thread that stays on the main loop: place in the tree, mailbox and books. It is an ordinary actor whose
// only handler passes messages on, a window of them at a time; the state and the handlers are with the inner half. What the thread
// had not begun when it failed, stopped or died goes back to the front of the mailbox.

import { formatAddress } from '../contracts/address.ts'
import type { ActorContext, ActorDefinition } from '../contracts/behavior.ts'
import type { Endpoint } from '../contracts/endpoint.ts'
import { describeCause, type ExitReason } from '../contracts/exit-reason.ts'
import type { Failure } from '../contracts/failure.ts'
import type { Isolation } from '../contracts/isolation.ts'
import type { Message, Protocol } from '../contracts/message.ts'
import type { ReplyTo } from '../contracts/reply.ts'
import type { SupervisingDefinition } from '../contracts/supervision.ts'
import { stashed } from '../actor/current-message.ts'
import { shaped } from '../actor/definition-shape.ts'
import { handlerTable } from '../actor/handler-table.ts'
import type { InFlight } from '../actor/in-flight.ts'
import { ActorFailedError, InvalidOptionError, ThreadCrashedError } from '../errors.ts'
import { unanswerable } from './crossing.ts'
import type { FromThread, Item, Settled } from './frame.ts'
import { pack } from './parcel.ts'
import { causeFromData, errorFromData, type PortableCause, reasonFromData, reasonToData } from './portable.ts'
import { type Entry, Outstanding } from './outstanding.ts'
import type { OuterCell } from './outer-cell.ts'
import { windowSize } from './slots.ts'
import type { Resident, Thread } from './thread.ts'

/** What finds an actor its thread. */
export interface Lodging {
  /** The thread of this actor: the one it had, if it lives, or a new one. */
  open(half: OuterHalf, isolation: Isolation): Thread
  /** Tells `half.gone()` once the actor is gone for good. */
  follow(half: OuterHalf, cell: Endpoint): void
}

/** The main-loop half of one actor; lives through its incarnations. */
export class OuterHalf implements Resident {
  readonly #lodging: Lodging
  readonly #definition: ActorDefinition<Protocol, unknown>
  readonly #isolation: Isolation
  #cell!: OuterCell
  #thread: Thread | null = null
  // Of the present incarnation.
  #id = 0
  #outstanding = new Outstanding()
  #owed = new Map<number, { readonly message: Message; readonly replyTo: ReplyTo }>()
  #starting: { resolve(): void; reject(cause: unknown): void } | null = null
  #ended: { readonly promise: Promise<void>; resolve(): void } | null = null
  #isLoading = false
  /** Holds the actor while its window is full. */
  readonly #gate: InFlight = { message: undefined, replyTo: null }

  constructor(lodging: Lodging, definition: ActorDefinition<Protocol, unknown>, isolation: Isolation) {
    this.#lodging = lodging
    this.#definition = definition
    this.#isolation = isolation
  }

  /** The definition of the actor that the main loop knows. */
  definition(): SupervisingDefinition<Protocol, unknown> {
    const { name, capacity, overflow, shutdownMs } = this.#definition
    return shaped({
      name,
      capacity,
      overflow,
      shutdownMs,
      // Checked where they enter the thread, and once: a schema may change what it lets in.
      handlers: handlerTable((_state: unknown, message: Message) => this.#handle(message)),
      start: (input, ctx) => this.#start(input, ctx),
      restarting: (_state, reason) => this.#end(reason, true),
      stopped: (_state, reason) => this.#end(reason, false),
      route: (inside) => {
        this.#cell = inside as OuterCell
        return inside
      },
      resumed: () => this.#thread?.post({ t: 'resume', id: this.#id }),
      renew: () => this.#thread?.terminate(new ThreadCrashedError(this.#thread.owner, 'its supervisor wants a new one')),
      beneath: (address) => this.#thread?.crossing.endpoint(address),
    })
  }

  get path(): string {
    return this.#cell.path
  }

  /** Where it lives, as a text. */
  get address(): string {
    return formatAddress(this.#cell.address)
  }

  // --- Birth and death ------------------------------------------------------------------------------------------------------

  #start(input: unknown, ctx: ActorContext<Protocol>): Promise<void> {
    const cell = this.#cell
    if (cell.incarnation === 1) this.#lodging.follow(this, cell)
    const watches = cell.extras?.watches
    if (watches != null) watches.output = undefined
    this.#abandon('its incarnation is over')
    const thread = this.#lodging.open(this, this.#isolation)
    if (thread !== this.#thread) this.#thread?.leave(this)
    this.#thread = thread
    this.#outstanding = new Outstanding()
    this.#isLoading = true
    this.#id = thread.enter(this)
    const ended = Promise.withResolvers<void>()
    this.#ended = ended
    ctx.signal.addEventListener('abort', () => this.#stopping())
    const started = Promise.withResolvers<void>()
    const over = (then: (cause?: unknown) => void) => (cause?: unknown) => {
      this.#starting = null
      thread.release()
      then(cause)
    }
    const { module, name } = this.#definition
    thread.hold()
    this.#starting = { resolve: over(() => started.resolve()), reject: over(started.reject) }
    const { incarnation } = cell
    const { window } = this.#outstanding
    try {
      thread.post({ t: 'start', id: this.#id, address: this.address, module: module!, name, input: pack(input), window, incarnation })
    } catch (cause) {
      this.#over()
      this.#starting.reject(new InvalidOptionError('input', describeCause(cause), 'something that can be cloned into a thread'))
    }
    return started.promise
  }

  /** The incarnation before, if it was killed: its inner half may be at work still, but nobody waits for it and what it has in hand. */
  #abandon(why: string): void {
    if (this.#ended !== null) this.#thread?.kill(this.#id)
    this.#over()
    this.#starting?.resolve()
    for (let n = this.#outstanding.size; n > 0; n--) this.#thread?.release()
    this.#outstanding.clear()
    this.#failOwed(why)
  }

  /** The actor begins to end: the thread is told at once, so that the handler in hand is aborted, and gets nothing more to begin. */
  #stopping(): void {
    this.#requeue()
    const id = this.#id
    // How it ends is known only when this stack has unwound.
    this.#cell.host.env.soon(() => {
      const { ending } = this.#cell
      if (ending !== null && id === this.#id) this.#tellEnd(ending.reason, ending.then === 'restart')
    })
  }

  #tellEnd(reason: ExitReason, isRestart: boolean): void {
    if (this.#ended !== null && this.#thread?.lost === undefined)
      this.#thread?.post({ t: 'end', id: this.#id, reason: reasonToData(reason), isRestart })
  }

  /** The last hook: over when the inner half is. */
  #end(reason: ExitReason, isRestart: boolean): Promise<void> | undefined {
    if (this.#ended === null) return undefined
    this.#tellEnd(reason, isRestart)
    const thread = this.#thread!
    thread.hold()
    return this.#ended.promise.then(() => thread.release())
  }

  /** Answers that were to come later come no more. */
  #failOwed(cause: unknown): void {
    for (const { message, replyTo } of this.#owed.values())
      this.#cell.host.rejectReply(replyTo, new ActorFailedError(this.address, message, cause))
    this.#owed.clear()
  }

  /** The inner half is no more. */
  #over(): void {
    this.#ended?.resolve()
    this.#ended = null
  }

  /** The actor is gone for good. */
  gone(): void {
    this.#abandon('it is gone')
    this.#thread?.leave(this)
    this.#thread = null
  }

  /** The thread is no more, and everything in it. */
  lost(error: Error): void {
    const cell = this.#cell
    // Their acknowledgement has not come through, and their answer neither.
    for (const entry of this.#outstanding.at('settled')) this.#settled(entry, { how: 'unanswerable', why: describeCause(error) })
    const inHand = this.#outstanding.at('begun').filter((entry) => this.#land(entry))
    this.#failOwed(error)
    this.#requeue()
    const wasThere = this.#ended !== null
    this.#over()
    // Not when the actor lives as something else meanwhile, on the main loop.
    const isNews = wasThere && inHand.length === 0 && cell.life === 'running'
    if (this.#starting !== null) this.#starting.reject(error)
    else if (isNews) cell.host.life.fail(cell, error, 'signal', undefined, null)
    for (const { message, replyTo } of inHand) {
      cell.host.counters.waiting--
      cell.host.life.fail(cell, error, 'handling', message, replyTo)
    }
    this.#goOn()
  }

  // --- Messages -------------------------------------------------------------------------------------------------------------

  #handle(message: Message): void {
    const { host } = this.#cell
    const messages = this.#cell
    const replyTo = messages.takenReply
    // From here on it is ours: for the cell it is put aside.
    messages.takenReply = stashed
    if (this.#thread!.lost !== undefined) {
      messages.unshift(message, replyTo)
      throw this.#thread!.lost
    }
    const outstanding = this.#outstanding
    const entry = outstanding.add(message, replyTo)
    this.#cell.openExtras.flights(windowSize).begin(entry)
    this.#thread!.hold()
    if (outstanding.outgoing === 1) host.env.soon(() => this.#flush())
    if (outstanding.isFull) this.#cell.inFlight = this.#gate
  }

  /** Sends what has come together; one by one where something cannot be cloned, so that nothing else is harmed. */
  #flush(): void {
    const items = this.#outstanding.takeOutgoing().flatMap((entry) => {
      try {
        return [this.#item(entry)]
      } catch (cause) {
        this.#settled(entry, { how: 'refused', reason: 'undeliverable-codec', why: describeCause(cause) })
        return []
      }
    })
    const post = (some: readonly Item[]): void => this.#thread!.post({ t: 'messages', id: this.#id, items: some })
    try {
      if (items.length > 0) post(items)
    } catch {
      for (const item of items) {
        try {
          post([item])
        } catch (cause) {
          const refused: Settled = { how: 'refused', reason: 'undeliverable-codec', why: describeCause(cause) }
          this.#settledNumber(item[1], refused)
        }
      }
    }
    this.#goOn()
  }

  #item(entry: Entry): Item {
    const parcel = pack(entry.message)
    const slot = this.#outstanding.send(entry)
    const { number, replyTo } = entry
    return replyTo === null ? [slot, number, parcel] : [slot, number, parcel, this.#cell.host.remainingMs(replyTo)]
  }

  /** What the thread says of this actor. */
  receive(frame: Extract<FromThread, { readonly id: number }>): void {
    switch (frame.t) {
      case 'loaded':
        this.#isLoading = false
        return
      case 'started':
        this.#starting?.resolve()
        return
      case 'start-failed':
        this.#over()
        this.#starting?.reject(causeFromData(frame.cause))
        return
      case 'handled':
        for (const number of frame.numbers) this.#settledNumber(number, { how: 'handled' })
        this.#goOn()
        return
      case 'settled':
        this.#settledNumber(frame.number, frame.settled)
        this.#goOn()
        return
      case 'answer': {
        const entry = this.#outstanding.find(frame.number)
        const open = entry ?? this.#owed.get(frame.number)
        this.#owed.delete(frame.number)
        if (open !== undefined) this.#answer(open.message, open.replyTo, frame.parcel, frame.error)
        // Answered before its handler was through.
        if (entry !== undefined) entry.replyTo = null
        return
      }
      case 'unstash':
        this.#requeue()
        this.#thread!.post({ t: 'unstashed', id: this.#id })
        this.#goOn()
        return
      case 'down':
        this.#failed(causeFromData(frame.cause), frame.phase)
        return
      case 'exit':
        if (frame.output !== undefined) this.#cell.openExtras.openWatches.output = this.#thread!.crossing.open(frame.output)
        this.#cell.end(reasonFromData(frame.reason))
        return
      case 'ended':
        this.#over()
        // It was stopped while it started.
        this.#starting?.resolve()
        return
      default:
    }
  }

  #settledNumber(number: number, settled: Settled): void {
    const entry = this.#outstanding.find(number)
    if (entry !== undefined) this.#settled(entry, settled)
  }

  #settled(entry: Entry, settled: Settled): void {
    const { host } = this.#cell
    const { message, replyTo } = entry
    if (settled.how === 'stashed') {
      this.#outstanding.putAside(entry)
      return
    }
    if (!this.#land(entry)) return
    host.counters.waiting--
    if (settled.how === 'refused') {
      host.deadLetter(message, replyTo, settled.reason, this.address, settled.why)
      return
    }
    const isOwed = settled.how === 'owed' || (settled.how === 'failed' && settled.isOwed)
    if (isOwed && replyTo !== null) {
      this.#owed.set(entry.number, { message, replyTo })
      entry.replyTo = null
    }
    if (settled.how === 'failed') {
      this.#failed(causeFromData(settled.cause), 'handling', entry)
      return
    }
    host.counters.handled++
    this.#cell.openExtras.succeeded()
    if (replyTo === null || isOwed) return
    if (settled.how === 'unanswerable') host.rejectReply(replyTo, unanswerable(this.address, message, settled.why))
    else this.#answer(message, replyTo, settled.parcel, undefined)
  }

  #answer(message: Message, replyTo: ReplyTo, parcel: Parameters<Thread['crossing']['open']>[0] | undefined, error?: PortableCause): void {
    const { host } = this.#cell
    if (replyTo === null) return
    if (error === undefined) host.resolveReply(replyTo, parcel && this.#thread!.crossing.open(parcel))
    else host.rejectReply(replyTo, errorFromData(error, message))
  }

  /** The inner half has failed and stands still; a message that made it fail has been taken out of the window. */
  #failed(cause: unknown, phase: Failure['phase'], entry?: Entry): void {
    // What it has put aside stays there, as it may go on with its state.
    this.#requeue(false)
    this.#cell.host.life.fail(this.#cell, cause, phase, entry?.message, entry?.replyTo ?? null)
  }

  /** Puts what has not been begun back where it came from, in order. */
  #requeue(andAside = true): void {
    for (const entry of this.#outstanding.takeBack(andAside).toReversed())
      if (this.#land(entry)) this.#cell.unshift(entry.message, entry.replyTo)
    this.#makeRoom()
  }

  /** Takes an entry out; false when it was given up meanwhile: its actor was killed. */
  #land(entry: Entry): boolean {
    if (!this.#outstanding.delete(entry)) return false
    this.#thread!.release()
    return this.#cell.openExtras.flights(windowSize).land(entry)
  }

  /** There may be room in the window. */
  #makeRoom(): void {
    if (this.#cell.inFlight === this.#gate && !this.#outstanding.isFull) this.#cell.inFlight = null
  }

  /** There may be room, or nothing left to wait for. */
  #goOn(): void {
    this.#makeRoom()
    this.#cell.resume()
  }

  // --- The watchdog ---------------------------------------------------------------------------------------------------------

  inHand(now: number): { readonly message: Message; readonly since: number } | undefined {
    return this.#outstanding.inHand(now, this.#definition.reentrant)
  }

  forgive(ms: number): void {
    this.#outstanding.forgive(ms)
  }

  get stage(): 'loading' | 'starting' | undefined {
    if (this.#starting === null) return undefined
    return this.#isLoading ? 'loading' : 'starting'
  }
}
