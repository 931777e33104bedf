// What stands before the handlers of a definition: the base of failure injection and recording.

import type { ActorContext, ActorDefinition, AnyRef, Message, Protocol } from '@understudy/runtime'
import { redefine } from '@understudy/runtime/testing'
import { withLayer } from './handler-layer.ts'

/** Called before what it is named after; what it throws is thrown in its place. */
export interface Advice {
  starting?(ctx: ActorContext<Protocol>): void
  handling?(message: Message, ctx: ActorContext<Protocol>): void
}

/** The same definition with an advice before its start and its handlers. The original is not touched. */
export function advised<P extends Protocol, I>(original: ActorDefinition<P, I>, advice: Advice): ActorDefinition<P, I> {
  const definition = original as unknown as ActorDefinition<Protocol, unknown>
  const layered = withLayer(definition, (next) => (state, message, ctx) => {
    advice.handling?.(message as Message, ctx as ActorContext<Protocol>)
    return next(state, message, ctx)
  })
  const changed: ActorDefinition<Protocol, unknown> = {
    ...layered,
    // A supervising definition gets a third argument.
    start(input, ctx, ...rest: unknown[]) {
      advice.starting?.(ctx)
      return (definition.start as (...args: unknown[]) => unknown)(input, ctx, ...rest)
    },
  }
  return changed as unknown as ActorDefinition<P, I>
}

/** Puts an advice before the living actor behind a ref; it stays through restarts. @throws InvalidOptionError unless one lives there. */
export function advise(ref: AnyRef, advice: Advice): void {
  redefine(ref, (definition) => advised(definition, advice))
}

/** Whether what is to be advised is a living actor rather than a definition. */
export function isRef(target: object): target is AnyRef {
  return 'tell' in target
}
