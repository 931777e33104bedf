// The stage: a nats-server, the node processes, and this process as a member that only watches.

import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { type ClusterNode, launchNode, type NodeProcess, nats, startNatsServer, startNode, supervisor } from '@understudy/actors'
import type { DemoOptions } from '../options.ts'
import type { Narrator } from './narrator.ts'

/** Everything that runs, until `stop`. */
export interface DemoCluster {
  readonly natsVersion: string
  readonly nodes: ReadonlyMap<string, NodeProcess>
  /** This process's own node: it sees and asks, and hosts nothing. */
  readonly control: ClusterNode
  /** SIGKILL for a node. @throws when the demo did not start it. */
  kill(name: string): void
  /** Rejects when a node's process ends that nobody killed. */
  readonly broken: Promise<never>
}

const program = fileURLToPath(new URL('../node.ts', import.meta.url))
const clusterName = 'flights'
const observerName = 'control'
const leaveTimeoutMs = 2_000
const silent = (): void => {}

/** Collects what must be undone. `stop` undoes it, last first, whatever fails on the way. */
export class Teardown {
  readonly #steps: (() => unknown)[] = []
  #isStopped = false

  add(step: () => unknown): void {
    this.#steps.push(step)
    // What came to be while everything was being stopped goes too.
    if (this.#isStopped) void this.stop()
  }

  async stop(): Promise<void> {
    this.#isStopped = true
    for (let step = this.#steps.pop(); step !== undefined; step = this.#steps.pop()) {
      try {
        await step()
      } catch {
        // What is gone already need not be stopped.
      }
    }
  }
}

/** Starts everything; `teardown` knows each part as soon as it exists. */
export async function startCluster(options: DemoOptions, narrator: Narrator, teardown: Teardown): Promise<DemoCluster> {
  const server = await startNatsServer({ onProgress: (text) => narrator.tell(text) })
  teardown.add(() => server.stop())
  narrator.tell(`nats-server ${server.version} listens on ${server.url}`)

  const nodes = new Map<string, NodeProcess>()
  const killed = new Set<string>()
  const broken = Promise.withResolvers<never>()
  // Whoever listens hears of it; nobody has to.
  broken.promise.catch(silent)
  const args = [
    '--data',
    options.data,
    '--seed',
    String(options.seed),
    ...(options.rate === undefined ? [] : ['--rate', String(options.rate)]),
  ]
  const env = { UNDERSTUDY_CLUSTER: clusterName, UNDERSTUDY_NATS: server.url, UNDERSTUDY_LOG_LEVEL: 'info' }
  for (let index = 1; index <= options.nodes; index++) {
    const node = launchNode({ name: `n${index}`, entry: program, env, args })
    nodes.set(node.name, node)
    const lastLines = keepLastLines(node)
    void node.exited.then(({ code, signal }) => {
      if (!killed.has(node.name))
        broken.reject(new Error(`${node.name} has ended by itself (${signal ?? `code ${code}`}):\n${lastLines()}`))
    })
    teardown.add(() => {
      killed.add(node.name)
      return node.kill()
    })
    if (options.verbose) node.lines(({ raw }) => process.stderr.write(`${node.name}  ${raw}\n`))
  }

  const control = await startNode({
    cluster: clusterName,
    name: observerName,
    transport: nats({ servers: server.url }),
    root: supervisor({ name: observerName, children: [] }),
    log: { debug: silent, info: silent, warn: silent, error: silent },
  })
  teardown.add(() => Promise.race([control.leave(), delay(leaveTimeoutMs)]))
  const kill = (name: string): void => {
    const node = nodes.get(name)
    if (node === undefined) throw new Error(`this demo did not start a node ${name}`)
    killed.add(name)
    void node.kill()
  }
  return { natsVersion: server.version, nodes, control, kill, broken: broken.promise }
}

function keepLastLines(node: NodeProcess): () => string {
  const kept: string[] = []
  node.lines(({ raw }) => {
    kept.push(raw)
    if (kept.length > 10) kept.shift()
  })
  return () => kept.join('\n')
}
