// A node that is to begin anew as a process: it leaves in order and ends with a code that asks whoever has started it to do so again.

import type { Host } from '@understudy/runtime/spi'
import { type RecoveryExecutor, recoveryExecutor } from '@understudy/supervisor'

/** `EX_TEMPFAIL` of sysexits.h: a failure that another try may mend. */
const restartCode = 75
/** How long leaving may take, in milliseconds; after that the process ends all the same. */
const leaveMs = 15_000
const able: RecoveryExecutor['able'] = new Set(['restartNode'] as const)

/** Lets recoveries of this node order `restartNode`; the first order counts. */
export function provideRestart(
  host: Host,
  how: 'exit' | ((why: string) => unknown),
  leave: (why: string, last: () => void) => Promise<void>,
): void {
  let isUnderWay = false
  host.provide(recoveryExecutor, {
    able,
    execute(_command, { path }) {
      if (isUnderWay) return
      isUnderWay = true
      const why = `the recovery of ${path} wants a new process`
      host.report('error', { type: 'node.restarting', path }, why)
      if (how !== 'exit') {
        how(why)
        return
      }
      const end = (): never => process.exit(restartCode)
      host.env.setTimer(leaveMs, end)
      // Not in the turn of the supervisor that asks for it; and before whoever waits for the node's end ends the process with another code.
      host.env.soon(() => void leave(why, end).then(end, end))
    },
  })
}
