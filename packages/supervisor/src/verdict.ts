// What can become of a child that is down: it is restarted, with its group, or let go of; or the supervisor gives up over it.

import { change, order } from './engine-state.ts'
import type { Draft, RestartScope } from './engine-state.ts'
import { admitRestart } from './intensity.ts'
import { beginGroup } from './procedure.ts'
import { release } from './release.ts'
import { reportGaveUp } from './report.ts'
import { oneForOne } from './strategy/one-for-one.ts'

const inNewLife = { type: 'restart' } as const

/**
 * The restart happens now: it counts, whether it was decided at once or has waited in backoff. Whom it concerns says the supervisor's
 * strategy, unless the recovery has named another one. After a failed start it comes when the calls that wait have been handled: as in
 * OTP, a child that cannot start leaves room between its attempts for whoever wants to end them.
 */
export function restart(draft: Draft, id: string, now: number, scope: RestartScope = draft.strategy): void {
  const { intensity } = draft
  if (draft.startFailed === id) {
    change(draft, id, { retry: scope })
    draft.commands.push({ type: 'retry', id })
    return
  }
  if (!admitRestart(draft.window, now, intensity)) {
    return giveUp(draft, id, `more than ${intensity.restarts} restarts within ${intensity.withinMs} ms`)
  }
  if (scope !== 'planned' && scope !== oneForOne) {
    const plan = scope(draft.members.keys(), id)
    if (plan.stop.length > 0 || plan.start.length > 1) return beginGroup(draft, plan)
  }
  change(draft, id, { phase: 'starting' })
  order(draft, id, inNewLife)
}

/** A restart that has waited for its turn, unless the child has been let go of meanwhile. */
export function retry(draft: Draft, id: string, now: number): void {
  const scope = draft.members.get(id)?.retry ?? null
  if (scope === null || draft.ended) return
  change(draft, id, { retry: null })
  restart(draft, id, now, scope)
}

/** The supervisor gives up because of this child: it exits `shutdown`, and the runtime stops the other children in order. */
export function giveUp(draft: Draft, id: string, why: string): void {
  reportGaveUp(draft, id, why)
  const member = draft.members.get(id)
  if (member !== undefined) release(draft, member)
  exit(draft)
}

/** The child has ended for good and by itself: the supervisor lets go of it, and shuts itself down if that is what it meant. */
export function letGo(draft: Draft, id: string): void {
  const member = draft.members.get(id)
  if (member === undefined) return
  release(draft, member)
  if (!member.spec.significant || draft.autoShutdown === 'never') return
  if (draft.autoShutdown === 'any-significant' || draft.significant === 0) exit(draft)
}

function exit(draft: Draft): void {
  draft.ended = true
  draft.commands.push({ type: 'exit' })
}
