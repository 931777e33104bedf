// The composition root: the only place that chooses a real clock, a logger and a dispatcher.

import { type Address, isPath } from '../contracts/address.ts'
import type { ActorDefinition, SpawnArguments } from '../contracts/behavior.ts'
import type { Env } from '../contracts/env.ts'
import { describeCause } from '../contracts/exit-reason.ts'
import type { EventOf, SystemEvent } from '../contracts/event.ts'
import type { Counters } from '../contracts/accounts.ts'
import type { Host } from '../contracts/host.ts'
import type { Logger } from '../contracts/log.ts'
import type { Protocol } from '../contracts/message.ts'
import type { Ref } from '../contracts/ref.ts'
import type { ServiceKey } from '../contracts/service.ts'
import { Cell } from '../actor/cell.ts'
import { shaped } from '../actor/definition-shape.ts'
import { Context } from '../actor/context.ts'
import { checkDefinition } from '../actor/define.ts'
import { noHandlers } from '../actor/handler-table.ts'
import type { DispatchOptions } from '../dispatch/dispatcher.ts'
import { currentOwner } from '../dispatch/owner.ts'
import { systemEnv } from '../dispatch/system-env.ts'
import { InvalidOptionError, SystemStoppedError } from '../errors.ts'
import { LazyEndpoint } from '../ref/lazy-endpoint.ts'
import { type DeadLetters, deadLetterDesk } from './dead-letter-desk.ts'
import type { Groups } from './process-groups.ts'
import type { Names } from './registry.ts'
import { runShutdown, type ShutdownOptions, type ShutdownReport } from './shutdown.ts'
import { stderrLogger } from './stderr-logger.ts'
import { joinStrayErrors } from './stray-errors.ts'
import { SystemHost } from './system-host.ts'
import { watchForHangs } from './watchdog.ts'

/** Options of a system; each has a default. */
export interface SystemOptions {
  /** Where time and randomness come from. Default: the real ones; tests use `ManualEnv`. */
  readonly env?: Env
  /** Default: warnings and errors as JSON lines on standard error. */
  readonly log?: Logger
  /** Fairness of the dispatcher. */
  readonly dispatch?: DispatchOptions
  /**
   * What becomes of exceptions and rejections that nothing in the process has caught. `stop`, the default: the failure of the actor
   * they belong to; what belongs to nobody stops this system in order (a function: does so in its place), and then ends the process
   * with that error, within 15 s. Other listeners of the process for them are left the decision. `off`: nothing of the kind.
   */
  readonly strayErrors?: 'stop' | 'off' | (() => unknown)
  /**
   * Reports an actor that is in one message for longer than so many milliseconds, and a loop that stood still for as long for no such
   * reason. Looks at all actors four times in that time, and reads the clock after each message, which costs it 50 ns. What keeps the loop
   * is told of once it is over. Default: nobody looks, and nothing is paid. (Actors in threads have a `hangMs` of their own.)
   */
  readonly hangMs?: number
}

/** A running system of actors in this process. */
export interface ActorSystem extends Names {
  /** Starts a top-level actor. Unless it is a supervisor, nobody restarts it: it is stopped, and says so, when it fails. */
  spawn<P extends Protocol, I>(definition: ActorDefinition<P, I>, ...options: SpawnArguments<I>): Ref<P>
  /** A ref by path (`/shop/catalogue`) or address; valid whether or not somebody lives there. @throws InvalidOptionError */
  ref<P extends Protocol>(at: string | Address, definition?: ActorDefinition<P, never>): Ref<P>
  /** Stops all actors, children before parents and last to first, each within its shutdown time. Resolves when all is still. */
  stop(): Promise<void>
  /**
   * Stops in phases, each with a deadline: the given ones in order, then until nothing waits any more (`drain`), then the actors
   * (`stop`). A phase that fails or overruns is reported and the next one begins. A second call gets the report of the first.
   * @throws (rejects with) InvalidOptionError
   */
  shutdown(options?: ShutdownOptions): Promise<ShutdownReport>
  /** What actors of this system find by `ctx.service(key)`, such as a connection pool. A second value of a key replaces the first. */
  provide<T>(key: ServiceKey<T>, value: T): void
  /** Subscribes to events; returns the way to stop. */
  onEvent(listener: (event: SystemEvent) => void): () => void
  /** Subscribes to events of some types only. */
  onEvent<T extends SystemEvent['type']>(types: T | readonly T[], listener: (event: EventOf<T>) => void): () => void
  /** The books: `sent + received = handled + rejected + deadLettered + forwarded + waiting` at any quiet moment. */
  readonly counters: Readonly<Counters>
  /** What nobody handled: counts by reason, and the last 10 000. */
  readonly deadLetters: DeadLetters
  /** Process groups of this node. */
  readonly groups: Groups
}

/** How long actors may take to stop, in milliseconds, when a stray error ends the process. */
const strayStopMs = 5000

type Type = SystemEvent['type']
type Listener = (event: SystemEvent) => void

const hosts = new WeakMap<ActorSystem, SystemHost>()

const root = shaped<Protocol, undefined>({
  name: 'root',
  start: () => undefined,
  handlers: noHandlers,
  capacity: 1,
  overflow: 'reject',
  shutdownMs: 'infinity',
})

/**
 * Creates a system: the home of actors in this process.
 *
 * Use when: one process is enough. For several nodes use `startNode` of the cluster package, which makes its own system.
 */
export function createSystem(options: SystemOptions = {}): ActorSystem {
  const { strayErrors = 'stop' } = options
  if (strayErrors !== 'stop' && strayErrors !== 'off' && typeof strayErrors !== 'function')
    throw new InvalidOptionError('strayErrors', strayErrors, "'stop', 'off' or a function")
  const host = new SystemHost(options.env ?? systemEnv, options.log ?? stderrLogger, options.dispatch)
  host.root = new Cell(host, null, root as unknown as ActorDefinition<Protocol, unknown>, { name: 'root' })
  host.life.start(host.root)
  host.root.keepOneOfEach()
  if (options.hangMs !== undefined) watchForHangs(host, options.hangMs)
  let shutdown: Promise<ShutdownReport> | undefined
  const stop = (): Promise<void> => {
    const stopped = new Promise<void>((resolve) => host.onStopped(() => host.closeThreads(resolve)))
    host.root.signal({ type: 'stop', reason: 'shutdown' })
    return stopped
  }
  const system: ActorSystem = {
    spawn(definition, ...[spawnOptions]) {
      checkDefinition(definition)
      if (host.stopped || host.root.life !== 'running') throw new SystemStoppedError(`cannot spawn '${definition.name}'`)
      const isolation = spawnOptions?.isolation
      const plain = definition as unknown as ActorDefinition<Protocol, unknown>
      return host.root.adopt(isolation === undefined ? plain : host.isolated(plain, isolation), (spawnOptions ?? {}) as never).ref as never
    },
    ref(at) {
      if (typeof at !== 'string') return host.refTo(host.resolve(at))
      if (!isPath(at)) throw new InvalidOptionError('path', at, 'an absolute path of actor names, such as /shop/catalogue')
      // Looked up for each message: the actor may come later, and its node's identity may change.
      const address = { node: host.identity, path: at, uid: 0 }
      return host.refTo(new LazyEndpoint(host, address, () => host.resolve({ ...address, node: host.identity })))
    },
    shutdown(shutdownOptions) {
      if (shutdown !== undefined) return shutdown
      const begun = runShutdown({ host, stop, kill: () => host.root.signal({ type: 'stop', reason: 'killed' }) }, shutdownOptions)
      shutdown = begun
      // Refused options have ended nothing.
      begun.catch(() => (shutdown = undefined))
      return begun
    },
    stop,
    provide: (key, value) => host.provide(key, value),
    onEvent(types: Listener | Type | readonly Type[], listener?: (event: never) => void) {
      if (typeof types === 'function') return host.onEvent(types)
      if (typeof listener !== 'function') throw new InvalidOptionError('listener', listener, 'a function')
      return host.onEvent(listener as Listener, new Set(typeof types === 'string' ? [types] : types))
    },
    counters: host.counters,
    deadLetters: deadLetterDesk(host, host.deadLetters),
    get groups() {
      return host.groups
    },
    register: (name, ref) => host.names.register(name, ref),
    unregister: (name) => host.names.unregister(name),
    whereis: (name) => host.names.whereis(name),
    registered: () => host.names.registered(),
  }
  hosts.set(system, host)
  if (strayErrors !== 'off') {
    const stopInstead = typeof strayErrors === 'function' ? strayErrors : () => system.shutdown({ stopTimeoutMs: strayStopMs })
    host.onStopped(joinStrayErrors({ claim: claimStray, unattributed: (cause) => reportUnattributed(host, cause), stop: stopInstead }))
  }
  return system
}

/** Makes a stray error the failure of the actor it belongs to; false when it belongs to none. */
export function claimStray(cause: unknown): boolean {
  const owner = currentOwner()
  if (!(owner instanceof Context)) return false
  owner.strayed(cause)
  return true
}

function reportUnattributed(host: SystemHost, cause: unknown): void {
  const text = describeCause(cause)
  host.report('error', { type: 'stray.unattributed', cause: text }, `a stray error that belongs to no actor ends this process: ${text}`)
}

/** The inside of a system, for sibling packages. */
export function hostOf(system: ActorSystem): Host {
  const host = hosts.get(system)
  if (host === undefined) throw new InvalidOptionError('system', 'something else', 'made by createSystem of this copy of the runtime')
  return host
}
