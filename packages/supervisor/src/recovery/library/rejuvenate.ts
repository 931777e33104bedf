// Rejuvenation: some faults grow slowly, as leaks do. A planned restart in a quiet way costs less than the failure that it forestalls.
// Source: Y. Huang et al., "Software Rejuvenation: Analysis, Module and Applications", FTCS 1995.

import { InvalidOptionError } from '@understudy/runtime/spi'
import { assign } from 'xstate'
import { recoverySetup } from '../machine.ts'
import type { RecoveryPolicy } from '../machine.ts'
import { durationMs, ratio, readOptions } from './policy-options.ts'
import type { PolicyOptions } from './policy-options.ts'

/** Settings of rejuvenation. */
interface RejuvenationSettings {
  readonly heapRatio: number
  readonly lagRatio: number
  readonly spreadMs: number
}

/** Options of `rejuvenate()`; all durations in milliseconds. */
export interface RejuvenateOptions extends PolicyOptions {
  /** The longest life. Default: none. */
  readonly maxAgeMs?: number
  /** From which ratio of the heap after collection to its baseline. Default 1.5. */
  readonly heapRatio?: number
  /** From which ratio of event loop lag to its baseline. Default 4. */
  readonly lagRatio?: number
  /** The restart comes at a random moment within so long, so that not all of a kind restart at once. Default 60 000. */
  readonly spreadMs?: number
}

interface Context extends RejuvenationSettings {
  readonly waitMs: number
}

const defaults: RejuvenationSettings = { heapRatio: 1.5, lagRatio: 4, spreadMs: 60_000 }

const declared = recoverySetup<Context, RejuvenationSettings>().extend({
  actions: { drawMoment: assign({ waitMs: ({ context, event }) => event.random * context.spreadMs }) },
  guards: {
    hasGrown: ({ context, event }) =>
      event.type === 'OVERLOADED' &&
      ((event.resource === 'heap' && event.ratio >= context.heapRatio) ||
        (event.resource === 'loop-lag' && event.ratio >= context.lagRatio)),
  },
  delays: { moment: ({ context }) => context.waitMs },
})

/** The machine. */
const rejuvenateMachine = declared.createMachine({
  id: 'rejuvenate',
  context: ({ input }) => ({ ...input, waitMs: 0 }),
  initial: 'young',
  states: {
    young: {
      on: {
        'TIMER.age': { target: 'due', actions: 'drawMoment' },
        OVERLOADED: { guard: 'hasGrown', target: 'due', actions: 'drawMoment' },
        FAILED: 'passed',
      },
    },
    due: {
      after: { moment: { target: 'renewing', actions: 'restart' } },
      on: { FAILED: 'passed', STARTED: 'renewed', 'OPERATOR.retry': { target: 'renewing', actions: 'restart' } },
    },
    renewing: { on: { STARTED: 'renewed', FAILED: 'passed' } },
    passed: { entry: 'handOver', type: 'final' },
    renewed: { type: 'final' },
  },
})

/**
 * Restarts a healthy child when it is old, or when heap or event loop lag have grown; its failures are `then`'s.
 *
 * Use when: the child, or a library in it, is known to leak.
 * Watch out: `maxAgeMs` costs a timer per child; heap and lag are measured only where `overloadWatch` is provided.
 *
 * @throws InvalidOptionError
 */
export function rejuvenate(options: RejuvenateOptions = {}): RecoveryPolicy {
  const { maxAgeMs, ...others } = options ?? {}
  if (maxAgeMs !== undefined && !durationMs.test(maxAgeMs)) throw new InvalidOptionError('rejuvenate.maxAgeMs', maxAgeMs, durationMs.wanted)
  const rules = { heapRatio: ratio, lagRatio: ratio, spreadMs: durationMs }
  const { input, common } = readOptions('rejuvenate', defaults, rules, others)
  return { name: 'rejuvenate', machine: rejuvenateMachine, input, ...common, ...(maxAgeMs !== undefined && { maxAgeMs }) }
}
