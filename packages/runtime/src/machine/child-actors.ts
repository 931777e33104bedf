// The children of a machine: each ref that XState made for one is led to an actor of ours, started and stopped as the machine says.

import type { AnyActor, AnyActorLogic, AnyEventObject } from 'xstate'
import { describeExit, type ExitReason, isFailure } from '../contracts/exit-reason.ts'
import type { Protocol } from '../contracts/message.ts'
import type { Child, SupervisingDefinition, SupervisionControl } from '../contracts/supervision.ts'
import { NameTakenError } from '../errors.ts'
import { ActorRef } from '../ref/actor-ref.ts'
import { connect, type LogicSnapshot, unregister } from './xstate-inside.ts'

/** One child, from its start until the machine lets go of it. */
interface Entry {
  readonly ref: AnyActor
  /** Undefined while it is being started. */
  child: Child | undefined
  /** Its end was told to the machine, or is the machine's own wish. */
  over: boolean
}

/** What the children need of their machine. */
interface Owner {
  readonly control: SupervisionControl
  define(ref: AnyActor): SupervisingDefinition<Protocol>
  /** Makes a child end when it has handled what waits for it; false when that cannot be. */
  stopInOrder(ref: AnyActor): boolean
  /** Brings an event of a child into the machine's mailbox. */
  enqueue(event: AnyEventObject, from: AnyActor): void
}

const notInNames = /[^A-Za-z0-9_.~$@:-]/g

/** The children of one machine. */
export class ChildActors {
  readonly #owner: Owner
  readonly #entries = new Map<AnyActor, Entry>()
  #again = 0

  constructor(owner: Owner) {
    this.#owner = owner
  }

  has(ref: AnyActor): boolean {
    return this.#entries.has(ref)
  }

  start(ref: AnyActor): void {
    // It may be done before this returns.
    const entry: Entry = { ref, child: undefined, over: false }
    this.#entries.set(ref, entry)
    entry.child = this.#spawn(ref)
  }

  /** Stops a child after what was sent to it before. */
  stop(ref: AnyActor): void {
    const entry = this.#entries.get(ref)
    if (entry === undefined) return
    this.#entries.delete(ref)
    unregister(ref)
    const { child, over } = entry
    if (over || child === undefined) return
    entry.over = true
    // A stop is a signal and would overtake what waits.
    const waits = ActorRef.endpointOf(child.ref).outstanding > 0
    if (!waits || !this.#owner.stopInOrder(ref)) this.#owner.control.order(child, { type: 'stop', reason: 'shutdown' })
  }

  /** Stops whoever the machine does not know any more. */
  keepOnly(kept: ReadonlySet<AnyActor>): void {
    for (const ref of [...this.#entries.keys()]) if (!kept.has(ref)) this.stop(ref)
  }

  /** A child says that it is done, or has failed in a way that is its machine's business. False when the machine has let go of it. */
  ending(ref: AnyActor): boolean {
    const entry = this.#entries.get(ref)
    if (entry === undefined || entry.over) return false
    entry.over = true
    return true
  }

  /** A child is down: it failed, it was stopped by somebody else, or what it has announced has come true. */
  down(child: Child, reason: ExitReason, last: (ref: AnyActor) => LogicSnapshot): void {
    this.#owner.control.order(child, { type: 'remove' })
    for (const entry of this.#entries.values()) {
      if (entry.child !== child || entry.over) continue
      entry.over = true
      const { ref } = entry
      const error = isFailure(reason) ? reason.cause : new Error(`child '${ref.id}' was stopped: ${describeExit(reason)}`)
      const snapshot: LogicSnapshot = { ...last(ref), status: 'error', error }
      connect(ref, { deliver() {}, snapshot: () => snapshot, persisted: () => snapshot })
      this.#owner.enqueue({ type: `xstate.error.actor.${ref.id}`, error, actorId: ref.id }, ref)
      return
    }
  }

  /** The child's id is its name; with a number while one of an earlier life still ends. Ids that XState made up are not worth a name. */
  #spawn(ref: AnyActor): Child {
    const { control } = this.#owner
    const definition = this.#owner.define(ref)
    if (ref.id === ref.sessionId) return control.spawn(definition, {})
    const name = ref.id.replaceAll(notInNames, '_').slice(0, 100)
    try {
      return control.spawn(definition, { name })
    } catch (cause) {
      if (!(cause instanceof NameTakenError)) throw cause
      return control.spawn(definition, { name: `${name}~${++this.#again}` })
    }
  }
}

/** Whether a ref of XState's is a child's whose logic can be started again from a snapshot. */
export function isNamed(ref: AnyActor): boolean {
  return typeof (ref.src as string | AnyActorLogic) === 'string'
}
