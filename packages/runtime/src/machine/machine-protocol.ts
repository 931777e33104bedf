// The protocol of a machine actor: the machine's events are its messages.

import type { AnyStateMachine, EventFromLogic } from 'xstate'

/** What a machine answers when it is asked, by event type. */
export type Replies = Readonly<Record<string, unknown>>

/** The protocol that a machine speaks: its events, and what `replies` says of answers (`unknown` for the rest). */
export type MachineProtocol<M extends AnyStateMachine, R extends Replies = Record<never, never>> = {
  [E in EventFromLogic<M> as E['type']]: (message: Omit<E, 'type'>) => E['type'] extends keyof R ? R[E['type']] : unknown
}
