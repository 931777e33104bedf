// The management calls, as data.

import { describeCause } from '@understudy/runtime/spi'
import type { Protocol, Ref } from '@understudy/runtime/spi'
import type { ChildSpec, MemberSpec } from './spec.ts'

/** What can be asked of a running supervisor and changes something. */
export type Call =
  | { readonly type: 'startChild'; readonly spec: MemberSpec }
  | { readonly type: 'terminateChild'; readonly id: string }
  | { readonly type: 'restartChild'; readonly id: string }
  | { readonly type: 'deleteChild'; readonly id: string }

/** Why a call was refused; OTP's words, but for `start-failed`, `terminated` (while it was starting), `stopping`, `invalid-spec` and `ignored`. */
export type CallError =
  | 'already-started'
  | 'already-present'
  | 'not-found'
  | 'running'
  | 'restarting'
  | 'start-failed'
  | 'terminated'
  | 'stopping'
  | 'max-children'
  | 'invalid-spec'
  /** Of `recoverChild`: the recovery machine has no use for this order in the state that it is in. */
  | 'ignored'

/** A call that was refused. */
export interface Refusal<P extends Protocol = Protocol> {
  readonly ok: false
  readonly error: CallError
  readonly detail: string
  /** With `already-started`: the child that is there. */
  readonly ref?: Ref<P>
}

/** Refuses a call. */
export function refuse(error: CallError, detail: string): Refusal {
  return { ok: false, error, detail }
}

/** Refuses a call for a child that is not there; `id` is whatever somebody has sent. */
export function unknownChild(id: unknown): Refusal {
  return refuse('not-found', `there is no child '${describeCause(id)}'`)
}

/** How a call ended. */
export type CallResult = { readonly ok: true } | Refusal

/** What `getChildSpec` answers. */
export type SpecResult = { readonly ok: true; readonly spec: ChildSpec } | Refusal

/** How a call that starts a child ended. */
export type StartResult<P extends Protocol = Protocol> = { readonly ok: true; readonly id: string; readonly ref: Ref<P> } | Refusal<P>
