// The ladder: the cheapest remedy first, then the next one up, each with its own budget. What a restart of one child does not mend, a
// restart of its surroundings may. Source: G. Candea et al., "Microreboot: A Technique for Cheap Recovery", OSDI 2004.

import { assign } from 'xstate'
import { adaptiveLadderMachine } from '../adaptive/adaptive-ladder.ts'
import { choiceOfRungs } from '../adaptive/adaptive.ts'
import type { AdaptiveChoice } from '../adaptive/adaptive.ts'
import { recoverySetup } from '../machine.ts'
import type { RecoveryPolicy } from '../machine.ts'
import { durationMs, listOf, oneOf, positive, readOptions } from './policy-options.ts'
import type { PolicyOptions } from './policy-options.ts'
import { climb, remedies, rungs } from './rung.ts'
import type { Place, Rung } from './rung.ts'
import { inQuarantine, onTrial, probeDelay } from './trial.ts'

export { rungs } from './rung.ts'
export type { Rung } from './rung.ts'

/** Settings of the ladder. */
interface LadderSettings {
  readonly rungs: readonly Rung[]
  readonly tries: number
  readonly withinMs: number
  readonly probesAfterMs: readonly number[]
  readonly probeMs: number
}

/** Options of `ladder()`; all durations in milliseconds. */
export interface LadderOptions extends PolicyOptions {
  /** Which rungs there are; those that nothing here can do are left out by itself. Default: all. */
  readonly rungs?: readonly Rung[]
  /** How often each rung is tried within `withinMs` before the next. Default 3. */
  readonly tries?: number
  /** Default 60 000. */
  readonly withinMs?: number
  /** When a child in quarantine is put on trial; the last one repeats. Default 5, 15 and 60 minutes. */
  readonly probesAfterMs?: readonly number[]
  /** How long it must run on trial. Default 1 000. */
  readonly probeMs?: number
  /** `adaptive()`: rungs that have not helped against the same failure are passed over. Default: none is. */
  readonly choose?: AdaptiveChoice
}

interface Context extends LadderSettings, Place {
  /** Failed trials. */
  readonly trials: number
}

const defaults: LadderSettings = {
  rungs,
  tries: 3,
  withinMs: 60_000,
  probesAfterMs: [300_000, 900_000, 3_600_000],
  probeMs: 1_000,
}

const declared = recoverySetup<Context, LadderSettings>().extend({
  actions: {
    climb: assign(({ context, event }) => climb(context, event)),
    countTrial: assign({ trials: ({ context }) => context.trials + 1 }),
    forget: assign({ rung: 0, tried: 0, trials: 0 }),
  },
  guards: { goesTo: ({ context, event }, rung: Rung) => context.rungs[climb(context, event).rung] === rung },
  delays: { probeDelay },
})

/** Where a failure on a rung leads to: the rung itself or one further up. */
const climbing = (from: Rung) => ({
  FAILED: [
    { guard: { type: 'class', params: ['fenced'] }, target: 'stopped', actions: 'stop' },
    ...rungs
      .slice(rungs.indexOf(from))
      .map((rung) => ({ guard: { type: 'goesTo', params: rung }, target: rung, reenter: true, actions: 'climb' }) as const),
    { target: 'passed' },
  ] as const,
  // A child that hangs is restarted, whatever the rung; it is a failure after that which climbs.
  HUNG: { actions: 'restart' } as const,
  STABLE: 'recovered' as const,
})

/** The machine: one state for each rung. */
const ladderMachine = declared.createMachine({
  id: 'ladder',
  context: ({ input }) => ({ ...input, rung: 0, tried: 0, since: 0, trials: 0 }),
  initial: 'ground',
  states: {
    ground: { on: climbing('retry') },
    retry: { entry: remedies.retry, on: climbing('retry') },
    resume: { entry: remedies.resume, on: climbing('resume') },
    restart: { entry: remedies.restart, on: climbing('restart') },
    previous: { entry: remedies.previous, on: climbing('previous') },
    group: { entry: remedies.group, on: climbing('group') },
    thread: { entry: remedies.thread, on: climbing('thread') },
    process: { entry: remedies.process, on: climbing('process') },
    node: { entry: 'failOver', type: 'final' },
    quarantine: inQuarantine('ground'),
    onTrial: onTrial('ground', 'quarantine'),
    passed: { entry: 'handOver', type: 'final' },
    stopped: { type: 'final' },
    recovered: { type: 'final' },
  },
})

/**
 * Climbs from the cheapest remedy to the dearest, a few tries on each rung, and down to the ground after a while of health.
 *
 * Use when: you do not know what will be wrong one day, and want each fault mended as cheaply as possible.
 * Watch out: restarts count against the supervisor's intensity; leave room for `tries` times the rungs from `restart` to `group`.
 *
 * @throws InvalidOptionError
 */
export function ladder(options: LadderOptions = {}): RecoveryPolicy {
  const rules = {
    rungs: listOf(oneOf(...rungs)),
    tries: positive,
    withinMs: durationMs,
    probesAfterMs: listOf(durationMs),
    probeMs: durationMs,
    choose: choiceOfRungs,
  }
  const { input, common } = readOptions('ladder', { ...defaults, choose: undefined as AdaptiveChoice | undefined }, rules, options)
  const { choose, ...given } = input
  // In the order of cost, whatever the order they were given in.
  const ordered = rungs.filter((rung) => given.rungs.includes(rung))
  const settings = { ...given, rungs: ordered }
  const policy: RecoveryPolicy =
    choose === undefined
      ? { name: 'ladder', machine: ladderMachine, input: settings, ...common }
      : { name: 'ladder', machine: adaptiveLadderMachine, input: { ...settings, choose }, ...common }
  return ordered.includes('retry') ? { ...policy, retriesMessages: true } : policy
}
