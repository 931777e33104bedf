// Recoveries to look at, and to decide about by hand.

import type { ActorSystem } from '@understudy/runtime'
import { describeCause, hostOf } from '@understudy/runtime/spi'
import type { Child } from '@understudy/runtime/spi'
import { refuse, unknownChild } from './call.ts'
import type { CallResult } from './call.ts'
import { Executor } from './executor.ts'
import { stateOf, takesOrder } from './recovery/kernel.ts'
import { timerName } from './recovery/timer-name.ts'

/** Where the recovery of one child stands; plain data. */
export interface RecoveryInfo {
  readonly path: string
  /** The policy in charge, and the child's own, which differs after a hand-over. */
  readonly policy: string
  readonly own: string
  /** The machine's state; `healthy` when there is no machine. */
  readonly state: string
  /** `parked` until somebody or something releases it, `starting` by its order, `trial` while it runs on trial; else absent. */
  readonly standing?: 'parked' | 'starting' | 'trial'
  /** The failure that waits for a decision. */
  readonly why?: string
  readonly attempt: number
  /** Its timers by name, those of `after` by the name of their delay, and when each is due, in milliseconds from now. */
  readonly timers: readonly { readonly key: string; readonly dueInMs: number }[]
}

/** What a person or a program can decide: try it now, keep it down, let it out of quarantine, or give it up. */
export type RecoveryOrder = 'retry' | 'park' | 'release' | 'stop'

const orders = ['retry', 'park', 'release', 'stop'] as const

/** Where the recovery of the child at `path` stands, on this node; undefined when it is no child of a supervisor. */
export function recoveryOf(system: ActorSystem, path: string): RecoveryInfo | undefined {
  const end = path.lastIndexOf('/')
  const supervisor = end <= 0 ? undefined : hostOf(system).lookup(path.slice(0, end), 0)
  const run = (supervisor as unknown as Child | undefined)?.supervision
  return run instanceof Executor ? recoveryInfo(run, path.slice(end + 1), path, hostOf(system).env.now()) : undefined
}

/** Where the recovery of one child of a supervisor stands. */
function recoveryInfo(run: Executor, id: string, path: string, now: number): RecoveryInfo | undefined {
  const recovery = run.recovery(id)
  if (recovery === undefined) return undefined
  const { policy, origin, standing, undecided, deadlines } = recovery
  return {
    path,
    policy: policy.name,
    own: origin.name,
    state: stateOf(recovery),
    ...(standing !== undefined && { standing }),
    ...(undecided !== undefined && { why: describeCause(undecided.cause) }),
    attempt: undecided?.attempt ?? 0,
    timers: Array.from(deadlines, ([key, at]) => ({ key: timerName(key), dueInMs: Math.max(0, at - now) })),
  }
}

/** Answers `recoverChild`: tells the recovery of a child what somebody has decided. */
export function recoverChild(run: Executor, { id, order }: { readonly id: string; readonly order: RecoveryOrder }): CallResult {
  if (!orders.includes(order))
    return refuse('invalid-spec', `there is no order '${describeCause(order)}'; it must be one of ${orders.join(', ')}`)
  const recovery = run.recovery(id)
  if (recovery === undefined) return unknownChild(id)
  if (recovery.snapshot === undefined) return refuse('running', `'${id}' is in no recovery`)
  if (!takesOrder(recovery, `OPERATOR.${order}`)) {
    const others = orders.filter((other) => takesOrder(recovery, `OPERATOR.${other}`)).join(', ')
    const detail = `${recovery.policy.name} has no use for '${order}' while it is in ${stateOf(recovery)}`
    return refuse('ignored', others === '' ? `${detail}; nothing can be decided by hand now` : `${detail}; it can be told ${others}`)
  }
  run.tellRecovery(id, { type: `OPERATOR.${order}` })
  return { ok: true }
}
