// What a user may say about the connection to NATS, the defaults, and what the client library is told.

import type { NodeConnectionOptions } from '@nats-io/transport-node'
import type { TransportContext } from '@understudy/runtime/spi'
import { InvalidOptionError } from '@understudy/runtime/spi'

/** Options of `nats`; all have defaults. */
export interface NatsOptions extends Pick<
  NodeConnectionOptions,
  'user' | 'pass' | 'token' | 'authenticator' | 'tls' | 'ignoreClusterUpdates'
> {
  /**
   * Addresses to try first, such as `nats://10.0.0.1:4222`; more are learnt from the servers. Default `nats://127.0.0.1:4222`.
   * `user:pass@` or `token@` in an address is used for all of them, unless given as an option.
   */
  readonly servers?: string | readonly string[]
  /** Copies of the store: 1, 3 or 5, one per server. 3 survive the loss of one server. Default 1, which is for development only. */
  readonly replicas?: number
  /** How long the store may take to answer one request, in milliseconds. Default 2000. */
  readonly timeoutMs?: number
  /** How long one dial of one server may take, in milliseconds. Default 2000. */
  readonly connectTimeoutMs?: number
  /** How long the store may take to become usable at connect, in milliseconds: servers that just began elect a leader first. Default 10 000. */
  readonly setUpTimeoutMs?: number
  /** Time between pings, in milliseconds; a server that leaves two unanswered is given up. Default 2000. */
  readonly pingIntervalMs?: number
  /** Shortest wait before a server is dialled again, in milliseconds; up to 150 more are added at random. Default 100. */
  readonly reconnectWaitMs?: number
  /** What the store may grow to, in bytes, when this node is the one that creates it. Default 128 MiB. */
  readonly maxStoreBytes?: number
}

/** `NatsOptions` with the defaults filled in. */
export interface Settings {
  /** Without credentials. */
  readonly servers: readonly string[]
  readonly replicas: number
  readonly timeoutMs: number
  readonly connectTimeoutMs: number
  readonly setUpTimeoutMs: number
  readonly pingIntervalMs: number
  readonly reconnectWaitMs: number
  readonly maxStoreBytes: number
  readonly access: Pick<NodeConnectionOptions, 'user' | 'pass' | 'token' | 'authenticator' | 'tls' | 'ignoreClusterUpdates'>
}

const reconnectSpreadMs = 150

/** Checks the options and fills in the defaults. @throws InvalidOptionError */
export function settle(options: NatsOptions): Settings {
  const {
    servers = 'nats://127.0.0.1:4222',
    replicas = 1,
    timeoutMs,
    connectTimeoutMs,
    setUpTimeoutMs,
    pingIntervalMs,
    reconnectWaitMs,
    maxStoreBytes,
    ...access
  } = options
  const list = typeof servers === 'string' ? servers.split(',').map((server) => server.trim()) : [...servers]
  if (list.length === 0 || list.some((server) => typeof server !== 'string' || server === '')) {
    throw new InvalidOptionError('servers', servers, 'one or more addresses such as nats://127.0.0.1:4222')
  }
  if (replicas !== 1 && replicas !== 3 && replicas !== 5) throw new InvalidOptionError('replicas', replicas, '1, 3 or 5')
  return {
    servers: list.map(withoutCredentials),
    replicas,
    timeoutMs: positive('timeoutMs', timeoutMs, 2_000),
    connectTimeoutMs: positive('connectTimeoutMs', connectTimeoutMs, 2_000),
    setUpTimeoutMs: positive('setUpTimeoutMs', setUpTimeoutMs, 10_000),
    pingIntervalMs: positive('pingIntervalMs', pingIntervalMs, 2_000),
    reconnectWaitMs: positive('reconnectWaitMs', reconnectWaitMs, 100),
    maxStoreBytes: positive('maxStoreBytes', maxStoreBytes, 128 * 1024 * 1024),
    access: { ...credentialsIn(list), ...access },
  }
}

const credentials = /\/\/([^/@]*)@/

function withoutCredentials(server: string): string {
  return server.replace(credentials, '//')
}

/** The client library ignores what stands before the `@`, without a word. */
function credentialsIn(servers: readonly string[]): Pick<NatsOptions, 'user' | 'pass' | 'token'> {
  const found = servers.map((server) => credentials.exec(server)?.[1]).find((text) => text !== undefined)
  if (found === undefined) return {}
  const [name = '', ...rest] = found.split(':').map(decode)
  return rest.length === 0 ? { token: name } : { user: name, pass: rest.join(':') }
}

/**
 * What the client is told. Its own defaults would give up after ten dials, find a dead link after 4 to 6 minutes, and hang 20 s
 * on a frozen server.
 */
export function connectionOptions(settings: Settings, context: TransportContext, name: string): NodeConnectionOptions {
  return {
    ...settings.access,
    servers: [...settings.servers],
    name,
    timeout: settings.connectTimeoutMs,
    maxReconnectAttempts: -1,
    reconnectDelayHandler: () => settings.reconnectWaitMs + Math.floor(context.env.random() * reconnectSpreadMs),
    // A password that is being rotated must not end the node; the refusals are logged.
    ignoreAuthErrorAbort: true,
    pingInterval: settings.pingIntervalMs,
    maxPingOut: 2,
    noAsyncTraces: true,
  }
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    throw new InvalidOptionError('servers', 'an address with credentials', 'percent-encoded before the @')
  }
}

function positive(field: string, found: number | undefined, fallback: number): number {
  if (found === undefined) return fallback
  if (!Number.isFinite(found) || found <= 0) throw new InvalidOptionError(field, found, 'a number above 0')
  return found
}
