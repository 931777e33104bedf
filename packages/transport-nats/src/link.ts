// One node's connection to NATS: frames out and in, the store, and what happens when the connection comes and goes. A lost
// connection is the end of a session: open questions fail at once and sending is refused, because the client library would take
// what is sent meanwhile and throw it away.

import type { Msg, NatsConnection, Status, Subscription } from '@nats-io/nats-core'
import type { Link, NodeIdentity, TransportContext } from '@understudy/runtime/spi'
import { TransportError } from '@understudy/runtime/spi'
import { readDisconnectEvent } from './connection-name.ts'
import type { Settings } from './options.ts'
import { openReplyMux } from './reply-mux.ts'
import { checkServer } from './server-requirements.ts'
import { jetStreamStore } from './store.ts'
import { checkStream, ensureStream } from './stream.ts'
import { disconnectEvents, subjectsOf } from './subjects.ts'

/** Larger payloads block a server's connection for too long, whatever it would accept. */
const largestFrameBytes = 8 * 1024 * 1024
/** Room for the headers of a write within one payload. */
const headerBytes = 1024
/** Incarnation of a node of which only the name is known: a disconnect event carries no more. */
const unknownIncarnation = 0

/** Makes a link of a connection that was just dialled. @throws TransportError when the server or its store will not do; the connection is closed then. */
export async function openLink(connection: NatsConnection, name: string, settings: Settings, context: TransportContext): Promise<Link> {
  const { cluster, nodeName, env, log } = context
  const handlers = guarded(context)
  const subjects = subjectsOf(cluster)
  const flushing = new Set<(why: string) => void>()
  let info = connection.info
  let connected = true
  let ready = false
  let closing: Promise<void> | undefined
  let inbox: Subscription | undefined
  /** The connection that is being made sure of; another object for each. */
  let reconnecting: object | undefined

  const onFault = (error: unknown): void => log.warn({ err: error, cluster }, 'a message on NATS could not be taken in; it was dropped')
  const listen = (subject: string, take: (message: Msg) => void): Subscription =>
    connection.subscribe(subject, {
      callback(error, message) {
        try {
          if (error !== null) throw error
          take(message)
        } catch (fault) {
          onFault(fault)
        }
      },
    })

  const mux = openReplyMux({
    connection,
    inbox: `_INBOX.${nodeName}.${name.slice(name.lastIndexOf('/') + 1)}`,
    env,
    timeoutMs: settings.timeoutMs,
    isConnected: () => connected,
    onNoResponders: (to) => handlers.unreachable(to),
    onFault,
  })
  const store = jetStreamStore({ connection, mux, subjects, maxValueBytes: () => (info?.max_payload ?? 0) - headerBytes, onFault })

  const flush = (): Promise<void> =>
    new Promise((resolve, reject) => {
      const fail = (why: string, cause?: unknown): void => {
        flushing.delete(fail)
        reject(new TransportError(`what was sent may not have reached NATS: ${why}. Wait until the connection is back`, { cause }))
      }
      if (!connected) return fail('not connected')
      flushing.add(fail)
      connection.flush().then(
        () => {
          flushing.delete(fail)
          resolve()
        },
        (error: unknown) => fail(String(error), error),
      )
    })

  const endSession = (why: string): void => {
    connected = false
    mux.failAll(why)
    for (const fail of [...flushing]) fail(why)
  }

  const onDisconnect = (server: string): void => {
    reconnecting = undefined
    if (!connected) return // the client says so again for each dial that fails
    const why = `lost the connection to ${server}`
    endSession(why)
    if (ready && closing === undefined) handlers.disconnected(why)
  }

  const onReconnect = (server: string): void => {
    if (connected || closing !== undefined) return
    try {
      info = checkServer(connection.info, server)
    } catch (error) {
      shut((error as Error).message)
      return
    }
    const session = {}
    reconnecting = session
    // Connected means that the server knows our subscriptions again: whoever hears of it may be answered at once.
    void connection.flush().then(
      () => {
        if (reconnecting === session && closing === undefined) resumeSession(server)
      },
      // Gone again before that; the client tells when it is back.
      () => undefined,
    )
  }

  const resumeSession = (server: string): void => {
    reconnecting = undefined
    connected = true
    if (ready) handlers.reconnected()
    void checkStream(mux, subjects, settings).then((wrong) => {
      if (wrong !== undefined)
        log.error({ stream: subjects.stream, server }, `the stream ${subjects.stream} is not as it must be: ${wrong}`)
    })
  }

  const onStatus = (status: Status): void => {
    if (status.type === 'disconnect') onDisconnect(status.server)
    else if (status.type === 'reconnect') onReconnect(status.server)
    else if (status.type === 'error') log.warn({ err: status.error, cluster }, `NATS reports an error: ${status.error.message}`)
    else if (status.type === 'staleConnection') log.warn({ cluster }, 'the NATS server leaves pings unanswered; giving it up')
    else if (status.type === 'ldm') log.info({ server: status.server }, 'the NATS server is about to stop; moving to another one')
  }

  /** Ends the link from inside, for good. */
  const shut = (why: string): void => {
    endSession(why)
    if (closing !== undefined) return
    closing = connection.close().catch(onFault)
    if (ready) handlers.closed(why)
  }

  void followStatus(connection, onStatus)
  void connection.closed().then((error) => shut(error instanceof Error ? error.message : 'the client closed the connection'))

  const close = async (): Promise<void> => {
    if (connected) {
      const timeout = Promise.withResolvers<void>()
      const timer = env.setTimer(settings.timeoutMs, timeout.resolve)
      await Promise.race([flush().catch(() => undefined), timeout.promise])
      env.clearTimer(timer)
    }
    endSession('the link was closed')
    await connection.close()
  }

  try {
    info = checkServer(connection.info, connection.getServer())
    listen(subjects.broadcast, (message) => handlers.broadcast(message.data))
    listen(disconnectEvents, (message) => {
      const event = readDisconnectEvent(message.string(), cluster)
      if (event !== undefined && event.connectionName !== name)
        handlers.connectionClosed({ name: event.node, incarnation: unknownIncarnation })
    })
    await ensureStream(mux, subjects, settings, env, info.jetstream === true)
    ready = true
  } catch (error) {
    closing = close()
    await closing
    throw error
  }

  return {
    store,
    get maxFrameBytes() {
      return Math.min(info?.max_payload ?? 0, largestFrameBytes)
    },
    get connected() {
      return connected
    },
    get serverVersion() {
      return info?.version ?? 'unknown'
    },
    async openInbox(self: NodeIdentity) {
      inbox?.unsubscribe()
      inbox = listen(subjects.inbox(self), (message) => handlers.frame(message.data))
      await flush()
    },
    send(to, frame) {
      return tell(subjects.inbox(to), frame, { reply: mux.replyFor(to) })
    },
    broadcast(bytes) {
      return tell(subjects.broadcast, bytes, {})
    },
    flush,
    close() {
      closing ??= close()
      return closing
    },
  }

  function tell(subject: string, bytes: Uint8Array, options: { reply?: string }): boolean {
    if (!connected || bytes.byteLength > Math.min(info?.max_payload ?? 0, largestFrameBytes)) return false
    try {
      connection.publish(subject, bytes, options)
      return true
    } catch (error) {
      onFault(error)
      return false
    }
  }
}

async function followStatus(connection: NatsConnection, onStatus: (status: Status) => void): Promise<void> {
  for await (const status of connection.status()) onStatus(status)
}

/** The handlers, kept from throwing into the client: its reader would stop reading. */
function guarded({ handlers, log }: TransportContext): TransportContext['handlers'] {
  const safely =
    <A extends unknown[]>(what: string, call: (...args: A) => void): ((...args: A) => void) =>
    (...args) => {
      try {
        call(...args)
      } catch (error) {
        log.error({ err: error }, `the handler '${what}' of a transport threw; it must not`)
      }
    }
  return {
    frame: safely('frame', (bytes) => handlers.frame(bytes)),
    broadcast: safely('broadcast', (bytes) => handlers.broadcast(bytes)),
    unreachable: safely('unreachable', (to) => handlers.unreachable(to)),
    connectionClosed: safely('connectionClosed', (node) => handlers.connectionClosed(node)),
    disconnected: safely('disconnected', (why) => handlers.disconnected(why)),
    reconnected: safely('reconnected', () => handlers.reconnected()),
    closed: safely('closed', (why) => handlers.closed(why)),
  }
}
