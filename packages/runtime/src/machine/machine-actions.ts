// Actions that only a machine actor understands. They are ordinary functions to XState, so they go wherever an action goes,
// `enqueueActions` included; in a machine that XState runs itself they do nothing.

import type { AnyActor } from 'xstate'

/** What the actions ask of the machine that runs them. */
export interface ActionHost {
  reply(value: unknown, key: string | undefined): void
  replyLater(key: string): void
  postpone(): void
}

/** The key under which asks are kept when none is given. */
export const defaultReplyKey = 'default'

const hosts = new WeakMap<object, ActionHost>()

/** Makes a machine's actions find it by the `self` they are given. */
export function hostActions(ref: AnyActor, host: ActionHost): void {
  hosts.set(ref, host)
}

/** What an action of a machine is given, as far as these actions look at it. */
interface ActionArgs<C, E> {
  readonly context: C
  readonly event: E
  readonly self: object
}

/**
 * An action that answers an ask with a value, or with what a function makes of context and event.
 *
 * Use when: the machine is asked. Without `to` it answers the ask of the event that the step began with; in a step that a timer or a
 * child began, the asks kept by `replyLater()`. With `to` it answers those kept under that key, all of them.
 *
 * @example on: { total: { actions: reply(({ context }) => context.total) } }
 */
export function reply<C, E>(
  value:
    | ((args: { readonly context: C; readonly event: E }) => unknown)
    | string
    | number
    | boolean
    | null
    | undefined
    | readonly unknown[]
    | { readonly [key: string]: unknown },
  options: { readonly to?: string } = {},
): (args: ActionArgs<C, E>) => void {
  return function reply({ context, event, self }) {
    hosts.get(self)?.reply(typeof value === 'function' ? value({ context, event }) : value, options.to)
  }
}

/**
 * An action that keeps the ask of the event in hand open, to be answered by `reply` in a later step, from whatever state.
 *
 * Use when: the answer comes from an invoked child or another event. Guarantees: an ask still open when the machine is done is answered
 * with its output; one that is open when the actor stops or restarts is rejected.
 */
export function replyLater(key: string = defaultReplyKey): (args: { readonly self: object }) => void {
  return function replyLater({ self }) {
    hosts.get(self)?.replyLater(key)
  }
}

/**
 * An action that puts the event in hand aside until the machine changes its state; then it comes before everything that waits, in
 * order. Bounded by the `stashCapacity` of the machine actor. The `postpone` of OTP's gen_statem.
 *
 * @example busy: { on: { job: { actions: postpone() } } }
 */
export function postpone(): (args: { readonly self: object }) => void {
  return function postpone({ self }) {
    hosts.get(self)?.postpone()
  }
}
