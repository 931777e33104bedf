// A recovery on paper: plain JSON with absolute deadlines, so that the ladder goes on where it was when the process comes back.

import { describeCause, InvalidOptionError } from '@understudy/runtime/spi'
import type { AnyMachineSnapshot } from 'xstate'
import type { RecoveryCommand } from './command.ts'
import { healthy } from './kernel.ts'
import type { Recovery } from './kernel.ts'
import { defaultRecovery } from './library/restart-then-backoff.ts'
import { beginMachine, restoreMachine } from './machine-step.ts'
import type { ChildFailed, RecoveryPolicy } from './machine.ts'
import { failureFromPaper, failureOnPaper } from './persisted-failure.ts'
import type { PersistedFailure } from './persisted-failure.ts'
import { fieldsOf, findOdd } from './plain.ts'

/**
 * What `persistRecovery` answers and `reviveRecovery` takes: plain JSON. Its inside may change with `format`. The incarnation is not in it: the
 * next supervisor counts from 1 again.
 */
export interface PersistedRecovery {
  readonly format: 1
  /** The names of the policies from the child's own to the one in charge, after hand-overs. */
  readonly policies: readonly string[]
  /** The id of the machine in charge. */
  readonly machine: string
  /** The machine's state value and context; absent when only timers are there. */
  readonly snapshot?: { readonly value: unknown; readonly context: unknown }
  /** What the machines remember that take part and are not in charge. */
  readonly kept?: readonly PersistedMachine[]
  /** Timers by key: when each is due in wall-clock time (milliseconds since 1970), and how long it had to go. */
  readonly timers: Readonly<Record<string, { readonly dueAt: number; readonly leftMs: number }>>
  readonly undecided?: PersistedFailure
  readonly standing?: 'parked' | 'starting' | 'trial'
  readonly trialMs?: number
  readonly degraded?: true
}

/** One machine of several that share the care for a child. */
interface PersistedMachine {
  /** The names of the policies from the child's own to this one. */
  readonly policies: readonly string[]
  readonly machine: string
  readonly snapshot: { readonly value: unknown; readonly context: unknown }
}

/** Wall-clock time and monotonic time of one moment, in milliseconds. */
export interface RecoveryMoment {
  readonly wallMs: number
  readonly nowMs: number
}

const standings: ReadonlySet<unknown> = new Set([undefined, 'parked', 'starting', 'trial'])
const maxTimers = 64
const maxHandOvers = 10

/**
 * Puts a recovery on paper; undefined for a child in health without timers, of which there is nothing to remember.
 * @throws InvalidOptionError when the machine's context is not plain JSON, naming the place.
 */
export function persistRecovery(recovery: Recovery, moment: RecoveryMoment): PersistedRecovery | undefined {
  const { origin, policy, snapshot, kept, deadlines, undecided, standing, trialMs, degraded } = recovery
  if (snapshot === undefined && deadlines.size === 0) return undefined
  const timers: Record<string, { dueAt: number; leftMs: number }> = {}
  for (const [key, deadline] of deadlines) {
    const leftMs = Math.max(0, deadline - moment.nowMs)
    timers[key] = { dueAt: moment.wallMs + leftMs, leftMs }
  }
  return {
    format: 1,
    policies: pathTo(origin, policy),
    machine: policy.machine.id,
    ...(snapshot !== undefined && {
      snapshot: snapshotOnPaper(policy, snapshot),
    }),
    ...(kept !== undefined && {
      kept: Array.from(kept, ([at, its]) => ({
        policies: pathTo(origin, at),
        machine: at.machine.id,
        snapshot: snapshotOnPaper(at, its),
      })),
    }),
    timers,
    ...(undecided !== undefined && { undecided: failureOnPaper(undecided) }),
    ...(standing !== undefined && { standing }),
    ...(trialMs !== undefined && { trialMs }),
    ...(degraded === true && { degraded }),
  }
}

function snapshotOnPaper({ machine }: RecoveryPolicy, { value, context }: AnyMachineSnapshot): PersistedMachine['snapshot'] {
  const odd = findOdd(context, `the context of ${machine.id}`)
  if (odd !== undefined) throw new InvalidOptionError(odd, undefined, 'plain JSON, so that the recovery can be persisted')
  return structuredClone({ value: value as unknown, context: context as unknown })
}

/**
 * Brings a recovery back from paper, with the commands that arm its timers: what was due meanwhile is due at once, and no timer has longer to
 * go than when it was written, whatever the wall clock did. The settings are those of `policy` now, not those on paper.
 * What is not what `persistRecovery` wrote for that policy is refused: the built-in policy takes over, and a `replaced` command says why.
 */
export function reviveRecovery(policy: RecoveryPolicy, paper: unknown, moment: RecoveryMoment): [Recovery, RecoveryCommand[]] {
  if (paper === undefined) return [healthy(policy), []]
  try {
    return read(policy, paper, moment)
  } catch (cause) {
    return [
      healthy(defaultRecovery),
      [{ type: 'replaced', machine: policy.name, cause: `what was persisted is refused: ${describeCause(cause)}` }],
    ]
  }
}

function read(origin: RecoveryPolicy, paper: unknown, moment: RecoveryMoment): [Recovery, RecoveryCommand[]] {
  const odd = findOdd(paper, 'it')
  if (odd !== undefined) throw new Error(`${odd} is not plain JSON`)
  const { format, policies, machine, snapshot, kept, timers, undecided, standing, trialMs, degraded } = fieldsOf(paper, 'it')
  if (format !== 1) throw new Error(`its format is ${describeCause(format)}, not 1`)
  const policy = follow(origin, policies, machine)
  if (!standings.has(standing)) throw new Error(`its standing is ${describeCause(standing)}`)
  const failure = undecided === undefined ? undefined : failureFromPaper(undecided)
  const [deadlines, commands] = readTimers(timers, moment)
  if (failure !== undefined && standing !== 'parked' && deadlines.size === 0) throw new Error('it waits for an order, and has no timer')
  const recovery: Recovery = {
    origin,
    policy,
    deadlines,
    ...(snapshot !== undefined && { snapshot: readSnapshot(policy, snapshot) }),
    ...(kept !== undefined && { kept: readKept(origin, kept) }),
    ...(failure !== undefined && { undecided: failure satisfies ChildFailed }),
    ...(standing !== undefined && { standing: standing as 'parked' }),
    ...(trialMs !== undefined && { trialMs: amount(trialMs, 'trialMs') }),
    ...(degraded === true && { degraded: true }),
  }
  // The mailbox of the next process knows nothing of it.
  if (degraded === true) commands.push({ type: 'degrade' })
  return [recovery, commands]
}

function pathTo(origin: RecoveryPolicy, policy: RecoveryPolicy): string[] {
  const names = [origin.name]
  for (let at = origin; at !== policy && names.length <= maxHandOvers; names.push(at.name)) at = at.then ?? defaultRecovery
  return names
}

function readKept(origin: RecoveryPolicy, kept: unknown): Map<RecoveryPolicy, AnyMachineSnapshot> {
  if (!Array.isArray(kept) || kept.length > maxHandOvers) throw new Error('what its other machines remember is no list')
  return new Map(
    kept.map((other: unknown) => {
      const { policies, machine, snapshot } = fieldsOf(other, 'what another machine remembers')
      const policy = follow(origin, policies, machine)
      return [policy, readSnapshot(policy, snapshot)]
    }),
  )
}

/** The policy of these names, one after the other, whose machine has that id. @throws Error */
function follow(origin: RecoveryPolicy, names: unknown, machine: unknown): RecoveryPolicy {
  if (!Array.isArray(names) || names.length === 0 || names.length > maxHandOvers + 1) throw new Error('it names no policies')
  let policy = origin
  for (const [index, name] of names.entries()) {
    if (index > 0) policy = policy.then ?? defaultRecovery
    if (policy.name !== name)
      throw new Error(`it is of the policies ${names.map(describeCause).join(', ')}, and the child has '${policy.name}'`)
  }
  if (policy.machine.id !== machine) throw new Error(`it is of the machine '${describeCause(machine)}', not '${policy.machine.id}'`)
  return policy
}

function readSnapshot(policy: RecoveryPolicy, paper: unknown): AnyMachineSnapshot {
  const { value, context } = fieldsOf(paper, 'its snapshot')
  const first = beginMachine(policy).snapshot.context as Record<string, unknown>
  const remembered = fieldsOf(context, 'its context')
  for (const [key, begun] of Object.entries(first)) {
    if (kindOf(remembered[key]) !== kindOf(begun)) throw new Error(`its context.${key} is ${kindOf(remembered[key])}, not ${kindOf(begun)}`)
  }
  // What the user has set is in the context as well, and may have been set otherwise since.
  const settings = Object.keys((policy.input ?? {}) as object).filter((key) => Object.hasOwn(first, key))
  const merged = { ...remembered, ...Object.fromEntries(settings.map((key) => [key, first[key]])) }
  return restoreMachine(policy.machine, { status: 'active', value, context: merged, children: {}, historyValue: {} })
}

function readTimers(paper: unknown, { wallMs, nowMs }: RecoveryMoment): [Map<string, number>, RecoveryCommand[]] {
  const entries = Object.entries(fieldsOf(paper, 'its timers'))
  if (entries.length > maxTimers) throw new Error(`it has ${entries.length} timers`)
  const deadlines = new Map<string, number>()
  const commands: RecoveryCommand[] = []
  for (const [key, timer] of entries) {
    const { dueAt, leftMs } = fieldsOf(timer, `its timer ${key}`)
    const delayMs = Math.min(amount(leftMs, `timers.${key}.leftMs`), Math.max(0, amount(dueAt, `timers.${key}.dueAt`) - wallMs))
    deadlines.set(key, nowMs + delayMs)
    commands.push({ type: 'schedule', key, delayMs })
  }
  return [deadlines, commands]
}

function amount(value: unknown, what: string): number {
  if (typeof value !== 'number' || !Number.isFinite(value) || value < 0) throw new Error(`its ${what} is ${describeCause(value)}`)
  return value
}

function kindOf(value: unknown): string {
  return value === null ? 'null' : Array.isArray(value) ? 'an array' : typeof value
}
