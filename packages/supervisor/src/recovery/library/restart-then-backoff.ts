// The default recovery: restart at once, then wait longer and longer between restarts, and forget it all after a while of health.

import { assign, setup } from 'xstate'
import { nextDelayMs } from '../../backoff.ts'
import type { BackoffBounds } from '../../backoff.ts'
import { recoveryActions } from '../machine.ts'
import type { RecoveryEvent, RecoveryPolicy } from '../machine.ts'

/** Settings of the recovery by backoff, in milliseconds where the name says so. */
export interface BackoffSettings extends BackoffBounds {
  /** How many restarts come without any wait, before the first that waits. */
  readonly restartsAtOnce: number
  /** How long the child must run until its past failures are forgotten. */
  readonly resetAfterMs: number
}

/** One restart at once, then 100 ms to 30 s, forgotten after 60 s of health. */
export const defaultBackoff: BackoffSettings = { minMs: 100, maxMs: 30_000, restartsAtOnce: 1, resetAfterMs: 60_000 }

interface Context extends BackoffSettings {
  readonly restarts: number
  readonly delayMs: number
}

const declared = setup({
  types: { context: {} as Context, events: {} as RecoveryEvent, input: {} as BackoffSettings },
  actions: {
    ...recoveryActions,
    countRestart: assign({ restarts: ({ context }) => context.restarts + 1 }),
    drawDelay: assign({
      delayMs: ({ context, event }) =>
        event.type === 'FAILED' ? nextDelayMs(context.delayMs, context, (event as { random: number }).random) : 0,
    }),
  },
  guards: { restartsAtOnce: ({ context }) => context.restarts < context.restartsAtOnce },
})

const onFailed = [
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
        'TIMER.retry': { target: 'restarting', actions: 'restart' },
        // Somebody else started it: a group restart, or a person.
        STARTED: { target: 'proving', actions: { type: 'cancel', params: { key: 'retry' } } },
      },
    },
    proving: {
      entry: { type: 'schedule', params: ({ context }) => ({ key: 'stable', delayMs: context.resetAfterMs }) },
      exit: { type: 'cancel', params: { key: 'stable' } },
      on: { FAILED: onFailed, 'TIMER.stable': 'recovered' },
    },
    recovered: { type: 'final' },
  },
})

/** What every child has that names no other recovery. */
export const defaultRecovery: RecoveryPolicy = { name: 'restart-then-backoff', machine: restartThenBackoff, input: defaultBackoff }
