// One incarnation of an XState logic as an actor of ours: a machine, or one of its children (a promise, a callback, an observable).
// A step is the pure transition, then its effects in two parts, as XState orders them: the machine's own actions first, and when
// none has thrown, the new snapshot and what it wants of the world (timers, sends, children). So a step that throws leaves no trace.

import type { AnyActor, AnyActorLogic, AnyActorScope, AnyEventObject, AnyStateMachine } from 'xstate'
import type { AnyContext } from '../actor/define.ts'
import type { Cell } from '../actor/cell.ts'
import { asPromise, isThenable } from '../actor/thenable.ts'
import { describeCause, type ExitReason } from '../contracts/exit-reason.ts'
import type { Message } from '../contracts/message.ts'
import type { Child, Supervision, SupervisionControl } from '../contracts/supervision.ts'
import { ChildActors } from './child-actors.ts'
import { type DelayedEvent, DelayedEvents } from './delayed-events.ts'
import { Inward } from './inward.ts'
import { type ActionHost, defaultReplyKey, hostActions } from './machine-actions.ts'
import type { MachineQueries, MachineState } from './machine-queries.ts'
import { logValues } from './machine-log.ts'
import type { RunOptions } from './run-options.ts'
import { OpenAsks } from './open-asks.ts'
import { holdNewChildren, isOwnAction, perform, startChildren, type World } from './machine-effects.ts'
import { delaysOf, type PersistedMachine, seal, withDelays } from './persisted-machine.ts'
import {
  asSnapshot,
  bookIds,
  connect,
  deliver,
  type Effect,
  isMachine,
  isSynced,
  type LogicSnapshot,
  parentOf,
  scopeOf,
  takes,
  unregisterBeneath,
} from './xstate-inside.ts'

/** Under this key wait those who asked for the output. */
const outputKey = '#output'
/** How long something from within waits, in milliseconds, when the mailbox is full and the actor is held. */
const retryMs = 10
const nothing: LogicSnapshot = { status: 'stopped' }
/** Who runs behind a ref, for children that tell their machine of their end. */
const runs = new WeakMap<AnyActor, MachineRun>()

/** One incarnation of a logic. */
export class MachineRun implements Supervision, ActionHost, World {
  readonly #options: RunOptions
  readonly #logic: AnyActorLogic
  readonly #parent: AnyActor | undefined
  readonly #control: SupervisionControl
  readonly #scope: AnyActorScope
  #delayed: DelayedEvents | undefined
  #children: ChildActors | undefined
  #cell!: Cell
  #asks!: OpenAsks
  #ctx!: AnyContext
  #snapshot: LogicSnapshot = nothing
  #effects: Effect[] = []
  /** The user's message in hand, and what becomes of it. */
  #inHand: Message | undefined
  #answer: unknown
  #answered = false
  #postponed = false
  /** The step has changed something; it has changed the state. */
  #changed = false
  #moved = false
  #heeding = false
  #ignored = 0

  constructor(control: SupervisionControl, options: RunOptions) {
    this.#options = options
    this.#logic = options.logic
    this.#parent = parentOf(options.ref)
    this.#control = control
    this.#scope = scopeOf(options.ref, {
      act: (effect) => void this.#effects.push(effect),
      emit: (event) => this.emit(event),
      log: (...values) => this.log(values),
    })
  }

  get ref(): AnyActor {
    return this.#options.ref
  }

  /** Made with the first delay: most machines wait for nothing most of the time. */
  get delayed(): DelayedEvents {
    const control = this.#control
    this.#delayed ??= new DelayedEvents({
      now: () => control.env.now(),
      after: (delayMs, callback) => {
        this.#heedEnd()
        return control.after(delayMs, callback)
      },
      cancel: (handle) => control.cancel(handle),
      due: (delayed) => this.#enqueue(delayed.event.type, () => this.#due(delayed)),
    })
    return this.#delayed
  }

  /** Made with the first child. */
  get children(): ChildActors {
    this.#children ??= new ChildActors({
      control: this.#control,
      define: (ref) => this.#options.define(ref),
      stopInOrder: (ref) => runs.get(ref)?.stopInOrder() ?? false,
      enqueue: (event, from) => this.#enqueue(event.type, () => void (this.children.has(from) && this.#step(event))),
    })
    return this.#children
  }

  get hasChildren(): boolean {
    return this.#children !== undefined
  }

  /** Begins the life of the logic, from its input or from what was persisted of it. Throws what its first step throws. */
  begin(ctx: AnyContext, input: unknown, persisted: unknown): void {
    this.#ctx = ctx
    this.#cell = this.#control.inside as Cell
    this.#asks = new OpenAsks(this.#cell, () => ctx.signal)
    const watches = this.#cell.extras?.watches
    if (watches != null) watches.output = undefined
    unregisterBeneath(this.ref)
    runs.set(this.ref, this)
    hostActions(this.ref, this)
    connect(this.ref, {
      deliver: (event) => this.#enqueue(event.type, () => void this.#step(event)),
      snapshot: () => this.#snapshot,
      persisted: () => this.persisted(),
    })
    bookIds(this.ref, persisted)
    if (persisted === undefined) this.#enter(this.#logic.getInitialSnapshot(this.#scope, input) as LogicSnapshot)
    else this.#restore(persisted)
    if (this.#snapshot.status !== 'active' || isMachine(this.#logic)) return
    this.#heedEnd()
    this.#logic.start?.(asSnapshot(this.#snapshot), this.#scope)
  }

  /** Handles one message: the user's, or one from within. What it returns answers an ask. */
  handle(message: Message): unknown {
    if (message instanceof Inward) {
      message.actFor(this)
      return this.#settled(undefined)
    }
    this.#inHand = message
    this.#answered = false
    this.#postponed = false
    try {
      // What XState tells a machine of its own must not come from outside.
      const taken = !message.type.startsWith('xstate.') && this.#step(message)
      if (!taken) this.#notTaken(message)
      if (this.#postponed) this.#asks.putAside(this.#ctx)
      return this.#settled(this.#answered ? this.#answer : undefined)
    } finally {
      this.#inHand = undefined
      this.#answer = undefined
    }
  }

  // --- A step ---------------------------------------------------------------------------------------------------------------

  /** True when the machine took the event. */
  #step(event: AnyEventObject): boolean {
    const before = this.#snapshot
    if (before.status !== 'active') return false
    this.#effects = []
    const next = this.#logic.transition(before, event, this.#scope) as LogicSnapshot
    if (next === before && this.#effects.length === 0) return isMachine(this.#logic) ? takes(this.#logic, before, event) : true
    this.#enter(next)
    return true
  }

  #enter(next: LogicSnapshot): void {
    const effects = this.#effects
    this.#effects = []
    // For a machine an error is a failure. A promise that rejects is not: its machine is told, and has a word for it.
    if (next.status === 'error' && isMachine(this.#logic)) throw next.error
    holdNewChildren(this, next)
    for (const effect of effects) if (isOwnAction(effect)) this.#act(effect)
    const before = this.#snapshot
    this.#snapshot = next
    this.#changed = true
    perform(this, effects, next)
    if (next.status !== 'active') this.#end(next)
    else if (before._nodes !== next._nodes && before !== nothing) this.#moved = true
    if (next.status === 'active') this.#sync()
  }

  /** An action of the machine's own. One that returns a promise is not waited for, but its rejection is a failure, not a stray error. */
  #act(effect: Effect): void {
    if (effect.exec === undefined) {
      this.missing('action', effect.type)
      return
    }
    const result = effect.exec(effect.info, effect.params)
    if (isThenable(result)) this.#heedRejection(result)
  }

  #heedRejection(promise: PromiseLike<unknown>): void {
    asPromise(promise).catch((cause: unknown) => {
      this.#enqueue('xstate.error.action', () => {
        throw cause
      })
    })
  }

  /** The logic is over: its parent machine and whoever asked are told, and the actor ends. */
  #end(last: LogicSnapshot): void {
    this.#delayed?.clear()
    const parent = this.#parent
    const { id } = this.ref
    if (last.status === 'done') {
      const { output } = last
      if (!this.#answered) this.reply(output, undefined)
      this.#asks.answerAll(output)
      if (output !== undefined) this.#cell.openExtras.openWatches.output = output
      this.#options.done?.(output, this.#ctx)
      if (parent !== undefined) runs.get(parent)?.childEnded(this.ref, { type: `xstate.done.actor.${id}`, output, actorId: id })
      this.#ctx.stop()
    } else if (last.status === 'error') {
      const { error } = last
      if (parent !== undefined) runs.get(parent)?.childEnded(this.ref, { type: `xstate.error.actor.${id}`, error, actorId: id })
      this.#control.exit({ shutdown: `rejected: ${describeCause(error)}` })
    }
  }

  // --- Children -------------------------------------------------------------------------------------------------------------

  started(): void {}

  down(child: Child, reason: ExitReason): void {
    this.children.down(child, reason, (ref) => ref.getSnapshot() as LogicSnapshot)
  }

  /** Ends once everything that waits has been handled; false when the mailbox has no room for the wish. */
  stopInOrder(): boolean {
    const stop = (): void => {
      this.#dispose()
      this.#ctx.stop()
    }
    return new Inward('xstate.stop', this, stop).into(this.#cell)
  }

  /** A child announces its end; it counts unless the machine has let go of it by the time the event is handled. */
  childEnded(ref: AnyActor, event: AnyEventObject): void {
    if (this.children.ending(ref)) this.#enqueue(event.type, () => void (this.children.has(ref) && this.#step(event)))
  }

  #sync(): void {
    const parent = this.#parent
    if (parent === undefined || !isSynced(this.ref)) return
    deliver(parent, { type: `xstate.snapshot.${this.ref.id}`, snapshot: this.#snapshot })
  }

  #heedEnd(): void {
    if (this.#heeding) return
    this.#heeding = true
    this.#ctx.signal.addEventListener('abort', () => this.#dispose(), { once: true })
  }

  /** The incarnation ends: timers are cleared, a promise is aborted, a callback or observable is cleaned up. */
  #dispose(): void {
    this.#delayed?.clear()
    if (this.#snapshot.status !== 'active' || isMachine(this.#logic)) return
    try {
      this.#snapshot = this.#logic.transition(this.#snapshot, { type: 'xstate.stop' }, this.#scope) as LogicSnapshot
    } catch (cause) {
      const path = this.#control.path
      this.#ctx.log.warn({ path, cause: describeCause(cause) }, `${path}: its clean-up threw: ${describeCause(cause)}`)
    }
  }

  // --- Messages from within -------------------------------------------------------------------------------------------------

  /** Puts something into the mailbox, behind what is there. A full one must not lose it: then it comes as a signal. */
  #enqueue(type: string, act: () => void): void {
    if (!new Inward(type, this, act).into(this.#cell)) this.#control.after(0, () => this.#overtake(type, act))
  }

  #overtake(type: string, act: () => void): void {
    if (this.#cell.life !== 'running' || this.#cell.inFlight !== null) {
      this.#control.after(retryMs, () => this.#enqueue(type, act))
      return
    }
    act()
    const saving = this.#settled(undefined)
    if (isThenable(saving)) this.#heedRejection(saving)
  }

  #due(delayed: DelayedEvent): void {
    if (!this.delayed.take(delayed)) return
    if (delayed.to === undefined) this.#step(delayed.event)
    else deliver(delayed.to, delayed.event)
    this.#changed = true
  }

  // --- Answers, postponing ----------------------------------------------------------------------------------------------------

  reply(value: unknown, key: string | undefined): void {
    if (key === undefined && this.#inHand !== undefined) {
      this.#answer = value
      this.#answered = true
    } else this.#asks.answer(key ?? defaultReplyKey, value)
  }

  replyLater(key: string): void {
    if (this.#inHand !== undefined) this.#asks.keep(key)
  }

  postpone(): void {
    if (this.#inHand !== undefined) this.#postponed = true
  }

  /** Answers what can be asked of every machine. */
  answer(query: keyof MachineQueries): unknown {
    if (query === '@persist') return this.#envelopeOrRefusal()
    if (query === '@output') {
      this.#asks.keep(outputKey)
      return undefined
    }
    const { status, value, context, tags } = this.#snapshot
    return { status, value, context, tags: [...(tags ?? [])], ignored: this.#ignored } satisfies MachineState
  }

  #notTaken(message: Message): void {
    if (this.#options.postponed.has(message.type) && this.#snapshot.status === 'active') {
      this.postpone()
      return
    }
    this.#ignored++
    this.#asks.refuse(`in the state ${JSON.stringify(this.#snapshot.value)} the machine does not take it`)
  }

  // --- On paper -------------------------------------------------------------------------------------------------------------

  persisted(): unknown {
    // Children without a name are refused below, in both of XState's builds alike, and by our error.
    const base = this.#logic.getPersistedSnapshot(asSnapshot(this.#snapshot), { __unsafeAllowInlineActors: true })
    if (!isMachine(this.#logic)) return base
    const { env } = this.#control
    return withDelays(base, this.#snapshot, this.#delayed?.all() ?? [], this.#parent, { wallMs: env.wallNow(), nowMs: env.now() })
  }

  /** Looking at a machine does it no harm: what cannot be persisted is the asker's error. */
  #envelopeOrRefusal(): PersistedMachine | undefined {
    try {
      return this.#envelope()
    } catch (cause) {
      this.#asks.refuse(`it cannot be persisted: ${describeCause(cause)}`, cause)
      return undefined
    }
  }

  /** The machine in its envelope. @throws InvalidOptionError when something in it is not plain JSON. */
  #envelope(): PersistedMachine {
    return seal(this.#logic as AnyStateMachine, this.persisted(), this.#control.env.wallNow())
  }

  /** Entry actions are not replayed and `always` is not looked at again, as in XState; active children start again from their snapshots. */
  #restore(persisted: unknown): void {
    const restored = this.#logic.restoreSnapshot?.(asSnapshot(persisted), this.#scope) ?? persisted
    const snapshot = restored as LogicSnapshot
    if (snapshot.status === 'error') throw snapshot.error
    this.#snapshot = snapshot
    if (!isMachine(this.#logic)) return
    startChildren(this, snapshot)
    for (const { id, event, to, delayMs } of delaysOf(persisted, snapshot, this.#parent, this.#control.env.wallNow())) {
      this.delayed.schedule(id, event, to, delayMs)
    }
    if (snapshot.status === 'done') this.#end(snapshot)
  }

  /** What a step leaves to do: what was postponed comes back if the state has changed, and the answer waits for what is persisted. */
  #settled(answer: unknown): unknown {
    const options = this.#options
    const changed = this.#changed
    this.#changed = false
    if (this.#moved) this.#ctx.unstashAll()
    this.#moved = false
    if (options.persist === undefined || !changed) return answer
    const saving = options.persist(this.#envelope(), this.#ctx)
    return isThenable(saving) ? saving.then(() => answer) : answer
  }

  // --- Out ------------------------------------------------------------------------------------------------------------------

  emit(event: AnyEventObject): void {
    this.#options.emitted?.(event, this.#ctx)
  }

  missing(what: 'action' | 'actor', name: string): void {
    this.#ctx.log.warn({ path: this.#control.path, [what]: name }, `the ${what} '${name}' is not implemented`)
  }

  log(values: readonly unknown[]): void {
    logValues(this.#ctx.log, this.#control.path, values)
  }
}
