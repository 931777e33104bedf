// What supervisors of every kind and pools have in common as definitions.

import { shaped, tableOf } from '@understudy/runtime/spi'
import type { Handler, Protocol, SupervisingDefinition, SupervisionControl, SupervisionDefaults } from '@understudy/runtime/spi'
import type { Executor } from './executor.ts'

/** What a supervisor sends itself to have its turn behind the calls that wait. */
const retryMessage = 'supervisor.retry'
const retry = (run: Executor, { id }: { readonly id: string }): void => run.retry(id)

/** A definition whose state is an executor and whose start is the start of its children. */
export function supervising<P extends Protocol>(
  name: string,
  handlers: ReadonlyMap<string, Handler>,
  makeExecutor: (control: SupervisionControl) => Executor,
  supervision?: SupervisionDefaults,
): SupervisingDefinition<P> {
  // Pools and partitions take no calls themselves, so a retry need not wait for any.
  const takesCalls = handlers.size > 0
  return shaped({
    name,
    handlers: tableOf(takesCalls ? new Map([...handlers, [retryMessage, retry]]) : handlers),
    capacity: 10_000,
    overflow: 'reject',
    shutdownMs: 'infinity',
    // As in OTP: only its parent ends a supervisor, or a kill, not the end of somebody who has linked with it.
    trapExit: true,
    supervision: { type: 'supervisor', ...supervision },
    supervise: makeExecutor,
    start: (_input, ctx, run) =>
      (run as Executor).boot(ctx.signal, takesCalls ? (id) => ctx.self.tryTell({ type: retryMessage, id } as never) : undefined),
  })
}
