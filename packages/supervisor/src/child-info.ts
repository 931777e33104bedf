// What a supervisor tells of its children.

import type { LifeState, Protocol, Ref } from '@understudy/runtime/spi'
import type { Executor } from './executor.ts'
import type { RestartType } from './restart-type.ts'
import type { ChildType } from './spec.ts'

/** One child as `whichChildren` shows it. */
export interface ChildInfo<P extends Protocol = Protocol> {
  readonly id: string
  readonly restart: RestartType
  readonly type: ChildType
  /** `restarting` while it waits for its restart; `absent` when only its spec is there. */
  readonly state: 'starting' | 'running' | 'restarting' | 'stopping' | 'absent'
  readonly life: LifeState | undefined
  /** 0 while it is absent. */
  readonly incarnation: number
  readonly ref: Ref<P> | undefined
}

/** What `countChildren` answers. */
export interface ChildCounts {
  readonly specs: number
  /** Those that run or are being started. */
  readonly active: number
  readonly supervisors: number
  readonly workers: number
}

/** All children in start order. */
export function whichChildren(run: Executor): readonly ChildInfo[] {
  return Array.from(run.standings(), ({ spec, phase, isHeld, child }) => ({
    id: spec.id,
    restart: spec.restart,
    type: spec.type,
    state: phase === 'down' || isHeld ? 'restarting' : phase,
    life: child?.life,
    incarnation: child?.incarnation ?? 0,
    ref: child?.ref,
  }))
}

/** How many there are, and of which kind. */
export function countChildren(run: Executor): ChildCounts {
  const counts = { specs: 0, active: 0, supervisors: 0, workers: 0 }
  for (const { spec, phase, isHeld } of run.standings()) {
    counts.specs++
    if (phase === 'running' || (phase === 'starting' && !isHeld)) counts.active++
    if (spec.type === 'supervisor') counts.supervisors++
    else counts.workers++
  }
  return counts
}
