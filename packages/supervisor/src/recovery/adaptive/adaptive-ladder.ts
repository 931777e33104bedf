// The ladder that learns which rungs are worth trying. It never ends in health: it waits on the ground with what it has learned.

import { assign } from 'xstate'
import type { RecoveryEvent } from '../event.ts'
import { climb, isOpen, remedies, rungs } from '../library/rung.ts'
import type { Place, Rung } from '../library/rung.ts'
import { inQuarantine, onTrial, probeDelay } from '../library/trial.ts'
import { recoverySetup } from '../machine.ts'
import type { AdaptiveChoice } from './adaptive.ts'
import { chanceFrom } from './chance.ts'
import { chooseTry, nameOfTry } from './choice.ts'
import type { Try } from './choice.ts'
import { learn, recall } from './evidence.ts'
import type { Memory } from './evidence.ts'

/** Settings of an adaptive ladder. */
export interface AdaptiveLadderSettings {
  readonly rungs: readonly Rung[]
  readonly tries: number
  readonly withinMs: number
  readonly probesAfterMs: readonly number[]
  readonly probeMs: number
  readonly choose: AdaptiveChoice
}

interface Context extends AdaptiveLadderSettings, Place {
  readonly memory: Memory
  /** Failed trials. */
  readonly trials: number
  /** How often this recovery has tried each rung. */
  readonly used: Readonly<Partial<Record<Rung, number>>>
  /** This recovery gives another chance to what has not helped. */
  readonly explores: boolean
  /** The top was reached: what has not been tried is. */
  readonly sweeps: boolean
  /** The try under way: which one of its rung, against what, since when, and when the child ran again. `nth` is 0 when there is none. */
  readonly nth: number
  readonly signature: string
  readonly orderedAt: number
  readonly ranAt: number
}

type Failed = RecoveryEvent & { readonly type: 'FAILED' }

const onTheGround = {
  rung: 0,
  tried: 0,
  since: 0,
  used: {},
  explores: false,
  sweeps: false,
  nth: 0,
  signature: '',
  orderedAt: 0,
  ranAt: 0,
}

/** Beyond these nobody can tell here what has helped; and one ends this child, the other waits for minutes. */
const exits: ReadonlySet<Rung> = new Set<Rung>(['node', 'quarantine'])

/** What has come of the try under way, if there is one. */
function learned(context: Context, mended: boolean, at: number): Memory {
  const { memory, nth, rung, rungs: all, signature, orderedAt, ranAt, choose: fading } = context
  if (nth === 0) return memory
  const until = mended ? ranAt : at
  // In a process begun meanwhile the clock has begun anew.
  const costMs = until < orderedAt ? undefined : until - orderedAt
  const name = nameOfTry({ rung: all[rung]!, nth })
  return learn(memory, { signature, name, mended, costMs }, { at, halfLifeMs: fading.halfLifeMs })
}

/** Learns from the try that has failed, and chooses the next one. */
function choose(context: Context, event: RecoveryEvent): Partial<Context> {
  if (event.type !== 'FAILED') return {}
  const chance = chanceFrom(event.random)
  const { tried, used, ranAt, probeMs, rungs: all, choose: settings } = context
  // What has run for the time of a trial had been mended: this is the next fault. The ladder is climbed on all the same.
  const memory = learned(context, event.at - ranAt > probeMs, event.at)
  const explores = tried === 0 ? chance() < settings.exploration : context.explores
  const next = choosePlace({ ...context, memory, explores }, event, chance)
  const rung = isExit(all, next.rung) ? undefined : all[next.rung]!
  return {
    ...next,
    memory,
    explores,
    used: rung === undefined ? used : { ...used, [rung]: (used[rung] ?? 0) + 1 },
    nth: rung === undefined ? 0 : next.tried,
    signature: event.signature,
    orderedAt: event.at,
    ranAt: event.at,
  }
}

function choosePlace(context: Context, event: Failed, chance: () => number): Place & Pick<Context, 'sweeps'> {
  const { rungs: all, memory, explores, choose: settings } = context
  const fixed = climb(context, event)
  if (context.sweeps || isExit(all, fixed.rung)) return { ...sweep(context, event), sweeps: true }
  const ahead = triesAhead(context, fixed, event)
  const known = recall(memory, event.signature, { at: event.at, halfLifeMs: settings.halfLifeMs })
  const afterwards = all.find((rung) => exits.has(rung) && isOpen(rung, event)) ?? 'quarantine'
  const { rung, nth } = ahead[chooseTry(ahead, known, afterwards, explores ? chance : undefined)]!
  const index = all.indexOf(rung)
  return { rung: index, tried: nth, since: index === fixed.rung ? fixed.since : event.at, sweeps: false }
}

/** Whatever has not been tried, from the bottom, as anything is cheaper than minutes in quarantine; only then the fixed ladder's end. */
function sweep(context: Context, event: Failed): Place {
  const { rungs: all, used, tries } = context
  const since = event.at
  const left = all.findIndex((rung) => !exits.has(rung) && (used[rung] ?? 0) < tries && isOpen(rung, event))
  if (left >= 0) return { rung: left, tried: (used[all[left]!] ?? 0) + 1, since }
  const firstExit = all.findIndex((rung) => exits.has(rung))
  const top = firstExit < 0 ? { rung: all.length - 1, tried: tries } : { rung: firstExit, tried: 0 }
  return climb({ ...context, ...top, since }, event)
}

function isExit(all: readonly Rung[], index: number): boolean {
  const rung = all[index]
  return rung === undefined || exits.has(rung)
}

/** All tries that the fixed ladder has still to come, but for its exits. */
function triesAhead({ rungs: all, tries }: Context, fixed: Place, event: Failed): Try[] {
  return all.flatMap((rung, index) => {
    if (index < fixed.rung || exits.has(rung) || !isOpen(rung, event)) return []
    const first = index === fixed.rung ? fixed.tried : 1
    return Array.from({ length: tries - first + 1 }, (_, n) => ({ rung, nth: first + n }))
  })
}

const declared = recoverySetup<Context, AdaptiveLadderSettings>().extend({
  actions: {
    choose: assign(({ context, event }) => choose(context, event)),
    noteStart: assign({ ranAt: ({ context, event }) => (context.ranAt === context.orderedAt ? event.at : context.ranAt) }),
    learn: assign(({ context, event }) => ({ ...onTheGround, memory: learned(context, true, event.at), trials: 0 })),
    forget: assign({ ...onTheGround, trials: 0 }),
    countTrial: assign({ trials: ({ context }) => context.trials + 1 }),
  },
  guards: { standsOn: ({ context }, rung: Rung) => context.rungs[context.rung] === rung },
  delays: { probeDelay },
})

const climbing = {
  FAILED: [
    { guard: { type: 'class', params: ['fenced'] }, target: 'stopped', actions: 'stop' },
    { target: 'choosing', actions: 'choose' },
  ],
  STARTED: { actions: 'noteStart' },
  HUNG: { actions: 'restart' },
  STABLE: { target: 'ground', actions: 'learn' },
} as const

/** The machine: one state for each rung, and one in which it has just chosen among them. */
export const adaptiveLadderMachine = declared.createMachine({
  id: 'adaptive-ladder',
  context: ({ input }) => ({ ...input, ...onTheGround, memory: [], trials: 0 }),
  initial: 'ground',
  states: {
    ground: { on: climbing },
    choosing: {
      always: [...rungs.map((rung) => ({ guard: { type: 'standsOn', params: rung }, target: rung }) as const), { target: 'passed' }],
    },
    retry: { entry: remedies.retry, on: climbing },
    resume: { entry: remedies.resume, on: climbing },
    restart: { entry: remedies.restart, on: climbing },
    previous: { entry: remedies.previous, on: climbing },
    group: { entry: remedies.group, on: climbing },
    thread: { entry: remedies.thread, on: climbing },
    process: { entry: remedies.process, on: climbing },
    node: { entry: 'failOver', type: 'final' },
    quarantine: inQuarantine('ground'),
    onTrial: onTrial('ground', 'quarantine'),
    passed: { entry: 'handOver', type: 'final' },
    stopped: { type: 'final' },
  },
})
