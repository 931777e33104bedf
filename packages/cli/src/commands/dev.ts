// `understudy dev`: a cluster on this machine. A nats-server, N processes of one program, their log lines in one stream, and an orderly end.
import { findExample } from '../example.ts'
import { exitCode } from '../exit-code.ts'
import type { NodeExit, NodeProcess } from '../launcher.ts'
import { exitCodeOf, launchNode } from '../launcher.ts'
import type { LogRecord, NodeLine } from '../log-record.ts'
import { levelOf, renderJson, renderRaw, renderRecord } from '../output/line.ts'
import { chooseStyle } from '../output/style.ts'
import type { Terminal } from '../terminal.ts'
import type { NatsChoice, NatsSource } from './nats.ts'
import { openNats } from './nats.ts'
import type { StopRequest } from './stop-request.ts'
import { listenForStop } from './stop-request.ts'

/** The options of `understudy dev`. */
export interface DevOptions {
  /** How many node processes; default 3, and 1 without NATS. */
  readonly nodes?: number
  readonly json: boolean
  readonly nats: NatsChoice
  readonly logLevel: 'debug' | 'info' | 'warn' | 'error'
  /** Name of the cluster; default the example's name. */
  readonly cluster?: string
  /** Arguments for the program. */
  readonly args: readonly string[]
}

/** How long the nodes get to end by themselves. */
const drainTimeoutMs = 10_000

/** Runs until the nodes have ended or a person says stop; resolves with the exit code. */
export async function dev(target: string | undefined, options: DevOptions, terminal: Terminal): Promise<number> {
  const example = findExample(target, terminal.cwd)
  const narrate = (text: string): void => void terminal.stderr.write(`${text}\n`)
  const nodes: NodeProcess[] = []
  const stop = listenForStop([terminal.stdout, terminal.stderr], () => {
    narrate('killing everything at once')
    for (const node of nodes) void node.kill()
    // The nats-server ends with this process: its watchdog sees to that.
    process.exit(exitCode.interrupted)
  })
  let nats: NatsSource | undefined
  try {
    nats = await openNats(options.nats, narrate)
    if (stop.isAsked) return exitCode.ok
    const count = options.nats === 'memory' ? 1 : (options.nodes ?? 3)
    if (options.nodes !== undefined && count < options.nodes) narrate(`without NATS there is one process: n1, not ${options.nodes} nodes`)
    narrate(`\n  ${example.name} · ${plural(count, 'node')} · ${nats.label}\n  Stop   Ctrl-C drains, twice kills\n`)
    const show = printer(options, terminal, `n${count}`.length)
    for (let index = 1; index <= count; index += 1) {
      const env = {
        UNDERSTUDY_CLUSTER: options.cluster ?? example.name,
        UNDERSTUDY_NATS: nats.address,
        UNDERSTUDY_LOG_LEVEL: options.logLevel,
      }
      const node = launchNode({ name: `n${index}`, entry: example.entry, env, args: options.args })
      nodes.push(node)
      node.lines(show)
      show(ownLine(node.name, { level: 30, event: 'process.started', processId: node.pid, msg: 'process started' }))
      void node.exited.then((exit) => show(ownLine(node.name, describeExit(exit, stop.isAsked))))
    }
    return await untilDone(nodes, stop, narrate)
  } finally {
    await Promise.all(nodes.map((node) => node.kill()))
    await nats?.stop()
    stop.dispose()
  }
}

/** All nodes ended by themselves: their codes count. Someone asked: what counts is that they went in order. */
async function untilDone(nodes: readonly NodeProcess[], stop: StopRequest, narrate: (text: string) => void): Promise<number> {
  const exits = Promise.all(nodes.map((node) => node.exited))
  await Promise.race([exits, stop.asked])
  if (!stop.isAsked) return (await exits).every((exit) => exitCodeOf(exit) === 0) ? exitCode.ok : exitCode.failed
  const running = nodes.filter((node) => node.isRunning)
  narrate(`draining ${plural(running.length, 'node')}, up to ${drainTimeoutMs / 1000} s … (Ctrl-C again kills at once)`)
  const drained = await Promise.all(
    running.map(async (node) => ({ name: node.name, code: await node.drain(drainTimeoutMs), exit: await node.exited })),
  )
  const killed = drained.filter(({ exit }) => exit.signal === 'SIGKILL')
  if (killed.length > 0) narrate(`killed after ${drainTimeoutMs / 1000} s: ${killed.map(({ name }) => name).join(', ')}`)
  // A program that does not handle SIGTERM ends by it, and that is an end in order.
  const failed = drained.filter(({ code, exit }) => code !== 0 && exit.signal !== 'SIGTERM')
  narrate(failed.length === 0 ? 'stopped' : `stopped; not in order: ${failed.map(({ name, code }) => `${name} (code ${code})`).join(', ')}`)
  return failed.length === 0 ? exitCode.ok : exitCode.failed
}

function printer(options: DevOptions, { stdout, env }: Terminal, nodeWidth: number): (line: NodeLine) => void {
  const style = chooseStyle(stdout.isTTY === true, env)
  const threshold = { debug: 20, info: 30, warn: 40, error: 50 }[options.logLevel]
  return (line) => {
    if (line.record !== undefined && levelOf(line.record) < threshold) return
    if (options.json) stdout.write(`${renderJson(line)}\n`)
    else if (line.record === undefined) stdout.write(`${renderRaw(line, style, nodeWidth)}\n`)
    else stdout.write(`${renderRecord(line.record, line.node, style, nodeWidth)}\n`)
  }
}

/** What we ourselves have to say about a node's process, as a record like its own. */
function ownLine(node: string, fields: LogRecord): NodeLine {
  return { node, stream: 'stdout', raw: '', record: { level: 30, time: Date.now(), ...fields } }
}

function describeExit(exit: NodeExit, wasAsked: boolean): LogRecord {
  const how = exit.signal === null ? `code ${exit.code}` : `killed by ${exit.signal}`
  const isInOrder = exit.code === 0 || (wasAsked && exit.signal === 'SIGTERM')
  return { level: isInOrder ? 30 : 50, event: 'process.exited', how, code: exit.code, signal: exit.signal, msg: `process exited: ${how}` }
}

function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}
