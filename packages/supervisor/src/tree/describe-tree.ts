// Reading a tree off its definition, without running it.

import type { ActorDefinition, Shutdown } from '@understudy/runtime/spi'
import type { ChildSpec } from '../spec.ts'
import { validateDefinition } from '../spec.ts'
import { blueprintOf } from './blueprint.ts'
import type { TreeNode } from './tree-node.ts'

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- a tree holds actors of any protocol and input
export type AnyDefinition = ActorDefinition<any, any>

/**
 * The tree that a definition declares, as plain JSON.
 *
 * Use when: a tree is to be drawn (`toMermaid`, `toDot`), written down, or compared with what runs (`diffTrees`).
 *
 * @throws InvalidOptionError unless it is a definition.
 */
export function describeTree(definition: AnyDefinition): TreeNode {
  validateDefinition(definition, 'definition')
  return { ...describeActor(definition, definition.name, definition.shutdownMs), children: describeChildren(definition) }
}

/** What a child spec says of its child, the children left out. */
export function describeSpec({
  id,
  definition,
  restart,
  significant,
  recovery,
  shutdownMs,
  isolation,
}: ChildSpec): Omit<TreeNode, 'children'> {
  const thread = typeof isolation === 'object' ? (isolation.thread ?? 'thread') : isolation
  return {
    ...describeActor(definition, id, shutdownMs),
    restart,
    ...(significant && { significant }),
    recovery: recovery.name,
    ...(thread !== undefined && { isolation: thread }),
  }
}

/** What a definition says of its actor, the children left out. */
export function describeActor(definition: AnyDefinition, id: string, shutdownMs: Shutdown): Omit<TreeNode, 'children'> {
  const { name } = definition
  const blueprint = blueprintOf(definition)
  if (blueprint === undefined) return { kind: 'worker', id, name, shutdownMs }
  const { kind, strategy, intensity, autoShutdown, maxChildren, template } = blueprint
  return {
    kind,
    id,
    name,
    shutdownMs,
    strategy,
    intensity: { restarts: finite(intensity.restarts), withinMs: intensity.withinMs },
    ...(autoShutdown !== undefined && autoShutdown !== 'never' && { autoShutdown }),
    ...(maxChildren !== undefined && { maxChildren: finite(maxChildren) }),
    ...(template !== undefined && { template: template.definition.name }),
  }
}

function describeChildren(definition: AnyDefinition): TreeNode[] {
  return (blueprintOf(definition)?.children ?? []).map((spec) => ({ ...describeSpec(spec), children: describeChildren(spec.definition) }))
}

/** JSON knows no infinity. */
function finite(value: number): number | 'infinity' {
  return value === Infinity ? 'infinity' : value
}
