// What a contract suite runs on: a network of one kind, and nodes on it that write down what happens to them.

import type { Env, Link, Logger, NodeIdentity, Transport } from '@understudy/runtime/spi'

/** A network of one kind, made once per test file. */
export interface Bed {
  transport(): Transport
  readonly env: Env
  /** Takes the connection of every node away; resolves at once, the nodes notice in their own time. */
  cut(): Promise<void>
  /** Gives it back. */
  mend(): Promise<void>
  close(): Promise<void>
}

/** A node under test and what its transport called back. */
export interface TestNode {
  readonly link: Link
  readonly frames: Uint8Array[]
  readonly broadcasts: string[]
  readonly unreachable: NodeIdentity[]
  readonly connectionsClosed: NodeIdentity[]
  /** `disconnected`, `reconnected` and `closed`, in order. */
  readonly session: string[]
  /** What arrived, as text. */
  texts(): string[]
}

const quiet: Logger = { debug() {}, info() {}, warn() {}, error() {} }
let clusters = 0

/** A name that no other test of this process uses, so that tests share a server and nothing else. */
export function newCluster(): string {
  return `t${process.pid}-${++clusters}`
}

/** Connects a node. `onCall` is called in every handler, after the call has been recorded. */
export async function join(bed: Bed, cluster: string, nodeName: string, onCall: () => void = () => {}): Promise<TestNode> {
  const frames: Uint8Array[] = []
  const broadcasts: string[] = []
  const unreachable: NodeIdentity[] = []
  const connectionsClosed: NodeIdentity[] = []
  const session: string[] = []
  const note = <T>(list: T[], item: T): void => {
    list.push(item)
    onCall()
  }
  const link = await bed.transport().connect({
    cluster,
    nodeName,
    env: bed.env,
    log: quiet,
    handlers: {
      frame: (bytes) => note(frames, bytes.slice()), // the transport may reuse them
      broadcast: (bytes) => note(broadcasts, textOf(bytes)),
      unreachable: (to) => note(unreachable, to),
      connectionClosed: (node) => note(connectionsClosed, node),
      disconnected: () => note(session, 'disconnected'),
      reconnected: () => note(session, 'reconnected'),
      closed: () => note(session, 'closed'),
    },
  })
  return { link, frames, broadcasts, unreachable, connectionsClosed, session, texts: () => frames.map(textOf) }
}

export function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text)
}

export function textOf(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes)
}
