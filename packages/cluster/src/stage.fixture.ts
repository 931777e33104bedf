// A whole cluster on one stage: nodes over a memory network, all in virtual time, and everything they say written down.

import {
  type ActorDefinition,
  type Env,
  type Host,
  hostOf,
  type Link,
  type SystemEvent,
  type TimerHandle,
  type TransportHandlers,
} from '@understudy/runtime/spi'
import { ManualEnv } from '@understudy/runtime/testing'
import { memoryNetwork, type MemoryNetwork } from './memory/network.ts'
import { type ClusterNode, startNode } from './node/node.ts'

/** A node and what happened to it. */
export interface Player {
  readonly node: ClusterNode
  readonly host: Host
  readonly env: StoppableEnv
  readonly events: SystemEvent[]
  /** Why it is out; undefined while it is not. */
  outBecause: string | undefined
}

/** The Env of one process among others of the same time: it can be stopped, as by SIGSTOP, and then its timers are late. */
export class StoppableEnv implements Env {
  readonly #base: ManualEnv
  #held: (() => void)[] | undefined

  constructor(base: ManualEnv) {
    this.#base = base
  }

  now(): number {
    return this.#base.now()
  }

  wallNow(): number {
    return this.#base.wallNow()
  }

  random(): number {
    return this.#base.random()
  }

  id(): string {
    return this.#base.id()
  }

  setTimer(delayMs: number, callback: () => void): TimerHandle {
    const timer = { cancelled: false, handle: undefined as TimerHandle }
    timer.handle = this.#base.setTimer(delayMs, () => {
      this.#whenAwake(() => {
        if (!timer.cancelled) callback()
      })
    })
    return timer
  }

  clearTimer(handle: TimerHandle): void {
    const timer = handle as { cancelled: boolean; handle: TimerHandle }
    timer.cancelled = true
    this.#base.clearTimer(timer.handle)
  }

  soon(callback: () => void): void {
    this.#base.soon(() => this.#whenAwake(callback))
  }

  afterIo(callback: () => void): void {
    this.#base.afterIo(() => this.#whenAwake(callback))
  }

  stop(): void {
    this.#held ??= []
  }

  goOn(): void {
    const held = this.#held
    this.#held = undefined
    for (const callback of held ?? []) callback()
  }

  #whenAwake(callback: () => void): void {
    if (this.#held === undefined) callback()
    else this.#held.push(callback)
  }
}

/** Options of a node on a stage, beside its name. */
export interface PlayerOptions {
  // oxlint-disable-next-line typescript/no-explicit-any
  readonly root?: ActorDefinition<any>
}

const nothing = (): void => {}
const silent = { debug() {}, info() {}, warn() {}, error() {} }
const longestWaitMs = 120_000

/** One cluster in virtual time. */
export class ClusterStage {
  readonly env: ManualEnv
  readonly network: MemoryNetwork
  readonly players: Player[] = []

  constructor(options: { readonly seed?: number; readonly latencyMs?: number } = {}) {
    this.env = new ManualEnv({ seed: options.seed ?? 1 })
    this.network = memoryNetwork({ env: this.env, latencyMs: options.latencyMs ?? 1 })
  }

  /** Starts a node; its root is running and its membership known everywhere when this resolves. */
  async node(name: string, options: PlayerOptions = {}): Promise<Player> {
    const player = await this.run(this.starting(name, options))
    await this.advance(50)
    return player
  }

  /** Starts a node without moving time. */
  async starting(name: string, { root }: PlayerOptions = {}): Promise<Player> {
    const env = new StoppableEnv(this.env)
    const transport = this.network.transport()
    const node = await startNode({ cluster: 'c', name, transport, env, log: silent, ...(root !== undefined && { root }) })
    const events: SystemEvent[] = []
    node.onEvent((event) => events.push(event))
    const player: Player = { node, host: hostOf(node.system), env, events, outBecause: undefined }
    void node.left.then((why) => (player.outBecause = why))
    this.players.push(player)
    return player
  }

  /** A connection that is no node's, for whoever wants to look into the store or to do harm. */
  connect(nodeName: string, frame: (bytes: Uint8Array) => void = nothing): Promise<Link> {
    const handlers: TransportHandlers = {
      frame,
      broadcast: nothing,
      unreachable: nothing,
      connectionClosed: nothing,
      disconnected: nothing,
      reconnected: nothing,
      closed: nothing,
    }
    return this.network.transport().connect({ cluster: 'c', nodeName, env: this.env, log: silent, handlers })
  }

  advance(ms: number): Promise<void> {
    return this.env.advance(ms)
  }

  /** Moves time until a promise is settled. */
  async run<T>(promise: Promise<T>): Promise<T> {
    let isSettled = false
    const settled = (): void => void (isSettled = true)
    promise.then(settled, settled)
    await this.until('the promise is settled', () => isSettled)
    return promise
  }

  /** Moves time until something is so; answers how long that took. */
  async until(what: string, isSo: () => boolean, timeoutMs = longestWaitMs): Promise<number> {
    const from = this.env.now()
    await this.env.settle()
    while (!isSo()) {
      if (this.env.now() - from >= timeoutMs) throw new Error(`waited ${timeoutMs} ms in vain until ${what}`)
      await this.env.advance(1)
    }
    return this.env.now() - from
  }

  /** Stops a whole process: nothing of it runs, and nothing reaches it. */
  freeze(player: Player): void {
    player.env.stop()
    this.network.freeze(player.node.identity.name)
  }

  thaw(player: Player): void {
    player.env.goOn()
    this.network.thaw(player.node.identity.name)
  }

  /** Ends everything, so that nothing is left to happen. The books of every node that ever played must balance, before and after. */
  async close(): Promise<void> {
    for (const player of this.players) expectBalanced(player)
    this.network.storeOutage(false)
    for (const player of this.players) this.thaw(player)
    this.network.heal()
    await this.run(Promise.all(this.players.map(({ node }) => node.leave())))
    for (const player of this.players) expectBalanced(player, 'nothing waits')
  }
}

/** The events of one type. */
export function eventsOf<T extends SystemEvent['type']>({ events }: Player, type: T): Extract<SystemEvent, { type: T }>[] {
  return events.filter((event): event is Extract<SystemEvent, { type: T }> => event.type === type)
}

/** Throws unless every message that entered a node is accounted for, and, at the end, none of them waits any more. */
export function expectBalanced({ node, host }: Player, end?: 'nothing waits'): void {
  const { sent, received, handled, rejected, deadLettered, forwarded, waiting } = host.counters
  const isDone = end === undefined ? waiting >= 0 : waiting === 0
  const byReason = Object.values(node.system.deadLetters.counts).reduce((sum, count) => sum + count, 0)
  const isBalanced = sent + received === handled + rejected + deadLettered + forwarded + waiting && byReason === deadLettered
  if (isBalanced && isDone) return
  throw new Error(`the books of ${node.identity.name} do not balance: ${JSON.stringify(host.counters)}`)
}

/** What became of a promise: its value, or its error. */
export function outcomeOf(promise: Promise<unknown>): { value?: unknown; error?: unknown } {
  const outcome: { value?: unknown; error?: unknown } = {}
  promise.then(
    (value) => (outcome.value = value),
    (error: unknown) => (outcome.error = error),
  )
  return outcome
}
