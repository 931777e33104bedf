// The rungs of a ladder, when each of them is open, and how it is climbed.

import type { RecoveryAbility, RecoveryEvent } from '../event.ts'

/**
 * The rungs, cheapest first: the message again; go on with the old state; a fresh life; the snapshot before the last; all siblings;
 * a new thread; a new process; another node; quarantine.
 */
export const rungs = ['retry', 'resume', 'restart', 'previous', 'group', 'thread', 'process', 'node', 'quarantine'] as const

/** See `rungs`. */
export type Rung = (typeof rungs)[number]

/** Where a recovery stands. */
export interface Place {
  /** An index of the ladder's rungs; -1 when there is none left. */
  readonly rung: number
  /** How often this rung was tried. */
  readonly tried: number
  /** When it was first tried. */
  readonly since: number
}

/** A place on a certain ladder. */
interface Standing extends Place {
  readonly rungs: readonly Rung[]
  readonly tries: number
  readonly withinMs: number
}

const needs: Readonly<Record<Rung, readonly RecoveryAbility[]>> = {
  retry: ['retry-message', 'resume'],
  resume: ['resume'],
  restart: ['restart'],
  previous: ['snapshots'],
  group: ['restartGroup'],
  thread: ['restartThread'],
  process: ['restartNode'],
  node: ['failOver'],
  quarantine: ['park', 'probe'],
}

/** What is ordered on each rung but the last two, which end the ladder. */
export const remedies = {
  retry: { type: 'resume', params: { message: 'retry' } },
  resume: 'resume',
  restart: 'restart',
  previous: { type: 'restart', params: { state: 'previous' } },
  group: { type: 'restartGroup', params: { scope: 'all' } },
  thread: 'restartThread',
  process: 'restartNode',
} as const

/** Going on with the old state is sound where the state had no part in the failure. */
const harmless: ReadonlySet<string> = new Set(['transient', 'overload', 'deadline', 'dependency', 'invalid', 'poison'])

/** Where to try next, and the how-manieth time; rung -1 when there is none left. */
export function climb(from: Standing, event: RecoveryEvent): Place {
  if (event.type !== 'FAILED') return from
  const isOver = from.tried === 0 || event.at - from.since > from.withinMs
  const tried = isOver ? 0 : from.tried
  let rung = Math.max(from.rung, lowestRung(from.rungs, event))
  let left = rung === from.rung ? tried : 0
  if (left >= from.tries) [rung, left] = [rung + 1, 0]
  while (rung < from.rungs.length && !isOpen(from.rungs[rung]!, event)) [rung, left] = [rung + 1, 0]
  if (rung >= from.rungs.length) return { rung: -1, tried: 0, since: event.at }
  return { rung, tried: left + 1, since: left === 0 ? event.at : from.since }
}

/** A thread or a process gives its memory and its descriptors back; a restart within it does not. */
function lowestRung(from: readonly Rung[], event: RecoveryEvent & { readonly type: 'FAILED' }): number {
  return event.class === 'resource' ? from.findIndex((rung) => rung === 'thread' || rung === 'process') : 0
}

/** Whether a rung can be tried where the child lives, and makes sense for this failure. */
export function isOpen(rung: Rung, event: RecoveryEvent & { readonly type: 'FAILED' }): boolean {
  if (!needs[rung].every((ability) => event.possible.has(ability))) return false
  if (rung === 'retry') return event.failure.phase === 'handling' && event.messageKey !== '' && event.class === 'transient'
  return rung !== 'resume' || (event.failure.phase === 'handling' && harmless.has(event.class))
}
