// Starts a nats-server for development and tests: found or fetched, on a random loopback port, with a store of its own.
import type { NatsServerBinary } from './find.ts'
import { findNatsServer } from './find.ts'
import { pickFreePorts } from './free-port.ts'
import type { NatsServer, ServerPlan } from './managed-server.ts'
import { startServer } from './managed-server.ts'
import { retryBusyPorts } from './retry-busy-ports.ts'

/** Options of `startNatsServer`; all have defaults. */
export interface NatsServerOptions {
  /** Client port on 127.0.0.1; default a free one. */
  readonly port?: number
  /** JetStream folder to use and keep; default a temporary one, removed on `stop` and whenever this process ends. */
  readonly storeDir?: string
  /** The server to run; default what `findNatsServer` finds. */
  readonly binary?: NatsServerBinary
  readonly serverName?: string
  /** Limit of JetStream on disk in bytes; default 1 GiB. */
  readonly maxFileStoreBytes?: number
  /** Limit of JetStream in memory in bytes; default 256 MiB. */
  readonly maxMemoryStoreBytes?: number
  /** Time between the server's pings in ms; a client that leaves two unanswered is cut. Default 2000. */
  readonly pingIntervalMs?: number
  /** Lines in nats-server's configuration language; they win over the helper's own. */
  readonly extraConfig?: string
  /** Told in a line what is being fetched, if a server has to be fetched. */
  readonly onProgress?: (text: string) => void
}

/**
 * Starts a development server. Clients connect without credentials and share one account with JetStream; account events arrive on
 * `us.sys.connect` and `us.sys.disconnect`. The server ends with this process, however that ends.
 * Rejects with `NatsServerNotFoundError` or `NatsServerStartError`. Not for production: no credentials, one server, local disk.
 */
export async function startNatsServer(options: NatsServerOptions = {}): Promise<NatsServer> {
  const binary = options.binary ?? (await findNatsServer(options.onProgress === undefined ? {} : { onProgress: options.onProgress }))
  return retryBusyPorts(options.port === undefined, async () => {
    const [monitoringPort = 0, freePort = 0] = await pickFreePorts(2)
    return startServer(binary, planServer(options, options.port ?? freePort, monitoringPort))
  })
}

/** Fills in the defaults. */
export function planServer(options: NatsServerOptions, port: number, monitoringPort: number): ServerPlan {
  return {
    serverName: options.serverName ?? `understudy-dev-${port}`,
    port,
    monitoringPort,
    storeDir: options.storeDir,
    maxFileStoreBytes: options.maxFileStoreBytes ?? 1024 ** 3,
    maxMemoryStoreBytes: options.maxMemoryStoreBytes ?? 256 * 1024 ** 2,
    pingIntervalMs: options.pingIntervalMs ?? 2_000,
    ...(options.extraConfig === undefined ? {} : { extraConfig: options.extraConfig }),
  }
}
