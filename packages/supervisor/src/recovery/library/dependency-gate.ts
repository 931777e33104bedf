// The dependency gate: a child whose failure comes from a sibling that is down is not started before that one is well again.

import { InvalidOptionError } from '@understudy/runtime/spi'
import { assign } from 'xstate'
import { recoverySetup } from '../machine.ts'
import type { RecoveryPolicy } from '../machine.ts'
import { durationMs, readOptions } from './policy-options.ts'
import type { PolicyOptions } from './policy-options.ts'

/** Settings of the gate. */
interface GateSettings {
  readonly maxWaitMs: number
  readonly spreadMs: number
}

/** Options of `dependencyGate()`; all durations in milliseconds. */
export interface DependencyGateOptions extends PolicyOptions {
  /** The ids of the siblings that it needs. */
  readonly on: string | readonly string[]
  /** How long it waits at most, until `then` takes over. Default 60 000. */
  readonly maxWaitMs?: number
  /** Once the last one is well, it waits up to so long, so that not all who waited start at once. Default 1 000. */
  readonly spreadMs?: number
}

interface Context extends GateSettings {
  readonly waitsFor: readonly string[]
  readonly waitMs: number
}

const defaults: GateSettings = { maxWaitMs: 60_000, spreadMs: 1_000 }

const dependencyIn = (event: { readonly type: string }): string => ('dependency' in event ? (event.dependency as string) : '')

const declared = recoverySetup<Context, GateSettings>().extend({
  actions: {
    noteAll: assign({ waitsFor: ({ event }) => ('waitsFor' in event ? event.waitsFor : []) }),
    noteDown: assign({
      waitsFor: ({ context, event }) => [...context.waitsFor.filter((id) => id !== dependencyIn(event)), dependencyIn(event)],
    }),
    noteUp: assign({ waitsFor: ({ context, event }) => context.waitsFor.filter((id) => id !== dependencyIn(event)) }),
    drawSpread: assign({ waitMs: ({ context, event }) => event.random * context.spreadMs }),
  },
  guards: {
    waits: ({ event }) => 'waitsFor' in event && event.waitsFor.length > 0,
    isLast: ({ context, event }) => context.waitsFor.every((id) => id === dependencyIn(event)),
  },
  delays: { maxWait: ({ context }) => context.maxWaitMs, spread: ({ context }) => context.waitMs },
})

/** The machine. */
const dependencyGateMachine = declared.createMachine({
  id: 'dependency-gate',
  context: ({ input }) => ({ ...input, waitsFor: [], waitMs: 0 }),
  initial: 'open',
  states: {
    open: {
      on: {
        FAILED: [{ guard: 'waits', target: 'gated', actions: 'noteAll' }, { actions: 'delegate' }],
        STABLE: 'recovered',
      },
    },
    gated: {
      entry: 'park',
      after: { maxWait: 'passed' },
      on: {
        DEPENDENCY_UP: [{ guard: 'isLast', target: 'opening', actions: ['noteUp', 'drawSpread'] }, { actions: 'noteUp' }],
        DEPENDENCY_DOWN: { actions: 'noteDown' },
        STARTED: 'open',
        'OPERATOR.retry': { target: 'open', actions: 'restart' },
        'OPERATOR.stop': { target: 'stopped', actions: 'stop' },
      },
    },
    opening: {
      after: { spread: { target: 'open', actions: 'restart' } },
      on: { DEPENDENCY_DOWN: { target: 'gated', actions: 'noteDown' }, STARTED: 'open' },
    },
    passed: { entry: 'handOver', type: 'final' },
    stopped: { type: 'final' },
    recovered: { type: 'final' },
  },
})

/**
 * Keeps a failed child down while a sibling that it needs does not run, or only on trial; any other failure is `then`'s.
 *
 * Use when: restarting the child without what it needs would only fail again.
 * Watch out: the siblings are those of the same supervisor, by id. A wait of `maxWaitMs` in vain is its last until the child is well again.
 *
 * @throws InvalidOptionError
 */
export function dependencyGate(options: DependencyGateOptions): RecoveryPolicy {
  const { on, ...others } = (options ?? {}) as DependencyGateOptions
  const dependsOn = typeof on === 'string' ? [on] : on
  if (!Array.isArray(dependsOn) || dependsOn.length === 0 || !dependsOn.every((id) => typeof id === 'string' && id !== '')) {
    throw new InvalidOptionError('dependencyGate.on', on, 'the id of a sibling, or an array of at least one')
  }
  const { input, common } = readOptions('dependencyGate', defaults, { maxWaitMs: durationMs, spreadMs: durationMs }, others)
  return { name: 'dependency-gate', machine: dependencyGateMachine, input, dependsOn, ...common }
}
