// Which other nodes still live, judged from heartbeats, hints and this node's own health. Pure: time comes in with each event.
//
//   trusted --- silent for suspectAfterMs, or a hint ---> suspected --- silent for convictAfterMs more ---> convicted
//      ^------------------------- a heartbeat -----------------'        or: a second hint, after a probe
//
// A hint (nobody listens on its inbox, its connection closed) is worth a suspicion and a probe. Only when nobody listens then, either, is
// it convicted: a connection that closes may be back in a moment, and closes twice when the network flaps. Whoever cannot trust its own senses judges nobody: after a stall of its own loop, without a connection, and while most others seem silent at
// once, which is more likely its own fault (until its own connection is confirmed, or for doubtMs). A conviction is said once.

import type { NodeIdentity } from '@understudy/runtime/spi'

/** The numbers of the detector; all times in milliseconds. */
export interface DetectorConfig {
  /** How often a node is heard of when all is well. */
  readonly heartbeatMs: number
  /** How often `tick` is called. */
  readonly tickMs: number
  /** Silence after which a node is suspected. */
  readonly suspectAfterMs: number
  /** Silence beyond that after which it is convicted. */
  readonly convictAfterMs: number
  /** A second hint counts when it comes at least this much after the first … */
  readonly confirmAfterMs: number
  /** … and at most this much, without a heartbeat in between. */
  readonly confirmWithinMs: number
  /** Lateness of the own tick beyond which the own loop was stalled. */
  readonly stallMs: number
  /** How long most others being silent is put down to oneself, unless `self-confirmed` comes first. */
  readonly doubtMs: number
}

/** The defaults. A hang is convicted after 3.5 s of silence, a closed connection in some 30 ms. */
export const detectorDefaults: DetectorConfig = Object.freeze({
  heartbeatMs: 500,
  tickMs: 250,
  suspectAfterMs: 2000,
  convictAfterMs: 1500,
  confirmAfterMs: 20,
  confirmWithinMs: 2000,
  stallMs: 250,
  doubtMs: 5000,
})

/** What the detector is told. Nodes it was not told to `watch` are ignored. */
export type DetectorEvent =
  | { readonly type: 'watch' | 'forget' | 'heartbeat' | 'unreachable' | 'connection-closed'; readonly node: NodeIdentity }
  | { readonly type: 'tick' | 'link-lost' | 'link-restored' }
  /** The own loop is known to have stood still for so long. Late ticks tell by themselves; this is for who knows earlier. */
  | { readonly type: 'loop-stalled'; readonly stalledMs: number }
  /** The store has acknowledged a write of this node since `suspect-myself`: the others are silent, not this node deaf. */
  | { readonly type: 'self-confirmed' }

/** What the detector says. */
export type Verdict =
  | { readonly type: 'suspect'; readonly node: NodeIdentity; readonly why: string }
  | { readonly type: 'trust'; readonly node: NodeIdentity }
  | { readonly type: 'convict'; readonly node: NodeIdentity; readonly why: string }
  /** Send that node an empty frame after so long: if it is gone, `unreachable` comes back. */
  | { readonly type: 'probe'; readonly node: NodeIdentity; readonly afterMs: number }
  /** Most others seem silent: confirm the own connection by a write to the store, then say `self-confirmed`. */
  | { readonly type: 'suspect-myself'; readonly silent: number; readonly of: number }

interface Peer {
  readonly node: NodeIdentity
  readonly status: 'trusted' | 'suspected' | 'convicted'
  readonly lastSeen: number
  readonly suspectedAt: number
  /** When the first hint since the last heartbeat came. */
  readonly hintedAt: number | undefined
}

/** The detector's memory. Make it with `newDetector`. */
export interface DetectorState {
  readonly peers: ReadonlyMap<string, Peer>
  readonly lastTick: number
  /** Nobody is judged before. */
  readonly judgeFrom: number
  /** When the connection was lost; undefined while there is one. */
  readonly linkLostAt: number | undefined
  readonly doubt: { readonly since: number; readonly isSettled: boolean } | undefined
}

/** A detector that watches nobody yet. */
export function newDetector(now: number): DetectorState {
  return { peers: new Map(), lastTick: now, judgeFrom: now, linkLostAt: undefined, doubt: undefined }
}

/** Takes one event at monotonic time `now`. */
export function detect(
  state: DetectorState,
  event: DetectorEvent,
  now: number,
  config = detectorDefaults,
): [DetectorState, readonly Verdict[]] {
  // Whatever comes first after a stall, the stall comes before it.
  const late = now - state.lastTick - config.tickMs
  if (late > config.stallMs && event.type !== 'loop-stalled') state = { ...excuse(state, late, now, config), lastTick: now }
  switch (event.type) {
    case 'tick':
      return judge({ ...state, lastTick: now }, now, config)
    case 'watch':
      if (state.peers.has(keyOf(event.node))) return [state, []]
      return [withPeer(state, { node: event.node, status: 'trusted', lastSeen: now, suspectedAt: now, hintedAt: undefined }), []]
    case 'forget':
      return [withoutPeer(state, event.node), []]
    case 'heartbeat':
      return heard(state, event.node, now)
    case 'unreachable':
      return hinted(state, event.node, 'nobody listens on its inbox', now, config, true)
    case 'connection-closed':
      return hinted(state, event.node, 'its connection closed', now, config, false)
    case 'loop-stalled':
      return [{ ...excuse(state, event.stalledMs, now, config), lastTick: now }, []]
    case 'link-lost':
      return [{ ...state, linkLostAt: state.linkLostAt ?? now }, []]
    case 'link-restored': {
      if (state.linkLostAt === undefined) return [state, []]
      const { linkLostAt, ...rest } = state
      return [excuse({ ...rest, linkLostAt: undefined }, now - linkLostAt, now, config), []]
    }
    case 'self-confirmed':
      return [state.doubt === undefined ? state : { ...state, doubt: { ...state.doubt, isSettled: true } }, []]
  }
}

function keyOf({ name, incarnation }: NodeIdentity): string {
  return `${name}~${incarnation}`
}

function withPeer(state: DetectorState, peer: Peer): DetectorState {
  return { ...state, peers: new Map(state.peers).set(keyOf(peer.node), peer) }
}

function withoutPeer(state: DetectorState, node: NodeIdentity): DetectorState {
  const peers = new Map(state.peers)
  peers.delete(keyOf(node))
  return { ...state, peers }
}

/** This node heard nothing for `ms` for reasons of its own: nobody's silence counts, and nobody is judged before all could be heard again. */
function excuse(state: DetectorState, ms: number, now: number, { heartbeatMs }: DetectorConfig): DetectorState {
  const shift = (stamp: number) => Math.min(now, stamp + ms)
  const peers = new Map<string, Peer>()
  for (const [key, peer] of state.peers)
    peers.set(key, { ...peer, lastSeen: shift(peer.lastSeen), suspectedAt: shift(peer.suspectedAt), hintedAt: undefined })
  return { ...state, peers, judgeFrom: Math.max(state.judgeFrom, now + heartbeatMs) }
}

function mayJudge(state: DetectorState, now: number): boolean {
  return state.linkLostAt === undefined && now >= state.judgeFrom
}

function heard(state: DetectorState, node: NodeIdentity, now: number): [DetectorState, readonly Verdict[]] {
  const peer = state.peers.get(keyOf(node))
  if (peer === undefined) return [state, []]
  const next = withPeer(state, { ...peer, status: 'trusted', lastSeen: now, hintedAt: undefined })
  return [next, peer.status === 'trusted' ? [] : [{ type: 'trust', node: peer.node }]]
}

function hinted(
  state: DetectorState,
  node: NodeIdentity,
  why: string,
  now: number,
  config: DetectorConfig,
  mayConvict: boolean,
): [DetectorState, readonly Verdict[]] {
  const peer = state.peers.get(keyOf(node))
  if (peer === undefined || peer.status === 'convicted' || !mayJudge(state, now)) return [state, []]
  const age = peer.hintedAt === undefined ? Infinity : now - peer.hintedAt
  // Hints that come in a bunch are one hint; its probe is on the way.
  if (age < config.confirmAfterMs) return [state, []]
  const isSecond = age <= config.confirmWithinMs
  const verdicts: Verdict[] = peer.status === 'trusted' ? [{ type: 'suspect', node: peer.node, why }] : []
  const suspectedAt = peer.status === 'trusted' ? now : peer.suspectedAt
  const suspect: Peer = { ...peer, status: 'suspected', suspectedAt, hintedAt: isSecond ? peer.hintedAt : now }
  const [next, doubts] = doubted(withPeer(state, suspect), now)
  verdicts.push(...doubts)
  if (!isSecond || !mayConvict || isInDoubt(next, now, config))
    return [next, [...verdicts, { type: 'probe', node: peer.node, afterMs: config.confirmAfterMs + 5 }]]
  return [withPeer(next, { ...suspect, status: 'convicted' }), [...verdicts, { type: 'convict', node: peer.node, why }]]
}

function judge(state: DetectorState, now: number, config: DetectorConfig): [DetectorState, readonly Verdict[]] {
  if (!mayJudge(state, now)) return [state, []]
  const verdicts: Verdict[] = []
  for (const peer of state.peers.values()) {
    const silentMs = now - peer.lastSeen
    if (peer.status !== 'trusted' || silentMs < config.suspectAfterMs) continue
    verdicts.push({ type: 'suspect', node: peer.node, why: `silent for ${Math.round(silentMs)} ms` })
    state = withPeer(state, { ...peer, status: 'suspected', suspectedAt: now })
  }
  const [doubting, doubts] = doubted(state, now)
  state = doubting
  verdicts.push(...doubts)
  if (isInDoubt(state, now, config)) return [state, verdicts]
  for (const peer of state.peers.values()) {
    const silentMs = now - peer.lastSeen
    if (
      peer.status !== 'suspected' ||
      silentMs < config.suspectAfterMs + config.convictAfterMs ||
      now - peer.suspectedAt < config.convictAfterMs
    )
      continue
    verdicts.push({ type: 'convict', node: peer.node, why: `silent for ${Math.round(silentMs)} ms` })
    state = withPeer(state, { ...peer, status: 'convicted' })
  }
  return [state, verdicts]
}

/** Whether most of the others are suspects at once. Convicted ones are settled and count on neither side. */
function doubted(state: DetectorState, now: number): [DetectorState, readonly Verdict[]] {
  const judged = [...state.peers.values()].filter(({ status }) => status !== 'convicted')
  const silent = judged.filter(({ status }) => status === 'suspected').length
  if (silent < 2 || silent * 2 <= judged.length) return [state.doubt === undefined ? state : { ...state, doubt: undefined }, []]
  if (state.doubt !== undefined) return [state, []]
  return [{ ...state, doubt: { since: now, isSettled: false } }, [{ type: 'suspect-myself', silent, of: judged.length }]]
}

function isInDoubt({ doubt }: DetectorState, now: number, { doubtMs }: DetectorConfig): boolean {
  return doubt !== undefined && !doubt.isSettled && now - doubt.since < doubtMs
}
