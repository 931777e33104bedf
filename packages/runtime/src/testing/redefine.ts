// Puts another definition into a living actor: what failure injection and message recording of the testkit stand on.

import { Cell } from '../actor/cell.ts'
import type { ActorDefinition } from '../contracts/behavior.ts'
import type { Host } from '../contracts/host.ts'
import type { Protocol } from '../contracts/message.ts'
import type { AnyRef } from '../contracts/ref.ts'
import { InvalidOptionError } from '../errors.ts'
import { ActorRef } from '../ref/actor-ref.ts'

/**
 * Replaces the definition of the living local actor behind `ref` from its next turn on, for this and its later incarnations.
 *
 * Watch out: for tests only. Name, mailbox bounds and hooks of the tree must stay what they were.
 * @throws InvalidOptionError unless a local actor lives there.
 */
export function redefine(ref: AnyRef, change: (definition: ActorDefinition<Protocol>) => ActorDefinition<Protocol>): void {
  const { path, uid } = ref.address
  const found = (ActorRef.endpointOf(ref).host as Host).lookup(path, uid)
  if (!(found instanceof Cell))
    throw new InvalidOptionError('ref', ref.toString(), 'a ref to a living actor of this process, not a pool or a proxy')
  const cell = found as { definition: unknown }
  cell.definition = change(found.definition as ActorDefinition<Protocol>)
}
