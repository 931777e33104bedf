// Sequences over several children, one child at a time: the first start of all, its rollback, and the restart of a group.

import type { Draft, Procedure } from './engine-state.ts'
import { change, order } from './engine-state.ts'
import type { RestartPlan } from './strategy/strategy.ts'

/** Begins the first start of all children. */
export function beginBoot(draft: Draft): void {
  draft.procedure = { kind: 'boot', stop: [], start: [...draft.members.keys()] }
  advance(draft)
}

/** Begins to undo a boot of which the start of `failed` failed: all that was started is stopped in reverse order. */
export function beginRollback(draft: Draft, failed: NonNullable<Procedure['failed']>): void {
  draft.procedure = { kind: 'rollback', stop: [...draft.members.keys()].reverse(), start: [], failed }
  advance(draft)
}

/** Begins a group restart. Only children that live or wait for an order take part: one that ended in order or was stopped by hand stays so. */
export function beginGroup(draft: Draft, plan: RestartPlan): void {
  const takesPart = (id: string): boolean => draft.members.get(id)?.phase !== 'absent'
  draft.procedure = { kind: 'group', stop: plan.stop.filter(takesPart), start: plan.start.filter(takesPart) }
  advance(draft)
}

/**
 * Members of a group wait for the one whose start failed. When that one is let go instead of being restarted, nobody would ever start
 * them: so whoever is down with no recovery undecided goes on, once no recovery is undecided at all.
 */
export function releaseHeld(draft: Draft): void {
  if (draft.ended || draft.procedure !== undefined) return
  const down = [...draft.members.values()].filter((member) => member.phase === 'down')
  if (down.length === 0 || down.some((member) => member.recovery.undecided !== undefined)) return
  beginGroup(draft, { stop: [], start: down.map((member) => member.spec.id) })
}

/** Whether `id` is still to be stopped, or is just being stopped, by the procedure under way. */
export function isToStop(draft: Draft, id: string): boolean {
  return draft.procedure?.stop.includes(id) === true
}

/** Whether `id` is the child whose start the procedure waits for. */
export function isStarting(draft: Draft, id: string): boolean {
  return draft.procedure !== undefined && draft.procedure.stop.length === 0 && draft.procedure.start[0] === id
}

/** Goes on as far as possible without waiting. */
export function advance(draft: Draft): void {
  while (draft.procedure !== undefined) {
    const { kind, stop, start, failed } = draft.procedure
    const [stopping] = stop
    const [starting] = start
    if (stopping !== undefined) {
      if (stopNext(draft, kind, stopping)) return
      draft.procedure = { ...draft.procedure, stop: stop.slice(1) }
    } else if (starting !== undefined) {
      if (startNext(draft, kind, starting)) return
      draft.procedure = { ...draft.procedure, start: start.slice(1) }
    } else {
      draft.procedure = undefined
      if (kind === 'boot') draft.commands.push({ type: 'booted' })
      if (failed !== undefined) {
        draft.ended = true
        draft.commands.push({ type: 'boot-failed', ...failed })
      }
    }
  }
}

/** Whether the stop has to be waited for. */
function stopNext(draft: Draft, kind: Procedure['kind'], id: string): boolean {
  const member = draft.members.get(id)
  switch (member?.phase) {
    case 'starting':
    case 'running':
      if (tookDeferredDown(draft, id)) return stopNext(draft, kind, id)
      change(draft, id, { phase: 'stopping' })
      order(draft, id, { type: 'stop', reason: 'shutdown' })
      return true
    case 'stopping':
      return true
    case 'down':
      if (member.spec.restart === 'temporary') draft.members.delete(id)
      else if (kind === 'rollback') change(draft, id, { phase: 'absent' })
      else return false
      order(draft, id, { type: 'remove' })
      return false
    default:
      return false
  }
}

/** Whether the child is down already, only that this was not looked at yet; whoever asks sees to it. */
export function tookDeferredDown(draft: Draft, id: string): boolean {
  const index = draft.deferred.findIndex((event) => event.type === 'down' && event.id === id)
  if (index === -1) return false
  draft.deferred.splice(index, 1)
  change(draft, id, { phase: 'down' })
  return true
}

/** Whether the start has to be waited for. */
function startNext(draft: Draft, kind: Procedure['kind'], id: string): boolean {
  switch (draft.members.get(id)?.phase) {
    case 'absent':
      // Terminated while the group was being stopped: it stays so.
      if (kind !== 'boot') return false
      change(draft, id, { phase: 'starting' })
      draft.commands.push({ type: 'start', id })
      return true
    case 'down':
      change(draft, id, { phase: 'starting' })
      order(draft, id, { type: 'restart' })
      return true
    case 'starting':
      return true
    default:
      return false
  }
}
