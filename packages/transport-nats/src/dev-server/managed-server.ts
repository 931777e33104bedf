// One server under our control: start it, hurt it on purpose, bring it back on the same port and store, and leave nothing behind.
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { NatsServerStartError } from './errors.ts'
import type { NatsServerBinary } from './find.ts'
import type { ServerSettings } from './server-config.ts'
import { renderServerConfig } from './server-config.ts'
import type { ServerProcess } from './watchdog.ts'
import { untilStopped } from './standstill.ts'
import { spawnWatchdog } from './watchdog.ts'

const startTimeoutMs = 20_000
const stopTimeoutMs = 5_000
const pollMs = 4

/** A running development server. After `stop` it cannot be started again; after `kill` it can. */
export interface NatsServer {
  /** Client address, `nats://127.0.0.1:<port>`; the same over all restarts. */
  readonly url: string
  readonly port: number
  /** Address of the monitoring endpoints (`/healthz`, `/jsz`, `/connz` …). */
  readonly monitoringUrl: string
  /** The nats-server's own process id; changes with each restart. */
  readonly pid: number
  readonly isRunning: boolean
  readonly storeDir: string
  readonly logFile: string
  /** Version of the server, for example `2.15.1`. */
  readonly version: string
  /** SIGKILL; resolves when the process is gone. */
  kill(): Promise<void>
  /** SIGSTOP: the server keeps its connections but does nothing. Resolves when it stands still. */
  pause(): Promise<void>
  /** SIGCONT: the end of a pause. */
  resume(): void
  /** Starts the server again on the same port and store, after stopping it with SIGTERM if it still runs. Resolves when it is ready. */
  restart(): Promise<void>
  /** SIGTERM, SIGKILL after 5 s; removes what is temporary. Resolves when nothing is left. May be called twice. */
  stop(): Promise<void>
}

/** What the caller of `startServer` decides; the folders are decided here. */
export type ServerPlan = Omit<ServerSettings, 'runFolder' | 'storeDir'> & { readonly storeDir: string | undefined }

/** Starts a server and resolves when it accepts clients with JetStream ready. Rejects with `NatsServerStartError`. */
export async function startServer(binary: NatsServerBinary, plan: ServerPlan): Promise<NatsServer> {
  if (process.platform === 'win32') throw new NatsServerStartError(binary.path, 'this helper needs a POSIX shell; use WSL', '')
  const runFolder = await mkdtemp(resolve(tmpdir(), 'understudy-nats-'))
  const configFile = join(runFolder, 'nats-server.conf')
  const logFile = join(runFolder, 'nats-server.log')
  const storeDir = plan.storeDir === undefined ? join(runFolder, 'store') : resolve(plan.storeDir)
  const dog = spawnWatchdog({ binary: binary.path, configFile, runFolder })
  let current: ServerProcess | undefined
  let isRunning = false
  let stopping: Promise<void> | undefined

  const start = async (): Promise<void> => {
    if (stopping !== undefined) throw new Error(`the nats-server on port ${plan.port} was stopped for good; start a new one`)
    const started = await dog.start()
    current = started
    isRunning = true
    void started.ended.then(() => {
      if (current === started) isRunning = false
    })
    await untilReady(binary.path, runFolder, logFile, started)
  }
  const signal = (name: NodeJS.Signals): void => {
    if (isRunning && current !== undefined) signalProcess(current.pid, name)
  }
  const terminate = async (): Promise<void> => {
    signal('SIGTERM')
    signal('SIGCONT')
    const timer = setTimeout(() => signal('SIGKILL'), stopTimeoutMs)
    await current?.ended
    clearTimeout(timer)
  }
  const close = async (): Promise<void> => {
    if (isRunning) await terminate()
    await dog.close()
    // The watchdog has done this already, unless it was killed.
    await rm(runFolder, { recursive: true, force: true })
  }

  try {
    await mkdir(storeDir, { recursive: true })
    await writeFile(configFile, renderServerConfig({ ...plan, runFolder, storeDir }))
    await start()
  } catch (error) {
    await dog.close()
    throw error
  }

  return {
    url: `nats://127.0.0.1:${plan.port}`,
    port: plan.port,
    monitoringUrl: `http://127.0.0.1:${plan.monitoringPort}`,
    storeDir,
    logFile,
    version: binary.version,
    get pid() {
      return current?.pid ?? -1
    },
    get isRunning() {
      return isRunning
    },
    async kill() {
      signal('SIGKILL')
      await heldAlive(current?.ended)
    },
    async pause() {
      signal('SIGSTOP')
      if (isRunning && current !== undefined) await untilStopped(current.pid)
    },
    resume: () => signal('SIGCONT'),
    async restart() {
      if (isRunning) await terminate()
      await start()
    },
    stop: () => (stopping ??= close()),
  }
}

/** The ports file is written when the server listens, after JetStream has recovered its streams, and carries the pid in its name. */
async function untilReady(binary: string, runFolder: string, logFile: string, server: ServerProcess): Promise<void> {
  let exitCode: number | undefined
  void server.ended.then((code) => (exitCode = code))
  const deadline = Date.now() + startTimeoutMs
  while (!(await readdir(runFolder)).some((name) => name.endsWith(`_${server.pid}.ports`))) {
    const reason =
      exitCode !== undefined
        ? `it ended with code ${exitCode}`
        : Date.now() > deadline
          ? `not ready within ${startTimeoutMs} ms`
          : undefined
    if (reason !== undefined) throw new NatsServerStartError(binary, reason, await logTail(runFolder, logFile))
    await delay(pollMs)
  }
}

async function logTail(runFolder: string, logFile: string): Promise<string> {
  const texts = await Promise.all([logFile, join(runFolder, 'stderr.log')].map((file) => readFile(file, 'utf8').catch(() => '')))
  return texts.join('').trim().split('\n').slice(-8).join('\n')
}

/** The watchdog does not keep the event loop alive, so a caller who awaits it needs a timer that does. */
async function heldAlive<T>(promise: Promise<T> | undefined): Promise<void> {
  const timer = setInterval(() => {}, 1_000)
  await promise
  clearInterval(timer)
}

function signalProcess(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name)
  } catch (error) {
    // It ended a moment ago and the news is still on its way.
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}
