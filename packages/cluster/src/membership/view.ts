// Who is a member, as one node sees it in the store's records. Changes come from a watch that may miss some and a poll that may be
// old, so whatever is not newer than what is known changes nothing. A hint throughout: nobody owns anything because of a view.

import type { Change, Entry, NodeIdentity } from '@understudy/runtime/spi'
import { decodeNodeRecord, type MemberStatus, nodePrefix, type NodeRecord } from './node-record.ts'

/** A member, or what is remembered of one. */
export interface Member {
  readonly identity: NodeIdentity
  readonly status: MemberStatus
  readonly roles: readonly string[]
  readonly singletons: readonly string[]
  readonly pools: readonly string[]
  readonly since: number
  /** The id of the record's last write. */
  readonly writer: string
  /** The revision of its record; a record that is gone keeps the revision with which it went. */
  readonly revision: number
  /** When, by this node's own clock, the record was last seen to change by the node's own hand; see `claim.ts`. */
  readonly quietSince: number
  /** When, by this node's own clock, this life of the node was first seen: an earlier one was quiet from then on at the latest. */
  readonly firstSeen: number
}

/** All that is known, by node name; ended members are remembered so that old news cannot bring them back. */
export interface View {
  readonly members: ReadonlyMap<string, Member>
  /** Names that the last poll did not find although they should be there. */
  readonly missed: ReadonlySet<string>
}

/** What a change meant. */
export type ViewEvent =
  | { readonly type: 'node.joined'; readonly node: NodeIdentity }
  | { readonly type: 'node.up'; readonly node: NodeIdentity }
  | { readonly type: 'node.leaving'; readonly node: NodeIdentity }
  | { readonly type: 'node.left'; readonly node: NodeIdentity }
  | { readonly type: 'node.down'; readonly node: NodeIdentity; readonly why: string }
  /** A newer life of the same name has joined: the older one is no member any more. */
  | { readonly type: 'node.replaced'; readonly node: NodeIdentity; readonly by: NodeIdentity }
  | { readonly type: 'record.refused'; readonly key: string; readonly why: string }

/** Ended members that are remembered at most; the oldest are forgotten first. */
export const maxRemembered = 1000

/** Nobody is known. */
export const emptyView: View = { members: new Map(), missed: new Set() }

const living: readonly MemberStatus[] = ['joining', 'up', 'leaving']

/** Whether a member takes part: joining, up or leaving. */
export function isLiving({ status }: Member): boolean {
  return living.includes(status)
}

/** The members that take part, by name; those that are up with `status` 'up'. */
export function membersOf(view: View, status?: MemberStatus): readonly Member[] {
  const members = [...view.members.values()].filter((member) => (status === undefined ? isLiving(member) : member.status === status))
  return members.sort((a, b) => (a.identity.name < b.identity.name ? -1 : 1))
}

/** The member that is exactly this life of a node, living or not. */
export function memberOf(view: View, { name, incarnation }: NodeIdentity): Member | undefined {
  const member = view.members.get(name)
  return member?.identity.incarnation === incarnation ? member : undefined
}

/** Takes a change of a node's record. `now` is monotonic time. */
export function applyChange(view: View, change: Change, now: number): [View, readonly ViewEvent[]] {
  const { key, revision, value } = change
  if (!key.startsWith(nodePrefix)) return [view, []]
  const name = key.slice(nodePrefix.length)
  const known = view.members.get(name)
  if (known !== undefined && revision <= known.revision) return [view, []]
  if (value === undefined) return known === undefined ? [view, []] : gone(view, known, revision, now, 'its lease expired')
  const record = decodeNodeRecord(key, value)
  if (typeof record === 'string') return [view, [{ type: 'record.refused', key, why: record }]]
  return taken(view, known, record, revision, now)
}

/**
 * Takes all records that a poll of the store found. A member that two polls in a row did not find is gone: one poll may have asked a
 * replica that had not heard of it yet.
 */
export function applyPoll(view: View, entries: readonly Entry[], now: number): [View, readonly ViewEvent[]] {
  const events: ViewEvent[] = []
  const step = ([next, more]: [View, readonly ViewEvent[]]): void => {
    view = next
    events.push(...more)
  }
  for (const { key, revision, value } of entries) step(applyChange(view, { key, revision, value }, now))
  const found = new Set(entries.map(({ key }) => key.slice(nodePrefix.length)))
  const absent = membersOf(view).filter(({ identity }) => !found.has(identity.name))
  for (const member of absent) {
    if (view.missed.has(member.identity.name)) step(gone(view, member, member.revision, now, 'its record is gone'))
  }
  const missed = new Set(absent.filter((member) => !view.missed.has(member.identity.name)).map(({ identity }) => identity.name))
  return [{ ...view, missed }, events]
}

function gone(view: View, known: Member, revision: number, now: number, why: string): [View, readonly ViewEvent[]] {
  if (!isLiving(known)) return [remember(view, { ...known, revision }), []]
  // What the node wrote last may have gone unseen, so its quiet time begins now.
  return [remember(view, { ...known, status: 'down', revision, quietSince: now }), [{ type: 'node.down', node: known.identity, why }]]
}

function taken(view: View, known: Member | undefined, record: NodeRecord, revision: number, now: number): [View, readonly ViewEvent[]] {
  const { name, status, roles, singletons, pools, since, writer } = record
  const incarnation = record.incarnation === 0 ? revision : record.incarnation
  if (incarnation > revision)
    return [view, [{ type: 'record.refused', key: nodePrefix + name, why: 'its incarnation is newer than itself' }]]
  if (known !== undefined && incarnation < known.identity.incarnation) return [view, []]
  const identity = { name, incarnation }
  const same = known?.identity.incarnation === incarnation ? known : undefined
  // A conviction names the write it replaced. Only when that is the one we saw do we know that the node wrote nothing since.
  const quietSince = same !== undefined && status === 'down' && record.replaces === same.revision ? same.quietSince : now
  const firstSeen = same?.firstSeen ?? now
  const member: Member = { identity, status, roles, singletons, pools, since, writer, revision, quietSince, firstSeen }
  const events: ViewEvent[] = []
  if (known !== undefined && same === undefined && isLiving(known))
    events.push({ type: 'node.replaced', node: known.identity, by: identity })
  events.push(...passage(same, member))
  return [remember(view, member), events]
}

/** The events on the way from one state of the same life to another. `joined` always comes once before anything else. */
function passage(before: Member | undefined, { identity: node, status }: Member): ViewEvent[] {
  const from = before === undefined || !isLiving(before) ? undefined : before.status
  if (from === status) return []
  if (!living.includes(status)) {
    if (from === undefined) return []
    return [status === 'left' ? { type: 'node.left', node } : { type: 'node.down', node, why: 'it was declared down' }]
  }
  const events: ViewEvent[] = from === undefined ? [{ type: 'node.joined', node }] : []
  if (status === 'up') events.push({ type: 'node.up', node })
  if (status === 'leaving') events.push({ type: 'node.leaving', node })
  return events
}

function remember(view: View, member: Member): View {
  const members = new Map(view.members)
  members.delete(member.identity.name)
  members.set(member.identity.name, member)
  const ended = [...members.values()].filter((other) => !isLiving(other))
  for (const { identity } of ended.slice(0, Math.max(0, ended.length - maxRemembered))) members.delete(identity.name)
  return { ...view, members }
}
