// What a cluster test plays on: a nats-server, node programs as processes of their own, and this process as a member that watches.

import { fileURLToPath } from 'node:url'
import {
  type ClusterNode,
  launchNode,
  type Logger,
  type LogRecord,
  nats,
  type NatsServer,
  type NatsServerOptions,
  type NodeProcess,
  startNatsServer,
  startNode,
  supervisor,
  type SystemEvent,
} from '@understudy/actors'
import { afterEach } from 'vitest'
import { until } from '../contract/poll-until.ts'
import { type Books, echo } from './programs/actors.ts'

const program = fileURLToPath(new URL('./programs/node.ts', import.meta.url))
const startMs = 15_000
const quiet: Logger = { debug() {}, info() {}, warn() {}, error() {} }

/** This process's own node, and what happened to it. */
export interface Observer extends ClusterNode {
  readonly events: readonly SystemEvent[]
}

const open = new Set<Stage>()

// After every test: no message of any node may have got lost without a word. A node that was killed has taken its books along.
afterEach(() => Promise.all([...open].map((stage) => stage.checkBooks())))

/** A cluster for one test file. */
export class Stage {
  readonly server: NatsServer
  readonly cluster: string
  readonly #processes: NodeProcess[] = []
  readonly #observers: Observer[] = []

  private constructor(server: NatsServer, cluster: string) {
    this.server = server
    this.cluster = cluster
  }

  static async open(options: NatsServerOptions = {}): Promise<Stage> {
    const stage = new Stage(await startNatsServer(options), `t${process.pid}`)
    open.add(stage)
    return stage
  }

  /** Starts node programs that may lead `singletons`, and waits until each of them is a member and sees the others. */
  async launch(names: readonly string[], singletons: readonly string[] = []): Promise<NodeProcess[]> {
    const env = { UNDERSTUDY_CLUSTER: this.cluster, UNDERSTUDY_NATS: this.server.url, TEST_SINGLETONS: singletons.join(',') }
    const started = names.map((name) => launchNode({ name, entry: program, env }))
    this.#processes.push(...started)
    await Promise.all(started.map((node) => node.waitFor(is('test.ready'), startMs)))
    await Promise.all(
      started.flatMap((node) =>
        names.filter((name) => name !== node.name).map((name) => node.waitFor(is('node.up', ofNode(name)), startMs)),
      ),
    )
    return started
  }

  /** Joins with this process as a node that hosts nothing. Resolves once it sees `names`. */
  async observe(...names: string[]): Promise<Observer> {
    const events: SystemEvent[] = []
    const root = supervisor({ name: 'observer', children: [] })
    const node = await startNode({
      cluster: this.cluster,
      name: 'observer',
      transport: nats({ servers: this.server.url }),
      root,
      log: quiet,
    })
    node.onEvent((event) => events.push(event))
    const observer: Observer = Object.assign(Object.create(node, Object.getOwnPropertyDescriptors(node)) as ClusterNode, { events })
    this.#observers.push(observer)
    await until(`the observer sees ${names.join(', ')}`, () => names.every((name) => sees(observer, name)))
    return observer
  }

  /** Throws unless the books of every node that runs balance. They are asked for by a signal, so that looking changes nothing. */
  async checkBooks(): Promise<void> {
    for (const { identity, system } of this.#observers)
      expectBalanced(identity.name, { counters: system.counters, deadLetters: system.deadLetters.counts })
    const running = this.#processes.filter((node) => node.isRunning)
    await Promise.all(
      running.map(async (node) => {
        const shown = node.waitFor(is('test.books'), 5000, { from: 'now' })
        process.kill(node.pid, 'SIGUSR2')
        const line = await shown.catch((error: unknown) => {
          if (node.isRunning) throw error
        })
        if (line !== undefined) expectBalanced(node.name, line.record as unknown as Books)
      }),
    )
  }

  /** Ends everything, and fails when a process outlives it. */
  async close(): Promise<void> {
    open.delete(this)
    for (const node of this.#processes) if (node.isRunning) node.resume()
    await Promise.all(this.#observers.map((observer) => observer.leave()))
    await Promise.all(this.#processes.filter((node) => node.isRunning).map((node) => node.kill()))
    const serverPid = this.server.pid
    await this.server.stop()
    const alive = [...this.#processes, { name: 'nats-server', pid: serverPid }].filter(({ pid }) => isAlive(pid))
    if (alive.length > 0) throw new Error(`left behind: ${alive.map(({ name, pid }) => `${name} (${pid})`).join(', ')}`)
  }
}

/** Throws unless every message that entered a node is accounted for exactly once. */
function expectBalanced(node: string, { counters, deadLetters }: Books): void {
  const { sent, received, handled, rejected, deadLettered, forwarded, waiting } = counters
  const byReason = Object.values(deadLetters).reduce((sum, count) => sum + count, 0)
  if (sent + received === handled + rejected + deadLettered + forwarded + waiting && waiting >= 0 && byReason === deadLettered) return
  throw new Error(`the books of ${node} do not balance: ${JSON.stringify({ counters, deadLetters })}`)
}

/** The echo actor of a node. */
export function echoOf(observer: ClusterNode, node: string) {
  return observer.ref(node, '/app/echo', echo)
}

/** Whether a node is up in another's eyes. */
export function sees(observer: ClusterNode, name: string): boolean {
  return observer.members().some(({ identity }) => identity.name === name)
}

/** Recognises a log line by its event, and more by its fields. */
export function is(event: string, also: (record: LogRecord) => boolean = () => true): (line: { readonly record?: LogRecord }) => boolean {
  return ({ record }) => record?.['event'] === event && also(record)
}

/** Whether a line is about that node. */
export function ofNode(name: string): (record: LogRecord) => boolean {
  return (record) => (record['node'] as { name?: unknown } | undefined)?.name === name
}

/** Asks again until there is an answer: while leaders change there may be none. Answers how long it took, too. */
export async function persistently<T>(
  what: string,
  ask: () => Promise<T>,
  timeoutMs: number,
): Promise<{ readonly answer: T; readonly tookMs: number }> {
  const begun = performance.now()
  let answer: { readonly value: T } | undefined
  let last: unknown
  try {
    await until(
      what,
      async () => {
        try {
          answer = { value: await ask() }
        } catch (error) {
          last = error
        }
        return answer !== undefined
      },
      timeoutMs,
    )
  } catch (error) {
    throw new Error(`${(error as Error).message}; the last answer was ${String(last)}`, { cause: last })
  }
  return { answer: answer!.value, tookMs: performance.now() - begun }
}

/** The error that an ask ends with, and how long that took. */
export async function refusal(asked: Promise<unknown>): Promise<{ readonly error: unknown; readonly tookMs: number }> {
  const begun = performance.now()
  const error = await asked.then(
    (value) => new Error(`answered ${JSON.stringify(value)}`),
    (reason: unknown) => reason,
  )
  return { error, tookMs: performance.now() - begun }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}
