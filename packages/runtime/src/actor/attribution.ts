// Stray errors, seen from the actor: what its functions leave behind belongs to the incarnation that ran them, and when it fails with
// nobody waiting for it, that incarnation has failed. Functions are wrapped once, when the actor is defined.

import { describeCause } from '../contracts/exit-reason.ts'
import type { Failure } from '../contracts/failure.ts'
import type { Handler, Middleware } from '../contracts/handling.ts'
import type { Host } from '../contracts/host.ts'
import type { LifeState } from '../contracts/lifecycle.ts'
import type { Message } from '../contracts/message.ts'
import type { ReplyTo } from '../contracts/reply.ts'
import { disowned, ownedBy, ownersAreFree } from '../dispatch/owner.ts'
import { InvalidOptionError } from '../errors.ts'

/** Which of an actor's functions answer for what they leave behind: its hooks, all of them (handlers and `state`, too), or none. */
export type StrayErrors = 'hooks' | 'all' | 'none'

/** Hooks are called seldom, so by default they answer where that costs nobody else anything. */
export const defaultStrayErrors: StrayErrors = ownersAreFree ? 'hooks' : 'none'

/** What handlers leave behind belongs to their actor. Costs 0.2 µs a message. */
export const owning: Middleware = (next) => (state, message, ctx) => ownedBy(ctx, next, state, message, ctx)

/** A start whose work belongs to the incarnation that starts. */
export function owningStart<I, C extends object, R>(start: (input: I, ctx: C) => R): (input: I, ctx: C) => R {
  return (input, ctx) => ownedBy(ctx, start, input, ctx)
}

/** The hooks of a definition, so that their work belongs to the incarnation that runs them. */
export function owningHooks<T extends Partial<Record<(typeof owned)[number], unknown>>>(hooks: T): T {
  const wrapped: Partial<Record<string, unknown>> = { ...hooks }
  for (const name of owned) {
    const hook = hooks[name] as Handler | undefined
    if (hook === undefined) continue
    wrapped[name] = ((state, event, ctx) =>
      ctx === undefined ? hook(state, event, ctx) : ownedBy(ctx, hook, state, event, ctx)) as Handler
  }
  return wrapped as T
}

const owned = ['terminated', 'exited', 'stopping', 'stopped', 'restarting'] as const

/** An actor, as far as its stray errors need it. */
export interface Straying {
  readonly host: Host & {
    readonly life: { fail(cell: object, cause: unknown, phase: Failure['phase'], message: Message | undefined, replyTo: ReplyTo): void }
  }
  readonly path: string
  readonly life: LifeState
  isLiving(incarnation: number): boolean
}

/** Something that an incarnation has left behind has failed. Of one that is over, or has failed already, it is told and counted only. */
export function stray(cell: Straying, of: { readonly incarnation: number }, cause: unknown): void {
  const { host, life, path } = cell
  if (cell.isLiving(of.incarnation) && (life === 'running' || life === 'starting')) {
    disowned(() => host.life.fail(cell, cause, life === 'starting' ? 'starting' : 'stray', undefined, null))
    return
  }
  host.counters.staleContexts++
  const { incarnation } = of
  const text = describeCause(cause)
  host.report(
    'warn',
    { type: 'stray.late', path, incarnation, cause: text },
    `a stray error of ${path}, incarnation ${incarnation}, which is over: ${text}`,
  )
}

/** @throws InvalidOptionError unless `value` is one of the three (or undefined). */
export function checkStrayErrors(value: unknown): void {
  if (value !== undefined && value !== 'hooks' && value !== 'all' && value !== 'none')
    throw new InvalidOptionError('strayErrors', value, "'hooks', 'all' or 'none'")
}
