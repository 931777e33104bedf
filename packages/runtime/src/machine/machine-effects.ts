// What a machine's step wants of the world, done by us: timers, sends, children, emitted events. Built-in actions of XState come as
// data; all others are the machine's own functions, and are run before these, in `MachineRun`.

import type { AnyActor, AnyEventObject } from 'xstate'
import type { ChildActors } from './child-actors.ts'
import type { DelayedEvents } from './delayed-events.ts'
import { beginningOf, deliver, type Effect, hold, type LogicSnapshot } from './xstate-inside.ts'

/** What effects are done with. */
export interface World {
  readonly ref: AnyActor
  readonly delayed: DelayedEvents
  readonly children: ChildActors
  readonly hasChildren: boolean
  emit(event: AnyEventObject): void
  /** The machine names something that nobody has implemented. */
  missing(what: 'actor', name: string): void
}

/** Whether an effect is the machine's own action. Logging is done in its place among them. */
export function isOwnAction({ type }: Effect): boolean {
  return !type.startsWith('xstate.') || type === 'xstate.log'
}

/** Gets the refs of new children ready: own actions may send to them before they are started. */
export function holdNewChildren(world: World, next: LogicSnapshot): void {
  for (const ref of refsOf(next)) if (isNew(world, ref)) hold(ref)
}

/** Does the built-in actions of a step in their order. */
export function perform(world: World, effects: readonly Effect[], next: LogicSnapshot): void {
  if (effects.length === 0 && !world.hasChildren && Object.keys(next.children ?? {}).length === 0) return
  const living = new Set(refsOf(next))
  const byAction = new Set(effects.map(({ type, params }) => (type === 'xstate.spawnChild' ? (params as Spawn).actorRef : undefined)))
  // Those that an assign has spawned come without an action of their own.
  for (const ref of living) if (!byAction.has(ref)) startIfNew(world, ref)
  for (const { type, params } of effects) {
    switch (type) {
      case 'xstate.spawnChild': {
        const { actorRef, src } = params as Spawn
        if (actorRef === undefined) world.missing('actor', String(src))
        // Gone again within the step: it never lives.
        if (actorRef !== undefined && living.has(actorRef)) startIfNew(world, actorRef)
        break
      }
      case 'xstate.stopChild':
        if (params !== undefined) world.children.stop(params as AnyActor)
        break
      case 'xstate.raise': {
        const { event, id, delay } = params as Send
        if (delay !== undefined) world.delayed.schedule(id, event, undefined, delay)
        break
      }
      case 'xstate.sendTo': {
        const { to, event, id, delay } = params as Send & { to: AnyActor }
        if (delay === undefined) deliver(to, event)
        else world.delayed.schedule(id, event, to === world.ref ? undefined : to, delay)
        break
      }
      case 'xstate.cancel':
        world.delayed.cancel((params as { sendId: string }).sendId)
        break
      case 'xstate.emit':
        world.emit((params as { event: AnyEventObject }).event)
        break
    }
  }
  if (world.hasChildren) world.children.keepOnly(living)
}

/** Starts the active children of a restored machine. */
export function startChildren(world: World, snapshot: LogicSnapshot): void {
  for (const ref of refsOf(snapshot)) startIfNew(world, ref)
}

interface Spawn {
  readonly src: unknown
  /** Absent when nobody has implemented it. */
  readonly actorRef?: AnyActor
}

interface Send {
  readonly event: AnyEventObject
  readonly id?: string
  readonly delay?: number
}

function refsOf({ children }: LogicSnapshot): AnyActor[] {
  return Object.values(children ?? {}).filter((ref) => ref !== undefined)
}

function startIfNew(world: World, ref: AnyActor): void {
  if (isNew(world, ref)) world.children.start(ref)
}

/** Whether a child is still to be started: it is not ours yet, and did not end before it was persisted. */
function isNew(world: World, ref: AnyActor): boolean {
  if (world.hasChildren && world.children.has(ref)) return false
  return beginningOf(ref).persisted === undefined || (ref.getSnapshot() as LogicSnapshot).status === 'active'
}
