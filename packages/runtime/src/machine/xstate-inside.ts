// The one file that knows the inside of XState. XState makes a ref for each child that a machine names, and hands `self` to the
// machine's functions; here such a ref is led to an actor of ours, so that whoever sends through it sends into a mailbox.
//
// A machine's own `transition` is called with a scope of ours. XState's exported `transition()` is the same function with a
// throw-away actor for a scope: it computes the initial state anew for every event (4 times slower, and the context's factory is
// called each time), and its `self` leads nowhere.

import { createActor } from 'xstate'
import type { AnyActor, AnyActorLogic, AnyActorScope, AnyEventObject, AnyStateMachine, Snapshot } from 'xstate'
import type { Protocol } from '../contracts/message.ts'
import type { Ref } from '../contracts/ref.ts'
import { ActorRef } from '../ref/actor-ref.ts'

/** A snapshot of any logic, as far as it is looked at from outside. */
export interface LogicSnapshot {
  readonly status: 'active' | 'done' | 'error' | 'stopped'
  readonly output?: unknown
  readonly error?: unknown
  /** Machines only: the refs of its children by id, and its active state nodes. */
  readonly children?: Readonly<Record<string, AnyActor | undefined>>
  readonly _nodes?: readonly unknown[]
  readonly value?: unknown
  readonly context?: unknown
  readonly tags?: ReadonlySet<string>
}

/** An action that a transition wants done: built-in ones by their `params`, all others by `exec`. */
export interface Effect {
  readonly type: string
  readonly params: unknown
  readonly info: unknown
  readonly exec?: ((info: unknown, params: unknown) => unknown) | undefined
}

/** What stands behind a ref of XState's. */
export interface Behind {
  deliver(event: AnyEventObject): void
  snapshot(): LogicSnapshot
  persisted(): unknown
}

interface Inside {
  send: (event: AnyEventObject) => void
  _send: (event: AnyEventObject) => void
  getSnapshot: () => LogicSnapshot
  getPersistedSnapshot: () => unknown
  start: () => AnyActor
  _stop: () => AnyActor
  readonly _parent?: AnyActor
  readonly _syncSnapshot?: boolean
  readonly options: { readonly input?: unknown; readonly snapshot?: unknown }
  readonly system: { _unregister(ref: AnyActor): void; _bookId: () => string }
}

const inside = (ref: AnyActor): Inside => ref as unknown as Inside

/** The greatest number of microsteps a machine may take for one event, unless its `options.maxIterations` says otherwise. */
const maxMicrosteps = 1000
const boundedMachines = new WeakMap<AnyStateMachine, AnyStateMachine>()

const idle: LogicSnapshot = { status: 'active' }
const shell = {
  transition: (state: unknown) => state,
  getInitialSnapshot: () => idle,
  getPersistedSnapshot: () => idle,
} as unknown as AnyActorLogic
/** Nobody sets timers by XState's clock: delayed events are effects, and those are ours. */
const noClock = { setTimeout: () => 0, clearTimeout() {} } as never

/** The ref of a machine that is nobody's child in XState's sense. */
export function rootRef(id: string, logger: (...values: unknown[]) => void): AnyActor {
  return createActor(shell, { id, logger, clock: noClock })
}

/** Ids that XState makes up for children without one. */
const madeUp = /^x:(\d+)$/

/**
 * Lets ids be made up per machine, so that they are the same in every process, and beyond those that a restored machine brings with it.
 * XState counts them per process, and would give the id of a restored child to a new one.
 */
export function bookIds(ref: AnyActor, persisted: unknown): void {
  if (inside(ref)._parent !== undefined) return
  let next = firstFreeId(persisted)
  inside(ref).system._bookId = () => `x:${next++}`
}

function firstFreeId(persisted: unknown): number {
  const children = (persisted as { children?: Record<string, { snapshot?: unknown }> } | undefined)?.children ?? {}
  return Object.entries(children).reduce((free, [id, { snapshot }]) => {
    const [, number] = madeUp.exec(id) ?? []
    return Math.max(free, number === undefined ? 0 : Number(number) + 1, firstFreeId(snapshot))
  }, 0)
}

/** What was sent to refs whose actors are not there yet. */
const early = new WeakMap<AnyActor, AnyEventObject[]>()

/** Keeps what is sent to a new ref until something stands behind it: a machine may send to a child before it starts it. */
export function hold(ref: AnyActor): void {
  const events: AnyEventObject[] = []
  early.set(ref, events)
  const seams = inside(ref)
  seams.send = (event) => void events.push(event)
  seams._send = seams.send
}

/** Leads a ref to what stands behind it. */
export function connect(ref: AnyActor, behind: Behind): void {
  for (const event of early.get(ref) ?? []) behind.deliver(event)
  early.delete(ref)
  const seams = inside(ref)
  seams.send = (event) => behind.deliver(event)
  seams._send = (event) => behind.deliver(event)
  seams.getSnapshot = () => behind.snapshot()
  seams.getPersistedSnapshot = () => behind.persisted()
  seams.start = () => ref
  seams._stop = () => ref
}

/** Sends to whatever a machine calls a target: a ref of XState's, led to an actor of ours, or a ref of ours in its context. */
export function deliver(to: AnyActor | Ref<Protocol>, event: AnyEventObject): void {
  if (ActorRef.is(to)) to.tell(event)
  else inside(to as AnyActor)._send(event)
}

/** What a child's ref was made with. */
export function beginningOf(ref: AnyActor): { readonly input: unknown; readonly persisted: unknown } {
  const { input, snapshot } = inside(ref).options
  return { input, persisted: snapshot }
}

export function parentOf(ref: AnyActor): AnyActor | undefined {
  return inside(ref)._parent
}

/** Whether the parent wants to be told each new snapshot (`onSnapshot`, `syncSnapshot`). */
export function isSynced(ref: AnyActor): boolean {
  return inside(ref)._syncSnapshot === true
}

/** Frees the `systemId` of a ref and of those beneath it. */
export function unregister(ref: AnyActor): void {
  const { children } = inside(ref).getSnapshot() ?? {}
  for (const child of Object.values(children ?? {})) if (child !== undefined) unregister(child)
  inside(ref).system._unregister(ref)
}

/**
 * Frees what a child's ref registered when XState made it: it computed an initial snapshot of its own, with grandchildren that never
 * live, and their ids must be free for those that do.
 */
export function unregisterBeneath(ref: AnyActor): void {
  const { children } = inside(ref).getSnapshot() ?? {}
  for (const child of Object.values(children ?? {})) if (child !== undefined) unregister(child)
}

export function isMachine(logic: AnyActorLogic): logic is AnyStateMachine {
  return '__xstatenode' in logic
}

/** The same logic; a machine with a limit on microsteps, so that eventless transitions in a circle end. */
export function bounded(logic: AnyActorLogic): AnyActorLogic {
  if (!isMachine(logic)) return logic
  let limited = boundedMachines.get(logic)
  if (limited === undefined) {
    limited = logic.provide({}) as AnyStateMachine
    const own = logic.options?.maxIterations
    limited.options = { ...logic.options, maxIterations: own !== undefined && Number.isFinite(own) ? own : maxMicrosteps }
    boundedMachines.set(logic, limited)
    boundedMachines.set(limited, limited)
  }
  return limited
}

/** Whether some transition, guards included, is enabled for an event. */
export function takes(machine: AnyActorLogic, snapshot: LogicSnapshot, event: AnyEventObject): boolean {
  return (machine as AnyStateMachine).getTransitionData(snapshot as never, event).length > 0
}

/** Whether a machine has a transition for an event type in any of its states: by name, or by a wildcard (`*`, `mouse.*`). */
export function hasTransitionFor(machine: AnyStateMachine, type: string): boolean {
  return machine.events.some(
    (event) => event === type || event === '*' || (event.endsWith('.*') && `${type}.`.startsWith(event.slice(0, -1))),
  )
}

/** The scope in which a logic of XState's is run: what it wants done is collected, and nothing is done by XState itself. */
export function scopeOf(
  ref: AnyActor,
  inner: { act(effect: Effect): void; emit(event: AnyEventObject): void; log(...values: unknown[]): void },
): AnyActorScope {
  return {
    self: ref,
    id: ref.id,
    sessionId: ref.sessionId,
    system: ref.system,
    logger: (...values) => inner.log(...values),
    defer() {},
    stopChild() {},
    emit: (event) => inner.emit(event as AnyEventObject),
    actionExecutor: (action) => inner.act(action as Effect),
  }
}

/** A snapshot for XState's own functions. */
export function asSnapshot(value: unknown): Snapshot<unknown> {
  return value as Snapshot<unknown>
}
