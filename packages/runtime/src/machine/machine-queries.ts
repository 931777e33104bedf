// What can be asked of every machine actor, whatever its machine is. They are messages of reserved types, so they also work from
// another node; they are answered between events and change nothing.

import type { AskOptions, AnyRef, Ref } from '../contracts/ref.ts'
import type { PersistedMachine } from './persisted-machine.ts'

/** Where a machine is. */
export interface MachineState<V = unknown, C = unknown> {
  readonly status: 'active' | 'done' | 'error' | 'stopped'
  /** The state value, as XState writes it: a name, or an object of regions. */
  readonly value: V
  readonly context: C
  readonly tags: readonly string[]
  /** Events that it did not take in the state it was in, since this incarnation began. */
  readonly ignored: number
}

/** The reserved message types. */
export type MachineQueries = {
  '@state'(): MachineState
  '@persist'(): PersistedMachine
  '@output'(): unknown
}

const queries: ReadonlySet<string> = new Set(['@state', '@persist', '@output'] satisfies (keyof MachineQueries)[])

/** Whether a message is one of the reserved types. */
export function isQuery(type: string): type is keyof MachineQueries {
  return queries.has(type)
}

/** Where the machine behind a ref is: state value, context, tags. @throws (rejects with) what an ask rejects with. */
export function machineState<V = unknown, C = unknown>(ref: AnyRef, options?: AskOptions): Promise<MachineState<V, C>> {
  return (ref as Ref<MachineQueries>).ask({ type: '@state' }, options) as Promise<MachineState<V, C>>
}

/**
 * The machine behind a ref as plain JSON: state, context, active children and the deadlines of delayed events. For the option `restore`.
 *
 * Watch out: messages that wait in its mailbox or are postponed are not in it.
 * @throws (rejects with) MessageRefusedError when its context or a child cannot be persisted; its `cause` names what.
 */
export function persistMachine(ref: AnyRef, options?: AskOptions): Promise<PersistedMachine> {
  return (ref as Ref<MachineQueries>).ask({ type: '@persist' }, options)
}

/** The output of the machine behind a ref, once it is done; waits as long as an ask does, so raise `timeoutMs`. @throws (rejects with) AskTimeoutError, or ActorFailedError when it ends otherwise. */
export function machineOutput<O = unknown>(ref: AnyRef, options?: AskOptions): Promise<O> {
  return (ref as Ref<MachineQueries>).ask({ type: '@output' }, options) as Promise<O>
}
