// The circuit breaker: when a child fails too often it is left alone for a while, and then put on trial. Its callers fail fast or wait,
// and what it depends on gets time to heal. Source: M. Nygard, "Release It!", 2007.

import type { ActorDefinition } from '@understudy/runtime/spi'
import { assign } from 'xstate'
import { recoverySetup, validateFallback } from '../machine.ts'
import type { RecoveryPolicy } from '../machine.ts'
import { checkOrder, durationMs, oneOf, positive, ratio, readOptions } from './policy-options.ts'
import type { PolicyOptions } from './policy-options.ts'

/** Settings of the circuit breaker. */
interface BreakerSettings {
  readonly failures: number
  readonly withinMs: number
  readonly openMs: number
  readonly maxOpenMs: number
  readonly probeMs: number
  readonly slowRatio: number
  readonly whileOpen: 'hold' | 'shed'
}

/** Options of `circuitBreaker()`; all durations in milliseconds. */
export interface CircuitBreakerOptions extends PolicyOptions {
  /** How many failures within `withinMs` open it. Default 3. Failures of class `invalid` and `poison` do not count. */
  readonly failures?: number
  /** Default 10 000. */
  readonly withinMs?: number
  /** How long it is open at first, give or take a tenth. Default 5 000. */
  readonly openMs?: number
  /** How long it is open at most; the time doubles with each failed trial. Default 60 000. */
  readonly maxOpenMs?: number
  /** How long the child must run on trial until it is closed again. Default 1 000. */
  readonly probeMs?: number
  /** From which ratio of latency to the normal one a running child is given a rest: new messages are shed for `openMs`. Default 5. */
  readonly slowRatio?: number
  /** While it is open messages wait in the mailbox (`hold`, the default), or new ones are refused (`shed`). */
  readonly whileOpen?: 'hold' | 'shed'
  /** What runs in its place while it is open, under the same ref; if that fails, too, `whileOpen` says what becomes of messages. Default: nothing. */
  // oxlint-disable-next-line typescript/no-explicit-any -- a definition of any protocol and input
  readonly fallback?: ActorDefinition<any, any>
}

interface Context extends BreakerSettings {
  readonly hasFallback?: true
  /** When it failed within the window. */
  readonly failedAt: readonly number[]
  /** How often it was opened since it was last well. */
  readonly openings: number
  readonly openForMs: number
}

const defaults: BreakerSettings = {
  failures: 3,
  withinMs: 10_000,
  openMs: 5_000,
  maxOpenMs: 60_000,
  probeMs: 1_000,
  slowRatio: 5,
  whileOpen: 'hold',
}

const declared = recoverySetup<Context, BreakerSettings & Pick<Context, 'hasFallback'>>().extend({
  actions: {
    noteFailure: assign({
      failedAt: ({ context, event }) => [...recent(context, event.at), event.at].slice(-context.failures),
    }),
    drawRest: assign(({ context, event }) => ({
      openings: context.openings + 1,
      openForMs: Math.min(context.maxOpenMs, context.openMs * 2 ** Math.min(context.openings, 30)) * (0.9 + 0.2 * event.random),
    })),
    forget: assign({ failedAt: [], openings: 0 }),
  },
  guards: {
    tooManyAndStandsIn: ({ context, event }) =>
      context.hasFallback === true && event.possible.has('replace') && recent(context, event.at).length + 1 >= context.failures,
    standsIn: ({ context, event }) => context.hasFallback === true && event.possible.has('replace'),
    tooMany: ({ context, event }) => recent(context, event.at).length + 1 >= context.failures,
    tooManyAndSheds: ({ context, event }) =>
      context.whileOpen === 'shed' && event.possible.has('degrade') && recent(context, event.at).length + 1 >= context.failures,
    sheds: ({ context, event }) => context.whileOpen === 'shed' && event.possible.has('degrade'),
    isSlow: ({ context, event }) =>
      event.type === 'OVERLOADED' && event.resource === 'latency' && event.ratio >= context.slowRatio && event.possible.has('degrade'),
  },
  delays: { rest: ({ context }) => context.openForMs },
})

function recent({ failedAt, withinMs }: Context, now: number): number[] {
  return failedAt.filter((at) => at > now - withinMs)
}

const onFailed = [
  { guard: { type: 'class', params: ['invalid', 'poison'] }, target: 'closed', actions: 'restart' },
  { guard: 'tooManyAndStandsIn', target: 'replacing', actions: ['noteFailure', 'drawRest'] },
  { guard: 'tooManyAndSheds', target: 'shedding', actions: ['noteFailure', 'drawRest'] },
  { guard: 'tooMany', target: 'open', actions: ['noteFailure', 'drawRest'] },
  { target: 'closed', actions: ['noteFailure', 'restart'] },
] as const

const whileOpen = {
  after: { rest: 'halfOpen' },
  on: {
    'OPERATOR.retry': 'halfOpen',
    'OPERATOR.release': 'halfOpen',
    'OPERATOR.stop': { target: 'stopped', actions: 'stop' },
    STARTED: 'closed',
  },
} as const

const onFallbackFailed = [{ guard: 'sheds', target: 'shedding' }, 'open'] as const

/** The machine. `closed` is health and restart, `open` holds messages, `shedding` refuses them, in `standingIn` the fallback has them; `slow` gives a running
 * child a rest. */
const circuitBreakerMachine = declared.createMachine({
  id: 'circuit-breaker',
  context: ({ input }) => ({ ...input, failedAt: [], openings: 0, openForMs: 0 }),
  initial: 'closed',
  states: {
    closed: { on: { FAILED: onFailed, OVERLOADED: { guard: 'isSlow', target: 'slow', actions: 'drawRest' }, STABLE: 'recovered' } },
    open: { entry: 'park', ...whileOpen },
    shedding: { entry: ['park', 'degrade'], exit: 'release', ...whileOpen },
    replacing: { entry: 'replace', on: { STARTED: 'standingIn', FAILED: onFallbackFailed } },
    standingIn: { ...whileOpen, on: { ...whileOpen.on, FAILED: onFallbackFailed } },
    halfOpen: {
      entry: { type: 'probe', params: ({ context }) => ({ probeMs: context.probeMs }) },
      on: {
        PROBE_OK: { target: 'closed', actions: 'forget' },
        PROBE_FAILED: [
          { guard: 'standsIn', target: 'replacing', actions: 'drawRest' },
          { guard: 'sheds', target: 'shedding', actions: 'drawRest' },
          { target: 'open', actions: 'drawRest' },
        ],
      },
    },
    slow: { entry: 'degrade', exit: 'release', after: { rest: 'closed' }, on: { FAILED: onFailed } },
    stopped: { type: 'final' },
    recovered: { type: 'final' },
  },
})

/**
 * Opens when the child fails too often: it stays down, and is put on trial after a while that doubles from trial to trial. It counts failures
 * in a sliding window, not their share of all calls, which nobody counts for it; slow calls give the child a rest (`slowRatio`).
 *
 * Use when: the child talks to something that is hurt by more calls while it is ill.
 * Watch out: `hold` keeps messages in the bounded mailbox; callers that wait for answers do better with `shed`.
 *
 * @throws InvalidOptionError
 */
export function circuitBreaker(options: CircuitBreakerOptions = {}): RecoveryPolicy {
  const rules = {
    failures: positive,
    withinMs: durationMs,
    openMs: durationMs,
    maxOpenMs: durationMs,
    probeMs: durationMs,
    slowRatio: ratio,
    whileOpen: oneOf('hold', 'shed'),
  }
  const { fallback, ...others } = options ?? {}
  if (fallback !== undefined) validateFallback(fallback, 'circuitBreaker.fallback')
  const { input, common } = readOptions('circuitBreaker', defaults, rules, others)
  checkOrder('circuitBreaker', ['openMs', input.openMs], ['maxOpenMs', input.maxOpenMs])
  return {
    name: 'circuit-breaker',
    machine: circuitBreakerMachine,
    ...common,
    ...(fallback === undefined ? { input } : { input: { ...input, hasFallback: true }, fallback }),
  }
}
