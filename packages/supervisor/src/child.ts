// How users write a child of a supervisor.

import type { ActorDefinition, Protocol } from '@understudy/runtime/spi'
import { childSpec, validateChild } from './spec.ts'
import type { ChildSpec, ChildSpecOptions } from './spec.ts'

/** `input` must be given exactly when the definition takes one. */
export type ChildArguments<I> = undefined extends I
  ? [options?: ChildSpecOptions & { readonly input?: I }]
  : [options: ChildSpecOptions & { readonly input: I }]

/**
 * Describes a child of a supervisor: what to run, under which id, when to restart it and how it recovers.
 *
 * Defaults: `id` is the definition's name, `restart` is `permanent`, `shutdownMs` is what the definition says, `recovery` is one
 * restart at once and then backoff. The definition's `supervision` may say otherwise of all but the id,
 * and what is given here goes before both.
 *
 * @throws InvalidOptionError naming the field, such as `child.shutdownMs`.
 */
export function child<P extends Protocol, I>(definition: ActorDefinition<P, I>, ...[options]: ChildArguments<I>): ChildSpec {
  const spec = childSpec(definition, options ?? {})
  validateChild(spec, 'child')
  return spec
}
