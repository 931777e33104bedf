// Runs recovery machines without running them: the pure transition gives the next snapshot and the actions the machine would take, and
// those become commands. Timers are deadlines in the state. A machine is not trusted: if it throws, loops, or leaves a child
// without an order and without a timer, the built-in policy takes its place for good and decides on the same failure.

import { describeCause } from '@understudy/runtime/spi'
import { initialTransition, transition } from 'xstate'
import type { AnyMachineSnapshot, AnyStateMachine } from 'xstate'
import { defaultRecovery } from './library/restart-then-backoff.ts'
import { recoveryActions } from './machine.ts'
import type { ChildFailed, RecoveryEvent, RecoveryPolicy } from './machine.ts'

/** The recovery of one child, as data. */
export interface Recovery {
  readonly policy: RecoveryPolicy
  /** The machine's snapshot; absent while the child is in health. */
  readonly snapshot?: AnyMachineSnapshot
  /** When each timer of the machine is due, in monotonic milliseconds. */
  readonly deadlines: ReadonlyMap<string, number>
  /** The failure on which the machine has not decided yet. */
  readonly undecided?: ChildFailed
}

/** What the kernel asks of the engine. */
export type RecoveryCommand =
  | { readonly type: 'restart' | 'resume' | 'stop' | 'escalate' }
  | { readonly type: 'schedule'; readonly key: string; readonly delayMs: number }
  | { readonly type: 'cancel'; readonly key: string }
  | { readonly type: 'replaced'; readonly machine: string; readonly cause: string }

const noDeadlines: ReadonlyMap<string, number> = new Map()
const decisions: ReadonlySet<string> = new Set(['restart', 'resume', 'stop', 'escalate'])
const nothing: RecoveryCommand[] = []
const restartNow: RecoveryCommand[] = [{ type: 'restart' }]
const maxMicrosteps = 1_000
const boundedMachines = new WeakMap<AnyStateMachine, AnyStateMachine>()
type Beginning = readonly [AnyMachineSnapshot, readonly { readonly type: string; readonly params?: unknown }[]]
const beginnings = new WeakMap<RecoveryPolicy, Beginning>()

/** The recovery of a child in health. */
export function healthy(policy: RecoveryPolicy): Recovery {
  return { policy, deadlines: noDeadlines }
}

/** Tells the machine of an event; a machine is made for the first failure, and forgotten in its final state. */
export function tellRecovery(recovery: Recovery, event: RecoveryEvent, now: number): [Recovery, RecoveryCommand[]] {
  if (recovery.snapshot === undefined && event.type !== 'FAILED') return [recovery, nothing]
  // The machine would say the same, twenty times slower.
  if (recovery.policy.alwaysRestarts === true && event.type === 'FAILED') return [recovery, restartNow]
  const { undecided: _, ...decided } = recovery
  // Whoever started the child again, it waits for no order any more.
  const told = event.type === 'FAILED' ? { ...recovery, undecided: event as ChildFailed } : event.type === 'STARTED' ? decided : recovery
  try {
    return step(told, event, now)
  } catch (cause) {
    return replace(told, describeCause(cause), now)
  }
}

/** A timer has fired: tells the machine if it is due, arms it again if it came early, ignores it if it was cancelled. */
export function fireTimer(recovery: Recovery, key: string, now: number): [Recovery, RecoveryCommand[]] {
  const deadline = recovery.deadlines.get(key)
  if (deadline === undefined) return [recovery, []]
  if (deadline > now) return [recovery, [{ type: 'schedule', key, delayMs: deadline - now }]]
  const deadlines = new Map(recovery.deadlines)
  deadlines.delete(key)
  return tellRecovery({ ...recovery, deadlines }, { type: `TIMER.${key}` }, now)
}

/** Forgets the machine and clears its timers: the child is stopped, removed or started by hand. */
export function forgetRecovery(recovery: Recovery): [Recovery, RecoveryCommand[]] {
  return [healthy(recovery.policy), [...recovery.deadlines.keys()].map((key) => ({ type: 'cancel', key }))]
}

function step(recovery: Recovery, event: RecoveryEvent, now: number): [Recovery, RecoveryCommand[]] {
  const machine = bounded(recovery.policy.machine)
  const actions: { readonly type: string; readonly params?: unknown }[] = []
  let snapshot = recovery.snapshot
  if (snapshot === undefined) {
    const [first, entered] = begin(machine, recovery.policy)
    snapshot = first
    actions.push(...entered)
  }
  const [next, taken] = transition(machine, snapshot, event)
  actions.push(...taken)
  snapshot = next as AnyMachineSnapshot
  if (snapshot.status === 'error') throw snapshot.error

  const commands: RecoveryCommand[] = []
  const deadlines = new Map(recovery.deadlines)
  let undecided = recovery.undecided
  for (const action of actions) {
    const command = toCommand(action)
    if (command === undefined) continue
    if (command.type === 'schedule') deadlines.set(command.key, now + command.delayMs)
    if (command.type === 'cancel' && !deadlines.delete(command.key)) continue
    if (decisions.has(command.type)) {
      if (undecided === undefined) throw new Error(`'${command.type}' was ordered although the child waits for no order`)
      if (command.type === 'resume' && undecided.phase !== 'handling') {
        throw new Error(`'resume' was ordered, but the child failed while ${undecided.phase}, so it has no state to go on with`)
      }
      undecided = undefined
    }
    commands.push(command)
  }
  if (snapshot.status !== 'active') {
    for (const key of deadlines.keys()) commands.push({ type: 'cancel', key })
    deadlines.clear()
  }
  if (undecided !== undefined && deadlines.size === 0) throw new Error('the child was left without an order and without a timer')
  const state: Recovery = { policy: recovery.policy, deadlines }
  if (snapshot.status !== 'active') return [state, commands]
  return [undecided === undefined ? { ...state, snapshot } : { ...state, snapshot, undecided }, commands]
}

/** The built-in policy takes over; what the machine had ordered in this step is not done. */
function replace(recovery: Recovery, cause: string, now: number): [Recovery, RecoveryCommand[]] {
  const commands: RecoveryCommand[] = [...recovery.deadlines.keys()].map((key) => ({ type: 'cancel', key }))
  commands.push({ type: 'replaced', machine: recovery.policy.name, cause })
  if (recovery.undecided === undefined) return [healthy(defaultRecovery), commands]
  const [state, ordered] = step({ ...healthy(defaultRecovery), undecided: recovery.undecided }, recovery.undecided, now)
  return [state, [...commands, ...ordered]]
}

function toCommand(action: { readonly type: string; readonly params?: unknown }): RecoveryCommand | undefined {
  const { delayMs, key, delay } = (action.params ?? {}) as { delayMs?: unknown; key?: unknown; delay?: unknown }
  switch (action.type) {
    case 'restart':
    case 'resume':
    case 'stop':
    case 'escalate':
      return { type: action.type }
    case 'schedule':
      if (typeof key !== 'string' || key === '') throw new Error('schedule needs a key')
      if (typeof delayMs !== 'number' || !Number.isFinite(delayMs) || delayMs < 0)
        throw new Error(`schedule needs a delayMs, not ${String(delayMs)}`)
      return { type: 'schedule', key, delayMs }
    case 'cancel':
      if (typeof key !== 'string') throw new Error('cancel needs a key')
      return { type: 'cancel', key }
    case 'xstate.raise':
      // An event raised to itself has been handled within the step. A delayed one would need XState's clock.
      if (delay !== undefined) throw new Error("'after' and delayed raises do not fire in recovery machines; use the action 'schedule'")
      return undefined
    default:
      throw new Error(`the action '${action.type}' is not one of ${Object.keys(recoveryActions).join(', ')}`)
  }
}

/** A machine begins alike every time, being pure: worked out at the first failure of any child with that policy, then remembered. */
function begin(machine: AnyStateMachine, policy: RecoveryPolicy): Beginning {
  let beginning = beginnings.get(policy)
  if (beginning === undefined) {
    beginning = initialTransition(machine, policy.input) as unknown as Beginning
    beginnings.set(policy, beginning)
  }
  return beginning
}

/** The same machine with a limit on microsteps, so that eventless transitions in a circle end. */
function bounded(machine: AnyStateMachine): AnyStateMachine {
  let limited = boundedMachines.get(machine)
  if (limited === undefined) {
    limited = machine.provide({}) as AnyStateMachine
    limited.options = { ...machine.options, maxIterations: maxMicrosteps }
    boundedMachines.set(machine, limited)
  }
  return limited
}
