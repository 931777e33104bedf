// What the feed has to send: every flight once, in order, and again until it is acknowledged. Bounded in flight.

import { has, highest, type Ledger, record, size } from './ledger.ts'

/** The feed's memory. Losing it is harmless: `openOutbox` makes it anew from what operations has. */
export interface Outbox {
  /** How many flights there are; their ids are `0 … total - 1`. */
  readonly total: number
  readonly acknowledged: Ledger
  /** When each unacknowledged flight was last sent, oldest first. */
  readonly inFlight: ReadonlyMap<number, number>
  /** The lowest id that may not have been sent yet by this feed. */
  readonly next: number
  /** The highest id that an earlier feed is known to have sent. */
  readonly sentBefore: number
  /** How many times a flight was sent that had been sent before. */
  readonly redelivered: number
}

/** What bounds one round of sending. */
export interface Round {
  /** Monotonic, in milliseconds. */
  readonly now: number
  /** How many new flights the pace allows now. */
  readonly allowance: number
  readonly mostInFlight: number
  readonly resendAfterMs: number
}

/** Begins where operations stands. */
export function openOutbox(total: number, counted: Ledger): Outbox {
  return { total, acknowledged: counted, inFlight: new Map(), next: 0, sentBefore: highest(counted), redelivered: 0 }
}

/** The ids to send now: first those that were not acknowledged in time, then new ones. */
export function takeRound(outbox: Outbox, round: Round): { readonly outbox: Outbox; readonly ids: readonly number[] } {
  const inFlight = new Map(outbox.inFlight)
  const ids: number[] = []
  const send = (id: number): void => {
    // Taken out first, so that the map stays in the order of sending.
    inFlight.delete(id)
    inFlight.set(id, round.now)
    ids.push(id)
  }
  for (const [id, sentAt] of outbox.inFlight) {
    if (round.now - sentAt < round.resendAfterMs) break
    send(id)
  }
  let { next, redelivered } = outbox
  redelivered += ids.length
  for (let allowance = round.allowance; next < outbox.total && allowance > 0 && inFlight.size < round.mostInFlight; next++) {
    if (has(outbox.acknowledged, next)) continue
    if (next <= outbox.sentBefore) redelivered++
    send(next)
    allowance--
  }
  return { outbox: { ...outbox, inFlight, next, redelivered }, ids }
}

/** These flights are safely stored: forget them. */
export function acknowledge(outbox: Outbox, ids: readonly number[]): Outbox {
  const inFlight = new Map(outbox.inFlight)
  for (const id of ids) inFlight.delete(id)
  return { ...outbox, inFlight, acknowledged: record(outbox.acknowledged, ids) }
}

/** Whether every flight is acknowledged. */
export function isDone(outbox: Outbox): boolean {
  return size(outbox.acknowledged) >= outbox.total
}
