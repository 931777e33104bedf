// What one system offers to everything inside it and to the sibling packages: accounting, asks, lookups and a way out of the node.

import type { Accounts } from './accounts.ts'
import type { Address, NodeIdentity } from './address.ts'
import type { ActorDefinition } from './behavior.ts'
import type { Endpoint } from './endpoint.ts'
import type { Level, NewEvent, SystemEvent } from './event.ts'
import type { Isolation } from './isolation.ts'
import type { Logger } from './log.ts'
import type { Protocol } from './message.ts'
import type { AnyRef, Ref } from './ref.ts'
import type { ServiceKey } from './service.ts'

/** What leads to other nodes. Set by the cluster; without it every foreign address is unreachable. */
export interface Remoting {
  /** The endpoint for an address on another node (or on an earlier life of this one). */
  endpoint(address: Address): Endpoint
}

/** One system, as its parts and the sibling packages see it. */
export interface Host extends Accounts {
  readonly log: Logger
  /** This system's node; `local~0` until it joins a cluster. */
  identity: NodeIdentity
  remoting: Remoting | undefined
  /** The live local actor at `path`; `uid` 0 takes whoever lives there. */
  lookup(path: string, uid: number): Endpoint | undefined
  /** The endpoint for any address: local, remote, or one that dead-letters with the right reason. Never undefined. */
  resolve(address: Address): Endpoint
  /** A ref that posts to an endpoint. */
  refTo<P extends Protocol>(endpoint: Endpoint): Ref<P>
  /** The endpoint behind a ref of this system. */
  endpointOf(ref: AnyRef): Endpoint
  /** What is run here instead of an actor that is to live in a thread. @throws InvalidOptionError @throws ThreadUnsupportedError */
  isolated(definition: ActorDefinition<Protocol, unknown>, isolation: Isolation): ActorDefinition<Protocol, unknown>
  /** Puts an event on the bus and, as one line, into the log. */
  report(level: Level, event: NewEvent, text: string, cause?: unknown): void
  /** Subscribes to events. Returns the way to stop. A listener that throws is logged and kept. */
  onEvent(listener: (event: SystemEvent) => void, types?: ReadonlySet<string>): () => void
  /** Makes a service available to all actors of the system. */
  provide<T>(key: ServiceKey<T>, value: T): void
  /** What the system has one of: the service of that key, made for whoever asks first. */
  shared<T>(key: ServiceKey<T>, make: () => T): T
  /** Called once when the system has stopped. */
  onStopped(callback: () => void): void
}
