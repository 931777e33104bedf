// A tree as people write it down: JSON, with actors and recoveries by name.

import type { Isolation } from '@understudy/runtime/spi'
import type { AutoShutdown } from '../auto-shutdown.ts'
import type { RestartType } from '../restart-type.ts'
import type { RecoveryData } from './recovery-data.ts'

/** What any child may say; what it leaves out is as its definition has it, or the default. */
export interface ChildData {
  /** Default: the name of its definition. */
  readonly id?: string
  readonly restart?: RestartType
  /** Milliseconds, `brutal` or `infinity`. */
  readonly shutdownMs?: number | 'brutal' | 'infinity'
  readonly significant?: boolean
  readonly recovery?: RecoveryData
  /** Runs it in a worker thread; its definition must say its `module`. */
  readonly isolation?: Isolation
}

/** When to give up. */
export interface IntensityData {
  readonly restarts: number | 'infinity'
  readonly withinMs: number
}

/** An actor, by the name under which `treeFrom` was given its definition. */
export interface ActorData extends ChildData {
  readonly actor: string
  /** Any JSON; handed to the actor as its input. */
  readonly input?: unknown
}

/** A supervisor, by the name that it is to have. */
export interface SupervisorData extends ChildData {
  readonly supervisor: string
  readonly strategy?: 'one-for-one' | 'one-for-all' | 'rest-for-one'
  readonly intensity?: IntensityData
  readonly autoShutdown?: AutoShutdown
  readonly reviveStopped?: boolean
  readonly children: readonly NodeData[]
}

/** A dynamic supervisor; `template` says what its children are: an actor, with neither id nor input. */
export interface DynamicData extends ChildData {
  readonly dynamic: string
  readonly template: Pick<ActorData, 'actor' | 'restart' | 'shutdownMs' | 'recovery'>
  readonly maxChildren?: number | 'infinity'
  readonly intensity?: IntensityData
}

/** A pool; `template` says what its workers are: an actor, its input and its recovery. */
export interface PoolData extends ChildData {
  readonly pool: string
  readonly template: Pick<ActorData, 'actor' | 'input' | 'recovery'>
  readonly size: number
  readonly routing?: 'round-robin' | 'least-outstanding'
  readonly intensity?: IntensityData
}

/** A partition supervisor, routed by the messages' field `key`; `template` says what its partitions are: an actor, or a supervisor of any kind. */
export interface PartitionsData extends ChildData {
  readonly partitions: string
  readonly template: NodeData
  /** How many. Default 8. */
  readonly count?: number
  readonly intensity?: IntensityData
}

/** A task supervisor. */
export interface TasksData extends ChildData {
  readonly tasks: string
  readonly maxChildren?: number | 'infinity'
  readonly intensity?: IntensityData
}

/** One node of a tree. */
export type NodeData = ActorData | SupervisorData | DynamicData | PoolData | PartitionsData | TasksData

/** A tree: a supervisor that is nobody's child. */
export type TreeData = Omit<SupervisorData, keyof ChildData>
