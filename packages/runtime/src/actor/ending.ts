// An end under way, as data; `life.ts` moves it.

import type { TimerHandle } from '../contracts/env.ts'
import type { ExitReason } from '../contracts/exit-reason.ts'

/** The end of an incarnation, step by step. */
export interface Ending {
  reason: ExitReason
  /** Afterwards: ask the supervisor (`down`), let go of the cell (`remove`), or begin a new incarnation (`restart`). */
  then: 'down' | 'remove' | 'restart'
  /** The `stopping` hook: undefined while it is still to call, or never called. */
  goodbye: 'begun' | 'said' | undefined
  /** The `stopped` or `restarting` hook. */
  hook: 'to-call' | 'called' | 'done'
  /** Whether the parent waits to be told when the cell is gone. */
  awaited: boolean
  /** True while a step is on the stack: a child that ends at once must not begin the step again. */
  stepping: boolean
  deadline: TimerHandle | undefined
}
