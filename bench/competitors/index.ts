// All competitors: what they are, what they can do, and how much of it fits into a second or so.

import { availableParallelism } from 'node:os'
import type { Competitor } from '../harness/competitor.ts'
import { erlangCommand } from './erlang/program.ts'

/** `ours`; a hand-written `floor`; an `actor` peer, with mailboxes; something `synchronous`, shown for what giving up queues would buy. */
export type Kind = 'ours' | 'floor' | 'actor' | 'synchronous' | 'erlang'

/** A competitor before it is loaded: only its own process loads it. */
export interface Entry {
  readonly name: string
  readonly kind: Kind
  readonly workloads: readonly string[]
  /** Where the workload's own count would take too long, or too short to be timed. */
  readonly counts?: Readonly<Record<string, number>>
  /** Absent where the competitor is a program of its own. */
  readonly load?: () => Promise<{ readonly competitor: Competitor }>
  /** The program and its arguments, where it is not `measure.ts`. */
  readonly command?: (workload: string, count: number, warmUp: number) => readonly string[]
}

const tells = ['tell-burst', 'ping-pong', 'big', 'fan-out', 'fork-join', 'spawn']
const actors = [...tells, 'ask-sequential', 'ask-1000', 'ring', 'restart']
const floors = [...actors, 'mega-ring', 'idle-million', 'loop-delay']
const fast = {
  'tell-burst': 10_000_000,
  'ask-sequential': 1_000_000,
  'ask-1000': 2_000_000,
  'ping-pong': 10_000_000,
  ring: 10_000_000,
  big: 4_800_000,
}

export const competitors: readonly Entry[] = [
  {
    name: 'understudy',
    kind: 'ours',
    workloads: [...floors, 'supervisor-start-stop', 'recovery-decision', 'supervised-tell', 'import'],
    counts: fast,
    load: () => import('./understudy.ts'),
  },
  { name: 'floor-rt', kind: 'floor', workloads: floors, counts: fast, load: () => import('./floor-rt.ts') },
  { name: 'floor-full', kind: 'floor', workloads: floors, counts: fast, load: () => import('./floor-full.ts') },
  {
    name: 'nact',
    kind: 'actor',
    workloads: [...actors, 'import'],
    counts: {
      'tell-burst': 1_000_000,
      'ask-sequential': 100_000,
      'ask-1000': 200_000,
      'ping-pong': 300_000,
      ring: 300_000,
      'fan-out': 500_000,
      restart: 10_000,
    },
    load: () => import('./nact.ts'),
  },
  {
    name: 'effect',
    kind: 'actor',
    workloads: [...actors, 'import'],
    counts: { 'tell-burst': 2_000_000, 'ask-sequential': 100_000, 'ask-1000': 300_000, 'ping-pong': 200_000, ring: 200_000 },
    load: () => import('./effect.ts'),
  },
  // A ring of 1,000 XState actors overflows the stack.
  { name: 'xstate-transition', kind: 'actor', workloads: [...tells, 'import'], load: () => import('./xstate-transition.ts') },
  { name: 'xstate-callback', kind: 'actor', workloads: tells, load: () => import('./xstate-callback.ts') },
  {
    name: 'xstate-machine',
    kind: 'actor',
    workloads: tells,
    counts: { 'tell-burst': 500_000, 'ping-pong': 200_000, 'fan-out': 300_000, big: 96_000, 'fork-join': 20_000, spawn: 50_000 },
    load: () => import('./xstate-machine.ts'),
  },
  {
    name: 'moleculer',
    kind: 'synchronous',
    workloads: ['tell-burst', 'ask-sequential', 'ask-1000', 'spawn', 'import'],
    counts: { 'tell-burst': 500_000, 'ask-sequential': 200_000, 'ask-1000': 300_000, spawn: 2000 },
    load: () => import('./moleculer.ts'),
  },
  {
    name: 'rxjs',
    kind: 'synchronous',
    workloads: ['tell-burst', 'fan-out', 'fork-join', 'spawn', 'import'],
    load: () => import('./rxjs.ts'),
  },
  {
    name: 'event-emitter',
    kind: 'synchronous',
    workloads: ['tell-burst', 'ask-sequential', 'ask-1000', 'fan-out', 'fork-join', 'spawn'],
    load: () => import('./event-emitter.ts'),
  },
  { name: 'erlang', kind: 'erlang', workloads: [...actors, 'supervisor-start-stop'], command: erlangCommand(availableParallelism()) },
  { name: 'erlang-1core', kind: 'erlang', workloads: [...actors, 'supervisor-start-stop'], command: erlangCommand(1) },
]

/** What all ratios are against. */
export const reference = 'floor-full'
/** Whose figures these are about. */
export const subject = 'understudy'
