// How a node comes to own a singleton, and loses it: the protocol of the ownership record, for one candidate. Pure: the caller reads,
// writes, watches the record and the members, and passes on what came of it.
//
// Only an acknowledged compare-and-set makes an owner (or finding one's own write, of which the answer was lost). Who may try:
//   no owner, or released            at once
//   owner is this very node          at once: an earlier term of its own that did not end in order
//   owner's node is gone, 'fenced'   at once: whatever the old owner still does is refused by the store
//   owner's node is gone, 'exclusive' when its lease was quiet for as long as its holder could believe in it, and some more
// "At once" is the rank of the candidate times 150 ms, so that one tries first and the others mostly need not.

import { type NodeIdentity, sameNode } from '@understudy/runtime/spi'
import { isLiving, memberOf, type View } from '../membership/view.ts'

/** When a successor may take over; see the top of this file. */
export type Takeover = 'fenced' | 'exclusive'

/** The numbers of a claim; all times in milliseconds. */
export interface ClaimConfig {
  /** How much later each candidate tries than the one ranked before it. */
  readonly rankDelayMs: number
  /** How long the old owner's lease must be quiet before an exclusive takeover. */
  readonly exclusiveWaitMs: number
  /** How soon a write or read without a useful answer is tried again. */
  readonly retryMs: number
  /** How long one that was replaced lets the other be: two that do not see each other must not depose each other without end. */
  readonly restMs: number
}

/** The defaults. The exclusive wait exceeds the 15 s that a holder believes in its lease by enough for clocks that differ by 14 %. */
export const claimDefaults: ClaimConfig = Object.freeze({ rankDelayMs: 150, exclusiveWaitMs: 20_000, retryMs: 150, restMs: 300 })

/** What is known of the owner's node. */
export type Standing = { readonly type: 'self' } | { readonly type: 'alive' } | { readonly type: 'gone'; readonly quietSince: number }

interface Known {
  /** 0 when there is no record. */
  readonly revision: number
  readonly owner: NodeIdentity | null
  /** When it was first seen: its owner was alive then at the earliest. */
  readonly seenAt: number
}

interface Attempt {
  readonly id: string
  readonly revision: number
  readonly isRelease: boolean
  readonly waits: 'write' | 'read' | { readonly until: number }
}

/** A claim as its candidate knows it. Make it with `newClaim`. */
export interface ClaimState {
  readonly self: NodeIdentity
  readonly takeover: Takeover
  /** Begins the ids of writes; unique to this candidate. */
  readonly prefix: string
  readonly status: 'following' | 'leading' | 'withdrawn'
  /** The revision of the own acquiring write while leading. */
  readonly epoch: number
  /** Undefined until the record was first read. */
  readonly known: Known | undefined
  readonly standing: Standing | undefined
  /** Since when nobody owned it, as far as is known here. */
  readonly vacantSince: number | undefined
  /** The own place among the candidates; undefined until told, and until then nothing is tried. */
  readonly rank: number | undefined
  readonly attempt: Attempt | undefined
  /** Nothing is tried before. */
  readonly restsUntil: number
  readonly writes: number
  readonly isWithdrawing: boolean
}

/** What the claim is told. */
export type ClaimEvent =
  | { readonly type: 'tick' }
  /** The record as a watch, a poll or an answer to `read` shows it; revision 0 when there is none. Older ones are ignored. */
  | { readonly type: 'record'; readonly revision: number; readonly owner: NodeIdentity | null; readonly writer: string }
  /** The members have changed, or the owner has: `standingOf` the owner and the own place among the candidates, from 0. */
  | { readonly type: 'members'; readonly standing: Standing; readonly rank: number }
  | { readonly type: 'acknowledged'; readonly id: string; readonly revision: number }
  /** RevisionConflictError. */
  | { readonly type: 'conflict'; readonly id: string }
  /** StoreUnavailableError, of a write or of a read. */
  | { readonly type: 'unknown'; readonly id: string }
  /** That write was never sent: this node may not act now. */
  | { readonly type: 'barred'; readonly id: string }
  /** The store refused a guarded write: somebody else owns it, whoever it is. */
  | { readonly type: 'fenced' }
  /** The singleton stops here: let go of it, and do not try any more. */
  | { readonly type: 'withdraw' }

/** What the claim orders. */
export type ClaimCommand =
  /** Write the record: `owner` self, or null to release; `id` as its writer and its id; on condition of `revision`. */
  | { readonly type: 'write'; readonly id: string; readonly revision: number; readonly owner: NodeIdentity | null }
  /** Read the record and say `record`, or `unknown` for `id`. */
  | { readonly type: 'read'; readonly id: string }
  /** This node owns it from now on. */
  | { readonly type: 'lead'; readonly epoch: number; readonly vacantSince: number }
  /** Somebody else owns it. */
  | { readonly type: 'follow'; readonly owner: NodeIdentity; readonly epoch: number }
  | { readonly type: 'lost'; readonly epoch: number; readonly why: string }
  | { readonly type: 'withdrawn' }

/** A candidate that knows nothing yet; it asks for the record at its first tick. */
export function newClaim(self: NodeIdentity, takeover: Takeover, prefix: string): ClaimState {
  return {
    self,
    takeover,
    prefix,
    status: 'following',
    epoch: 0,
    known: undefined,
    standing: undefined,
    vacantSince: undefined,
    rank: undefined,
    attempt: undefined,
    restsUntil: -Infinity,
    writes: 0,
    isWithdrawing: false,
  }
}

/**
 * What a view says of an owner. One that is not in it at all is gone, and quiet since `firstLooked` as far as anybody here can tell; one
 * that a newer life has replaced may believe in its lease for as long as one that was last heard of then.
 */
export function standingOf(view: View, owner: NodeIdentity | null, self: NodeIdentity, firstLooked: number): Standing {
  if (owner === null) return { type: 'gone', quietSince: -Infinity }
  if (sameNode(owner, self)) return { type: 'self' }
  const member = memberOf(view, owner)
  if (member !== undefined && isLiving(member)) return { type: 'alive' }
  // It said itself that it has left: it believes in nothing any more.
  if (member?.status === 'left') return { type: 'gone', quietSince: -Infinity }
  const { identity, firstSeen } = view.members.get(owner.name) ?? { identity: owner, firstSeen: firstLooked }
  return { type: 'gone', quietSince: member?.quietSince ?? (identity.incarnation > owner.incarnation ? firstSeen : firstLooked) }
}

/** When this candidate may try, by its own clock; undefined while it may not. */
export function tryAt(state: ClaimState, config = claimDefaults): number | undefined {
  const { takeover, known, standing, vacantSince, restsUntil, rank, status } = state
  if (status !== 'following' || known === undefined || vacantSince === undefined || rank === undefined) return undefined
  const mustWait = takeover === 'exclusive' && known.owner !== null && standing?.type === 'gone' && standing.quietSince !== -Infinity
  const freeAt = mustWait ? Math.max(standing.quietSince, known.seenAt) + config.exclusiveWaitMs : vacantSince
  return Math.max(vacantSince, freeAt, restsUntil) + rank * config.rankDelayMs
}

/** Takes one event at monotonic time `now`. */
export function claim(state: ClaimState, event: ClaimEvent, now: number, config = claimDefaults): [ClaimState, readonly ClaimCommand[]] {
  if (state.status === 'withdrawn') return [state, []]
  switch (event.type) {
    case 'tick':
      return proceed(state, [], now, config)
    case 'members':
      return proceed(vacancy({ ...state, standing: event.standing, rank: event.rank }, now), [], now, config)
    case 'record':
      return shown(state, event, now, config)
    case 'fenced':
      return lostTo(state, 'the store refused its write', now, config)
    case 'withdraw':
      return proceed({ ...state, isWithdrawing: true }, [], now, config)
    case 'acknowledged':
    case 'conflict':
    case 'barred':
    case 'unknown':
      return answered(state, event, now, config)
  }
}

/** What came of the write or read under way; answers to any other are ignored. */
function answered(
  state: ClaimState,
  event: Extract<ClaimEvent, { readonly id: string }>,
  now: number,
  config: ClaimConfig,
): [ClaimState, readonly ClaimCommand[]] {
  const { attempt } = state
  if (attempt === undefined || attempt.id !== event.id) return [state, []]
  switch (event.type) {
    case 'acknowledged':
      return own(state, attempt, event.revision, now, config)
    case 'conflict':
      return [{ ...state, attempt: { ...attempt, waits: 'read' } }, [{ type: 'read', id: attempt.id }]]
    case 'barred':
      // Nothing is under way, so nothing is left to be given back.
      if (state.isWithdrawing) return proceed({ ...state, attempt: undefined }, [], now, config)
      return [{ ...state, attempt: { ...attempt, waits: { until: now + config.retryMs } } }, []]
    case 'unknown':
      return [{ ...state, attempt: { ...attempt, waits: { until: now + config.retryMs } } }, []]
  }
}

/** Nobody owns it: no record, let go, or its owner is gone. Noted once, when it is first seen. */
function vacancy(state: ClaimState, now: number): ClaimState {
  const { known, standing } = state
  const isVacant =
    state.status === 'following' && known !== undefined && (known.owner === null || (standing !== undefined && standing.type !== 'alive'))
  if (!isVacant) return state.vacantSince === undefined ? state : { ...state, vacantSince: undefined }
  return state.vacantSince === undefined ? { ...state, vacantSince: now } : state
}

function shown(
  state: ClaimState,
  event: Extract<ClaimEvent, { type: 'record' }>,
  now: number,
  config: ClaimConfig,
): [ClaimState, readonly ClaimCommand[]] {
  const { revision, owner, writer } = event
  const { attempt, known } = state
  const isAnswer = attempt?.waits === 'read'
  // The own write, whose answer is lost or still on its way.
  if (attempt !== undefined && writer === attempt.id) return own(state, attempt, revision, now, config)
  if (known !== undefined && revision <= known.revision) {
    // Old news. As the answer to a read it tells nothing about why the write was refused.
    if (isAnswer) state = { ...state, attempt: { ...attempt, waits: { until: now + config.retryMs } } }
    return [state, []]
  }
  if (state.status === 'leading') {
    if (revision <= state.epoch) return [state, []]
    return lostTo({ ...state, known: { revision, owner, seenAt: now }, standing: undefined }, describe(owner, revision), now, config)
  }
  // Somebody else was first, so the write under way cannot have happened and cannot happen any more.
  const isOther = owner !== null && !sameNode(owner, state.self)
  const seen = { ...state, known: { revision, owner, seenAt: now }, standing: undefined, attempt: undefined, vacantSince: undefined }
  const next = vacancy(seen, now)
  return proceed(next, isOther ? [{ type: 'follow', owner, epoch: revision }] : [], now, config)
}

function describe(owner: NodeIdentity | null, revision: number): string {
  return owner === null
    ? `it was released at revision ${revision}`
    : `${owner.name}~${owner.incarnation} has taken over at epoch ${revision}`
}

function own(
  state: ClaimState,
  attempt: Attempt,
  revision: number,
  now: number,
  config: ClaimConfig,
): [ClaimState, readonly ClaimCommand[]] {
  if (attempt.isRelease) return [{ ...state, status: 'withdrawn', attempt: undefined }, [{ type: 'withdrawn' }]]
  const vacantSince = state.vacantSince ?? now
  const leading: ClaimState = {
    ...state,
    status: 'leading',
    epoch: revision,
    known: { revision, owner: state.self, seenAt: now },
    standing: { type: 'self' },
    vacantSince: undefined,
    attempt: undefined,
  }
  // Won too late: nobody wants to lead here any more, so it is given back at once.
  return proceed(leading, state.isWithdrawing ? [] : [{ type: 'lead', epoch: revision, vacantSince }], now, config)
}

function lostTo(state: ClaimState, why: string, now: number, config: ClaimConfig): [ClaimState, readonly ClaimCommand[]] {
  if (state.status !== 'leading') return [state, []]
  const { epoch, known } = state
  const commands: ClaimCommand[] = [{ type: 'lost', epoch, why }]
  if (known !== undefined && known.revision > epoch && known.owner !== null)
    commands.push({ type: 'follow', owner: known.owner, epoch: known.revision })
  // What is known may be only what this node wrote itself: read before trying again.
  const isKnown = known !== undefined && known.revision > epoch
  const next: ClaimState = {
    ...state,
    status: 'following',
    epoch: 0,
    attempt: undefined,
    known: isKnown ? known : undefined,
    restsUntil: now + config.restMs,
    standing: undefined,
  }
  return proceed(vacancy(next, now), commands, now, config)
}

/** Does what is due: the first read, a try, a release, or something again that got no answer. */
function proceed(
  state: ClaimState,
  before: readonly ClaimCommand[],
  now: number,
  config: ClaimConfig,
): [ClaimState, readonly ClaimCommand[]] {
  const { attempt, known } = state
  if (attempt !== undefined) {
    if (typeof attempt.waits === 'string' || now < attempt.waits.until) return [state, before]
    if (known === undefined) return [{ ...state, attempt: { ...attempt, waits: 'read' } }, [...before, { type: 'read', id: attempt.id }]]
    const { id, revision, isRelease } = attempt
    return [
      { ...state, attempt: { ...attempt, waits: 'write' } },
      [...before, { type: 'write', id, revision, owner: isRelease ? null : state.self }],
    ]
  }
  if (state.isWithdrawing && state.status === 'following') return [{ ...state, status: 'withdrawn' }, [...before, { type: 'withdrawn' }]]
  const isRelease = state.isWithdrawing
  const due = tryAt(state, config)
  if (known !== undefined && !isRelease && (due === undefined || now < due)) return [state, before]
  const writes = state.writes + 1
  const id = `${state.prefix}.${writes}`
  const revision = isRelease ? state.epoch : (known?.revision ?? 0)
  const waits = known === undefined ? 'read' : 'write'
  const command: ClaimCommand =
    waits === 'read' ? { type: 'read', id } : { type: 'write', id, revision, owner: isRelease ? null : state.self }
  return [{ ...state, writes, attempt: { id, revision, isRelease, waits } }, [...before, command]]
}
