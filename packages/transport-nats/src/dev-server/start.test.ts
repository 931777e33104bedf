// Real servers and real processes: what the helper promises about them cannot be shown otherwise.
import type { NatsConnection } from '@nats-io/nats-core'
import { jetstream, jetstreamManager } from '@nats-io/jetstream'
import { connect } from '@nats-io/transport-node'
import type { ChildProcess } from 'node:child_process'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { dirname } from 'node:path'
import { createInterface } from 'node:readline'
import { afterEach, beforeAll, describe, expect, it } from 'vitest'
import { startNatsCluster } from './cluster.ts'
import type { NatsServerBinary } from './find.ts'
import { findNatsServer } from './find.ts'
import { startNatsServer } from './start.ts'

const patience = { timeout: 20_000 }
const cleanups: (() => Promise<unknown> | void)[] = []
let binary: NatsServerBinary

beforeAll(async () => {
  binary = await findNatsServer({ onProgress: (text) => process.stderr.write(`${text}\n`) })
}, 240_000)
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

async function start(options: Parameters<typeof startNatsServer>[0] = {}) {
  const server = await startNatsServer({ binary, ...options })
  cleanups.push(() => server.stop())
  return server
}

async function client(url: string, name: string): Promise<NatsConnection> {
  const connection = await connect({ servers: url, name, maxReconnectAttempts: -1, reconnectTimeWait: 50, timeout: 2_000 })
  cleanups.push(() => connection.close())
  return connection
}

/** Runs a module in a process of its own, from source, and hands over the first line it prints. */
async function runChild(code: string, stderr: 'inherit' | 'ignore' = 'inherit'): Promise<{ child: ChildProcess; line: string }> {
  const args = ['--conditions=understudy-source', '--input-type=module-typescript', '--eval', code]
  const child = spawn(process.execPath, args, { cwd: import.meta.dirname, stdio: ['ignore', 'pipe', stderr] })
  cleanups.push(() => void child.kill('SIGKILL'))
  if (child.stdout === null) throw new Error('no output from the child')
  const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string]
  return { child, line }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

function parentOf(pid: number): number {
  return Number(/^PPid:\t(\d+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1])
}

describe('a development server', () => {
  it('is ready within a second once the binary is there', async () => {
    // The best of three: what the helper takes, not what else the machine does.
    const took: number[] = []
    let server!: Awaited<ReturnType<typeof start>>
    for (let i = 0; i < 3; i++) {
      const before = performance.now()
      server = await start()
      took.push(performance.now() - before)
    }
    expect(Math.min(...took)).toBeLessThan(1_000)
    expect(isAlive(server.pid)).toBe(true)
    expect(server.version).toBe(binary.version)
    expect(await (await fetch(`${server.monitoringUrl}/healthz`)).json()).toEqual({ status: 'ok' })
  })

  it('comes back on the same port with every acknowledged message after kill -9', async () => {
    const server = await start()
    const { port, pid } = server
    const connection = await client(server.url, 'writer')
    await (await jetstreamManager(connection)).streams.add({ name: 'KEEP', subjects: ['keep.>'] })
    const ack = await jetstream(connection).publish('keep.one', 'kept')
    process.kill(server.pid, 'SIGKILL')
    await expect.poll(() => server.isRunning, patience).toBe(false)
    await server.restart()
    expect(server.port).toBe(port)
    expect(server.pid).not.toBe(pid)
    const reader = await client(server.url, 'reader')
    const stored = await (await jetstreamManager(reader)).streams.getMessage('KEEP', { seq: ack.seq })
    expect(stored?.string()).toBe('kept')
  })

  it('tells plain clients on us.sys.disconnect that another client was killed', async () => {
    const server = await start()
    const connection = await client(server.url, 'watcher')
    const seen: string[] = []
    for (const subject of ['us.sys.connect', 'us.sys.disconnect']) {
      connection.subscribe(subject, {
        callback: (_, message) => {
          seen.push(`${subject} ${message.json<{ client: { name: string } }>().client.name}`)
        },
      })
    }
    await connection.flush()
    const { child } = await runChild(
      `import { connect } from '@nats-io/transport-node'; await connect({ servers: '${server.url}', name: 'victim' }); console.log('up')`,
    )
    await expect.poll(() => seen, patience).toContain('us.sys.connect victim')
    child.kill('SIGKILL')
    await expect.poll(() => seen, patience).toContain('us.sys.disconnect victim')
  })

  it('stands still between pause and resume', async () => {
    const server = await start()
    const connection = await client(server.url, 'caller')
    await server.pause()
    const answered = connection.flush().then(() => 'answered')
    const health = fetch(`${server.monitoringUrl}/healthz`, { signal: AbortSignal.timeout(200) })
    await expect(health).rejects.toMatchObject({ name: 'TimeoutError' })
    server.resume()
    expect(await answered).toBe('answered')
  })

  it('leaves neither process nor folder after stop, also when it is paused', async () => {
    const server = await start()
    const { pid, storeDir } = server
    await server.pause()
    await server.stop()
    await server.stop()
    expect(isAlive(pid)).toBe(false)
    expect(existsSync(dirname(storeDir))).toBe(false)
    await expect(server.restart()).rejects.toThrow('stopped for good')
  })

  it('fails to start on a taken port with an error that says so', async () => {
    const taken = createServer().listen(0, '127.0.0.1')
    await once(taken, 'listening')
    cleanups.push(() => void taken.close())
    const { port } = taken.address() as { port: number }
    await expect(start({ port })).rejects.toMatchObject({
      code: 'NATS_SERVER_START_FAILED',
      message: expect.stringContaining('address already in use') as string,
    })
  })

  const child = `
    import { startNatsServer } from './start.ts'
    const server = await startNatsServer({ binary: BINARY })
    console.log(JSON.stringify([server.pid, server.storeDir]))
  `
  it.each([
    ['its owner is killed with kill -9', 'setInterval(() => {}, 1000)', 'SIGKILL'],
    ['its owner throws', 'throw new Error("on purpose")', undefined],
    ['its owner exits', 'process.exit(0)', undefined],
    ['its owner just ends', '', undefined],
  ] as const)('is gone, and its folder with it, after %s', async (_, ending, signal) => {
    const owner = await runChild(`${child.replace('BINARY', JSON.stringify(binary))}\n${ending}`, 'ignore')
    const [pid, storeDir] = JSON.parse(owner.line) as [number, string]
    if (signal !== undefined) owner.child.kill(signal)
    await expect.poll(() => isAlive(pid), patience).toBe(false)
    await expect.poll(() => existsSync(dirname(storeDir)), patience).toBe(false)
  })
})

describe('the watchdog', () => {
  it.runIf(process.platform === 'linux')('takes the server with it when it is killed itself', async () => {
    const server = await start()
    const { pid, storeDir } = server
    const runner = parentOf(pid)
    process.kill(parentOf(runner), 'SIGKILL')
    await expect.poll(() => isAlive(pid), patience).toBe(false)
    await server.stop()
    expect(existsSync(dirname(storeDir))).toBe(false)
  })
})

describe('a development cluster', () => {
  it('replicates over three servers, one of which may be killed and brought back', async () => {
    const cluster = await startNatsCluster({ binary })
    cleanups.push(() => cluster.stop())
    expect(cluster.urls).toHaveLength(3)
    const connection = await client(cluster.urls[0] ?? '', 'writer')
    const manager = await jetstreamManager(connection)
    const created = await manager.streams.add({ name: 'R3', subjects: ['r3'], num_replicas: 3 })
    const follower = cluster.servers.findIndex((_, index) => index > 0 && created.cluster?.leader?.endsWith(`-${index + 1}`) !== true)
    await cluster.servers[follower]?.kill()
    await jetstream(connection).publish('r3', 'two of three')
    await cluster.servers[follower]?.restart()
    const current = async () =>
      (await manager.streams.info('R3')).cluster?.replicas?.every((replica) => replica.current && !replica.offline)
    await expect.poll(() => current().catch(() => false), patience).toBe(true)
  })
})
