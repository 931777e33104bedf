// The half of an actor that runs in the thread: state, handlers, children and timers, in a cell of the thread's own small system. To
// everybody else, and to itself, its address is that of the outer half.

import type { ActorContext } from '../contracts/behavior.ts'
import type { DeadLetterReason } from '../contracts/dead-letter.ts'
import type { Endpoint } from '../contracts/endpoint.ts'
import type { ExitReason } from '../contracts/exit-reason.ts'
import type { Failure } from '../contracts/failure.ts'
import type { Handler } from '../contracts/handling.ts'
import type { Message, Protocol } from '../contracts/message.ts'
import type { SupervisingDefinition } from '../contracts/supervision.ts'
import type { Cell } from '../actor/cell.ts'
import type { Context } from '../actor/context.ts'
import { currentMessage, stashed, takeMessage } from '../actor/current-message.ts'
import { handlerTable } from '../actor/handler-table.ts'
import { admit } from '../actor/schemas.ts'
import { asPromise, isThenable } from '../actor/thenable.ts'
import { StashFullError } from '../errors.ts'
import { defaultStashCapacity } from '../mailbox/stash.ts'
import type { Crossing } from './crossing.ts'
import type { FromThread, Item } from './frame.ts'
import { sendWithOutput } from './parcel.ts'
import { causeToData, reasonToData } from './portable.ts'
import { type Desk, Settling } from './settling.ts'
import type { Window } from './slots.ts'

/** The methods of a context that are others inside a thread. */
type Verbs = Pick<ActorContext<Protocol>, 'stop' | 'exit' | 'stash' | 'unstashAll'> & {
  refuse(why: string, reason?: DeadLetterReason): void
}

/** One incarnation of one actor, inside. */
export class InnerHalf implements Desk {
  readonly id: number
  readonly window: Window
  readonly address: string
  /** What everybody posts to: the outer half. */
  readonly outside: Endpoint
  /** Whether the end under way is a restart; decides which hook is called. */
  isRestart = false
  cell: Cell | undefined
  readonly #incarnation: number
  readonly #ended = Promise.withResolvers<void>()
  readonly #definition: SupervisingDefinition<Protocol, unknown>
  readonly #crossing: Crossing
  readonly #send: (frame: FromThread) => void
  #handled: number[] = []
  #stashed = 0
  /** Nothing more is begun: for good, as it ends, or until the outer half has put what was stashed before all else. */
  #rests: 'for-good' | 'for-stashed' | undefined

  constructor(
    frame: { readonly id: number; readonly window: Window; readonly address: string; readonly incarnation: number },
    definition: SupervisingDefinition<Protocol, unknown>,
    outside: Endpoint,
    crossing: Crossing,
    send: (frame: FromThread) => void,
  ) {
    this.id = frame.id
    this.window = frame.window
    this.address = frame.address
    this.#incarnation = frame.incarnation
    this.outside = outside
    this.#definition = definition
    this.#crossing = crossing
    this.#send = send
  }

  /** What the thread's system runs. */
  definition(): SupervisingDefinition<Protocol, unknown> {
    const definition = this.#definition
    const receive: Handler = (state, message: Message, ctx: Verbs) => {
      const handler = definition.handlers.find(message.type)
      if (handler !== undefined) return handler(state, message, ctx)
      const known = [...definition.handlers.keys()].join(', ')
      ctx.refuse(`it handles ${known === '' ? 'no messages' : known}`)
      return undefined
    }
    const begun = (handler: Handler): Handler => this.#begun(handler)
    return {
      ...definition,
      // The outer half bounds what is here, and how long an end may take.
      capacity: Number.MAX_SAFE_INTEGER,
      overflow: 'reject',
      shutdownMs: 'infinity',
      handlers: handlerTable(receive, [begun]),
      middleware: [begun, ...(definition.middleware ?? [])],
      start: (input, ctx, supervision) => {
        this.#equip(ctx)
        return definition.start(input, ctx, supervision)
      },
      stopping: (state, reason, ctx) => (this.isRestart ? undefined : definition.stopping?.(state, reason, ctx)),
      stopped: (state, reason, ctx) =>
        this.isRestart ? definition.restarting?.(state, reason, ctx) : definition.stopped?.(state, reason, ctx),
      route: (inside) => {
        this.cell = inside as Cell
        this.cell.incarnation = this.#incarnation
        return this.outside
      },
    }
  }

  /** Resolves when it is no more. */
  get ended(): Promise<void> {
    return this.#ended.promise
  }

  over(): void {
    this.#ended.resolve()
  }

  send(frame: FromThread): void {
    this.#send(frame)
  }

  handled(number: number): void {
    if (this.#handled.push(number) > 1) return
    this.#crossing.host.env.soon(() => {
      const numbers = this.#handled
      this.#handled = []
      this.#send({ t: 'handled', id: this.id, numbers })
    })
  }

  /** Takes messages of the outer half, which waits for each to be settled. */
  deliver(items: readonly Item[]): void {
    const { host } = this.#crossing
    for (const [slot, number, parcel, leftMs] of items) {
      const port = new Settling(this, slot, number, leftMs === undefined ? undefined : host.env.now() + leftMs)
      const message = this.#crossing.open(parcel) as Message
      const admission = admit(this.#definition, message)
      host.counters.received++
      if (admission.ok) this.cell!.post(admission.message, port)
      else host.deadLetter(message, port, 'invalid', this.address, admission.why)
    }
  }

  /** From here on messages come in the right order again. */
  unstashed(): void {
    if (this.#rests === 'for-stashed') this.#rests = undefined
  }

  /** It has failed or ended, as its parent here is told. */
  down(reason: ExitReason): void {
    const cause = (reason as Failure).cause
    const { phase, message } = reason as Partial<Failure>
    if (phase === undefined) this.#send({ t: 'exit', id: this.id, reason: reasonToData(reason) })
    else if (phase === 'starting') this.#send({ t: 'start-failed', id: this.id, cause: causeToData(cause) })
    // A message from outside has been told of already.
    else if (message === undefined || !this.#outer.has(message)) this.#send({ t: 'down', id: this.id, phase, cause: causeToData(cause) })
  }

  /** Messages from outside that are in hand. */
  readonly #outer = new WeakSet<Message>()
  readonly #told = new WeakSet<Message>()

  /** Notes that a message has begun, before anything of it is done. */
  #begun(handler: Handler): Handler {
    return (state, message: Message, ctx) => {
      const queue = this.cell!
      const port = queue.takenReply
      if (!(port instanceof Settling)) return handler(state, message, ctx)
      if (this.#rests !== undefined || !port.begin()) {
        // The outer half has it again, or takes it back in a moment. Here it counts as never arrived.
        queue.takenReply = stashed
        this.#forget()
        return undefined
      }
      this.#outer.add(message)
      let value: unknown
      try {
        value = handler(state, message, ctx)
      } catch (cause) {
        this.#failed(port, message, cause)
      }
      if (!isThenable(value)) {
        if (port.isTaken) port.handedOn()
        return value
      }
      const through = (settled: unknown): unknown => {
        if (port.isTaken) port.handedOn()
        return settled
      }
      return asPromise(value).then(through, (cause: unknown) => this.#failed(port, message, cause))
    }
  }

  /** Its handler has failed. The cell tells a message's port, unless that has been taken from it. */
  #failed(port: Settling, message: Message, cause: unknown): never {
    if (port.isTaken) {
      this.#told.add(message)
      port.failed(cause)
    }
    throw cause
  }

  /** Whether it is a message from outside that has failed with its answer in other hands, so that the outer half knows already. */
  hasTold(message: Message): boolean {
    return this.#told.has(message)
  }

  /** A message has gone back: it is not in these books any more. */
  #forget(): void {
    const { counters } = this.#crossing.host
    counters.received--
    counters.waiting--
  }

  /** Gives the context of a cell the verbs that work otherwise here: what they do must be known outside. */
  #equip(context: ActorContext<Protocol>): void {
    const cell = this.cell!
    // Those of every context; called on this one, whose own verbs stand before them.
    const usual = Object.getPrototypeOf(context) as Verbs
    const inHand = (): Settling | undefined => {
      const port = currentMessage(cell)?.replyTo
      return port instanceof Settling ? port : undefined
    }
    const takeOut = (what: string): void => {
      takeMessage(cell, stashed, what)
      this.#forget()
    }
    const end = (reason: ExitReason): void => {
      this.#rests = 'for-good'
      cell.call(() => {
        // It has failed first: then the wish is forgotten, as outside.
        if (cell.life === 'suspended') this.#rests = undefined
        else
          sendWithOutput(cell.extras?.watches?.output, (packed) =>
            this.#send({ t: 'exit', id: this.id, reason: reasonToData(reason), ...packed }),
          )
      })
    }
    const verbs: Verbs = {
      stop: (child) => {
        if (child === undefined) end('normal')
        else usual.stop.call(context, child)
      },
      // It ends with any reason: none that live in threads trap exits.
      exit: (target, reason) => {
        if (cell.host.endpointOf(target) === this.outside) end(reason)
        else usual.exit.call(context, target, reason)
      },
      refuse: (why, reason = 'invalid') => {
        const port = inHand()
        if (port === undefined) {
          usual.refuse.call(context, why, reason)
          return
        }
        takeOut('refuse')
        port.refused(reason, why)
      },
      stash: () => {
        const port = inHand()
        // A timer's message, or none: as anywhere.
        if (port === undefined) {
          usual.stash.call(context)
          return
        }
        const capacity = this.#definition.stashCapacity ?? defaultStashCapacity
        if (this.#stashed >= capacity) throw new StashFullError(this.address, currentMessage(cell)!.message, capacity)
        takeOut('stash')
        this.#stashed++
        port.stashed()
      },
      unstashAll: () => {
        usual.unstashAll.call(context)
        if (this.#stashed === 0) return
        this.#stashed = 0
        this.#rests ??= 'for-stashed'
        this.#send({ t: 'unstash', id: this.id })
      },
    }
    // Kept: every turn is to find these verbs.
    cell.context = context as Context
    Object.assign(context, verbs)
  }
}
