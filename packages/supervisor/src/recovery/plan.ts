// What one step of a machine comes to: its actions as commands. Plans of machines without context are remembered: there the next step
// depends on state and event type alone.

import { describeCause } from '@understudy/runtime/spi'
import type { AnyMachineSnapshot } from 'xstate'
import { recoveryActions } from './command.ts'
import type { RecoveryCommand, RestartParameters } from './command.ts'
import type { RecoveryEvent } from './event.ts'
import { beginMachine, stepMachine } from './machine-step.ts'
import type { Taken } from './machine-step.ts'
import type { RecoveryPolicy } from './machine.ts'
import { timerName } from './timer-name.ts'

/** One step of a machine, worked out. */
export interface Plan {
  readonly snapshot: AnyMachineSnapshot
  readonly commands: readonly RecoveryCommand[]
  /** The next policy decides on this event: `over` from here on, `once` for this time, `keeping` the message that failed besides. */
  readonly passes?: 'over' | 'once' | 'keeping'
  /** The state it leads to, for reports. */
  readonly to: string
  /** The commands by name, for reports. */
  readonly names: readonly string[]
  /** The machine has a use for `STABLE`. */
  readonly wantsStable: boolean
  /** Nothing has happened: the machine is where it begins, and orders nothing. */
  readonly idle: boolean
}

const reserved = new Set(['stable', 'probe', 'age'])
const remembered = new WeakMap<AnyMachineSnapshot, Map<string, Plan>>()

/** Works out the next step; from the beginning when there is no machine yet. Throws when the machine does, or orders nonsense. */
export function planStep(
  { policy, snapshot }: { readonly policy: RecoveryPolicy; readonly snapshot?: AnyMachineSnapshot },
  event: RecoveryEvent,
): Plan {
  const from = snapshot ?? beginMachine(policy).snapshot
  if (policy.memoise !== true) return work(policy, snapshot, from, event)
  let plans = remembered.get(from)
  if (plans === undefined) remembered.set(from, (plans = new Map()))
  let plan = plans.get(event.type)
  if (plan === undefined) plans.set(event.type, (plan = work(policy, snapshot, from, event)))
  return plan
}

function work(policy: RecoveryPolicy, was: AnyMachineSnapshot | undefined, from: AnyMachineSnapshot, event: RecoveryEvent): Plan {
  const { snapshot, actions } = stepMachine(policy.machine, from, event)
  const all = was === undefined ? [...beginMachine(policy).actions, ...actions] : actions
  const commands: RecoveryCommand[] = []
  let passes: Plan['passes']
  for (const action of all) {
    if (action.type === 'handOver') passes = 'over'
    else if (action.type === 'delegate') passes ??= keepsMessage(action, event) ? 'keeping' : 'once'
    else {
      const command = toCommand(action)
      if (command !== undefined) commands.push(command)
    }
  }
  const names = commands.filter(({ type }) => type !== 'cancel').map(nameOfCommand)
  if (passes !== undefined) names.push(passes === 'over' ? 'handOver' : 'delegate')
  const to = nameOfState(snapshot)
  const idle = was === undefined && all.length === 0 && to === nameOfState(from) && snapshot.context === from.context
  const wantsStable = policy.machine.events.includes('STABLE' as never)
  return { snapshot, commands, ...(passes !== undefined && { passes }), to, names, wantsStable, idle }
}

/** A machine's state in one line. */
export function nameOfState({ value }: { readonly value: unknown }): string {
  return typeof value === 'string' ? value : JSON.stringify(value).replaceAll('"', '')
}

function nameOfCommand(command: RecoveryCommand): string {
  if (command.type === 'schedule') return `schedule ${timerName(command.key)} ${Math.round(command.delayMs)} ms`
  if (command.type === 'restart' && command.state !== undefined) return `restart from ${command.state}`
  return command.type
}

function keepsMessage({ params }: Taken, { possible }: RecoveryEvent): boolean {
  const { message } = oneOf((params ?? {}) as Record<string, unknown>, 'message', ['drop', 'retry'])
  if (message === 'retry' && !possible.has('retry-message')) throw new Error("'delegate' keeps the message, but nothing here can")
  return message === 'retry'
}

function toCommand(action: Taken): RecoveryCommand | undefined {
  const parameters = (action.params ?? {}) as Record<string, unknown>
  switch (action.type) {
    case 'restartThread':
    case 'restartNode':
    case 'replace':
    case 'park':
    case 'release':
    case 'degrade':
    case 'failOver':
    case 'deadLetter':
    case 'stop':
    case 'escalate':
      return { type: action.type }
    case 'restart':
      return { type: 'restart', ...restartParameters(parameters) }
    case 'resume':
      return { type: 'resume', ...(oneOf(parameters, 'message', ['drop', 'retry']) as object) }
    case 'restartGroup':
      return { type: 'restartGroup', scope: 'rest', ...oneOf(parameters, 'scope', ['rest', 'all']) }
    case 'probe':
      return { type: 'probe', probeMs: duration(parameters, 'probe', 'probeMs') }
    case 'schedule':
      return { type: 'schedule', key: ownKey(parameters, 'schedule'), delayMs: duration(parameters, 'schedule', 'delayMs') }
    case 'cancel':
      return { type: 'cancel', key: ownKey(parameters, 'cancel') }
    case 'xstate.raise':
      return delayed(parameters)
    case 'xstate.cancel':
      return { type: 'cancel', key: String(parameters['sendId']) }
    default:
      throw new Error(`the action '${action.type}' is not one of ${Object.keys(recoveryActions).join(', ')}`)
  }
}

/** `after` comes as an event that the machine would raise to itself later; it becomes a timer of ours. */
function delayed({ event, id, delay }: Record<string, unknown>): RecoveryCommand | undefined {
  // An event raised to itself at once has been handled within the step.
  if (delay === undefined) return undefined
  if (typeof id !== 'string' || id !== (event as { type?: unknown }).type) {
    throw new Error("a delayed raise does not fire in recovery machines; use 'after' or the action 'schedule'")
  }
  return { type: 'schedule', key: id, delayMs: duration({ delay }, 'after', 'delay') }
}

function restartParameters(parameters: Record<string, unknown>): RestartParameters {
  return {
    ...oneOf(parameters, 'mailbox', ['keep', 'drop']),
    ...oneOf(parameters, 'state', ['fresh', 'snapshot', 'previous']),
    ...oneOf(parameters, 'message', ['drop', 'retry']),
  }
}

function oneOf<const K extends string, const V extends string>(
  parameters: Record<string, unknown>,
  name: K,
  values: readonly V[],
): { readonly [N in K]?: V } {
  const value = parameters[name]
  if (value === undefined) return {}
  if (!values.includes(value as V)) throw new Error(`'${name}' must be one of ${values.join(', ')}, not ${describeCause(value)}`)
  return { [name]: value } as { readonly [N in K]?: V }
}

function ownKey({ key }: Record<string, unknown>, action: string): string {
  if (typeof key !== 'string' || key === '') throw new Error(`${action} needs a key`)
  if (reserved.has(key)) throw new Error(`the key '${key}' is the kernel's own; use another one`)
  return key
}

function duration(parameters: Record<string, unknown>, action: string, name: string): number {
  const value = parameters[name]
  if (typeof value !== 'number' || !Number.isFinite(value) || value < 0) throw new Error(`${action} needs a ${name}, not ${String(value)}`)
  return value
}
