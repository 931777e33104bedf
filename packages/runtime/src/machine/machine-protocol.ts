// The protocol of a machine actor: the machine's events are its messages.

import type { Message, Spoken } from '../contracts/message.ts'

/** What a machine answers when it is asked, by event type. */
export type Replies = Readonly<Record<string, unknown>>

/**
 * The protocol of a machine with the events `E`: its messages, and what `R` says of answers (`unknown` for the rest).
 *
 * @example type Turnstile = Ref<MachineProtocol<{ type: 'coin'; cents: number } | { type: 'takings' }, { takings: number }>>
 */
export type MachineProtocol<E extends Message, R extends Replies = Record<never, never>> = {
  [T in E as T['type']]: Spoken<T, T['type'] extends keyof R ? R[T['type']] : unknown>
}
