// What a supervisor may order for one of its children. Decided by pure policies, executed by `actor/control.ts`.

import type { ActorDefinition } from './behavior.ts'
import type { Protocol } from './message.ts'

/** An order for one child, executed by the runtime. */
export type Command =
  /** Go on with the state as it is; the failing message is dead-lettered as `poison`, unless it was held and is to be retried. */
  | { readonly type: 'resume'; readonly message?: 'drop' | 'retry' }
  /**
   * A new incarnation with fresh state. The mailbox is kept, or dropped: then what waits is dead-lettered as `shed`. The failing message is
   * dead-lettered as `poison`, unless it was held and is to be retried.
   */
  | {
      readonly type: 'restart'
      readonly message?: 'drop' | 'retry'
      readonly mailbox?: 'keep' | 'drop'
      /** `snapshot`: the last one, `previous`: the one before. Where there is none the state is `fresh`, the default. */
      readonly state?: 'fresh' | 'snapshot' | 'previous'
      /** What runs in its place, with the same input; the next restart without it brings back what it is itself. Not for pools and proxies. */
      readonly definition?: ActorDefinition<Protocol, unknown>
      /** `new`: its worker thread is terminated, and it goes on in a new one. Default `keep`. */
      readonly thread?: 'keep' | 'new'
    }
  /** Refuse new messages as `shed`, or take them again; what waits is not touched. */
  | { readonly type: 'shed' | 'admit' }
  /** End the child; what it has queued waits, for a restart or its removal. */
  | { readonly type: 'stop'; readonly reason: 'shutdown' | 'killed' }
  /** Let go of a child that has ended: its watchers are told and its name becomes free. */
  | { readonly type: 'remove' }
