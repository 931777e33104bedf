// What recovery machines order: named actions in the machine, plain commands outside of it.

import type { RecoveryAbility } from './event.ts'

/** How a child is restarted. */
export interface RestartParameters {
  /** `keep` (default): what waits is handled by the new life. `drop`: it goes to the dead letters as `shed`. */
  readonly mailbox?: 'keep' | 'drop'
  /** `fresh` (default), the last snapshot, or the one before. */
  readonly state?: 'fresh' | 'snapshot' | 'previous'
  /** What becomes of the message that failed. `drop` (default): it is a dead letter. `retry`: it is handled again, first. */
  readonly message?: 'drop' | 'retry'
}

/** A timer of the machine; one of the same key is replaced. */
export interface ScheduleParameters {
  readonly key: string
  readonly delayMs: number
}

/** What a machine can order for its child, by name and parameters. */
export interface RecoveryOrders {
  /** Go on with the state as it is; after a failure while handling only. */
  readonly resume: { readonly message?: 'drop' | 'retry' } | undefined
  /** A new incarnation. */
  readonly restart: RestartParameters | undefined
  /** A new incarnation of the child and of its siblings: of those started after it, or of all. */
  readonly restartGroup: { readonly scope: 'rest' | 'all' }
  /** A new worker thread for the child, and a new incarnation in it; for children with `isolation`. */
  readonly restartThread: undefined
  /** A new process for everything on this node. */
  readonly restartNode: undefined
  /**
   * A new incarnation of another definition: the policy's `fallback`, in the child's place. Any other start (`restart`, `probe`, one with the
   * group, by hand) is one of the child itself again.
   */
  readonly replace: undefined
  /** A new incarnation on trial: `PROBE_OK` after `probeMs` without a failure, else `PROBE_FAILED`. */
  readonly probe: { readonly probeMs: number }
  /** The child stays down, and its mailbox is kept, until something else is ordered. */
  readonly park: undefined
  /** Ends what `degrade` began. */
  readonly release: undefined
  /** New messages are refused as `shed`, until `release`. */
  readonly degrade: undefined
  /** The understudy takes over. */
  readonly failOver: undefined
  /** The message that failed becomes a dead letter. */
  readonly deadLetter: undefined
  /** Let go of the child; its spec stays. */
  readonly stop: undefined
  /** The supervisor gives up. */
  readonly escalate: undefined
  readonly schedule: ScheduleParameters
  readonly cancel: { readonly key: string }
  /** The policy named by `then`, or else the built-in one, decides on the present failure, and from here on until the child is well. */
  readonly handOver: undefined
  /**
   * The policy named by `then`, or else the built-in one, decides on the present failure; this machine remembers what it knows, loses its
   * timers, and is asked first about the next one. `retry`: whatever is decided, the message that failed is handled again.
   */
  readonly delegate: { readonly message?: 'drop' | 'retry' } | undefined
}

/** `retry`: a machine has delegated the failure and kept the message. */
interface KeptMessage {
  readonly message?: 'retry'
}

/** What the kernel asks of whoever carries it out. */
export type RecoveryCommand =
  | ({ readonly type: 'resume' } & NonNullable<RecoveryOrders['resume']>)
  | ({ readonly type: 'restart' } & RestartParameters)
  | ({ readonly type: 'restartGroup' } & RecoveryOrders['restartGroup'] & KeptMessage)
  | ({ readonly type: 'probe' } & RecoveryOrders['probe'] & KeptMessage)
  | ({ readonly type: 'restartThread' | 'replace' } & KeptMessage)
  | { readonly type: 'restartNode' | 'park' | 'release' | 'degrade' | 'failOver' | 'deadLetter' | 'stop' | 'escalate' }
  | ({ readonly type: 'schedule' } & ScheduleParameters)
  | { readonly type: 'cancel'; readonly key: string }
  /** A machine or classifier broke its contract, and the built-in one has taken its place. */
  | { readonly type: 'replaced'; readonly machine: string; readonly cause: string }
  /** The recovery has gone from one state to another. */
  | {
      readonly type: 'moved'
      readonly machine: string
      readonly from: string
      readonly to: string
      readonly event: string
      readonly commands: readonly string[]
      readonly why: string
    }

/**
 * The actions of recovery machines, by name, for XState's `setup({ actions: recoveryActions })`; `recoverySetup()` has them already.
 * They do nothing themselves: see `RecoveryOrders` for what each asks for.
 */
export const recoveryActions: {
  readonly [K in keyof RecoveryOrders]: [RecoveryOrders[K]] extends [undefined]
    ? () => void
    : (_: unknown, parameters: RecoveryOrders[K]) => void
} = {
  resume() {},
  restart() {},
  restartGroup() {},
  restartThread() {},
  restartNode() {},
  replace() {},
  probe() {},
  park() {},
  release() {},
  degrade() {},
  failOver() {},
  deadLetter() {},
  stop() {},
  escalate() {},
  schedule() {},
  cancel() {},
  handOver() {},
  delegate() {},
}

/** What a command needs of the place where it is carried out. */
export function* abilitiesFor(command: RecoveryCommand): Generator<RecoveryAbility> {
  switch (command.type) {
    case 'schedule':
    case 'cancel':
    case 'replaced':
    case 'moved':
      return
    case 'restart':
      if (command.mailbox === 'drop') yield 'drop-mailbox'
      if (command.state !== undefined && command.state !== 'fresh') yield 'snapshots'
      if (command.message === 'retry') yield 'retry-message'
      return yield command.type
    case 'resume':
      if (command.message === 'retry') yield 'retry-message'
      return yield command.type
    default:
      yield command.type
  }
}
