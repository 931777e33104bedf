// What the definition of a machine actor, or a machine's of its child, tells the run.

import type { AnyActor, AnyActorLogic, AnyEventObject } from 'xstate'
import type { AnyContext } from '../actor/define.ts'
import type { Protocol } from '../contracts/message.ts'
import type { SupervisingDefinition } from '../contracts/supervision.ts'
import type { PersistedMachine } from './persisted-machine.ts'

/** What a run needs besides its logic. */
export interface RunOptions {
  readonly logic: AnyActorLogic
  readonly ref: AnyActor
  /** Defines the actor of a child. */
  define(ref: AnyActor): SupervisingDefinition<Protocol>
  /** Event types that are put aside while the machine does not take them. */
  readonly postponed: ReadonlySet<string>
  emitted?(event: AnyEventObject, ctx: AnyContext): void
  done?(output: unknown, ctx: AnyContext): void
  /** Called after each step that changed something. */
  persist?(envelope: PersistedMachine, ctx: AnyContext): unknown
}
