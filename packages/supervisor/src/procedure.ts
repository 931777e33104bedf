// Sequences over several children, one child at a time: the first start of all, its rollback, and the restart of a group.

import type { Draft, Member, Procedure } from './engine-state.ts'
import { change, order } from './engine-state.ts'
import { release } from './release.ts'
import { fateOf } from './restart-type.ts'
import type { RestartPlan } from './strategy/strategy.ts'

/** Begins the first start of all children. */
export function beginBoot(draft: Draft): void {
  begin(draft, { kind: 'boot', stop: [], start: [...draft.members.keys()] })
}

/** Begins to undo a boot of which the start of `failed` failed: all that was started is stopped in reverse order. */
export function beginRollback(draft: Draft, failed: NonNullable<Procedure['failed']>): void {
  begin(draft, { kind: 'rollback', stop: [...draft.members.keys()].reverse(), start: [], failed })
}

/**
 * Begins a group restart. Only children that live or wait for an order take part: one that ended in order, was stopped by hand or is
 * parked by its recovery stays so, unless the supervisor revives them.
 */
export function beginGroup(draft: Draft, plan: RestartPlan): void {
  const takesPart = (id: string): boolean => {
    const member = draft.members.get(id)
    return member?.phase !== 'absent' && !(member?.phase === 'down' && member.recovery.standing === 'parked')
  }
  begin(draft, {
    kind: 'group',
    stop: plan.stop.filter(takesPart),
    start: draft.reviveStopped ? plan.start : plan.start.filter(takesPart),
  })
}

function begin(draft: Draft, plan: Omit<Procedure, 'stopped' | 'started'>): void {
  for (const id of plan.stop) draft.members.get(id)!.toStop = true
  draft.procedure = { ...plan, stopped: 0, started: 0 }
  advance(draft)
}

/**
 * Members of a group wait for the one whose start failed. When that one is let go instead of being restarted, nobody would ever start
 * them: so whoever is down with no recovery undecided goes on, once no recovery is undecided at all.
 */
export function releaseHeld(draft: Draft): void {
  if (draft.held === 0 || draft.undecided > 0 || draft.ended || draft.procedure !== undefined) return
  const down = [...draft.members.values()].filter((member) => member.phase === 'down')
  beginGroup(draft, { stop: [], start: down.map((member) => member.spec.id) })
}

/** Whether `id` is the child whose start the procedure waits for. */
export function isStarting({ procedure }: Draft, id: string): boolean {
  return procedure !== undefined && procedure.stopped === procedure.stop.length && procedure.start[procedure.started] === id
}

/** Goes on as far as possible without waiting. */
export function advance(draft: Draft): void {
  while (draft.procedure !== undefined) {
    const { procedure } = draft
    const { kind, stop, start, failed } = procedure
    if (procedure.stopped < stop.length) {
      const member = draft.members.get(stop[procedure.stopped]!)
      if (member !== undefined) {
        if (stopNext(draft, kind, member)) return
        member.toStop = false
      }
      procedure.stopped++
    } else if (procedure.started < start.length) {
      const member = draft.members.get(start[procedure.started]!)
      if (member !== undefined && startNext(draft, kind, member)) return
      procedure.started++
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
function stopNext(draft: Draft, kind: Procedure['kind'], member: Member): boolean {
  const { unseen, spec } = member
  if (unseen !== undefined) {
    member.unseen = undefined
    // It has ended by itself and is not to be started again.
    if (kind === 'group' && fateOf(spec.restart, unseen.reason) !== 'recover') {
      release(draft, member)
      return false
    }
    change(draft, spec.id, { phase: 'down' })
  }
  switch (member.phase) {
    case 'starting':
    case 'running':
      change(draft, spec.id, { phase: 'stopping' })
      order(draft, spec.id, { type: 'stop', reason: 'shutdown' })
      return true
    case 'stopping':
      return true
    case 'down':
      if (kind === 'rollback' || spec.restart === 'temporary') release(draft, member)
      return false
    case 'absent':
      return false
  }
}

/** Whether the start has to be waited for. */
function startNext(draft: Draft, kind: Procedure['kind'], { phase, spec: { id } }: Member): boolean {
  switch (phase) {
    case 'absent':
      // Terminated while the group was being stopped: it stays so.
      if (kind === 'group' && !draft.reviveStopped) return false
      change(draft, id, { phase: 'starting' })
      draft.commands.push({ type: 'start', id, again: kind === 'group' })
      return true
    case 'down':
      // Its recovery goes on where the process before has left it: it waits for its order.
      if (kind === 'boot') return false
      change(draft, id, { phase: 'starting' })
      order(draft, id, { type: 'restart' })
      return true
    case 'starting':
      return true
    case 'running':
    case 'stopping':
      return false
  }
}
