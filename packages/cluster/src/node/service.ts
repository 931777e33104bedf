// What actors see of the cluster they run in.

import { type ActorDefinition, type NodeIdentity, type Protocol, type Ref, type ServiceKey, serviceKey } from '@understudy/runtime/spi'
import type { Member } from '../membership/view.ts'

/** The cluster, from inside one of its nodes. */
export interface Cluster {
  /** This node; its incarnation changes when it has to join anew. */
  readonly identity: NodeIdentity
  /** The members that are up, this node included, by name. */
  members(): readonly Member[]
  /** The actor at a path of a node, whatever life that node has when a message is sent. */
  ref<P extends Protocol>(nodeName: string, path: string, definition?: ActorDefinition<P, never>): Ref<P>
  /** The leader-singleton of that definition (or name), wherever it leads now. Messages wait, bounded, while nobody leads. */
  singleton<P extends Protocol, I>(definition: ActorDefinition<P, I> | string): Ref<P>
  /** All workers of the cluster pool of that definition (or name), as one. */
  pool<P extends Protocol, I>(definition: ActorDefinition<P, I> | string): Ref<P>
  /** The member that `key` lives on by rendezvous hashing: the same answer on every node that knows the same members. */
  place(key: string): string
}

/** Where actors find the cluster: `ctx.service(clusterKey)`, or shorter `clusterOf(ctx)`. */
export const clusterKey: ServiceKey<Cluster> = serviceKey('cluster')

/** The cluster that an actor runs in. @throws ServiceMissingError when its system is not part of one. */
export function clusterOf(ctx: { service<T>(key: ServiceKey<T>): T }): Cluster {
  return ctx.service(clusterKey)
}
