// A node's record in the store, `node.<name>`: its lease and its business card in one. Anybody may have written what is there, so
// it is read as foreign data.

import { isNodeName } from '@understudy/runtime/spi'

/** Where a node is in its life as a member. `down` is written by whoever convicted it. */
export type MemberStatus = 'joining' | 'up' | 'leaving' | 'left' | 'down'

/** What a node says of itself; stored as JSON under `node.<name>`. */
export interface NodeRecord {
  readonly name: string
  /** The revision of the write with which this life of the node joined; 0 in that very write, which cannot know it yet. */
  readonly incarnation: number
  readonly status: MemberStatus
  readonly roles: readonly string[]
  /** Names of the leader-singletons that may lead there. */
  readonly singletons: readonly string[]
  /** Names of the cluster pools with workers there. */
  readonly pools: readonly string[]
  /** Wall-clock time of the status, in milliseconds since 1970. For display. */
  readonly since: number
  /** The id of the write, by which the writer recognises its own after an unknown outcome. */
  readonly writer: string
  /** In a record that says `down`: the revision of the node's last own write, which this one replaced. */
  readonly replaces?: number
}

/** Where the records of nodes are. */
export const nodePrefix = 'node.'

const statuses: readonly unknown[] = ['joining', 'up', 'leaving', 'left', 'down'] satisfies MemberStatus[]
const maxBytes = 64 * 1024
const maxNames = 1000
const maxNameLength = 256

/** Writes a record. */
export function encodeNodeRecord(record: NodeRecord): Uint8Array {
  return Buffer.from(JSON.stringify(record))
}

/** Reads a record found at `key`; a text says why it is none. Never throws. */
export function decodeNodeRecord(key: string, bytes: Uint8Array): NodeRecord | string {
  if (bytes.length > maxBytes) return `it has ${bytes.length} bytes`
  let raw: unknown
  try {
    raw = JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString())
  } catch {
    return 'it is not JSON'
  }
  if (typeof raw !== 'object' || raw === null) return 'it is not an object'
  const { name, incarnation, status, roles, singletons, pools, since, writer, replaces } = raw as Partial<Record<keyof NodeRecord, unknown>>
  if (typeof name !== 'string' || !isNodeName(name) || key !== nodePrefix + name) return 'its name is not that of its key'
  if (!isRevision(incarnation)) return 'its incarnation is no revision'
  if (!statuses.includes(status)) return 'its status is unknown'
  if (typeof since !== 'number' || !Number.isFinite(since)) return 'its time is none'
  if (typeof writer !== 'string' || writer.length > maxNameLength) return 'its writer is none'
  if (replaces !== undefined && !isRevision(replaces)) return 'what it replaces is no revision'
  if (!areNames(roles) || !areNames(singletons) || !areNames(pools)) return 'its roles, singletons or pools are not lists of names'
  const record = { name, incarnation, status: status as MemberStatus, roles, singletons, pools, since, writer }
  return replaces === undefined ? record : { ...record, replaces }
}

function isRevision(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0
}

function areNames(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.length <= maxNames && value.every((name) => typeof name === 'string' && name.length <= maxNameLength)
}
