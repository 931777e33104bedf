// The threads of one system: which there are, who shares them, and that none is left behind.

import type { ActorDefinition } from '../contracts/behavior.ts'
import type { Endpoint } from '../contracts/endpoint.ts'
import type { Host } from '../contracts/host.ts'
import type { Isolation, ThreadIsolation } from '../contracts/isolation.ts'
import type { Protocol } from '../contracts/message.ts'
import type { SupervisingDefinition } from '../contracts/supervision.ts'
import { InvalidOptionError, ThreadCrashedError, ThreadUnsupportedError } from '../errors.ts'
import { type Lodging, OuterHalf } from './outer-half.ts'
import { Thread } from './thread.ts'

/** All threads of one system. Created with the first actor that wants one. */
export class Threads implements Lodging {
  readonly #host: Host
  readonly #watch: (target: Endpoint, onGone: () => void) => void
  /** By name those that are shared, by their only actor the others. */
  readonly #open = new Map<string | OuterHalf, Thread>()
  readonly #living = new Set<Thread>()

  /** `watch` calls back when an actor is gone for good. */
  constructor(host: Host, watch: (target: Endpoint, onGone: () => void) => void) {
    this.#host = host
    this.#watch = watch
  }

  /** What the main loop runs instead of an actor that is to live in a thread. @throws InvalidOptionError @throws ThreadUnsupportedError */
  isolate(definition: ActorDefinition<Protocol, unknown>, isolation: Isolation): SupervisingDefinition<Protocol, unknown> {
    checkIsolation('isolation', isolation)
    checkDefinition(definition)
    return new OuterHalf(this, definition, isolation).definition()
  }

  open(half: OuterHalf, isolation: Isolation): Thread {
    const options = isolation === 'thread' ? {} : isolation
    const key = options.thread ?? half
    const known = this.#open.get(key)
    if (known !== undefined && !known.isEnding) return known
    const owner = options.thread === undefined ? half.path : `'${options.thread}'`
    const thread: Thread = new Thread(this.#host, options, owner, () => {
      this.#living.delete(thread)
      if (this.#open.get(key) === thread) this.#open.delete(key)
    })
    this.#living.add(thread)
    this.#open.set(key, thread)
    return thread
  }

  follow(half: OuterHalf, cell: Endpoint): void {
    this.#watch(cell, () => {
      half.gone()
      for (const thread of this.#living) if (thread.isEmpty) this.#close(thread)
    })
  }

  /** Resolves when no thread is left. Call it when all actors are gone. */
  async closed(): Promise<void> {
    const threads = [...this.#living]
    for (const thread of threads) this.#close(thread)
    await Promise.all(threads.map(({ exited }) => exited))
  }

  /** Whoever wants that thread from now on gets a new one. */
  #close(thread: Thread): void {
    thread.terminate(new ThreadCrashedError(thread.owner, 'nobody lives there any more'))
  }
}

const fields = new Set(['thread', 'resourceLimits', 'hangMs'])

/** @throws InvalidOptionError unless `isolation` is valid (or undefined). */
export function checkIsolation(field: string, isolation: unknown): void {
  if (isolation === undefined || isolation === 'thread') return
  if (typeof isolation !== 'object' || isolation === null)
    throw new InvalidOptionError(field, isolation, "'thread' or { thread?, resourceLimits?, hangMs? }")
  for (const [name, value] of Object.entries(isolation))
    if (!fields.has(name)) throw new InvalidOptionError(`${field}.${name}`, value, 'left out: there is no such option')
  const { thread, resourceLimits, hangMs } = isolation as ThreadIsolation
  if (thread !== undefined && (typeof thread !== 'string' || thread === ''))
    throw new InvalidOptionError(`${field}.thread`, thread, 'the name of a thread: a text')
  if (hangMs !== undefined && !(typeof hangMs === 'number' && hangMs > 0))
    throw new InvalidOptionError(`${field}.hangMs`, hangMs, 'milliseconds, more than 0')
  if (resourceLimits === undefined) return
  if (typeof resourceLimits !== 'object' || resourceLimits === null)
    throw new InvalidOptionError(`${field}.resourceLimits`, resourceLimits, 'an object such as { maxOldGenerationSizeMb: 64 }')
  for (const [name, value] of Object.entries(resourceLimits) as [string, unknown][])
    if (!(typeof value === 'number' && value > 0))
      throw new InvalidOptionError(`${field}.resourceLimits.${name}`, value, 'MiB, more than 0')
}

function checkDefinition(definition: SupervisingDefinition<Protocol, unknown>): void {
  const { name, module, trapExit, movesWithChildren } = definition
  if (movesWithChildren !== true && (definition.supervise !== undefined || definition.route !== undefined))
    throw new ThreadUnsupportedError(name, 'a supervisor, a pool or a proxy')
  if (trapExit === true) throw new ThreadUnsupportedError(name, 'trapExit')
  if (module !== undefined) return
  const write = movesWithChildren === true ? 'machineActor(machine, { ' : 'actor({ '
  throw new InvalidOptionError(
    'module',
    module,
    `where a thread finds '${name}': export it and write ${write}name: '${name}', module: import.meta.url, … })`,
  )
}
