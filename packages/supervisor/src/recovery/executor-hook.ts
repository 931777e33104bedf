// What one supervisor cannot do by itself, such as ending its process or promoting an understudy elsewhere: whoever can provides it.

import { serviceKey } from '@understudy/runtime/spi'
import type { AnyRef, ServiceKey } from '@understudy/runtime/spi'
import type { RecoveryCommand } from './command.ts'
import type { RecoveryAbility } from './event.ts'

/** The commands that somebody else has to carry out. */
export type OutsideCommand = RecoveryCommand & { readonly type: 'restartThread' | 'restartNode' | 'failOver' }

/** Carries out what a supervisor cannot. */
export interface RecoveryExecutor {
  /** Which commands it carries out now: only these reach it, and machines can order only what is possible. Another set when that changes. */
  readonly able: ReadonlySet<RecoveryAbility & OutsideCommand['type']>
  /**
   * Carries out one command for one life of a child; a second one for the same life and command must change nothing. What comes of it comes as
   * events. After `failOver` the child here is let go, after `restartThread` it is restarted.
   */
  execute(command: OutsideCommand, child: { readonly path: string; readonly incarnation: number }): void
  /** Who gets the messages that wait for a child that fails over. Default: dead letters. */
  readonly heir?: AnyRef
}

/** Under this key a system, or an ancestor, provides what supervisors cannot do by themselves. Absent: machines are told what is possible. */
export const recoveryExecutor: ServiceKey<RecoveryExecutor> = serviceKey<RecoveryExecutor>('recovery-executor')

const widened = new WeakMap<ReadonlySet<RecoveryAbility>, ReadonlySet<RecoveryAbility>>()

/** What can be done where all of `base` can, and what an executor, if there is one, carries out besides. */
export function withExecutor(base: ReadonlySet<RecoveryAbility>, executor: RecoveryExecutor | undefined): ReadonlySet<RecoveryAbility> {
  if (executor === undefined) return base
  const { able } = executor
  let all = widened.get(able)
  if (all === undefined) widened.set(able, (all = new Set([...base, ...able])))
  return all
}
