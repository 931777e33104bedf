// The record of who owns a singleton, `own.<name>`. It has no time to live: it is good only while its owner's node lease is. The
// revision with which an owner wrote it is the epoch of that ownership.

import { isNodeName, isPath, type NodeIdentity } from '@understudy/runtime/spi'

/** What is stored under `own.<name>`, as JSON. */
export interface OwnRecord {
  /** `null` when the last owner has let go. */
  readonly owner: NodeIdentity | null
  /** The path of the owner's manager: where messages for the singleton go. */
  readonly path: string
  /** The id of the write, by which the writer recognises its own after an unknown outcome. */
  readonly writer: string
}

const maxBytes = 4096
const maxWriterLength = 256

/** Writes a record. */
export function encodeOwnRecord(record: OwnRecord): Uint8Array {
  return Buffer.from(JSON.stringify(record))
}

/** Reads a record; a text says why it is none. Never throws. */
export function decodeOwnRecord(bytes: Uint8Array): OwnRecord | string {
  if (bytes.length > maxBytes) return `it has ${bytes.length} bytes`
  let raw: unknown
  try {
    raw = JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString())
  } catch {
    return 'it is not JSON'
  }
  if (typeof raw !== 'object' || raw === null) return 'it is not an object'
  const { owner, path, writer } = raw as { owner?: unknown; path?: unknown; writer?: unknown }
  if (typeof writer !== 'string' || writer.length > maxWriterLength) return 'its writer is none'
  if (typeof path !== 'string' || !isPath(path)) return 'its path is none'
  if (owner === null) return { owner, path, writer }
  const { name, incarnation } = (owner ?? {}) as { name?: unknown; incarnation?: unknown }
  if (typeof name !== 'string' || !isNodeName(name)) return 'its owner has no proper name'
  if (!Number.isSafeInteger(incarnation) || (incarnation as number) < 0) return "its owner's incarnation is no revision"
  return { owner: { name, incarnation: incarnation as number }, path, writer }
}
