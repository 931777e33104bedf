// The key-value contract on one JetStream stream. A write is one publish with a condition that the server checks; nothing else
// decides. Reads go to the stream's leader, sets of keys to any replica, and both may be old.

import type { MsgHdrs, NatsConnection } from '@nats-io/nats-core'
import { headers } from '@nats-io/nats-core'
import type { Change, Condition, Entry, KeyValueStore } from '@understudy/runtime/spi'
import { InvalidOptionError, RevisionConflictError, StoreUnavailableError } from '@understudy/runtime/spi'
import { apiCode, JetStreamRefusal, unavailable } from './errors.ts'
import type { ReplyMux } from './reply-mux.ts'
import type { StoredMessage } from './stored-message.ts'
import { readDirect, readLeaderGet } from './stored-message.ts'
import { readApiReply } from './stream.ts'
import type { Subjects } from './subjects.ts'
import { isKey, isPrefix } from './subjects.ts'

/** What the store needs from its connection. */
export interface StoreContext {
  readonly connection: NatsConnection
  readonly mux: ReplyMux
  readonly subjects: Subjects
  /** The largest value, in bytes: what a message may carry, less room for headers. */
  readonly maxValueBytes: () => number
  readonly onFault: (error: unknown) => void
}

interface WriteOptions {
  readonly ttlMs?: number
  readonly id?: string
}

/** JetStream answers a direct get for at most this many keys. */
const maxKeysTogether = 1024
/** A key that is overwritten between being found and being read makes the server break off; the read is then repeated. */
const maxReadAttempts = 5
const maxWriteRounds = 3
const writeId = /^[\x21-\x7e]{1,200}$/

/** The store of one cluster over one connection. */
export function jetStreamStore({ connection, mux, subjects, maxValueBytes, onFault }: StoreContext): KeyValueStore {
  const leaderGet = `$JS.API.STREAM.MSG.GET.${subjects.stream}`
  const directGet = `$JS.API.DIRECT.GET.${subjects.stream}`
  const streamInfo = `$JS.API.STREAM.INFO.${subjects.stream}`

  /** The last message of a key as the leader sees it, markers included. */
  async function lastMessage(key: string): Promise<StoredMessage | undefined> {
    const what = `reading '${key}'`
    const reply = await mux.ask({ what, subject: leaderGet, payload: JSON.stringify({ last_by_subj: subjects.stored(key) }) })
    try {
      const { message } = readApiReply(what, reply.string()) as { message?: object }
      if (message === undefined) throw new StoreUnavailableError(what, 'the answer holds no message')
      return readLeaderGet(message, subjects)
    } catch (error) {
      if (error instanceof JetStreamRefusal && error.errCode === apiCode.noMessage) return undefined
      throw unavailable(what, error)
    }
  }

  /** The last messages of all keys that match, as one replica sees them at one moment; `undefined` when they are too many. */
  async function lastMessages(what: string, filters: readonly string[]): Promise<readonly StoredMessage[] | undefined> {
    const found: StoredMessage[] = []
    let page: { readonly seq?: number; readonly up_to_seq?: number } = {}
    for (let attempt = 0; attempt < maxReadAttempts;) {
      const replies = await mux.askMany({ what, subject: directGet, payload: JSON.stringify({ multi_last: filters, ...page }) })
      const end = replies.at(-1)?.headers
      try {
        for (const reply of replies.slice(0, -1)) found.push(readDirect(reply, subjects))
      } catch (error) {
        throw unavailable(what, error)
      }
      if (end === undefined || end.code === 413) return undefined
      if (end.code === 404 && end.description === 'No Results') return found
      if (end.code !== 204) {
        found.length = 0
        page = {}
        attempt++
      } else if (Number(end.get('Nats-Num-Pending')) > 0) {
        page = { seq: (found.at(-1)?.revision ?? 0) + 1, up_to_seq: Number(end.get('Nats-UpTo-Sequence')) }
      } else {
        return found
      }
    }
    throw new StoreUnavailableError(what, `the keys changed during each of ${maxReadAttempts} reads`)
  }

  /** One conditional publish: the new revision, or the refusal if the condition did not hold. */
  async function publish(
    key: string,
    value: Uint8Array,
    condition: Condition,
    expected: number,
    options: WriteOptions,
  ): Promise<number | JetStreamRefusal> {
    const what = `writing '${key}'`
    const reply = await mux.ask({
      what,
      subject: subjects.stored(key),
      payload: value,
      headers: writeHeaders(subjects, key, condition, expected, options),
    })
    try {
      const { seq } = readApiReply(what, reply.string()) as { seq?: unknown }
      if (typeof seq !== 'number' || seq < 1) throw new StoreUnavailableError(what, 'the answer holds no sequence')
      return seq
    } catch (error) {
      if (error instanceof JetStreamRefusal && error.isConflict) return error
      throw unavailable(what, error)
    }
  }

  /**
   * Whether the write of that id is what is stored: its own first attempt may have been applied and only the answer been lost. A
   * server of one replica refuses the repetition then, since it checks the condition before it looks for duplicates.
   */
  async function ownRevision(key: string, id: string, condition: Condition, refusal: JetStreamRefusal): Promise<number | undefined> {
    const stored = await lastMessage(key)
    if (stored?.id === id) return stored.revision
    // A read older than the refusal proves nothing about the own write.
    if (condition.key === key && (refusal.lastSequence ?? 0) > (stored?.revision ?? 0)) {
      throw new StoreUnavailableError(`writing '${key}'`, 'refused, and the read that should explain it is older than the refusal', {
        cause: refusal,
      })
    }
    return undefined
  }

  async function write(key: string, value: Uint8Array, condition: Condition, options: WriteOptions = {}): Promise<number> {
    checkWrite(key, value, condition, options, maxValueBytes())
    let expected = condition.revision
    for (let round = 1; ; round++) {
      const answer = await publish(key, value, condition, expected, options)
      if (typeof answer === 'number') return answer
      if (options.id !== undefined) {
        const own = await ownRevision(key, options.id, condition, answer)
        if (own !== undefined) return own
      }
      // Expiry leaves a marker with a revision of its own; to the caller such a key is as good as never written.
      const marker =
        condition.revision === 0 && round < maxWriteRounds && (answer.lastSequence ?? 0) > 0 ? await lastMessage(condition.key) : undefined
      if (marker === undefined || marker.value !== undefined || marker.revision === expected) {
        throw new RevisionConflictError(condition.key, condition.revision, answer.lastSequence, { cause: answer })
      }
      expected = marker.revision
    }
  }

  /** More keys than one answer may hold: their names first, then their values in portions. Not one moment any more. */
  async function listLarge(what: string, filter: string): Promise<readonly StoredMessage[]> {
    const names: string[] = []
    for (let offset = 0; ; offset = names.length) {
      const reply = await mux.ask({ what, subject: streamInfo, payload: JSON.stringify({ subjects_filter: filter, offset }) })
      const page = Object.keys(readSubjects(what, reply.string()))
      names.push(...page)
      if (page.length === 0) break
    }
    const found: StoredMessage[] = []
    for (let at = 0; at < names.length; at += maxKeysTogether) {
      found.push(...((await lastMessages(what, names.slice(at, at + maxKeysTogether))) ?? []))
    }
    return found
  }

  return {
    write,

    async read(key) {
      checkKey('key', key)
      const stored = await lastMessage(key)
      return stored === undefined ? undefined : entriesOf([stored])[0]
    },

    async readTogether(keys) {
      keys.forEach((key, index) => checkKey(`keys[${index}]`, key))
      if (keys.length > maxKeysTogether) throw new InvalidOptionError('keys.length', keys.length, `at most ${maxKeysTogether}`)
      if (keys.length === 0) return []
      const what = `reading ${keys.length} keys together`
      return entriesOf(
        (await lastMessages(
          what,
          [...new Set(keys)].map((key) => subjects.stored(key)),
        )) ?? [],
      )
    },

    async list(prefix) {
      checkPrefix(prefix)
      const what = `listing '${prefix}'`
      const filter = subjects.storedBelow(prefix)
      return entriesOf((await lastMessages(what, [filter])) ?? (await listLarge(what, filter)))
    },

    watch(prefix, onChange) {
      checkPrefix(prefix)
      const subscription = connection.subscribe(subjects.changesBelow(prefix), {
        callback(error, message) {
          try {
            if (error !== null) throw error
            const { key, revision, value } = readDirect(message, subjects)
            const change: Change = value === undefined ? { key, revision } : { key, revision, value }
            onChange(change)
          } catch (fault) {
            onFault(fault)
          }
        },
      })
      return () => subscription.unsubscribe()
    },
  }
}

function writeHeaders(subjects: Subjects, key: string, condition: Condition, expected: number, { ttlMs, id }: WriteOptions): MsgHdrs {
  const list = headers()
  list.set('Nats-Expected-Last-Subject-Sequence', String(expected))
  if (condition.key !== key) list.set('Nats-Expected-Last-Subject-Sequence-Subject', subjects.stored(condition.key))
  // The server counts in whole seconds; a lease may last longer than asked for, never shorter.
  if (ttlMs !== undefined) list.set('Nats-TTL', `${Math.ceil(ttlMs / 1000)}s`)
  if (id !== undefined) list.set('Nats-Msg-Id', id)
  return list
}

function entriesOf(messages: readonly StoredMessage[]): Entry[] {
  return messages.flatMap(({ key, revision, value }) => (value === undefined ? [] : [{ key, revision, value }]))
}

function readSubjects(what: string, json: string): object {
  try {
    return (readApiReply(what, json) as { state?: { subjects?: object } }).state?.subjects ?? {}
  } catch (error) {
    throw unavailable(what, error)
  }
}

function checkWrite(key: string, value: Uint8Array, condition: Condition, { ttlMs, id }: WriteOptions, maxValueBytes: number): void {
  checkKey('key', key)
  checkKey('condition.key', condition.key)
  if (!Number.isSafeInteger(condition.revision) || condition.revision < 0) {
    throw new InvalidOptionError('condition.revision', condition.revision, 'a revision, or 0')
  }
  if (value.byteLength > maxValueBytes) throw new InvalidOptionError('value.byteLength', value.byteLength, `at most ${maxValueBytes}`)
  if (ttlMs !== undefined && (!Number.isFinite(ttlMs) || ttlMs < 1000)) throw new InvalidOptionError('ttlMs', ttlMs, 'at least 1000')
  if (id !== undefined && !writeId.test(id)) throw new InvalidOptionError('id', id, '1 to 200 visible ASCII characters')
}

function checkKey(field: string, key: string): void {
  if (!isKey(key)) throw new InvalidOptionError(field, key, 'dot-separated tokens of [A-Za-z0-9_-], at most 180 characters')
}

function checkPrefix(prefix: string): void {
  if (!isPrefix(prefix)) throw new InvalidOptionError('prefix', prefix, 'empty, or tokens of [A-Za-z0-9_-] that each end at a dot')
}
