// The configuration of one development server, as text. Loopback only; two accounts, so that clients without credentials share
// one application account with JetStream, and hear of each other's connections through events that the system account exports.

/** The routes between servers of one cluster. */
export interface ClusterSettings {
  readonly name: string
  readonly port: number
  readonly routePorts: readonly number[]
}

/** Everything the configuration text depends on. */
export interface ServerSettings {
  readonly serverName: string
  readonly port: number
  readonly monitoringPort: number
  /** Folder for the log and the ports file. */
  readonly runFolder: string
  readonly storeDir: string
  readonly maxFileStoreBytes: number
  readonly maxMemoryStoreBytes: number
  readonly pingIntervalMs: number
  readonly cluster?: ClusterSettings
  /** Lines in nats-server's configuration language, put last so that they win. */
  readonly extraConfig?: string
}

/** Subject on which clients hear that a client of this server or cluster was connected. */
const connectEventSubject = 'us.sys.connect'
/** Subject on which clients hear that a client's connection ended: at once for a killed process, after two missed pings for a silent one. */
const disconnectEventSubject = 'us.sys.disconnect'

/** Renders the configuration file. Pings are frequent (a silent client is cut after two), writes may stall for 5 s at most. */
export function renderServerConfig(settings: ServerSettings): string {
  const { serverName, port, monitoringPort, runFolder, storeDir, maxFileStoreBytes, maxMemoryStoreBytes, pingIntervalMs } = settings
  const lines = [
    `server_name: ${quote(serverName)}`,
    `listen: "127.0.0.1:${port}"`,
    `http: "127.0.0.1:${monitoringPort}"`,
    `ports_file_dir: ${quote(runFolder)}`,
    `log_file: ${quote(`${runFolder}/nats-server.log`)}`,
    `ping_interval: "${pingIntervalMs}ms"`,
    'ping_max: 2',
    'write_deadline: "5s"',
    'max_pending: 64MB',
    'jetstream {',
    `  store_dir: ${quote(storeDir)}`,
    `  max_file_store: ${maxFileStoreBytes}`,
    `  max_memory_store: ${maxMemoryStoreBytes}`,
    '}',
    'accounts {',
    '  SYS {',
    '    users: [ { user: "sys", password: "sys" } ]',
    '    exports: [',
    '      { stream: "$SYS.ACCOUNT.*.CONNECT", account_token_position: 3 }',
    '      { stream: "$SYS.ACCOUNT.*.DISCONNECT", account_token_position: 3 }',
    '    ]',
    '  }',
    '  APP {',
    '    jetstream: enabled',
    '    users: [ { user: "app", password: "app" } ]',
    '    imports: [',
    `      { stream: { account: SYS, subject: "$SYS.ACCOUNT.APP.CONNECT" }, to: "${connectEventSubject}" }`,
    `      { stream: { account: SYS, subject: "$SYS.ACCOUNT.APP.DISCONNECT" }, to: "${disconnectEventSubject}" }`,
    '    ]',
    '  }',
    '}',
    'system_account: SYS',
    'no_auth_user: "app"',
    ...(settings.cluster === undefined ? [] : renderCluster(settings.cluster, pingIntervalMs)),
    settings.extraConfig ?? '',
  ]
  return `${lines.join('\n')}\n`
}

function renderCluster({ name, port, routePorts }: ClusterSettings, pingIntervalMs: number): string[] {
  const routes = routePorts.map((routePort) => `"nats://127.0.0.1:${routePort}"`).join(', ')
  return [
    'cluster {',
    `  name: ${quote(name)}`,
    `  listen: "127.0.0.1:${port}"`,
    `  routes: [ ${routes} ]`,
    `  ping_interval: "${pingIntervalMs}ms"`,
    '  ping_max: 2',
    '}',
  ]
}

function quote(text: string): string {
  return JSON.stringify(text)
}
