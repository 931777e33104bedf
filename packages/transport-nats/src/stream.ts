// The stream under the store: how it must be set up, who makes it, and what is done when it is set up otherwise.

import type { StreamConfig } from '@nats-io/jetstream'
import type { Env } from '@understudy/runtime/spi'
import { StoreUnavailableError, TransportError } from '@understudy/runtime/spi'
import { apiCode, JetStreamRefusal } from './errors.ts'
import type { Settings } from './options.ts'
import type { ReplyMux } from './reply-mux.ts'
import type { Subjects } from './subjects.ts'

const nanosPerMs = 1_000_000
const dayMs = 24 * 60 * 60 * 1000
const retryMs = 50

type WantedStream = Pick<
  StreamConfig,
  | 'name'
  | 'subjects'
  | 'description'
  | 'storage'
  | 'retention'
  | 'discard'
  | 'max_msgs_per_subject'
  | 'max_bytes'
  | 'num_replicas'
  | 'duplicate_window'
  | 'allow_direct'
  | 'republish'
  | 'allow_msg_ttl'
  | 'subject_delete_marker_ttl'
>

/** The stream as this version of Understudy makes it. */
export function wantedStream(subjects: Subjects, settings: Settings): WantedStream {
  return {
    name: subjects.stream,
    description: 'Understudy: leases, ownership and fenced state. Deleting it makes epochs begin anew: stop every node first.',
    subjects: [subjects.storedBelow('')],
    storage: 'file',
    retention: 'limits',
    // `old` would silently drop live entries when the stream is full.
    discard: 'new',
    // One message per key: with more, an older value would come back when the newest expires.
    max_msgs_per_subject: 1,
    max_bytes: settings.maxStoreBytes,
    num_replicas: settings.replicas,
    duplicate_window: 2 * 60_000 * nanosPerMs,
    allow_direct: true,
    republish: { src: subjects.storedBelow(''), dest: subjects.changesBelow('') },
    allow_msg_ttl: true,
    // An expiry leaves a marker, so it is heard, and the key's last revision is known for as long.
    subject_delete_marker_ttl: dayMs * nanosPerMs,
  }
}

/** What makes an existing stream unfit, in words; empty when it will do. Sizes and times may differ, what safety rests on may not. */
export function unfitFor(wanted: WantedStream, found: Partial<StreamConfig>): string[] {
  const must = (field: string, want: unknown, has: unknown): string[] =>
    want === has ? [] : [`${field} is ${String(has)}, not ${String(want)}`]
  const replicas = found.num_replicas ?? 1
  return [
    ...must('subjects', wanted.subjects.join(), found.subjects?.join()),
    ...must('storage', wanted.storage, found.storage),
    ...must('retention', wanted.retention, found.retention),
    ...must('discard', wanted.discard, found.discard),
    ...must('max_msgs_per_subject', 1, found.max_msgs_per_subject),
    ...must('allow_direct', true, found.allow_direct),
    ...must('allow_msg_ttl', true, found.allow_msg_ttl),
    ...must('republish', `${wanted.republish?.src} to ${wanted.republish?.dest}`, `${found.republish?.src} to ${found.republish?.dest}`),
    ...((found.subject_delete_marker_ttl ?? 0) > 0 ? [] : ['subject_delete_marker_ttl is not set']),
    ...((found.max_age ?? 0) === 0 ? [] : ['max_age is set']),
    ...(replicas >= wanted.num_replicas ? [] : [`num_replicas is ${replicas}, not ${wanted.num_replicas}`]),
  ]
}

/**
 * Makes the stream unless it exists, whoever else does so at the same time, and resolves when it answers.
 * @throws TransportError when it cannot be had: no JetStream, an unfit stream, or no leader in time.
 */
export async function ensureStream(mux: ReplyMux, subjects: Subjects, settings: Settings, env: Env, hasJetStream: boolean): Promise<void> {
  const deadline = env.now() + settings.setUpTimeoutMs
  for (;;) {
    try {
      return await tryStream(mux, subjects, settings)
    } catch (error) {
      if (error instanceof TransportError) throw error
      const refusal = error instanceof JetStreamRefusal ? error.errCode : undefined
      const noJetStream =
        refusal === apiCode.notEnabled || refusal === apiCode.notEnabledForAccount || (refusal === undefined && !hasJetStream)
      if (noJetStream) {
        throw new TransportError(
          'the nats-server has no JetStream for this account. Start it with a `jetstream` block (or -js), and enable it for the account',
          {
            cause: error,
          },
        )
      }
      if (env.now() >= deadline) {
        const why = error instanceof Error ? error.message : String(error)
        throw new TransportError(
          `the stream ${subjects.stream} was not usable within ${settings.setUpTimeoutMs} ms: ${why}. Check the NATS servers`,
          {
            cause: error,
          },
        )
      }
      await new Promise<void>((resolve) => void env.setTimer(retryMs, resolve))
    }
  }
}

/** Says what is wrong with the stream, if anything. For after a reconnect: by then it must exist. */
export async function checkStream(mux: ReplyMux, subjects: Subjects, settings: Settings): Promise<string | undefined> {
  try {
    const wrong = unfitFor(wantedStream(subjects, settings), await streamInfo(mux, subjects))
    return wrong.length === 0 ? undefined : wrong.join('; ')
  } catch (error) {
    if (error instanceof JetStreamRefusal && error.errCode === apiCode.streamNotFound) return 'it does not exist any more: its data is lost'
    return undefined // no answer yet; the next write tells
  }
}

async function tryStream(mux: ReplyMux, subjects: Subjects, settings: Settings): Promise<void> {
  const wanted = wantedStream(subjects, settings)
  const wrong = unfitFor(wanted, await findOrMake(mux, subjects, wanted))
  if (wrong.length > 0) {
    throw new TransportError(
      `the stream ${subjects.stream} exists but is set up otherwise: ${wrong.join('; ')}. ` +
        `Change it with 'nats stream edit ${subjects.stream}', or give the cluster another name`,
    )
  }
  // A replica answers direct gets a little after the stream exists.
  await mux.askMany({
    what: 'first read',
    subject: `$JS.API.DIRECT.GET.${subjects.stream}`,
    payload: JSON.stringify({ multi_last: [subjects.stored('ready')] }),
  })
}

async function findOrMake(mux: ReplyMux, subjects: Subjects, wanted: WantedStream): Promise<Partial<StreamConfig>> {
  try {
    return await streamInfo(mux, subjects)
  } catch (error) {
    if (!(error instanceof JetStreamRefusal) || error.errCode !== apiCode.streamNotFound) throw error
  }
  // When another node is faster, with other settings, this is refused, and the next try finds what that node made.
  return askConfig(mux, `making ${wanted.name}`, `$JS.API.STREAM.CREATE.${wanted.name}`, wanted)
}

function streamInfo(mux: ReplyMux, subjects: Subjects): Promise<Partial<StreamConfig>> {
  return askConfig(mux, `looking up ${subjects.stream}`, `$JS.API.STREAM.INFO.${subjects.stream}`)
}

async function askConfig(mux: ReplyMux, what: string, subject: string, body?: object): Promise<Partial<StreamConfig>> {
  const reply = await mux.ask({ what, subject, payload: body === undefined ? '' : JSON.stringify(body) })
  const { config } = readApiReply(what, reply.string()) as { config?: Partial<StreamConfig> }
  if (config === undefined) throw new StoreUnavailableError(what, 'the answer holds no configuration')
  return config
}

/** Reads a JSON answer of JetStream. @throws JetStreamRefusal @throws StoreUnavailableError when it is no such answer. */
export function readApiReply(what: string, json: string): object {
  let answer: unknown
  try {
    answer = JSON.parse(json)
  } catch (error) {
    throw new StoreUnavailableError(what, 'the answer is not JSON', { cause: error })
  }
  if (typeof answer !== 'object' || answer === null) throw new StoreUnavailableError(what, 'the answer is not an object')
  const { error } = answer as { error?: { err_code?: unknown; code?: unknown; description?: unknown } }
  if (error === undefined) return answer
  throw new JetStreamRefusal(
    Number(error.err_code ?? error.code ?? 0),
    typeof error.description === 'string' ? error.description : 'refused',
  )
}
