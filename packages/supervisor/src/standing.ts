// Where the children of a supervisor stand, for whoever asks.

import type { Child } from '@understudy/runtime/spi'
import type { Phase } from './engine-state.ts'
import type { ChildSpec } from './spec.ts'

/** A child spec and where its child stands now. */
export interface Standing {
  readonly spec: ChildSpec
  readonly phase: Phase
  /** Its restart waits for the node's budget. */
  readonly isHeld: boolean
  /** Absent as long as nothing but the spec is there. */
  readonly child: Child | undefined
}
