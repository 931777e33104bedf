// Reading a tree off what runs: one look at all of it, between two messages.

import { ActorRef } from '@understudy/runtime/spi'
import type { ActorContext, AnyRef, Child, Protocol } from '@understudy/runtime/spi'
import { Executor } from '../executor.ts'
import type { Standing } from '../standing.ts'
import { describeActor, describeSpec } from './describe-tree.ts'
import type { RunningNode } from './tree-node.ts'

/** Answers `describe`: the supervisor that handles it, and all beneath. */
export function describe(_run: Executor, _message: object, ctx: ActorContext<Protocol>): RunningNode {
  const self = ActorRef.endpointOf(ctx.self as AnyRef) as unknown as Child
  const { name, path, incarnation, life, definition, shutdownMs } = self
  return { ...describeActor(definition, name, shutdownMs), path, state: 'running', life, incarnation, children: childrenOf(self) }
}

function childrenOf({ supervision, path }: Child): RunningNode[] {
  return supervision instanceof Executor ? Array.from(supervision.standings(), (standing) => describeStanding(standing, path)) : []
}

function describeStanding({ spec, phase, child }: Standing, parent: string): RunningNode {
  return {
    ...describeSpec(spec),
    path: `${parent}/${spec.id}`,
    state: phase === 'down' ? 'restarting' : phase,
    ...(child && { life: child.life }),
    incarnation: child?.incarnation ?? 0,
    children: child === undefined ? [] : childrenOf(child),
  }
}
