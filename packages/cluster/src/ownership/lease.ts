// The lease of a node, as its holder keeps it: one record, renewed by compare-and-set, one write at a time. Pure: the caller writes,
// reads and passes on what came of it.
//
// The holder may act until `validMs` after it *sent* the last write that was acknowledged. Whoever wants to take over waits longer than
// that, counted from when it *saw* that write, so the two never overlap as long as clocks run at about the same speed; nobody's clock
// need show the right time. Measured from the acknowledgement instead, a slow answer would stretch the lease beyond what others wait.
//
// A write without an answer may have happened: it is sent again, same bytes, same id, until it is answered. A refused one may still be
// the own one, acknowledged too late: the record tells by its writer. A read may be old, so one that shows what was there before the
// write decides nothing.

/** The numbers of the lease; all times in milliseconds. */
export interface LeaseConfig {
  readonly renewMs: number
  /** How long after the send time of the last acknowledged write the holder may act. */
  readonly validMs: number
  /** The time to live to write the record with. */
  readonly ttlMs: number
  /** How soon a write or read without an answer is tried again. */
  readonly retryMs: number
}

/** The defaults. A NATS stream that loses its leader answers no write for 4 to 7 s; a lease must outlive that. */
export const leaseDefaults: LeaseConfig = Object.freeze({ renewMs: 3000, validMs: 15_000, ttlMs: 20_000, retryMs: 250 })

/** Beyond this difference between wall clock and monotonic clock the machine slept, or somebody set the clock: the lease counts as lost. */
export const maxWallJumpMs = 1000

interface Renewal {
  readonly id: string
  /** When it was first sent: the lease counts from there, whichever sending was the one that arrived. */
  readonly sentAt: number
  readonly isLast: boolean
  /** What its answer is awaited of, or when to try again. */
  readonly waits: 'write' | 'read' | { readonly until: number }
}

/** A lease as its holder knows it. Make it with `newLease`. */
export interface LeaseState {
  readonly status: 'held' | 'lapsed' | 'released' | 'lost'
  /** The revision of the last acknowledged write. */
  readonly revision: number
  readonly validUntil: number
  readonly renewAt: number
  readonly pending: Renewal | undefined
  readonly writes: number
  /** Begins the ids of writes; unique to this lease. */
  readonly prefix: string
  readonly isReleasing: boolean
}

/** What the lease is told. */
export type LeaseEvent =
  | { readonly type: 'tick' }
  /** What the record says has changed, or its validity is in doubt: write it as soon as no other write is under way. */
  | { readonly type: 'renew' }
  /** The node leaves: one last write, then none. */
  | { readonly type: 'release' }
  | { readonly type: 'acknowledged'; readonly id: string; readonly revision: number }
  /** RevisionConflictError. */
  | { readonly type: 'conflict'; readonly id: string }
  /** StoreUnavailableError, of a write or of a read. */
  | { readonly type: 'unknown'; readonly id: string }
  /** What a read for `id` found; no revision when there is no record. */
  | { readonly type: 'found'; readonly id: string; readonly revision?: number; readonly writer?: string }

/** What the lease orders. */
export type LeaseCommand =
  /** Write the record (the same bytes for the same id, and `id` as its writer) on condition of `revision`, with `ttlMs`. `isLast`: say that the node left. */
  | { readonly type: 'write'; readonly id: string; readonly revision: number; readonly isLast: boolean }
  /** Read the record and say `found` for `id`. */
  | { readonly type: 'read'; readonly id: string }
  /** The lease is valid again, after it had lapsed. */
  | { readonly type: 'regained' }
  /** Its time is up: act as nobody. Renewals go on, since nobody else may have noticed. */
  | { readonly type: 'lapsed' }
  /** Somebody else has written the record, or it is gone: this life of the node is over. */
  | { readonly type: 'lost'; readonly why: string }
  | { readonly type: 'released' }

/** A lease that was just acquired by an acknowledged write. */
export function newLease(prefix: string, revision: number, sentAt: number, config = leaseDefaults): LeaseState {
  return {
    status: 'held',
    revision,
    validUntil: sentAt + config.validMs,
    renewAt: sentAt + config.renewMs,
    pending: undefined,
    writes: 0,
    prefix,
    isReleasing: false,
  }
}

/** Whether the holder may act: to be asked before every effect. `wallJumpMs` is what the wall clock moved more than the monotonic one. */
export function isValid({ status, validUntil }: LeaseState, now: number, wallJumpMs: number): boolean {
  return status === 'held' && now < validUntil && Math.abs(wallJumpMs) < maxWallJumpMs
}

/** Takes one event at monotonic time `now`. */
export function lease(state: LeaseState, event: LeaseEvent, now: number, config = leaseDefaults): [LeaseState, readonly LeaseCommand[]] {
  if (state.status === 'lost' || state.status === 'released') return [state, []]
  const [after, commands] = decide(state, event, now, config)
  if (after.status !== 'held' || now < after.validUntil) return [after, commands]
  return [{ ...after, status: 'lapsed' }, [...commands, { type: 'lapsed' }]]
}

function decide(state: LeaseState, event: LeaseEvent, now: number, config: LeaseConfig): [LeaseState, readonly LeaseCommand[]] {
  switch (event.type) {
    case 'tick':
      return next(state, now)
    case 'renew':
      return next({ ...state, renewAt: Math.min(state.renewAt, now) }, now)
    case 'release':
      return next({ ...state, isReleasing: true }, now)
    case 'acknowledged':
    case 'conflict':
    case 'unknown':
    case 'found':
      return answered(state, event, now, config)
  }
}

/** What came of the write under way; answers to any other are ignored. */
function answered(
  state: LeaseState,
  event: Extract<LeaseEvent, { readonly id: string }>,
  now: number,
  config: LeaseConfig,
): [LeaseState, readonly LeaseCommand[]] {
  const { pending } = state
  if (pending === undefined || pending.id !== event.id) return [state, []]
  switch (event.type) {
    case 'acknowledged':
      return renewed(state, pending, event.revision, now, config)
    case 'unknown':
      return [{ ...state, pending: { ...pending, waits: { until: now + config.retryMs } } }, []]
    case 'conflict':
      return [{ ...state, pending: { ...pending, waits: 'read' } }, [{ type: 'read', id: pending.id }]]
    case 'found': {
      if (event.revision === undefined) return lost(state, 'its record is gone')
      if (event.writer === pending.id) return renewed(state, pending, event.revision, now, config)
      if (event.revision > state.revision) return lost(state, `its record was overwritten at revision ${event.revision}`)
      return [{ ...state, pending: { ...pending, waits: { until: now + config.retryMs } } }, []]
    }
  }
}

/** Begins the next write, or sends the one again that waits for it. */
function next(state: LeaseState, now: number): [LeaseState, readonly LeaseCommand[]] {
  const { pending, revision } = state
  if (pending !== undefined) {
    if (typeof pending.waits === 'string' || now < pending.waits.until) return [state, []]
    return [{ ...state, pending: { ...pending, waits: 'write' } }, [{ type: 'write', id: pending.id, revision, isLast: pending.isLast }]]
  }
  if (!state.isReleasing && now < state.renewAt) return [state, []]
  const writes = state.writes + 1
  const id = `${state.prefix}.${writes}`
  const isLast = state.isReleasing
  return [
    { ...state, writes, renewAt: Infinity, pending: { id, sentAt: now, isLast, waits: 'write' } },
    [{ type: 'write', id, revision, isLast }],
  ]
}

function renewed(
  state: LeaseState,
  { sentAt, isLast }: Renewal,
  revision: number,
  now: number,
  config: LeaseConfig,
): [LeaseState, readonly LeaseCommand[]] {
  if (isLast) return [{ ...state, status: 'released', revision, pending: undefined }, [{ type: 'released' }]]
  const validUntil = Math.max(state.validUntil, sentAt + config.validMs)
  // A `renew` that came while this write was under way has set renewAt to then.
  const renewAt = state.renewAt === Infinity ? sentAt + config.renewMs : state.renewAt
  const held: LeaseState = { ...state, status: now < validUntil ? 'held' : state.status, revision, validUntil, renewAt, pending: undefined }
  const [after, commands] = next(held, now)
  return [after, state.status === 'lapsed' && held.status === 'held' ? [{ type: 'regained' }, ...commands] : commands]
}

function lost(state: LeaseState, why: string): [LeaseState, readonly LeaseCommand[]] {
  return [{ ...state, status: 'lost', pending: undefined }, [{ type: 'lost', why }]]
}
