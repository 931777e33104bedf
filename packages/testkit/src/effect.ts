// What an actor did with a message, as data. Actors are named by path, so that effects can be compared structurally.

import type { ActorDefinition, ExitReason, Message } from '@understudy/runtime'

/** One thing that an actor under `behaviorTest` did. */
export type Effect =
  /** A tell, to whomever: a child, another actor, itself. Nothing is delivered. */
  | { readonly type: 'told'; readonly to: string; readonly message: Message }
  /** An ask; answer it by the inbox at `to`. */
  | { readonly type: 'asked'; readonly to: string; readonly message: Message }
  /** The message under test, passed on; whoever asked is answered by the inbox at `to`. */
  | { readonly type: 'forwarded'; readonly to: string; readonly message: Message }
  /** A child; it does not run, an inbox stands at its path. */
  | {
      readonly type: 'spawned'
      readonly path: string
      readonly definition: ActorDefinition<never, never>
      readonly input?: unknown
    }
  /** An order to stop: a child, or the actor itself. */
  | { readonly type: 'stopped'; readonly path: string }
  | { readonly type: 'watched'; readonly path: string }
  | { readonly type: 'unwatched'; readonly path: string }
  /** `after` (`repeats: false`) or `every` (`repeats: true`). Time stands still: run its message to see what it does. */
  | { readonly type: 'timer-set'; readonly key: string; readonly delayMs: number; readonly repeats: boolean; readonly message: Message }
  | { readonly type: 'timer-cancelled'; readonly key: string }
  /** The answer to the message, unless it is `undefined`. */
  | { readonly type: 'replied'; readonly value: unknown }
  /** The message was not handled: there is no handler for it, or it was left when the actor ended. */
  | { readonly type: 'refused'; readonly message: Message; readonly error: Error }
  | { readonly type: 'failed'; readonly phase: 'starting' | 'handling' | 'stopping' | 'signal' | 'stray'; readonly cause: unknown }
  /** The actor is gone, in order. */
  | { readonly type: 'ended'; readonly reason: ExitReason }
  /** Any other method of the context; it did what it does. */
  | { readonly type: 'called'; readonly method: string; readonly arguments: readonly unknown[] }

/** The effects of one type. */
export type EffectOf<T extends Effect['type']> = Extract<Effect, { readonly type: T }>
