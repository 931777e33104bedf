// A node of a cluster, as users start it: a system of actors, and its part in the cluster.

import { type ActorSystem, createSystem } from '@understudy/runtime'
import { hostOf, type SystemEvent } from '@understudy/runtime/spi'
import { type NodeOptions, validateNodeOptions } from './options.ts'
import { Participant } from './participant.ts'
import { provideRestart } from './restart.ts'
import type { Cluster } from './service.ts'

/** A running node. */
export interface ClusterNode extends Cluster {
  /** The node's own system of actors. */
  readonly system: ActorSystem
  /** Subscribes to events of this node; returns the way to stop. */
  onEvent(listener: (event: SystemEvent) => void): () => void
  /**
   * Leaves in order: actors are stopped, last to first, singletons hand over, then the node says goodbye and disconnects.
   * Resolves when it is out. Idempotent.
   */
  leave(): Promise<void>
  /** Resolves when the node is out, for whatever reason; the text says why. */
  readonly left: Promise<string>
}

/**
 * Starts a node and joins its cluster.
 *
 * Use when: several processes are to be one system. Resolves once this node is a member and its root has been spawned.
 *
 * @throws InvalidOptionError naming the field. @throws TransportError when the server cannot be reached or cannot do what is needed.
 * @throws StoreUnavailableError when the store stays silent.
 */
export async function startNode(options: NodeOptions): Promise<ClusterNode> {
  validateNodeOptions(options)
  const { env, log, root, strayErrors, hangMs, restartNode } = options
  let node: { leave(): Promise<void> } | undefined
  const system: ActorSystem = createSystem({
    ...(env !== undefined && { env }),
    ...(log !== undefined && { log }),
    ...(hangMs !== undefined && { hangMs }),
    // In order means for a node that its leaders hand over and the others know that it is gone.
    strayErrors: strayErrors === 'off' ? 'off' : () => node?.leave() ?? system.stop(),
  })
  let participant: Participant
  try {
    participant = await Participant.join(hostOf(system), options)
  } catch (error) {
    await system.stop()
    throw error
  }
  let out!: (why: string) => void
  const left = new Promise<string>((resolve) => (out = resolve))
  let leaving: Promise<void> | undefined
  const leave = (why: string, last?: () => void): Promise<void> => {
    leaving ??= (async () => {
      await participant.drain()
      await system.stop()
      await participant.leave()
      last?.()
      out(why)
    })()
    return leaving
  }
  void participant.ousted.then((why) => leave(why))
  try {
    if (restartNode !== undefined) provideRestart(hostOf(system), restartNode, leave)
    options.provide?.((key, value) => system.provide(key, value))
    if (root !== undefined) system.spawn(root, { name: root.name })
  } catch (error) {
    await leave('its root could not be started')
    throw error
  }
  node = { leave: () => leave('a stray error that belongs to no actor') }
  return {
    system,
    get identity() {
      return participant.identity
    },
    members: () => participant.members(),
    ref: (nodeName, path) => participant.ref(nodeName, path),
    singleton: (definition) => participant.singleton(definition),
    pool: (definition) => participant.pool(definition),
    place: (key) => participant.place(key),
    onEvent: (listener) => system.onEvent(listener),
    leave: () => leave('it was told to leave'),
    left,
  }
}
