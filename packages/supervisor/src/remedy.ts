// What the recovery of a child asks for, done to the engine's state: each command of the kernel becomes a verdict or an order.

import { change, order } from './engine-state.ts'
import type { Draft } from './engine-state.ts'
import type { RecoveryCommand } from './recovery/kernel.ts'
import { reportBackoff, reportMoved, reportParked, reportReplaced } from './report.ts'
import { oneForAll } from './strategy/one-for-all.ts'
import { restForOne } from './strategy/rest-for-one.ts'
import { giveUp, letGo, restart } from './verdict.ts'

/** Carries out what a recovery asks for one child. An order for a child that is not in the condition for it is ignored. */
export function carryOut(draft: Draft, id: string, commands: readonly RecoveryCommand[], now: number): void {
  for (const command of commands) {
    const member = draft.members.get(id)
    if (draft.ended || member === undefined) return
    switch (command.type) {
      case 'schedule':
        draft.commands.push({ type: 'schedule', id, key: command.key, delayMs: command.delayMs })
        // A parked child waits for more than its timer.
        if (member.phase === 'down' && member.recovery.standing !== 'parked') reportBackoff(draft, member, command.delayMs)
        break
      case 'cancel':
        draft.commands.push({ type: 'cancel', id, key: command.key })
        break
      case 'replaced':
        reportReplaced(draft, id, command.machine, command.cause)
        break
      case 'moved':
        reportMoved(draft, id, command)
        break
      case 'restart':
      case 'probe':
        if (member.phase === 'down') restart(draft, id, now)
        else if (member.phase === 'running') restart(draft, id, now, 'planned')
        break
      case 'restartGroup':
        if (member.phase === 'down') restart(draft, id, now, command.scope === 'all' ? oneForAll : restForOne)
        break
      case 'resume':
        if (member.phase !== 'down') break
        change(draft, id, { phase: 'running' })
        order(draft, id, { type: 'resume' })
        break
      case 'park':
        if (member.phase === 'down') reportParked(draft, member)
        break
      case 'stop':
        if (member.phase === 'down' || member.phase === 'running') letGo(draft, id)
        break
      case 'escalate':
        giveUp(draft, id, 'its recovery machine escalates')
        break
      case 'release':
      case 'deadLetter':
        // Nothing is degraded on one node, and the runtime has made a dead letter of the message already.
        break
      case 'restartThread':
      case 'restartNode':
      case 'replace':
      case 'degrade':
      case 'failOver':
        // The kernel lets them pass only where there is somebody to do them.
        break
    }
  }
}
