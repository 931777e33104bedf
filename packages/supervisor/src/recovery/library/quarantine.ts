// Quarantine: a child that fails the same way again and again is not helped by one more restart. It is parked, its mailbox kept, and put
// on trial now and then, or when somebody releases it.

import { assign } from 'xstate'
import { nextDelayMs } from '../../backoff.ts'
import { recoverySetup } from '../machine.ts'
import type { RecoveryPolicy } from '../machine.ts'
import { checkOrder, durationMs, listOf, positive, readOptions } from './policy-options.ts'
import type { PolicyOptions } from './policy-options.ts'
import { inQuarantine, onTrial, probeDelay } from './trial.ts'
import { timesOf, tallied } from './tally.ts'
import type { Tally } from './tally.ts'

/** Settings of the quarantine. */
interface QuarantineSettings {
  readonly alike: number
  readonly probesAfterMs: readonly number[]
  readonly probeMs: number
  readonly minMs: number
  readonly maxMs: number
}

/** Options of `quarantine()`; all durations in milliseconds. */
export interface QuarantineOptions extends PolicyOptions {
  /** How many failures of the same signature park it. Default 3. */
  readonly alike?: number
  /** When it is put on trial, counted from the last time it was parked; the last one repeats. Default 5, 15 and 60 minutes. */
  readonly probesAfterMs?: readonly number[]
  /** How long it must run on trial until it is out of quarantine. Default 1 000. */
  readonly probeMs?: number
  /** The shortest wait before a restart; the first restart does not wait. Default 100. */
  readonly minMs?: number
  /** The longest wait before a restart. Default 30 000. */
  readonly maxMs?: number
}

interface Context extends QuarantineSettings {
  /** How often each signature was seen. */
  readonly seen: Tally
  readonly restarts: number
  readonly delayMs: number
  /** Failed trials. */
  readonly trials: number
}

const defaults: QuarantineSettings = { alike: 3, probesAfterMs: [300_000, 900_000, 3_600_000], probeMs: 1_000, minMs: 100, maxMs: 30_000 }

const signatureIn = (event: { readonly type: string }): string => ('signature' in event ? (event.signature as string) : '')

const declared = recoverySetup<Context, QuarantineSettings>().extend({
  actions: {
    note: assign({ seen: ({ context, event }) => tallied(context.seen, signatureIn(event)) }),
    drawDelay: assign({ delayMs: ({ context, event }) => nextDelayMs(context.delayMs, context, event.random) }),
    countRestart: assign({ restarts: ({ context }) => context.restarts + 1 }),
    countTrial: assign({ trials: ({ context }) => context.trials + 1 }),
    forget: assign({ seen: [], restarts: 0, delayMs: 0, trials: 0 }),
  },
  guards: {
    isAlike: ({ context, event }) => timesOf(context.seen, signatureIn(event)) + 1 >= context.alike,
    isFirst: ({ context }) => context.restarts === 0,
  },
  delays: {
    delay: ({ context }) => context.delayMs,
    probeDelay,
  },
})

/** The machine. */
const quarantineMachine = declared.createMachine({
  id: 'quarantine',
  context: ({ input }) => ({ ...input, seen: [], restarts: 0, delayMs: 0, trials: 0 }),
  initial: 'running',
  states: {
    running: {
      on: {
        FAILED: [
          { guard: 'isAlike', target: 'quarantined', actions: 'note' },
          { guard: 'isFirst', target: 'running', actions: ['note', 'countRestart', 'restart'] },
          { target: 'waiting', actions: ['note', 'drawDelay'] },
        ],
        STABLE: 'recovered',
      },
    },
    waiting: {
      after: { delay: { target: 'running', actions: ['countRestart', 'restart'] } },
      on: {
        STARTED: 'running',
        'OPERATOR.retry': { target: 'running', actions: 'restart' },
        'OPERATOR.park': 'quarantined',
        'OPERATOR.stop': { target: 'stopped', actions: 'stop' },
      },
    },
    quarantined: inQuarantine('running'),
    onTrial: onTrial('running', 'quarantined'),
    stopped: { type: 'final' },
    recovered: { type: 'final' },
  },
})

/**
 * Restarts with backoff, but parks a child whose failures are alike: same class, name, code and place.
 *
 * Use when: a fault of program or data must not burn restarts for ever, nor take the supervisor down.
 * Guarantees: the mailbox is kept; trials come by themselves; `OPERATOR.release` starts one at once.
 *
 * @throws InvalidOptionError
 */
export function quarantine(options: QuarantineOptions = {}): RecoveryPolicy {
  const rules = { alike: positive, probesAfterMs: listOf(durationMs), probeMs: durationMs, minMs: durationMs, maxMs: durationMs }
  const { input, common } = readOptions('quarantine', defaults, rules, options)
  checkOrder('quarantine', ['minMs', input.minMs], ['maxMs', input.maxMs])
  return { name: 'quarantine', machine: quarantineMachine, input, ...common }
}
