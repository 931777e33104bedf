// What the parts of this package share on one node. Not for users: they have `Cluster`.

import { type Host, type ServiceKey, serviceKey } from '@understudy/runtime/spi'
import type { Groups } from '../group/groups.ts'
import type { Ownership } from '../ownership/ownership.ts'
import type { ProxyNode } from '../singleton/proxy.ts'

/** The inside of one node of a cluster. */
export interface NodeInside extends ProxyNode {
  readonly host: Host
  readonly groups: Groups
  readonly ownership: Ownership
  /** Whether every other member has said that it knows the owners up to that revision. */
  areOwnersKnown(revision: number): boolean
  /** Resolves after so long. */
  readonly pause: (ms: number) => Promise<void>
}

/** Where this package's own actors find it. */
export const nodeInsideKey: ServiceKey<NodeInside> = serviceKey('understudy node')
