// How nodes reach each other: frames to a node's inbox, broadcasts to all, and a store they share. At most once, in order per pair.

import type { NodeIdentity } from './address.ts'
import type { Env } from './env.ts'
import type { KeyValueStore } from './key-value.ts'
import type { Logger } from './log.ts'

/** What a transport calls back. The callbacks must not throw. */
export interface TransportHandlers {
  /** A frame arrived in this node's inbox. The bytes may be reused after the call returns. */
  frame(bytes: Uint8Array): void
  /** A broadcast of any node, this one's own included or not. */
  broadcast(bytes: Uint8Array): void
  /** Nobody listens on that node's inbox as far as the server knows now: a strong hint that it is gone, not proof. */
  unreachable(to: NodeIdentity): void
  /** The server saw the connection of that node close. A hint: it may be reconnecting. */
  connectionClosed(node: NodeIdentity): void
  /** The connection to the server was lost: nothing arrives, everything sent from now on is refused, what was in flight has an unknown fate. */
  disconnected(why: string): void
  /** The connection is back. It is a new session: everything cached may be old. */
  reconnected(): void
  /** The connection is gone for good. */
  closed(why: string): void
}

/** What a transport needs to connect. */
export interface TransportContext {
  /** The cluster's name, `[A-Za-z0-9_-]{1,64}`; nodes of different clusters never see each other. */
  readonly cluster: string
  readonly nodeName: string
  readonly env: Env
  readonly log: Logger
  readonly handlers: TransportHandlers
}

/** A way for nodes to reach each other. */
export interface Transport {
  /** One line for logs, without secrets. */
  readonly description: string
  /** @throws TransportError when the server cannot be reached or cannot do what is needed; the message says which and what to do. */
  connect(context: TransportContext): Promise<Link>
}

/** A live connection of one node. */
export interface Link {
  readonly store: KeyValueStore
  /** The largest frame or broadcast that can be sent, in bytes. */
  readonly maxFrameBytes: number
  readonly connected: boolean
  /** The server's version, for display. */
  readonly serverVersion: string
  /** Starts receiving frames for this identity; resolves when the server knows. An identity opened before is closed. */
  openInbox(self: NodeIdentity): Promise<void>
  /** Sends a frame; `false` when not connected, and then nothing was sent. @throws never */
  send(to: NodeIdentity, frame: Uint8Array): boolean
  /** Sends to every node of the cluster; `false` when not connected. */
  broadcast(bytes: Uint8Array): boolean
  /** Resolves when everything sent so far has reached the server; rejects when the connection is lost before. */
  flush(): Promise<void>
  /** Flushes and closes. Idempotent. */
  close(): Promise<void>
}
