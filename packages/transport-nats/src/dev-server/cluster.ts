// Three servers, or as many as asked for, that replicate JetStream among themselves: what tests of leader loss need.
import { jetstreamManager } from '@nats-io/jetstream'
import { connect } from '@nats-io/transport-node'
import { setTimeout as delay } from 'node:timers/promises'
import type { NatsServerBinary } from './find.ts'
import { findNatsServer } from './find.ts'
import { pickFreePorts } from './free-port.ts'
import type { NatsServer } from './managed-server.ts'
import { startServer } from './managed-server.ts'
import { retryBusyPorts } from './retry-busy-ports.ts'
import type { NatsServerOptions } from './start.ts'
import { planServer } from './start.ts'

const readyTimeoutMs = 30_000
const tryTimeoutMs = 250
const pollMs = 20
const probeStream = 'US_DEV_READY'

/** Options of `startNatsCluster`. */
export interface NatsClusterOptions extends Omit<NatsServerOptions, 'port' | 'storeDir' | 'serverName'> {
  /** Number of servers, 3 by default; streams are replicated over all of them up to 5. */
  readonly servers?: number
}

/** A running cluster; each server can be killed, paused, restarted and stopped by itself. */
export interface NatsCluster {
  readonly servers: readonly NatsServer[]
  /** Client addresses of all servers. */
  readonly urls: readonly string[]
  readonly version: string
  /** Stops every server and removes all stores. */
  stop(): Promise<void>
}

/** Starts a cluster and resolves once a stream with a replica on every server can be created. Same guarantees as `startNatsServer`. */
export async function startNatsCluster(options: NatsClusterOptions = {}): Promise<NatsCluster> {
  const binary = options.binary ?? (await findNatsServer(options.onProgress === undefined ? {} : { onProgress: options.onProgress }))
  const servers = await retryBusyPorts(true, () => startServers(binary, options.servers ?? 3, options))
  const stop = async (): Promise<void> => {
    await Promise.all(servers.map((server) => server.stop()))
  }
  const urls = servers.map(({ url }) => url)
  try {
    await untilReplicated(urls)
  } catch (error) {
    await stop()
    throw error
  }
  return { servers, urls, version: binary.version, stop }
}

async function startServers(binary: NatsServerBinary, count: number, options: NatsClusterOptions): Promise<NatsServer[]> {
  const ports = await pickFreePorts(count * 3)
  const routePorts = ports.slice(count * 2)
  const name = `understudy-dev-${ports[0]}`
  const starts = routePorts.map((port, index) => {
    const plan = planServer({ ...options, serverName: `${name}-${index + 1}` }, ports[index] ?? 0, ports[count + index] ?? 0)
    const others = routePorts.filter((other) => other !== port)
    return startServer(binary, { ...plan, cluster: { name, port, routePorts: others } })
  })
  const results = await Promise.allSettled(starts)
  const started = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []))
  const failure = results.find((result) => result.status === 'rejected')
  if (failure === undefined) return started
  await Promise.all(started.map((server) => server.stop()))
  throw failure.reason
}

/** Only a created stream proves that the servers elected a leader and know enough peers; earlier tries fail or time out. */
async function untilReplicated(urls: readonly string[]): Promise<void> {
  const connection = await connect({ servers: [...urls], timeout: 2_000 })
  try {
    const deadline = Date.now() + readyTimeoutMs
    for (;;) {
      try {
        const manager = await jetstreamManager(connection, { timeout: tryTimeoutMs })
        const replicas = Math.min(urls.length, 5)
        await manager.streams.add({ name: probeStream, subjects: ['us.dev.ready'], num_replicas: replicas, storage: 'memory' })
        await manager.streams.delete(probeStream)
        return
      } catch (error) {
        if (Date.now() > deadline) throw new Error(`the NATS cluster was not ready within ${readyTimeoutMs} ms`, { cause: error })
        await delay(pollMs)
      }
    }
  } finally {
    await connection.close()
  }
}
