// One shape for all definitions. What reads them at starts, stops and turns meets the same layout however many kinds of actors a program has,
// and V8 need not forget the code it has optimised when the last actor of a kind is gone (spawn: 12 %). Supervisors of all kinds have one
// field more, their blueprint. Spreading a definition, and putting other values into its fields, keeps the shape.

import type { Protocol } from '../contracts/message.ts'
import type { SupervisingDefinition } from '../contracts/supervision.ts'

/** Everything that a definition may have, what is asked for at every start and stop first. */
const absent: Record<keyof SupervisingDefinition<Protocol> & string, undefined> = {
  name: undefined,
  handlers: undefined,
  capacity: undefined,
  overflow: undefined,
  start: undefined,
  supervise: undefined,
  route: undefined,
  snapshots: undefined,
  stopping: undefined,
  stopped: undefined,
  restarting: undefined,
  reentrant: undefined,
  schemas: undefined,
  shutdownMs: undefined,
  terminated: undefined,
  trapExit: undefined,
  exited: undefined,
  stashCapacity: undefined,
  middleware: undefined,
  supervision: undefined,
  module: undefined,
  movesWithChildren: undefined,
  resumed: undefined,
  renew: undefined,
  beneath: undefined,
}

/** The same definition in the common shape: what is absent is there, and undefined. */
export function shaped<P extends Protocol, I>(definition: SupervisingDefinition<P, I>): SupervisingDefinition<P, I> {
  return { ...absent, ...definition }
}
