// What can be asked of a dynamic supervisor.

import type { AnyRef, Protocol } from '@understudy/runtime/spi'
import type { CallResult, SpecResult, StartResult } from '../call.ts'
import type { ChildCounts, ChildInfo } from '../child-info.ts'
import type { RunningNode } from '../tree/tree-node.ts'

/** Which child: by its id, or by a ref to it. */
export type ChildKey = { readonly id: string } | { readonly ref: AnyRef }

/** What a new child is given; `input` must be there exactly when the definition takes one. */
export type StartMessage<I> = (undefined extends I ? { readonly input?: I } : { readonly input: I }) & {
  /** Its name beneath the supervisor. Default: the definition's name and a number. */
  readonly id?: string
}

/** What can be asked of a dynamic supervisor. Calls that are refused answer `{ ok: false, error, detail }`; none waits for another. */
export type DynamicSupervisorProtocol<P extends Protocol, I> = {
  /** Starts a child and answers with its ref. Refused with `max-children`, `start-failed`, or when the id is taken. */
  startChild(message: StartMessage<I>): StartResult<P>
  /** Stops a child and forgets it. */
  terminateChild(message: ChildKey): CallResult
  /** All children, oldest first. */
  whichChildren(): readonly ChildInfo<P>[]
  /** `specs` is the number of children, as in Elixir (OTP: always 1). */
  countChildren(): ChildCounts
  /** This supervisor and everything beneath it, as plain JSON. */
  describe(): RunningNode
  /** The complete spec of a child. Local callers only: a spec holds functions. */
  getChildSpec(message: ChildKey): SpecResult
}
