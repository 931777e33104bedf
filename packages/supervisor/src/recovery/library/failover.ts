// Failover: what does not get well here is better off elsewhere. The understudy is promoted, and the child here is let go.

import { assign } from 'xstate'
import { recoverySetup } from '../machine.ts'
import type { RecoveryPolicy } from '../machine.ts'
import { count, readOptions } from './policy-options.ts'
import type { PolicyOptions } from './policy-options.ts'

/** Settings of failover. */
interface FailoverSettings {
  readonly restarts: number
}

/** Options of `failover()`. */
export interface FailoverOptions extends PolicyOptions {
  /** How many restarts are tried here before. Default 1. */
  readonly restarts?: number
}

interface Context extends FailoverSettings {
  readonly tried: number
}

const defaults: FailoverSettings = { restarts: 1 }

const declared = recoverySetup<Context, FailoverSettings>().extend({
  actions: { countRestart: assign({ tried: ({ context }) => context.tried + 1 }) },
  guards: {
    hasTried: ({ context }) => context.tried >= context.restarts,
    givesWay: ({ context, event }) => context.tried >= context.restarts && event.possible.has('failOver'),
  },
})

const letGo = { target: 'stopped', actions: 'stop' } as const

/** The machine. */
const failoverMachine = declared.createMachine({
  id: 'failover',
  context: ({ input }) => ({ ...input, tried: 0 }),
  initial: 'running',
  states: {
    running: {
      on: {
        FAILED: [
          { guard: { type: 'class', params: ['fenced'] }, ...letGo },
          { guard: 'givesWay', target: 'failedOver', actions: 'failOver' },
          { guard: 'hasTried', target: 'passed' },
          { target: 'running', actions: ['countRestart', 'restart'] },
        ],
        // Somebody else acts already: what this one still did would be refused, or worse, not be.
        LEASE_LOST: letGo,
        FENCED: letGo,
        STABLE: 'recovered',
      },
    },
    failedOver: { type: 'final' },
    passed: { entry: 'handOver', type: 'final' },
    stopped: { type: 'final' },
    recovered: { type: 'final' },
  },
})

/**
 * Restarts a few times, then promotes the understudy; where there is none, `then` goes on. A child that was fenced off is stopped.
 *
 * Use when: the child is a singleton with understudies on other nodes.
 *
 * @throws InvalidOptionError
 */
export function failover(options: FailoverOptions = {}): RecoveryPolicy {
  const { input, common } = readOptions('failover', defaults, { restarts: count }, options)
  return { name: 'failover', machine: failoverMachine, input, ...common }
}
