// The error kernel: decides what becomes of a child, by asking its recovery machine on paper. What the machine would do becomes
// commands, its timers are deadlines in the state. A machine is not trusted: if it throws, loops, orders what cannot be, or leaves a
// child without an order and without a timer, the built-in policy takes its place for good and decides on the same failure.

import { describeCause } from '@understudy/runtime/spi'
import { firstInLine, giveCharge, nextInLine } from './charge.ts'
import type { Charge } from './charge.ts'
import type { RecoveryCommand } from './command.ts'
import type { RecoveryAbility, RecoveryEvent } from './event.ts'
import { factsOf } from './facts.ts'
import type { Told } from './facts.ts'
import { defaultRecovery } from './library/restart-then-backoff.ts'
import { fallbackOf, mayRetry } from './machine.ts'
import type { ChildFailed, RecoveryPolicy } from './machine.ts'
import { checkDecision, checkPossible, isDecision, startsChild } from './order.ts'
import { nameOfState, planStep } from './plan.ts'
import type { Plan } from './plan.ts'
import { eventName } from './timer-name.ts'

export type { RecoveryCommand } from './command.ts'

/** The recovery of one child, as data. */
export interface Recovery extends Charge {
  /** When each timer of the machine is due, in monotonic milliseconds. */
  readonly deadlines: ReadonlyMap<string, number>
  /** The failure on which the machine has not decided yet; kept while the child is parked. */
  readonly undecided?: ChildFailed
  /** Whatever is ordered about it, the message that failed is handled again: a machine has delegated with `message: 'retry'`. */
  readonly keepsMessage?: true
  /** `parked`: it stays down until something else is ordered. `starting`: a restart was ordered. `trial`: it runs on trial. */
  readonly standing?: 'parked' | 'starting' | 'trial'
  /** New messages are shed, until `release`. */
  readonly degraded?: true
  /** A classifier has broken its contract: the built-in one has taken the place of all of them. */
  readonly distrusted?: true
  /** How long a trial lasts from the start of the child. */
  readonly trialMs?: number
  /** The life that has failed last; what is told of an earlier one is ignored. */
  readonly incarnation?: number
}

/** Timers that the kernel sets by itself, and what the machine is told when they are due. */
const ownTimers: Readonly<Record<string, 'STABLE' | 'PROBE_OK' | 'TIMER.age'>> = { stable: 'STABLE', probe: 'PROBE_OK', age: 'TIMER.age' }

/** What one node can do for a child by itself. */
export const possibleOnOneNode: ReadonlySet<RecoveryAbility> = new Set<RecoveryAbility>([
  'resume',
  'restart',
  'restartGroup',
  'probe',
  'park',
  'release',
  'degrade',
  'drop-mailbox',
  'retry-message',
  'deadLetter',
  'stop',
  'escalate',
])

const noDeadlines: ReadonlyMap<string, number> = new Map()
const nothing: RecoveryCommand[] = []
const restartNow: RecoveryCommand[] = [{ type: 'restart' }]
const maxHandOvers = 10
const variantsOf = new WeakMap<ReadonlySet<RecoveryAbility>, ReadonlySet<RecoveryAbility>[]>()
const defaultStableAfterMs = 60_000

/** The recovery of a child in health. */
export function healthy(policy: RecoveryPolicy): Recovery {
  return { origin: policy, policy, deadlines: noDeadlines }
}

/** Tells the machine of an event; a machine is made for the first failure, and forgotten in its final state. */
export function tellRecovery(
  recovery: Recovery,
  event: Told,
  now: number,
  possible: ReadonlySet<RecoveryAbility> = possibleOnOneNode,
): [Recovery, RecoveryCommand[]] {
  if (isOfThePast(recovery, event)) return [recovery, nothing]
  // The machine would say the same, twenty times slower.
  if (recovery.snapshot === undefined && recovery.origin.alwaysRestarts === true)
    return [recovery, event.type === 'FAILED' ? restartNow : nothing]
  if (recovery.snapshot === undefined && !begins(event)) return awaken(recovery, event, now)
  const commands: RecoveryCommand[] = []
  const told = stand(recovery, event, commands)
  try {
    return [decide(told, event, now, possibleFor(told, possible), commands), commands]
  } catch (cause) {
    return replace(told, describeCause(cause), now)
  }
}

/** A timer has fired: tells the machine if it is due, arms it again if it came early, ignores it if it was cancelled. */
export function fireTimer(
  recovery: Recovery,
  key: string,
  now: number,
  possible: ReadonlySet<RecoveryAbility> = possibleOnOneNode,
  random?: number,
): [Recovery, RecoveryCommand[]] {
  const deadline = recovery.deadlines.get(key)
  if (deadline === undefined) return [recovery, []]
  if (deadline > now) return [recovery, [{ type: 'schedule', key, delayMs: deadline - now }]]
  const deadlines = new Map(recovery.deadlines)
  deadlines.delete(key)
  const type = ownTimers[key] ?? (key.startsWith('xstate.after.') ? key : `TIMER.${key}`)
  return tellRecovery({ ...recovery, deadlines }, { type, ...(random !== undefined && { random }) } as Told, now, possible)
}

/** Forgets the machine and clears its timers: the child is stopped, removed or started by hand. */
export function forgetRecovery(recovery: Recovery): [Recovery, RecoveryCommand[]] {
  return [healthy(recovery.origin), [...recovery.deadlines.keys()].map((key) => ({ type: 'cancel', key }))]
}

/** Whether a machine is at work that has a use for such an event. */
export function hears({ snapshot, policy }: Recovery, type: RecoveryEvent['type']): boolean {
  return snapshot !== undefined && policy.machine.events.includes(type)
}

/** Whether the machine has a use for what a person orders, in the state that it is in. */
export function takesOrder({ snapshot }: Recovery, type: `OPERATOR.${string}`, possible = possibleOnOneNode): boolean {
  try {
    return snapshot?.can({ type, at: 0, random: 0.5, possible }) === true
  } catch {
    // A guard that throws breaks the contract; it is told all the same, which has its consequences.
    return true
  }
}

/** Where a recovery stands, in one word: the machine's state, or `healthy` when there is none. */
export function stateOf({ snapshot }: Recovery): string {
  return snapshot === undefined ? 'healthy' : nameOfState(snapshot)
}

/** Whether an event is about a life that is over: one before the last that failed, or that one when the next has been ordered already. */
function isOfThePast({ incarnation: failed, undecided }: Recovery, { type, incarnation }: Told): boolean {
  if (incarnation === undefined || incarnation === 0 || failed === undefined) return false
  return incarnation < failed || (incarnation === failed && undecided === undefined && type !== 'FAILED')
}

/** Whether a machine is made for this event. Starts and the kernel's own timers are no reason; whatever goes wrong or is ordered is. */
function begins({ type }: Told): boolean {
  return type !== 'STARTED' && type !== 'STABLE' && type !== 'PROBE_OK' && type !== 'DEPENDENCY_UP' && type !== 'DEPENDENCY_DOWN'
}

/** A child in health that may get old has one timer, and nothing else. */
function awaken(recovery: Recovery, event: Told, now: number): [Recovery, RecoveryCommand[]] {
  const { maxAgeMs } = recovery.policy
  if (maxAgeMs === undefined || event.type !== 'STARTED') return [recovery, nothing]
  return [{ ...recovery, deadlines: new Map([['age', now + maxAgeMs]]) }, [{ type: 'schedule', key: 'age', delayMs: maxAgeMs }]]
}

/** What can be done for this child now: a message is held only for policies that may want it again, and not every child has snapshots or a stand-in. */
function possibleFor({ origin, undecided }: Recovery, possible: ReadonlySet<RecoveryAbility>): ReadonlySet<RecoveryAbility> {
  const retries = mayRetry(origin)
  const restores = (undecided?.snapshots ?? 0) > 0
  const isReplaceable = fallbackOf(origin) !== undefined
  let variants = variantsOf.get(possible)
  if (variants === undefined) variantsOf.set(possible, (variants = []))
  return (variants[(retries ? 1 : 0) + (restores ? 2 : 0) + (isReplaceable ? 4 : 0)] ??= new Set([
    ...[...possible].filter((ability) => retries || ability !== 'retry-message'),
    ...(restores ? ['snapshots' as const] : []),
    ...(isReplaceable ? ['replace' as const] : []),
  ]))
}

/** What an event changes before anybody is asked: who waits for an order, and which of the kernel's own timers no longer count. */
function stand(recovery: Recovery, event: Told, commands: RecoveryCommand[]): Recovery {
  if (event.type !== 'FAILED' && event.type !== 'STARTED') return recovery
  const { undecided: _, keepsMessage: __, standing, ...rest } = recovery
  const deadlines = dropTimers(recovery, commands, event.type === 'FAILED' || standing !== 'trial')
  // Whoever started the child again, it waits for no order any more.
  if (event.type === 'STARTED') return standing === 'trial' ? { ...rest, deadlines, standing } : { ...rest, deadlines }
  const { incarnation } = event
  const failed = { ...rest, deadlines, undecided: event, ...(incarnation !== undefined && incarnation > 0 && { incarnation }) }
  return standing === 'trial' ? { ...failed, standing } : failed
}

function dropTimers({ deadlines }: Recovery, commands: RecoveryCommand[], all: boolean): ReadonlyMap<string, number> {
  let left: Map<string, number> | undefined
  for (const key of all ? ['stable', 'probe', 'age'] : ['stable', 'age']) {
    if (!deadlines.has(key)) continue
    left ??= new Map(deadlines)
    left.delete(key)
    commands.push({ type: 'cancel', key })
  }
  return left ?? deadlines
}

/** Asks the machines in their order until one has decided. A failure on trial is for the one that has ordered the trial. */
function decide(told: Recovery, event: Told, now: number, possible: ReadonlySet<RecoveryAbility>, commands: RecoveryCommand[]): Recovery {
  let state = event.type === 'FAILED' && told.standing !== 'trial' ? chargeTo(told, firstInLine(told), true, commands) : told
  let news = event
  for (let passed = 0; passed <= maxHandOvers; passed++) {
    const [facts, classifierError] = factsOf(state, news, now, possible)
    if (classifierError !== undefined) {
      commands.push({ type: 'replaced', machine: `the classifier of ${state.policy.name}`, cause: describeCause(classifierError) })
      state = { ...state, distrusted: true }
    }
    const from = stateOf(state)
    const plan = planStep(state, facts)
    // A machine that has no use for the event is not worth keeping.
    if (plan.idle && state.undecided === undefined) return state
    const [next, ordered] = apply(state, plan, facts, now)
    if (plan.to !== from || ordered.length > 0) commands.push(moved(state.policy.name, from, plan, facts))
    commands.push(...ordered)
    const { passes } = plan
    if (passes === undefined) return next
    // Nobody waits for an order: the next one has nothing to decide yet.
    if (next.undecided === undefined) return passes === 'over' ? chargeTo(next, nextInLine(next), false, commands) : next
    const heir = chargeTo(next, nextInLine(next), passes !== 'over', commands)
    state = passes === 'keeping' ? { ...heir, keepsMessage: true } : heir
    news = next.undecided
  }
  throw new Error(`more than ${maxHandOvers} machines have handed over to each other`)
}

/** Another machine is in charge: timers go with whoever has set them. */
function chargeTo(recovery: Recovery, to: RecoveryPolicy, remembers: boolean, commands: RecoveryCommand[]): Recovery {
  if (to === recovery.policy) return recovery
  const { deadlines, undecided, keepsMessage, incarnation, degraded, distrusted } = recovery
  for (const key of deadlines.keys()) commands.push({ type: 'cancel', key })
  if (degraded === true) commands.push({ type: 'release' })
  return {
    ...giveCharge(recovery, to, remembers),
    deadlines: noDeadlines,
    ...(undecided !== undefined && { undecided }),
    ...(keepsMessage === true && { keepsMessage }),
    ...(incarnation !== undefined && { incarnation }),
    ...(distrusted === true && { distrusted }),
  }
}

/** Checks what the machine orders, and notes what follows from it. */
function apply(recovery: Recovery, plan: Plan, event: RecoveryEvent, now: number): [Recovery, RecoveryCommand[]] {
  const { policy, origin, undecided, kept, keepsMessage } = recovery
  const commands: RecoveryCommand[] = []
  const deadlines = new Map(recovery.deadlines)
  const { incarnation } = recovery
  let { standing, trialMs, degraded } = recovery
  let waiting = undecided
  let decided = false
  const passes = plan.passes !== undefined
  for (const command of keepsMessage === true ? withMessage(plan.commands) : plan.commands) {
    checkPossible(command, event.possible)
    if (command.type === 'schedule') deadlines.set(command.key, now + command.delayMs)
    else if (command.type === 'cancel' && !deadlines.delete(command.key)) continue
    else if (command.type === 'release' && degraded === undefined) continue
    else if (command.type === 'degrade' || command.type === 'release') degraded = command.type === 'degrade' ? true : undefined
    else if (isDecision(command)) {
      if (decided) throw new Error(`'${command.type}' was ordered after another order in the same step`)
      checkDecision(command, undecided, standing)
      decided = true
      if (command.type === 'park') standing = 'parked'
      else {
        standing = command.type === 'probe' ? 'trial' : startsChild(command) ? 'starting' : undefined
        waiting = undefined
      }
      trialMs = command.type === 'probe' ? command.probeMs : undefined
    }
    commands.push(command)
  }
  // A trial is over with its verdict.
  if (standing === 'trial' && (event.type === 'PROBE_OK' || (event.type === 'PROBE_FAILED' && !decided))) standing = undefined
  if (standing === 'trial' && event.type === 'STARTED') arm('probe', trialMs ?? 0)
  const ended = plan.snapshot.status !== 'active'
  const runs = event.type === 'STARTED' || event.type === 'PROBE_OK' || plan.commands.some((command) => command.type === 'resume')
  if (runs && !ended && !passes && standing !== 'trial' && plan.wantsStable) arm('stable', policy.stableAfterMs ?? defaultStableAfterMs)
  if (ended && !passes) {
    for (const key of deadlines.keys()) commands.push({ type: 'cancel', key })
    deadlines.clear()
    if (degraded === true) commands.push({ type: 'release' })
    if (origin.maxAgeMs !== undefined && (event.type === 'STARTED' || event.type === 'STABLE')) arm('age', origin.maxAgeMs)
  }
  const left = waiting !== undefined && (standing !== 'parked' || ended)
  if (left && !passes && deadlines.size === 0) throw new Error('the child was left without an order and without a timer')
  const state: Recovery = {
    origin,
    policy: ended && !passes ? origin : policy,
    deadlines: deadlines.size === 0 ? noDeadlines : deadlines,
    ...(kept !== undefined && { kept }),
    ...(waiting !== undefined && { undecided: waiting }),
    ...(waiting !== undefined && keepsMessage === true && { keepsMessage }),
    ...(standing !== undefined && { standing }),
    ...(standing === 'trial' && trialMs !== undefined && { trialMs }),
    ...(incarnation !== undefined && { incarnation }),
    ...(degraded === true && { degraded }),
    ...(recovery.distrusted === true && { distrusted: true }),
    ...(!ended && { snapshot: plan.snapshot }),
  }
  return [ended && !passes ? settled(state) : state, commands]

  function arm(key: string, delayMs: number): void {
    deadlines.set(key, now + delayMs)
    commands.push({ type: 'schedule', key, delayMs })
  }
}

/** The orders of whoever decides, with the message that one above it has kept; a dead letter ordered by name is one all the same. */
function withMessage(commands: readonly RecoveryCommand[]): readonly RecoveryCommand[] {
  if (commands.some(({ type }) => type === 'deadLetter')) return commands
  return commands.map((command) => (takesMessage.has(command.type) ? ({ message: 'retry', ...command } as RecoveryCommand) : command))
}

const takesMessage: ReadonlySet<string> = new Set(['resume', 'restart', 'restartGroup', 'restartThread', 'replace', 'probe'])

/** A machine in a final state is forgotten: nothing of it is left but the timer of a child that may get old. */
function settled({ origin, deadlines, distrusted }: Recovery): Recovery {
  return { origin, policy: origin, deadlines, ...(distrusted === true && { distrusted }) }
}

function moved(machine: string, from: string, plan: Plan, event: RecoveryEvent): RecoveryCommand {
  const why =
    event.type === 'FAILED' || event.type === 'PROBE_FAILED'
      ? `${event.class}, attempt ${event.attempt}: ${describeCause(event.failure.cause)}`
      : eventName(event.type)
  return { type: 'moved', machine, from, to: plan.to, event: eventName(event.type), commands: plan.names, why }
}

/** The built-in policy takes over; what the machine had ordered in this step is not done. */
function replace(recovery: Recovery, cause: string, now: number): [Recovery, RecoveryCommand[]] {
  const commands: RecoveryCommand[] = [...recovery.deadlines.keys()].map((key) => ({ type: 'cancel', key }))
  if (recovery.degraded === true) commands.push({ type: 'release' })
  commands.push({ type: 'replaced', machine: recovery.policy.name, cause })
  const fresh = healthy(defaultRecovery)
  const { undecided } = recovery
  if (undecided === undefined) return [fresh, commands]
  const [state, ordered] = tellRecovery(fresh, undecided, now)
  return [state, [...commands, ...ordered]]
}
