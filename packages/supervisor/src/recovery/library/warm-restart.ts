// Warm restart: the new life goes on from the last good snapshot, and if that fails, from the one before. The last message may have
// spoilt the last snapshot; two in a row are less likely.

import { recoverySetup } from '../machine.ts'
import type { RecoveryPolicy } from '../machine.ts'
import { readOptions } from './policy-options.ts'
import type { PolicyOptions } from './policy-options.ts'

/** The machine. */
const warmRestartMachine = recoverySetup().createMachine({
  id: 'warm-restart',
  initial: 'running',
  states: {
    running: {
      on: {
        FAILED: [
          {
            guard: { type: 'possible', params: ['snapshots'] },
            target: 'fromLast',
            actions: { type: 'restart', params: { state: 'snapshot' } },
          },
          { actions: 'delegate' },
        ],
      },
    },
    fromLast: {
      on: { FAILED: { target: 'fromPrevious', actions: { type: 'restart', params: { state: 'previous' } } }, STABLE: 'recovered' },
    },
    fromPrevious: { on: { FAILED: 'passed', STABLE: 'recovered' } },
    passed: { entry: 'handOver', type: 'final' },
    recovered: { type: 'final' },
  },
})

/**
 * Restarts from the last snapshot, then from the one before; what fails even then, or has no snapshots yet, is `then`'s.
 *
 * Use when: rebuilding the state is expensive, and the child takes snapshots.
 *
 * @throws InvalidOptionError
 */
export function warmRestart(options: PolicyOptions = {}): RecoveryPolicy {
  const { common } = readOptions('warmRestart', {}, {}, options)
  return { name: 'warm-restart', machine: warmRestartMachine, ...common }
}
