// OTP's recovery: no wait between a failure and the restart; only the supervisor's intensity sets a limit.

import { recoverySetup } from '../machine.ts'
import type { RecoveryPolicy } from '../machine.ts'

const machine = recoverySetup().createMachine({
  id: 'restart-at-once',
  initial: 'idle',
  states: {
    idle: { on: { FAILED: { target: 'restarting', actions: 'restart' } } },
    restarting: { on: { FAILED: { target: 'restarting', reenter: true, actions: 'restart' }, STARTED: 'recovered' } },
    recovered: { type: 'final' },
  },
})

const policy: RecoveryPolicy = { name: 'restart-at-once', machine, memoise: true, alwaysRestarts: true }

/**
 * Restarts without any wait, as OTP does. Use it where a failed start is certain to be cheap; a child that cannot start then burns
 * its supervisor's intensity within one turn.
 */
export function restartAtOnce(): RecoveryPolicy {
  return policy
}
