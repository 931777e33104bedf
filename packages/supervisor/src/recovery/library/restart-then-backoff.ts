// The default recovery: restart at once, then wait longer and longer between restarts, and forget it all after a while of health.

import { assign } from 'xstate'
import { nextDelayMs } from '../../backoff.ts'
import type { BackoffBounds } from '../../backoff.ts'
import { recoverySetup } from '../machine.ts'
import type { RecoveryPolicy } from '../machine.ts'

/** Settings of the recovery by backoff, in milliseconds where the name says so. */
export interface BackoffSettings extends BackoffBounds {
  /** How many restarts come without any wait, before the first that waits. */
  readonly restartsAtOnce: number
  /** After how many restarts without health in between the next policy takes over. */
  readonly maxRestarts: number
  /** How the wait is drawn: between `minMs` and three times the last one, or between 0 and `minMs` doubled each time. */
  readonly jitter: 'decorrelated' | 'full'
}

const never = Number.MAX_SAFE_INTEGER

/** One restart at once, then 100 ms to 30 s, for ever. */
export const defaultBackoff: BackoffSettings = { minMs: 100, maxMs: 30_000, restartsAtOnce: 1, maxRestarts: never, jitter: 'decorrelated' }

interface Context extends BackoffSettings {
  readonly restarts: number
  readonly delayMs: number
}

const declared = recoverySetup<Context, BackoffSettings>().extend({
  actions: {
    countRestart: assign({ restarts: ({ context }) => context.restarts + 1 }),
    drawDelay: assign({
      delayMs: ({ context, event }) => {
        const { jitter, delayMs, minMs, maxMs, restarts, restartsAtOnce } = context
        if (jitter === 'decorrelated') return nextDelayMs(delayMs, context, event.random)
        return event.random * Math.min(maxMs, minMs * 2 ** Math.min(restarts - restartsAtOnce, 30))
      },
    }),
  },
  guards: {
    hasTried: ({ context }) => context.restarts >= context.maxRestarts,
    restartsAtOnce: ({ context }) => context.restarts < context.restartsAtOnce,
  },
})

const onFailed = [
  { guard: 'hasTried', target: 'exhausted' },
  { guard: 'restartsAtOnce', target: 'restarting', actions: ['countRestart', 'restart'] },
  {
    target: 'waiting',
    actions: [
      'drawDelay',
      { type: 'schedule', params: ({ context }: { context: Context }) => ({ key: 'retry', delayMs: context.delayMs }) },
    ],
  },
] as const

/** The machine. */
export const restartThenBackoff = declared.createMachine({
  id: 'restart-then-backoff',
  context: ({ input }) => ({ ...input, restarts: 0, delayMs: 0 }),
  initial: 'idle',
  states: {
    idle: { on: { FAILED: onFailed } },
    restarting: { on: { FAILED: onFailed, STARTED: 'proving' } },
    waiting: {
      on: {
        'TIMER.retry': { target: 'restarting', actions: ['countRestart', 'restart'] },
        'OPERATOR.retry': {
          target: 'restarting',
          actions: [{ type: 'cancel', params: { key: 'retry' } }, 'countRestart', 'restart'],
        },
        'OPERATOR.stop': { target: 'stopped', actions: 'stop' },
        // Somebody else started it: a group restart, or a person.
        STARTED: { target: 'proving', actions: { type: 'cancel', params: { key: 'retry' } } },
      },
    },
    proving: { on: { FAILED: onFailed, STABLE: 'recovered' } },
    exhausted: { entry: 'handOver', type: 'final' },
    recovered: { type: 'final' },
    stopped: { type: 'final' },
  },
})

/** What every child has that names no other recovery. */
export const defaultRecovery: RecoveryPolicy = { name: 'restart-then-backoff', machine: restartThenBackoff, input: defaultBackoff }
