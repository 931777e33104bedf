// What the recovery of a child asks for, done to the engine's state: each command of the kernel becomes a verdict or an order.

import { change, order } from './engine-state.ts'
import type { Draft } from './engine-state.ts'
import type { RecoveryCommand } from './recovery/kernel.ts'
import { reportBackoff, reportReplaced } from './report.ts'
import { giveUp, letGo, restart } from './verdict.ts'

/** Carries out what a recovery asks for one child. An order is ignored unless the child is down and waits for one. */
export function carryOut(draft: Draft, id: string, commands: readonly RecoveryCommand[], now: number): void {
  for (const command of commands) {
    const member = draft.members.get(id)
    if (draft.ended || member === undefined) return
    switch (command.type) {
      case 'schedule':
        draft.commands.push({ ...command, id })
        if (member.phase === 'down') reportBackoff(draft, member, command.delayMs)
        break
      case 'cancel':
        draft.commands.push({ ...command, id })
        break
      case 'replaced':
        reportReplaced(draft, id, command.machine, command.cause)
        break
      case 'restart':
        if (member.phase === 'down') restart(draft, id, now)
        break
      case 'resume':
        if (member.phase !== 'down') break
        change(draft, id, { phase: 'running' })
        order(draft, id, { type: 'resume' })
        break
      case 'stop':
        if (member.phase === 'down') letGo(draft, id)
        break
      case 'escalate':
        giveUp(draft, id, 'its recovery machine escalates')
        break
    }
  }
}
