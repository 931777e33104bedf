// Each machine of the library once more, written by hand as a plain reducer from what its documentation says, without looking at its chart:
// the independent model that the machines have to agree with.

import type { RecoveryEvent } from '../event.ts'

/** Where a model stands, besides what it remembers. */
export interface At {
  readonly at: string
}

/** One step of a model: the next state and the orders in words, as `ordersOf` has them. */
export type Model<S extends At> = (state: S, event: RecoveryEvent) => [S, string[]]

type Failed = RecoveryEvent & { readonly type: 'FAILED' | 'PROBE_FAILED' }
const wait = (ms: number): string => `wait ${ms.toFixed(3)}`
const isAfter = (event: RecoveryEvent, state: string): boolean =>
  String(event.type).startsWith('xstate.after.') && String(event.type).endsWith(`.${state}`)

// --- restart at once

export const atOnce = { at: 'idle' }
export const atOnceModel: Model<At> = (state, { type }) => {
  if (type === 'FAILED') return [{ at: 'restarting' }, ['restart']]
  return [type === 'STARTED' && state.at === 'restarting' ? { at: 'recovered' } : state, []]
}

// --- backoff

export interface BackoffState extends At {
  readonly n: number
  readonly last: number
}
export const backoffModel =
  (o: { min: number; max: number; free: number; most: number; full: boolean }): Model<BackoffState> =>
  (s, e) => {
    const again = { ...s, at: 'restarting', n: s.n + 1 }
    switch (e.type) {
      case 'FAILED': {
        if (s.at === 'waiting') return [s, []]
        if (s.n >= o.most) return [{ ...s, at: 'exhausted' }, ['handOver']]
        if (s.n < o.free) return [again, ['restart']]
        const span = Math.max(s.last, o.min) * 3 - o.min
        const delay = o.full ? e.random * Math.min(o.max, o.min * 2 ** (s.n - o.free)) : Math.min(o.max, o.min + e.random * span)
        return [{ ...s, at: 'waiting', last: delay }, [wait(delay)]]
      }
      case 'STARTED':
        return [s.at === 'restarting' || s.at === 'waiting' ? { ...s, at: 'proving' } : s, []]
      case 'TIMER.retry':
      case 'OPERATOR.retry':
        return s.at === 'waiting' ? [again, ['restart']] : [s, []]
      case 'OPERATOR.stop':
        return s.at === 'waiting' ? [{ ...s, at: 'stopped' }, ['stop']] : [s, []]
      case 'STABLE':
        return [s.at === 'proving' ? { ...s, at: 'recovered' } : s, []]
      default:
        return [s, []]
    }
  }

// --- circuit breaker

export interface BreakerState extends At {
  readonly fails: readonly number[]
  readonly opened: number
  readonly restMs: number
}
export const breakerModel =
  (o: { failures: number; sheds: boolean; standsIn: boolean }): Model<BreakerState> =>
  (s, e) => {
    const mayShed = o.sheds && e.possible.has('degrade')
    const leave = s.at === 'shedding' || s.at === 'slow' ? ['release'] : []
    const rest = (from: BreakerState): [BreakerState, string[]] => {
      const restMs = Math.min(60_000, 5_000 * 2 ** from.opened) * (0.9 + 0.2 * e.random)
      const next = { ...from, opened: from.opened + 1, restMs }
      return o.standsIn && e.possible.has('replace') ? [{ ...next, at: 'replacing' }, ['replace']] : shut(next)
    }
    const shut = (from: BreakerState): [BreakerState, string[]] => [
      { ...from, at: mayShed ? 'shedding' : 'open' },
      [wait(from.restMs), ...(mayShed ? ['park', 'degrade'] : ['park'])],
    ]
    const failed = (f: Failed): [BreakerState, string[]] => {
      if (f.class === 'invalid' || f.class === 'poison') return [{ ...s, at: 'closed' }, ['restart']]
      const fails = [...s.fails.filter((t) => e.at - t < 10_000), e.at].slice(-o.failures)
      if (fails.length < o.failures) return [{ ...s, at: 'closed', fails }, ['restart']]
      return rest({ ...s, fails })
    }
    if ((s.at === 'replacing' || s.at === 'standingIn') && e.type === 'FAILED') return shut(s)
    if (s.at === 'replacing') return e.type === 'STARTED' ? [{ ...s, at: 'standingIn' }, [wait(s.restMs)]] : [s, []]
    const open = s.at === 'open' || s.at === 'shedding' || s.at === 'standingIn'
    if ((s.at === 'closed' || s.at === 'slow') && e.type === 'FAILED') return sorted(leave, failed(e))
    if (s.at === 'closed' && e.type === 'OVERLOADED' && e.resource === 'latency' && e.ratio >= 5 && e.possible.has('degrade')) {
      const [next] = rest(s)
      return [{ ...next, at: 'slow' }, [wait(next.restMs), 'degrade']]
    }
    if (s.at === 'closed' && e.type === 'STABLE') return [{ ...s, at: 'recovered' }, []]
    if (s.at === 'slow' && isAfter(e, 'slow')) return [{ ...s, at: 'closed' }, leave]
    if (open && (isAfter(e, s.at) || e.type === 'OPERATOR.retry' || e.type === 'OPERATOR.release')) {
      return [{ ...s, at: 'halfOpen' }, [...leave, 'probe 1000']]
    }
    if (open && e.type === 'OPERATOR.stop') return [{ ...s, at: 'stopped' }, [...leave, 'stop']]
    if (open && e.type === 'STARTED') return [{ ...s, at: 'closed' }, leave]
    if (s.at === 'halfOpen' && e.type === 'PROBE_OK') return [{ ...s, at: 'closed', fails: [], opened: 0 }, []]
    if (s.at === 'halfOpen' && e.type === 'PROBE_FAILED') return rest(s)
    return [s, []]
  }

function sorted<S>(first: string[], [state, orders]: [S, string[]]): [S, string[]] {
  return [state, [...first, ...orders]]
}

// --- quarantine

export interface QuarantineState extends At {
  readonly seen: Readonly<Record<string, number>>
  readonly n: number
  readonly last: number
  readonly trials: number
}
const clean = { seen: {}, n: 0, last: 0, trials: 0 }
export const quarantineStart: QuarantineState = { at: 'running', ...clean }
const trialAfter = (trials: number): string => wait([300_000, 900_000][trials] ?? 3_600_000)
export const quarantineModel: Model<QuarantineState> = (s, e) => {
  const key = `${s.at} ${e.type}`
  const parked = (from: QuarantineState): [QuarantineState, string[]] => [{ ...from, at: 'quarantined' }, [trialAfter(from.trials), 'park']]
  if (e.type === 'FAILED' && s.at === 'running') {
    const times = (s.seen[e.signature] ?? 0) + 1
    const next = { ...s, seen: { ...s.seen, [e.signature]: times } }
    if (times >= 3) return parked(next)
    if (s.n === 0) return [{ ...next, n: 1 }, ['restart']]
    const delay = Math.min(30_000, 100 + e.random * (Math.max(s.last, 100) * 3 - 100))
    return [{ ...next, at: 'waiting', last: delay }, [wait(delay)]]
  }
  if (isAfter(e, 'waiting') && s.at === 'waiting') return [{ ...s, at: 'running', n: s.n + 1 }, ['restart']]
  if (isAfter(e, 'quarantined') && s.at === 'quarantined') return [{ ...s, at: 'onTrial' }, ['probe 1000']]
  switch (key) {
    case 'running STABLE':
      return [{ ...s, at: 'recovered' }, []]
    case 'waiting STARTED':
      return [{ ...s, at: 'running' }, []]
    case 'waiting OPERATOR.retry':
      return [{ ...s, at: 'running' }, ['restart']]
    case 'waiting OPERATOR.park':
      return parked(s)
    case 'waiting OPERATOR.stop':
    case 'quarantined OPERATOR.stop':
      return [{ ...s, at: 'stopped' }, ['stop']]
    case 'quarantined OPERATOR.retry':
    case 'quarantined OPERATOR.release':
      return [{ ...s, at: 'onTrial' }, ['probe 1000']]
    case 'quarantined STARTED':
    case 'onTrial PROBE_OK':
      return [{ at: 'running', ...clean }, []]
    case 'onTrial PROBE_FAILED':
      return parked({ ...s, trials: s.trials + 1 })
    default:
      return [s, []]
  }
}

// --- retry message

export interface RetryState extends At {
  readonly failed: Readonly<Record<string, number>>
}
export const retryModel: Model<RetryState> = (s, e) => {
  if (s.at === 'running' && e.type === 'FAILED') {
    const hopeless = ['invalid', 'fenced', 'resource'].includes(e.class)
    if (hopeless || e.messageKey === '' || !e.possible.has('retry-message')) return [s, ['delegate']]
    if (['transient', 'overload', 'deadline', 'dependency'].includes(e.class)) return [s, ['delegate retry']]
    const key = `${e.messageKey} ${e.signature}`
    const times = (s.failed[key] ?? 0) + 1
    if (e.class === 'poison' || times >= 3) return [{ ...s, failed: { ...s.failed, [key]: 0 } }, ['deadLetter', 'restart']]
    return [{ at: 'waiting', failed: { ...s.failed, [key]: times } }, [wait(50 * 2 ** (times - 1))]]
  }
  if (s.at === 'running' && e.type === 'STABLE') return [{ ...s, at: 'recovered' }, []]
  if (s.at !== 'waiting') return [s, []]
  if (e.type === 'STARTED') return [{ ...s, at: 'running' }, []]
  if (e.type === 'OPERATOR.retry' || isAfter(e, 'waiting')) return [{ ...s, at: 'running' }, ['restart retry']]
  if (e.type === 'OPERATOR.stop') return [{ ...s, at: 'stopped' }, ['stop']]
  return [s, []]
}

// --- dependency gate

export interface GateState extends At {
  readonly needs: ReadonlySet<string>
}
export const gateModel: Model<GateState> = (s, e) => {
  const gated = (needs: ReadonlySet<string>): [GateState, string[]] => [{ at: 'gated', needs }, [wait(60_000), 'park']]
  if (s.at === 'open') {
    if (e.type === 'FAILED') return e.waitsFor.length > 0 ? gated(new Set(e.waitsFor)) : [s, ['delegate']]
    return [e.type === 'STABLE' ? { ...s, at: 'recovered' } : s, []]
  }
  if (s.at === 'gated') {
    if (e.type === 'DEPENDENCY_UP') {
      const needs = new Set([...s.needs].filter((id) => id !== e.dependency))
      return needs.size === 0 ? [{ at: 'opening', needs }, [wait(e.random * 1_000)]] : [{ ...s, needs }, []]
    }
    if (e.type === 'DEPENDENCY_DOWN') return [{ ...s, needs: new Set([...s.needs, e.dependency]) }, []]
    if (isAfter(e, 'gated')) return [{ ...s, at: 'passed' }, ['handOver']]
    if (e.type === 'OPERATOR.retry') return [{ ...s, at: 'open' }, ['restart']]
    if (e.type === 'OPERATOR.stop') return [{ ...s, at: 'stopped' }, ['stop']]
  }
  if (s.at === 'opening' && e.type === 'DEPENDENCY_DOWN') return gated(new Set([...s.needs, e.dependency]))
  if (s.at === 'opening' && isAfter(e, 'opening')) return [{ ...s, at: 'open' }, ['restart']]
  return [e.type === 'STARTED' ? { ...s, at: 'open' } : s, []]
}

// --- warm restart

export const warmModel: Model<At> = (s, e) => {
  if (e.type === 'STABLE' && s.at !== 'running') return [{ at: 'recovered' }, []]
  if (e.type !== 'FAILED') return [s, []]
  if (s.at === 'running' && e.possible.has('snapshots')) return [{ at: 'fromLast' }, ['restart snapshot']]
  if (s.at === 'running') return [s, ['delegate']]
  return s.at === 'fromLast' ? [{ at: 'fromPrevious' }, ['restart previous']] : [{ at: 'passed' }, ['handOver']]
}

// --- failover

export interface FailoverState extends At {
  readonly n: number
}
export const failoverModel: Model<FailoverState> = (s, e) => {
  const away = e.possible.has('failOver')
  if (e.type === 'LEASE_LOST' || e.type === 'FENCED' || (e.type === 'FAILED' && e.class === 'fenced'))
    return [{ ...s, at: 'stopped' }, ['stop']]
  if (e.type === 'STABLE') return [{ ...s, at: 'recovered' }, []]
  if (e.type !== 'FAILED') return [s, []]
  if (s.n < 1) return [{ ...s, n: s.n + 1 }, ['restart']]
  return away ? [{ ...s, at: 'failedOver' }, ['failOver']] : [{ ...s, at: 'passed' }, ['handOver']]
}

// --- rejuvenation

export const rejuvenateModel: Model<At> = (s, e) => {
  if (e.type === 'FAILED') return [{ at: 'passed' }, ['handOver']]
  if (s.at === 'young') {
    const grown = e.type === 'OVERLOADED' && ((e.resource === 'heap' && e.ratio >= 1.5) || (e.resource === 'loop-lag' && e.ratio >= 4))
    return grown || e.type === 'TIMER.age' ? [{ at: 'due' }, [wait(e.random * 60_000)]] : [s, []]
  }
  if (e.type === 'STARTED') return [{ at: 'renewed' }, []]
  return s.at === 'due' && (isAfter(e, 'due') || e.type === 'OPERATOR.retry') ? [{ at: 'renewing' }, ['restart']] : [s, []]
}

// --- ladder

export interface LadderState extends At {
  readonly i: number
  readonly tried: number
  readonly since: number
  readonly trials: number
}
const orders: Readonly<Record<string, string>> = {
  retry: 'resume retry',
  resume: 'resume',
  restart: 'restart',
  previous: 'restart previous',
  group: 'group all',
  thread: 'restartThread',
  process: 'restartNode',
  node: 'failOver',
}
export const ladderModel =
  (o: { rungs: readonly string[]; tries: number }): Model<LadderState> =>
  (s, e) => {
    const parked = (from: LadderState): [LadderState, string[]] => [{ ...from, at: 'quarantine' }, [trialAfter(from.trials), 'park']]
    if (s.at === 'quarantine') {
      if (e.type === 'STARTED') return [{ ...s, at: 'ground', i: 0, tried: 0, trials: 0 }, []]
      if (e.type === 'OPERATOR.stop') return [{ ...s, at: 'stopped' }, ['stop']]
      const out = e.type === 'OPERATOR.retry' || e.type === 'OPERATOR.release' || isAfter(e, 'quarantine')
      return out ? [{ ...s, at: 'onTrial' }, ['probe 1000']] : [s, []]
    }
    if (s.at === 'onTrial') {
      if (e.type === 'PROBE_OK') return [{ ...s, at: 'ground', i: 0, tried: 0, trials: 0 }, []]
      return e.type === 'PROBE_FAILED' ? parked({ ...s, trials: s.trials + 1 }) : [s, []]
    }
    if (e.type === 'STABLE') return [{ ...s, at: 'recovered' }, []]
    if (e.type === 'HUNG') return [s, ['restart']]
    if (e.type !== 'FAILED') return [s, []]
    if (e.class === 'fenced') return [{ ...s, at: 'stopped' }, ['stop']]
    const candidates = o.rungs.map((rung, i) => ({ rung, i, tried: i === s.i && e.at - s.since <= 60_000 ? s.tried : 0 }))
    const bottom = e.class === 'resource' ? o.rungs.findIndex((rung) => ['thread', 'process'].includes(rung)) : 0
    const found = candidates.find(({ rung, i, tried }) => i >= Math.max(s.i, bottom) && tried < o.tries && usable(rung, e))
    if (found === undefined) return [{ ...s, at: 'passed' }, ['handOver']]
    const { rung, i, tried } = found
    const next = { ...s, at: rung, i, tried: tried + 1, since: tried === 0 ? e.at : s.since }
    return rung === 'quarantine' ? parked(next) : [next, [orders[rung]!]]
  }

function usable(rung: string, e: RecoveryEvent & { readonly type: 'FAILED' }): boolean {
  const can = e.possible
  const handling = e.failure.phase === 'handling'
  switch (rung) {
    case 'retry':
      return can.has('retry-message') && handling && e.messageKey !== '' && e.class === 'transient'
    case 'resume':
      return handling && ['transient', 'overload', 'deadline', 'dependency', 'invalid', 'poison'].includes(e.class)
    case 'previous':
      return can.has('snapshots')
    case 'thread':
      return can.has('restartThread')
    case 'process':
      return can.has('restartNode')
    case 'node':
      return can.has('failOver')
    default:
      return true
  }
}
