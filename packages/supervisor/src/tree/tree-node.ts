// A tree as plain JSON: what was declared, and what runs.

import type { LifeState, Shutdown } from '@understudy/runtime/spi'
import type { AutoShutdown } from '../auto-shutdown.ts'
import type { ChildInfo } from '../child-info.ts'
import type { RestartType } from '../restart-type.ts'
import type { SupervisorKind } from './blueprint.ts'

/** A declared actor and everything beneath it. Plain JSON; what does not apply is absent. */
export interface TreeNode {
  readonly kind: SupervisorKind | 'worker'
  /** Unique among its siblings; of the root its name. */
  readonly id: string
  /** The name of its definition. */
  readonly name: string
  readonly shutdownMs: Shutdown
  /** Absent at the root, which is nobody's child. */
  readonly restart?: RestartType
  readonly significant?: true
  /** The name of its recovery policy. */
  readonly recovery?: string
  /** The thread that it runs in; `thread` for one of its own. Absent: the main loop. */
  readonly isolation?: string
  /** Of supervisors. */
  readonly strategy?: 'one-for-one' | 'one-for-all' | 'rest-for-one'
  readonly intensity?: { readonly restarts: number | 'infinity'; readonly withinMs: number }
  readonly autoShutdown?: AutoShutdown
  readonly maxChildren?: number | 'infinity'
  /** Of a dynamic supervisor: the name of the definition of its children. */
  readonly template?: string
  /** In start order. */
  readonly children: readonly TreeNode[]
}

/** An actor as it stands now, and everything beneath it. Plain JSON. */
export interface RunningNode extends TreeNode {
  readonly path: string
  /** As `whichChildren` has it. */
  readonly state: ChildInfo['state']
  readonly life?: LifeState
  /** 0 while nothing but its spec is there. */
  readonly incarnation: number
  readonly children: readonly RunningNode[]
}

/** Whether a node is of a tree that runs. */
export function isRunning(node: TreeNode): node is RunningNode {
  return 'state' in node
}
