// Whether a child that has ended is to live again: restart type against exit reason, OTP's table.

import { isAbnormal } from '@understudy/runtime/spi'
import type { ExitReason } from '@understudy/runtime/spi'

/** `permanent`: always restarted. `transient`: restarted after a failure only. `temporary`: never restarted, and forgotten. */
export type RestartType = 'permanent' | 'transient' | 'temporary'

/** All restart types. */
export const restartTypes: readonly RestartType[] = ['permanent', 'transient', 'temporary']

/** What becomes of an ended child: it is recovered, only its spec stays, or its spec goes too. */
export type Fate = 'recover' | 'keep-spec' | 'drop-spec'

/** Reads the table. */
export function fateOf(restart: RestartType, reason: ExitReason): Fate {
  switch (restart) {
    case 'permanent':
      return 'recover'
    case 'transient':
      return isAbnormal(reason) ? 'recover' : 'keep-spec'
    case 'temporary':
      return 'drop-spec'
  }
}
