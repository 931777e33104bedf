// One message of the stream as the store sees it, whichever of JetStream's three ways it came: leader get, direct get, republished.

import type { Msg } from '@nats-io/nats-core'
import { MsgHdrsImpl } from '@nats-io/nats-core'
import type { Subjects } from './subjects.ts'

/** The last message of one key. */
export interface StoredMessage {
  readonly key: string
  readonly revision: number
  /** Absent when the message is a marker: the key expired or was deleted. */
  readonly value?: Uint8Array
  /** The name of the logical write that made it. */
  readonly id?: string
}

/** Reads the JSON answer of a leader get. @throws Error when it is not one. */
export function readLeaderGet(
  message: { subject?: unknown; seq?: unknown; hdrs?: unknown; data?: unknown },
  subjects: Subjects,
): StoredMessage {
  const headers = typeof message.hdrs === 'string' ? MsgHdrsImpl.decode(Buffer.from(message.hdrs, 'base64')) : undefined
  const data = typeof message.data === 'string' ? new Uint8Array(Buffer.from(message.data, 'base64')) : new Uint8Array(0)
  return build(subjects, String(message.subject), Number(message.seq), data, headers)
}

/** Reads a message with the headers that direct get and republish add. @throws Error when it is not one. */
export function readDirect(message: Msg, subjects: Subjects): StoredMessage {
  const { headers } = message
  if (headers === undefined) throw new Error(`a message on ${message.subject} without headers is not from the stream`)
  // The bytes are copied: they point into what the socket read.
  return build(subjects, headers.get('Nats-Subject'), Number(headers.get('Nats-Sequence')), message.data.slice(), headers)
}

function build(
  subjects: Subjects,
  subject: string,
  revision: number,
  data: Uint8Array,
  headers: MsgHdrsImpl | Msg['headers'],
): StoredMessage {
  const key = subjects.keyOf(subject)
  if (key === undefined || !Number.isSafeInteger(revision) || revision < 1)
    throw new Error(`'${subject}' at ${revision} is not an entry of the store`)
  if (headers === undefined) return { key, revision, value: data }
  const operation = headers.get('KV-Operation')
  const isMarker = headers.get('Nats-Marker-Reason') !== '' || operation === 'DEL' || operation === 'PURGE'
  const id = headers.get('Nats-Msg-Id')
  return { key, revision, ...(isMarker ? {} : { value: data }), ...(id === '' ? {} : { id }) }
}
