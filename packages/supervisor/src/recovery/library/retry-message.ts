// The same message again: some failures are over on the next try. One that fails the same way every time is poison, and becomes a dead
// letter. An outage is no fault of the message. The supervisor counts, not the actor, whose memory is gone with each failure.

import { assign } from 'xstate'
import { recoverySetup } from '../machine.ts'
import type { RecoveryPolicy } from '../machine.ts'
import { durationMs, positive, readOptions } from './policy-options.ts'
import type { PolicyOptions } from './policy-options.ts'
import { tallied, timesOf, withoutKey } from './tally.ts'
import type { Tally } from './tally.ts'

/** Settings of message retry. */
interface RetrySettings {
  readonly attempts: number
  readonly delayMs: number
}

/** Options of `retryMessage()`; all durations in milliseconds. */
export interface RetryMessageOptions extends PolicyOptions {
  /** How often a message is tried at most, the first time included. Default 3. */
  readonly attempts?: number
  /** The wait before the second try; it doubles with each. Default 50. */
  readonly delayMs?: number
}

interface Context extends RetrySettings {
  /** How often each message has failed in each way. */
  readonly failed: Tally
  readonly waitMs: number
}

const defaults: RetrySettings = { attempts: 3, delayMs: 50 }

/** Retrying these makes things worse, or cannot help. */
const hopeless = ['invalid', 'fenced', 'resource'] as const

/** These are no fault of the message: it waits until `then` finds it time for the next try, however often. */
const outages = ['transient', 'dependency', 'overload', 'deadline'] as const

function keyOf(event: { readonly type: string }): string {
  const { messageKey, signature } = event as { messageKey?: string; signature?: string }
  return messageKey === undefined ? '' : `${messageKey}/${signature}`
}

const declared = recoverySetup<Context, RetrySettings>().extend({
  actions: {
    note: assign(({ context, event }) => ({
      failed: tallied(context.failed, keyOf(event)),
      waitMs: context.delayMs * 2 ** Math.min(timesOf(context.failed, keyOf(event)), 30),
    })),
    forgetMessage: assign({ failed: ({ context, event }) => withoutKey(context.failed, keyOf(event)) }),
  },
  guards: {
    isNotItsMessage: ({ event }) => !('messageKey' in event) || event.messageKey === '' || !event.possible.has('retry-message'),
    isPoison: ({ context, event }) => timesOf(context.failed, keyOf(event)) + 1 >= context.attempts,
  },
  delays: { wait: ({ context }) => context.waitMs },
})

const onPoison = { target: 'running', actions: ['forgetMessage', 'deadLetter', 'restart'] } as const

/** The machine. */
const retryMessageMachine = declared.createMachine({
  id: 'retry-message',
  context: ({ input }) => ({ ...input, failed: [], waitMs: 0 }),
  initial: 'running',
  states: {
    running: {
      on: {
        FAILED: [
          { guard: { type: 'class', params: hopeless }, actions: 'delegate' },
          { guard: 'isNotItsMessage', actions: 'delegate' },
          { guard: { type: 'class', params: outages }, actions: { type: 'delegate', params: { message: 'retry' } } },
          { guard: { type: 'class', params: ['poison'] }, ...onPoison },
          { guard: 'isPoison', ...onPoison },
          { target: 'waiting', actions: 'note' },
        ],
        STABLE: 'recovered',
      },
    },
    waiting: {
      after: { wait: { target: 'running', actions: { type: 'restart', params: { message: 'retry' } } } },
      on: {
        STARTED: 'running',
        'OPERATOR.retry': { target: 'running', actions: { type: 'restart', params: { message: 'retry' } } },
        'OPERATOR.stop': { target: 'stopped', actions: 'stop' },
      },
    },
    stopped: { type: 'final' },
    recovered: { type: 'final' },
  },
})

/**
 * Tries the message that failed again, up to `attempts` times, and makes it a dead letter when it fails the same way each time. Messages
 * are recognised by type and `idempotencyKey`. Failures without a message, and those that a retry cannot mend, are `then`'s. So are outages
 * (`transient`, `dependency`, `overload`, `deadline`), which do not count: the message is kept, and handled again when `then` restarts.
 *
 * Use when: handling a message twice does no harm.
 * Watch out: messages of one type without an `idempotencyKey` are counted together.
 *
 * @throws InvalidOptionError
 */
export function retryMessage(options: RetryMessageOptions = {}): RecoveryPolicy {
  const { input, common } = readOptions('retryMessage', defaults, { attempts: positive, delayMs: durationMs }, options)
  return { name: 'retry-message', machine: retryMessageMachine, input, retriesMessages: true, ...common }
}
