// Message recording: what an actor was given to handle, when, and in which life.

import type { ActorDefinition, AnyRef, MessageOf, Protocol, Ref } from '@understudy/runtime'
import { type Advice, advise, advised, isRef } from './advice.ts'

/** One message that a recorded actor began to handle. */
export interface RecordedMessage<M> {
  readonly message: M
  /** Monotonic time in milliseconds. */
  readonly at: number
  /** The actor's path: instances of one definition are told apart by it. */
  readonly path: string
  readonly incarnation: number
}

/** The messages of a living actor since it is recorded. */
export interface Recording<P extends Protocol> {
  /** Oldest first. A message whose handler then failed is among them; one that never reached a handler is not. */
  readonly messages: readonly RecordedMessage<MessageOf<P>>[]
  clear(): void
}

/** A definition whose instances are recorded, all into one list. */
export interface RecordedDefinition<P extends Protocol, I> extends Recording<P> {
  /** To be spawned instead of the original. */
  readonly definition: ActorDefinition<P, I>
}

/**
 * Records what reaches the handlers: of the living actor behind a ref from now on, or of all instances of the returned definition.
 *
 * Use when: the actor under test must stay itself, and the order or time of what it handles matters.
 * @throws InvalidOptionError when the ref leads to no living actor of this process.
 */
export function record<P extends Protocol>(ref: Ref<P>): Recording<P>
export function record<P extends Protocol, I>(definition: ActorDefinition<P, I>): RecordedDefinition<P, I>
export function record<P extends Protocol, I>(target: ActorDefinition<P, I> | Ref<P>): Recording<P> | RecordedDefinition<P, I> {
  const messages: RecordedMessage<MessageOf<P>>[] = []
  const advice: Advice = {
    handling(message, ctx) {
      messages.push({ message: message as MessageOf<P>, at: ctx.now(), path: ctx.path, incarnation: ctx.incarnation })
    },
  }
  const recording = {
    messages,
    clear() {
      messages.length = 0
    },
  }
  if (isRef(target)) {
    advise(target as AnyRef, advice)
    return recording
  }
  return {
    ...recording,
    definition: advised(target as ActorDefinition<P, I>, advice),
  }
}
