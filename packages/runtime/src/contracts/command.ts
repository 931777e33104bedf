// What a supervisor may order for one of its children. Decided by pure policies, executed by `actor/control.ts`.

/** An order for one child, executed by the runtime. */
export type Command =
  /** Go on with the state as it is; the failing message is dead-lettered as `poison`. */
  | { readonly type: 'resume' }
  /** A new incarnation with fresh state; the mailbox is kept, the failing message is dead-lettered as `poison`. */
  | { readonly type: 'restart' }
  /** End the child; what it has queued waits, for a restart or its removal. */
  | { readonly type: 'stop'; readonly reason: 'shutdown' | 'killed' }
  /** Let go of a child that has ended: its watchers are told and its name becomes free. */
  | { readonly type: 'remove' }
