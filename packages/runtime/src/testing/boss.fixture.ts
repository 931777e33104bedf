// A supervisor made by hand: it writes down what it is told, and does what the test says.

import { noHandlers } from '../actor/handler-table.ts'
import type { ActorContext } from '../contracts/behavior.ts'
import type { ExitReason } from '../contracts/exit-reason.ts'
import type { Protocol } from '../contracts/message.ts'
import type { Child, SupervisingDefinition, SupervisionControl } from '../contracts/supervision.ts'
import type { Shutdown } from '../contracts/shutdown.ts'

/** What a boss was told. */
export interface Told {
  readonly what: 'started' | 'down'
  readonly name: string
  readonly incarnation: number
  readonly reason?: ExitReason
}

/** A boss and what a test needs of it. */
export interface Boss {
  readonly definition: SupervisingDefinition<Protocol>
  readonly told: Told[]
  /** The control of its present incarnation. */
  control: SupervisionControl
  /** All controls, one per incarnation. */
  readonly controls: SupervisionControl[]
  /** What it answers at once to a child that is down; by default nothing. */
  onDown: (child: Child, reason: ExitReason) => void
  onStarted: (child: Child) => void
}

/** Makes a boss. `start` runs once its control is there. */
export function boss(
  options: {
    readonly name?: string
    readonly shutdownMs?: Shutdown
    readonly holdsFailed?: (child: Child) => boolean
    readonly restartsOnTheSpot?: (child: Child) => boolean
    start?(control: SupervisionControl, ctx: ActorContext<Protocol>): unknown
  } = {},
): Boss {
  const told: Told[] = []
  const made: Boss = {
    told,
    control: undefined as never,
    controls: [],
    onDown() {},
    onStarted() {},
    definition: {
      name: options.name ?? 'boss',
      handlers: noHandlers,
      capacity: 100,
      overflow: 'reject',
      shutdownMs: options.shutdownMs ?? 'infinity',
      supervise(control) {
        made.control = control
        made.controls.push(control)
        return {
          ...(options.holdsFailed !== undefined && { holdsFailed: options.holdsFailed }),
          ...(options.restartsOnTheSpot !== undefined && { restartsOnTheSpot: options.restartsOnTheSpot }),
          started(child) {
            told.push({ what: 'started', name: child.name, incarnation: child.incarnation })
            made.onStarted(child)
          },
          down(child, reason) {
            told.push({ what: 'down', name: child.name, incarnation: child.incarnation, reason })
            made.onDown(child, reason)
          },
        }
      },
      start: (_input, ctx) => options.start?.(made.control, ctx),
    },
  }
  return made
}
