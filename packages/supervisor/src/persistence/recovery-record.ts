// What stands in the store for one child: its key, and the bytes.

import { fnv1a, mix } from '../stable-hash.ts'
import type { PersistedRecovery } from '../recovery/persist.ts'
import { fieldsOf } from '../recovery/plain.ts'

/** One child's recovery as it is stored. */
export interface RecoveryRecord {
  readonly path: string
  /** Not looked at yet: `reviveRecovery` does that. */
  readonly recovery: unknown
}

const longestPath = 60
const longestId = 40
/** More than any recovery is: what is larger is not read. */
const maxBytes = 64 * 1024

/** The keys of a supervisor's children begin so. */
export function recordPrefix(supervisor: string): string {
  return `${token(supervisor, longestPath)}.`
}

/** The key of one child. Two children may have the same one, if rarely: the record says whose it is. */
export function recordKey(supervisor: string, id: string): string {
  return recordPrefix(supervisor) + token(id, longestId)
}

/** @throws Error when it is larger than would be read again. */
export function writeRecord(path: string, recovery: PersistedRecovery): Uint8Array {
  const bytes = new TextEncoder().encode(JSON.stringify({ path, recovery } satisfies RecoveryRecord))
  if (bytes.byteLength > maxBytes) throw new Error(`it is ${bytes.byteLength} bytes on paper, and ${maxBytes} is the most`)
  return bytes
}

/** @throws Error when it is nothing that `writeRecord` made. */
export function readRecord(bytes: Uint8Array): RecoveryRecord {
  if (bytes.byteLength > maxBytes) throw new Error(`it is ${bytes.byteLength} bytes`)
  const { path, recovery } = fieldsOf(JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)), 'it')
  if (typeof path !== 'string') throw new Error('it names no path')
  return { path, recovery }
}

/** A text as one token of a key: what a token cannot hold is written in hexadecimal, and a hash stands for the end of what is too long. */
function token(text: string, longest: number): string {
  const plain = text.replaceAll(/[^A-Za-z0-9-]/g, (character) => `_${character.charCodeAt(0).toString(16)}`)
  return plain.length <= longest ? plain : `${plain.slice(0, longest - 9)}_${mix(fnv1a(text)).toString(16).padStart(8, '0')}`
}
