// What nodes tell each other all the time: that they are there, and which process groups they have. Broadcast, lossy, repeated.

import { isNodeName, type NodeIdentity } from '@understudy/runtime/spi'
import type { GroupsSaid } from '../group/groups.ts'

/** One broadcast. */
export type Broadcast =
  /** `membersSeen` and `ownersSeen` are the latest revisions of a node's and of an ownership record that the sender has taken in. */
  | {
      readonly type: 'heartbeat'
      readonly from: NodeIdentity
      readonly membersSeen: number
      readonly ownersSeen: number
    }
  | { readonly type: 'groups'; readonly from: NodeIdentity; readonly said: GroupsSaid }

export function encodeBroadcast(broadcast: Broadcast): Uint8Array {
  return Buffer.from(JSON.stringify(broadcast))
}

/** Reads a broadcast; `undefined` for whatever is none. Never throws. */
export function decodeBroadcast(bytes: Uint8Array): Broadcast | undefined {
  let value: unknown
  try {
    value = JSON.parse(Buffer.from(bytes).toString())
  } catch {
    return undefined
  }
  if (typeof value !== 'object' || value === null) return undefined
  const { type, from, membersSeen, ownersSeen, said } = value as Record<string, unknown>
  const identity = readIdentity(from)
  if (identity === undefined) return undefined
  if (type === 'heartbeat')
    return isVersion(membersSeen) && isVersion(ownersSeen) ? { type, from: identity, membersSeen, ownersSeen } : undefined
  if (type !== 'groups' || typeof said !== 'object' || said === null) return undefined
  const { version, groups } = said as Record<string, unknown>
  if (!isVersion(version) || typeof groups !== 'object' || groups === null) return undefined
  return { type, from: identity, said: { version, groups: groups as GroupsSaid['groups'] } }
}

function readIdentity(value: unknown): NodeIdentity | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  const { name, incarnation } = value as Record<string, unknown>
  return typeof name === 'string' && isNodeName(name) && isVersion(incarnation) ? { name, incarnation } : undefined
}

function isVersion(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0
}
