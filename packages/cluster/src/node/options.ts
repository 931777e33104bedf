// What a node is started with.

import type { ActorSystem } from '@understudy/runtime'
import { type ActorDefinition, type Env, InvalidOptionError, isNodeName, type Logger, type Transport } from '@understudy/runtime/spi'

/** Options of a node. */
export interface NodeOptions {
  /** The cluster's name, `[A-Za-z0-9_-]{1,64}`: nodes of different clusters never meet. */
  readonly cluster: string
  /** This node's name, unique in the cluster: a newer node of the same name displaces an older one. */
  readonly name: string
  readonly transport: Transport
  /** Spawned as soon as the node is a member, usually a supervisor; its name is its path. Default: nothing. */
  // oxlint-disable-next-line typescript/no-explicit-any
  readonly root?: ActorDefinition<any>
  /** What this node is for; shown to the others. Default: none. */
  readonly roles?: readonly string[]
  /** Default: warnings and errors as JSON lines on standard error. */
  readonly log?: Logger
  /**
   * What becomes of exceptions and rejections that nothing in the process has caught. `stop`, the default: the failure of the actor
   * they belong to; what belongs to nobody makes the node leave in order, and then ends the process with that error, within 15 s.
   * Other listeners of the process for them are left the decision. `off`: nothing of the kind.
   */
  readonly strayErrors?: 'stop' | 'off'
  /** Reports an actor that is in one message for longer than so many milliseconds, and a loop that stood still. Default: nobody looks. */
  readonly hangMs?: number
  /**
   * Carries out `restartNode`, which recoveries such as `ladder()` order when nothing smaller helps. `exit`: the node leaves in order, and the
   * process ends with code 75 (`EX_TEMPFAIL`), within 15 s, so that whoever started it starts it again. A function is called in place of that.
   * Default: nobody does, and no recovery orders it.
   */
  readonly restartNode?: 'exit' | ((why: string) => unknown)
  /** Called once, before the root is spawned, with the `provide` of the node's system: for what actors find by `ctx.service`. */
  readonly provide?: (provide: ActorSystem['provide']) => void
  /** Default: the real time and randomness. */
  readonly env?: Env
}

/** @throws InvalidOptionError naming the field. */
export function validateNodeOptions(options: NodeOptions): void {
  for (const field of ['cluster', 'name'] as const) {
    const value: unknown = options[field]
    if (typeof value !== 'string' || !isNodeName(value) || value === '_') {
      throw new InvalidOptionError(field, value, "1 to 64 characters of [A-Za-z0-9_-], and not '_' alone")
    }
  }
  const strayErrors: unknown = options.strayErrors
  if (strayErrors !== undefined && strayErrors !== 'stop' && strayErrors !== 'off')
    throw new InvalidOptionError('strayErrors', strayErrors, "'stop' or 'off'")
  const { restartNode, provide } = options as { readonly restartNode?: unknown; readonly provide?: unknown }
  if (restartNode !== undefined && restartNode !== 'exit' && typeof restartNode !== 'function')
    throw new InvalidOptionError('restartNode', restartNode, "'exit' or a function")
  if (provide !== undefined && typeof provide !== 'function')
    throw new InvalidOptionError('provide', provide, 'a function, such as (provide) => provide(key, value)')
  if (typeof options.transport?.connect !== 'function') {
    throw new InvalidOptionError('transport', options.transport, 'a transport, such as nats({ servers }) or memoryNetwork().transport()')
  }
}
