// What supervisors of every kind and pools have in common as definitions.

import { tableOf } from '@understudy/runtime/spi'
import type { Handler, Protocol, SupervisingDefinition, SupervisionControl, SupervisionDefaults } from '@understudy/runtime/spi'
import type { Executor } from './executor.ts'

/** A definition whose state is an executor and whose start is the start of its children. */
export function supervising<P extends Protocol>(
  name: string,
  handlers: ReadonlyMap<string, Handler>,
  makeExecutor: (control: SupervisionControl) => Executor,
  supervision?: SupervisionDefaults,
): SupervisingDefinition<P> {
  return {
    name,
    handlers: tableOf(handlers),
    capacity: 10_000,
    overflow: 'reject',
    shutdownMs: 'infinity',
    supervision: { type: 'supervisor', ...supervision },
    supervise: makeExecutor,
    start: (_input, ctx, run) => (run as Executor).boot(ctx.signal),
  }
}
