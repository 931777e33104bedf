// The children of a machine: each ref that XState made for one is led to an actor of ours, started and stopped as the machine says.

import type { AnyActor, AnyActorLogic, AnyEventObject } from 'xstate'
import { describeExit, type ExitReason, isFailure } from '../contracts/exit-reason.ts'
import type { Protocol } from '../contracts/message.ts'
import type { Child, SupervisingDefinition, SupervisionControl } from '../contracts/supervision.ts'
import { ActorRef } from '../ref/actor-ref.ts'
import { Inward } from './inward.ts'
import { connect, type LogicSnapshot, unregister } from './xstate-inside.ts'

/** One child, from its start until the machine lets go of it. */
interface Entry {
  readonly ref: AnyActor
  readonly child: Child
  /** Its end was told to the machine, or is the machine's own wish. */
  over: boolean
}

/** What the children need of their machine. */
interface Owner {
  readonly control: SupervisionControl
  define(ref: AnyActor): SupervisingDefinition<Protocol>
  /** Brings an event of a child into the machine's mailbox. */
  enqueue(event: AnyEventObject, from: AnyActor): void
}

const allowed = /[^A-Za-z0-9_.~$@:-]/g

/** The children of one machine. */
export class ChildActors {
  readonly #owner: Owner
  readonly #entries = new Map<AnyActor, Entry>()
  readonly #names = new Map<string, number>()

  constructor(owner: Owner) {
    this.#owner = owner
  }

  has(ref: AnyActor): boolean {
    return this.#entries.has(ref)
  }

  start(ref: AnyActor): void {
    const { control } = this.#owner
    const name = this.#nameOf(ref)
    const child = control.spawn(this.#owner.define(ref), name === undefined ? {} : { name })
    this.#entries.set(ref, { ref, child, over: false })
  }

  /** Stops a child after what was sent to it before. */
  stop(ref: AnyActor): void {
    const entry = this.#entries.get(ref)
    if (entry === undefined) return
    this.#entries.delete(ref)
    unregister(ref)
    if (entry.over) return
    entry.over = true
    const { control } = this.#owner
    const { child } = entry
    const stop = (): void => control.order(child, { type: 'stop', reason: 'shutdown' })
    // A stop is a signal and would overtake what waits.
    const waits = ActorRef.endpointOf(child.ref).outstanding > 0
    if (!waits || !child.ref.tryTell(new Inward('xstate.stop', this, stop))) stop()
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

  /** A name that is free: the child's id, and a number after its first life. Ids that XState made up are not worth a name. */
  #nameOf(ref: AnyActor): string | undefined {
    if (ref.id === ref.sessionId) return undefined
    const id = ref.id.replaceAll(allowed, '_').slice(0, 100)
    const count = (this.#names.get(id) ?? 0) + 1
    this.#names.set(id, count)
    return count === 1 ? id : `${id}~${count}`
  }
}

/** Whether a ref of XState's is a child's whose logic can be started again from a snapshot. */
export function isNamed(ref: AnyActor): boolean {
  return typeof (ref.src as string | AnyActorLogic) === 'string'
}
