// The one receiving interface: a local mailbox, a remote actor, a pool, a singleton proxy and a dead end all are endpoints, so
// no caller ever asks which it is talking to. And the second lane: signals, what the runtime tells actors about life and death.

import type { Accounts } from './accounts.ts'
import type { Address } from './address.ts'
import type { ExitReason } from './exit-reason.ts'
import type { Message } from './message.ts'
import type { ReplyTo } from './reply.ts'
import type { MessageSchemas } from './schema.ts'

/** A message that waits for room in a mailbox. */
export interface Offer {
  readonly message: Message
  /** Nobody waits any more: it is passed over. */
  readonly isOver: boolean
  /** It is in the mailbox. */
  admitted(): void
  /** There will be no room: the actor is gone. */
  refused(error: Error): void
}

/** Whatever can receive. */
export interface Endpoint {
  /** The system that this endpoint belongs to: its counters, asks and dead letters. */
  readonly host: Accounts
  /** Where messages for this endpoint end up; for a pool or a proxy, its own address. */
  readonly address: Address
  /**
   * Takes one user message and accounts for it: it is queued, forwarded or dead-lettered with a reason (and an asker told).
   * Never throws and never blocks.
   */
  post(message: Message, replyTo: ReplyTo): void
  /** Whether a message posted now would be queued or sent rather than refused. A hint for `tryTell`; exact for local mailboxes. */
  accepts(): boolean
  /** What messages for it must be, where they enter the node. Absent: whatever they are. */
  readonly schemas?: MessageSchemas | undefined
  /** Lets a message wait until there is room; false when this endpoint lets nobody wait. Absent: as if false. */
  awaitRoom?(offer: Offer): boolean
  /** Messages accepted and not yet handled or sent, the one in progress included. What least-outstanding routing compares. */
  readonly outstanding: number
  /** Takes one signal. Signals never wait behind user messages and are never dropped while the target lives. */
  signal(signal: Signal): void
}

/** A signal to any endpoint; local and remote endpoints understand the same ones. */
export type Signal =
  /** Stop in order; what is queued becomes dead letters. */
  | { readonly type: 'stop'; readonly reason: ExitReason }
  /** Tell `watcher` once when you are gone, naming you as `target`. */
  | { readonly type: 'watch'; readonly watcher: Endpoint; readonly target: Address }
  | { readonly type: 'unwatch'; readonly watcher: Endpoint }
  /** Somebody you watch is gone: the `target` of the watch. With what it has come to, if it was a machine of this node. */
  | { readonly type: 'terminated'; readonly address: Address; readonly reason: ExitReason; readonly output?: unknown }
