// Where the nodes find NATS: a server of our own, one that runs already, or none.
import { connect } from 'node:net'
import { CommandError, exitCode } from '../exit-code.ts'

/** `auto` starts a server, `memory` does without, anything else is the address of one. */
export type NatsChoice = 'auto' | 'memory' | { readonly url: string }

/** What the nodes are told, and what has to be stopped in the end. */
export interface NatsSource {
  /** For `UNDERSTUDY_NATS`. */
  readonly address: string
  /** For people. */
  readonly label: string
  stop(): Promise<void>
}

const connectTimeoutMs = 3_000
const schemes = ['nats:', 'tls:', 'ws:', 'wss:']

/** Reads the value of `--nats`; throws with what it accepts. */
export function parseNatsChoice(text: string): NatsChoice {
  if (text === 'auto' || text === 'memory') return text
  for (const part of text.split(',')) {
    const { protocol, hostname } = URL.parse(part) ?? {}
    if (!hostname || !schemes.includes(protocol ?? ''))
      throw new Error("must be 'auto', 'memory' or an address such as nats://127.0.0.1:4222.")
  }
  return { url: text }
}

/** Starts or reaches NATS. Throws a `CommandError` with exit code 3 when there is none. */
export async function openNats(choice: NatsChoice, narrate: (text: string) => void): Promise<NatsSource> {
  if (choice === 'memory') return { address: 'memory', label: 'in memory, no NATS', stop: async () => {} }
  if (choice !== 'auto') {
    await reach(choice.url)
    return { address: choice.url, label: `nats at ${hideCredentials(choice.url)}`, stop: async () => {} }
  }
  const { startNatsServer } = await import('@understudy/transport-nats')
  try {
    const server = await startNatsServer({ onProgress: narrate })
    return { address: server.url, label: `nats ${server.version} (spawned, :${server.port})`, stop: () => server.stop() }
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    throw new CommandError(`${why}\nOr run in one process without NATS: --nats memory`, exitCode.unreachable, { cause: error })
  }
}

/** One of the servers has to take a connection; what it says on it is the nodes' business. */
async function reach(urls: string): Promise<void> {
  const problems: string[] = []
  for (const text of urls.split(',')) {
    const url = new URL(text)
    const defaultPort = url.protocol === 'wss:' ? 443 : url.protocol === 'ws:' ? 80 : 4222
    const problem = await tryConnect(url.hostname.replace(/^\[|\]$/g, ''), url.port === '' ? defaultPort : Number(url.port))
    if (problem === undefined) return
    problems.push(`${hideCredentials(text)}: ${problem}`)
  }
  throw new CommandError(
    `no NATS server answers\n  ${problems.join('\n  ')}\nStart one there, or let understudy start its own: --nats auto`,
    exitCode.unreachable,
  )
}

function tryConnect(host: string, port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: connectTimeoutMs })
    const end = (problem?: string): void => {
      socket.destroy()
      resolve(problem)
    }
    socket.once('connect', () => end())
    socket.once('timeout', () => end(`no connection within ${connectTimeoutMs} ms`))
    socket.once('error', (error: NodeJS.ErrnoException) => end(error.code ?? error.message))
  })
}

function hideCredentials(urls: string): string {
  return urls.replace(/\/\/[^@/,]*@/g, '//')
}
