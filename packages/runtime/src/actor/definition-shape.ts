// One shape for all definitions, so that what reads them on the message path meets the same layout however many kinds of actors a program has.

import type { Protocol } from '../contracts/message.ts'
import type { SupervisingDefinition } from '../contracts/supervision.ts'

type Whole<T> = { [K in keyof Required<T> & string]: T[K] | undefined }

/** The same definition in the common shape: what is absent is there, and undefined. */
export function shaped<P extends Protocol, I>(parts: SupervisingDefinition<P, I>): SupervisingDefinition<P, I> {
  const whole: Whole<SupervisingDefinition<P, I>> = {
    name: parts.name,
    handlers: parts.handlers,
    capacity: parts.capacity,
    overflow: parts.overflow,
    start: parts.start,
    reentrant: parts.reentrant,
    schemas: parts.schemas,
    stopping: parts.stopping,
    stopped: parts.stopped,
    restarting: parts.restarting,
    supervise: parts.supervise,
    route: parts.route,
    snapshots: parts.snapshots,
    shutdownMs: parts.shutdownMs,
    terminated: parts.terminated,
    trapExit: parts.trapExit,
    exited: parts.exited,
    stashCapacity: parts.stashCapacity,
    middleware: parts.middleware,
    supervision: parts.supervision,
    module: parts.module,
    renew: parts.renew,
    beneath: parts.beneath,
  }
  return whole as SupervisingDefinition<P, I>
}
