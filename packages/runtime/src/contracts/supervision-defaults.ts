// How an actor would like to be supervised: what its supervisor goes by unless the child spec says otherwise.

import type { AnyRef } from './ref.ts'

/** What becomes of the messages that a child leaves behind when it is gone for good: dead letters, or the mailbox of an heir. */
export type OnUndelivered = 'dead-letter' | { readonly forwardTo: AnyRef }

/** A definition's own child spec, as far as it cares; checked by the supervisor. */
export interface SupervisionDefaults {
  /** When it is started again after its end. */
  readonly restart?: 'permanent' | 'transient' | 'temporary'
  /** What it counts as. */
  readonly type?: 'worker' | 'supervisor'
  /** Whether its end may end its supervisor. */
  readonly significant?: boolean
  /** What stands between its failure and its restart: a recovery policy. */
  readonly recovery?: { readonly name: string }
  /** What becomes of its waiting messages when it is gone for good. */
  readonly onUndelivered?: OnUndelivered
}
