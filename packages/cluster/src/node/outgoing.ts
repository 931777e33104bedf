// What waits to be sent to another node. Encoded only when it is sent: what never leaves costs nothing, and what cannot be encoded
// is refused alone.

import type { Address, ExitReason, Message, ReplyTo } from '@understudy/runtime/spi'

/** One entry for a peer. Paths and uids are the receiving node's, except for `watcher` and `from`, which are the sender's. */
export type Outgoing =
  | { readonly kind: 'message'; readonly target: Address; readonly message: Message; readonly replyTo: ReplyTo }
  | { readonly kind: 'reply'; readonly slot: number; readonly value: unknown }
  | { readonly kind: 'reply-error'; readonly slot: number; readonly error: Error }
  | { readonly kind: 'watch' | 'unwatch'; readonly target: Address; readonly watcher: Address }
  | { readonly kind: 'terminated'; readonly watcher: Address; readonly from: Address; readonly reason: ExitReason }
