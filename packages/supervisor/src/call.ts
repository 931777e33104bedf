// The management calls, as data.

import type { MemberSpec } from './spec.ts'

/** What can be asked of a running supervisor and changes something. */
export type Call =
  | { readonly type: 'startChild'; readonly spec: MemberSpec }
  | { readonly type: 'terminateChild'; readonly id: string }
  | { readonly type: 'restartChild'; readonly id: string }
  | { readonly type: 'deleteChild'; readonly id: string }

/** Why a call was refused; OTP's words, but for `start-failed`, `terminated` (while it was starting), `stopping` and `invalid-spec`. */
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

/** How a call ended. */
export type CallResult = { readonly ok: true } | { readonly ok: false; readonly error: CallError; readonly detail: string }
