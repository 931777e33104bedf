// The contract of recovery machines: what happened to the child comes in as events, what to do about it goes out as named actions.
// A machine is an XState 5 machine that is never run by XState: the kernel feeds it through its pure transition, reads the actions
// it would take, and executes nothing of it. A machine exists only from a child's first failure until it reaches a final state.

import { InvalidOptionError } from '@understudy/runtime/spi'
import type { ActorDefinition, Protocol, SupervisingDefinition } from '@understudy/runtime/spi'
import { setup } from 'xstate'
import type { AnyStateMachine, MachineContext } from 'xstate'
import { recoveryActions } from './command.ts'
import type { RecoveryAbility, RecoveryEvent } from './event.ts'
import type { Classifier, FailureClass, RecoveryFailure } from './failure-class.ts'

export { recoveryActions } from './command.ts'
export type { RecoveryEvent } from './event.ts'

/** What the engine tells of a failure; the kernel adds class and signature for the machine. */
export interface ChildFailed extends RecoveryFailure {
  readonly type: 'FAILED'
  /** Failures in a row, this one included, without a message handled in between. */
  readonly attempt: number
  /** A number in [0, 1), drawn for this event: for jitter. */
  readonly random: number
  /** The life that has failed; absent or 0 when it never came to be. */
  readonly incarnation?: number
  /** Of the policy's `dependsOn`, those that are not healthy now. Default: none. */
  readonly waitsFor?: readonly string[]
  /** How many snapshots there are to restart from. Default: none. */
  readonly snapshots?: number
}

/** How a child recovers: a machine that keeps the contract, and its surroundings. Made by `recovery()`, `backoff()` and their like. */
export interface RecoveryPolicy {
  /** For logs and events. */
  readonly name: string
  readonly machine: AnyStateMachine
  readonly input?: unknown
  /** Names the class of each failure. Default: `classifyFailure`. */
  readonly classify?: Classifier
  /** How long the child must run until the machine is told `STABLE`. Default 60 000. */
  readonly stableAfterMs?: number
  /** Who goes on when the machine hands over. Default: the built-in policy. */
  readonly then?: RecoveryPolicy
  /** The ids of siblings of which the machine wants to know whether they are healthy. */
  readonly dependsOn?: readonly string[]
  /** What runs in the child's place after `replace`, with its id, ref, mailbox and input. Not for pools and singletons. */
  // oxlint-disable-next-line typescript/no-explicit-any -- a definition of any protocol and input
  readonly fallback?: ActorDefinition<any, any>
  /** The machine may order `message: 'retry'`: the runtime holds a message that has failed until the order comes. */
  readonly retriesMessages?: true
  /** After how long a life the machine is told `TIMER.age`. Default: never. */
  readonly maxAgeMs?: number
  /** The machine has no context, and its guards look at nothing: its next step depends on state and event type alone, and is remembered. */
  readonly memoise?: true
  /** The machine answers every failure with `restart` and remembers nothing, so nobody needs to ask it: the fast path of the kernel. */
  readonly alwaysRestarts?: true
}

/** What `recovery()` takes besides the machine; all durations in milliseconds. */
export type RecoveryPolicyOptions = Partial<Omit<RecoveryPolicy, 'machine' | 'alwaysRestarts'>>

const policyFields = new Set([
  'name',
  'machine',
  'input',
  'classify',
  'stableAfterMs',
  'then',
  'dependsOn',
  'fallback',
  'maxAgeMs',
  'retriesMessages',
  'memoise',
])

/**
 * Makes a policy of a machine of your own, written with `recoverySetup()`.
 *
 * Use when: none of the library's policies decides as you need.
 * Watch out: a machine that throws, loops, orders what is not possible, or leaves a failed child with neither an order nor a timer is
 * replaced by the built-in policy, which decides on the same failure.
 *
 * @throws InvalidOptionError
 */
export function recovery(machine: AnyStateMachine, options: RecoveryPolicyOptions = {}): RecoveryPolicy {
  const policy: RecoveryPolicy = { name: machine?.id, ...options, machine }
  validatePolicy(policy, 'recovery')
  return policy
}

const none: readonly string[] = []

/** On whose health a policy, and those it hands over to, depend. */
export function dependenciesOf({ dependsOn = none, then }: RecoveryPolicy): readonly string[] {
  return then === undefined ? dependsOn : [...dependsOn, ...dependenciesOf(then)]
}

/** Whether a policy, or one that it hands over to, may have a failed message handled again. */
export function mayRetry(policy: RecoveryPolicy): boolean {
  for (let at: RecoveryPolicy | undefined = policy; at !== undefined; at = at.then) if (at.retriesMessages === true) return true
  return false
}

/** What runs in the child's place after `replace`: the first that a policy, or one that it hands over to, names. */
export function fallbackOf(policy: RecoveryPolicy): RecoveryPolicy['fallback'] {
  for (let at: RecoveryPolicy | undefined = policy; at !== undefined; at = at.then) if (at.fallback !== undefined) return at.fallback
  return undefined
}

const eventsKnown = new WeakMap<RecoveryPolicy, ReadonlySet<string>>()

/** Whether a policy, or one that it hands over to, has a use for such an event. */
export function listens(policy: RecoveryPolicy, type: RecoveryEvent['type']): boolean {
  let known = eventsKnown.get(policy)
  if (known === undefined) eventsKnown.set(policy, (known = new Set(eventsOf(policy))))
  return known.has(type)
}

function eventsOf({ machine, then }: RecoveryPolicy): readonly string[] {
  const events = machine.events as readonly string[]
  return then === undefined ? events : [...events, ...eventsOf(then)]
}

/** @throws InvalidOptionError naming the field beneath `at`. */
export function validatePolicy(policy: RecoveryPolicy, at: string): void {
  const { name, machine, classify, stableAfterMs, then, dependsOn, maxAgeMs, fallback } = (policy ?? {}) as Partial<RecoveryPolicy>
  if (typeof name !== 'string' || typeof machine?.transition !== 'function' || typeof machine.provide !== 'function') {
    throw new InvalidOptionError(at, policy, 'a recovery such as backoff() or restartAtOnce(), or made by recovery(machine)')
  }
  for (const field of Object.keys(policy) as (keyof RecoveryPolicy)[]) {
    if (!policyFields.has(field) && field !== 'alwaysRestarts') {
      throw new InvalidOptionError(`${at}.${field}`, policy[field], 'left out: there is no such option')
    }
  }
  if (classify !== undefined && typeof classify !== 'function') {
    throw new InvalidOptionError(`${at}.classify`, classify, 'a function such as classifier([...]) makes')
  }
  validateDuration(stableAfterMs, at, 'stableAfterMs')
  validateDuration(maxAgeMs, at, 'maxAgeMs')
  if (dependsOn !== undefined && !(Array.isArray(dependsOn) && dependsOn.every((id) => typeof id === 'string'))) {
    throw new InvalidOptionError(`${at}.dependsOn`, dependsOn, 'an array of ids of siblings')
  }
  if (fallback !== undefined) validateFallback(fallback, `${at}.fallback`)
  if (then !== undefined) validatePolicy(then, `${at}.then`)
}

/** @throws InvalidOptionError */
export function validateFallback(fallback: RecoveryPolicy['fallback'], at: string): void {
  // What has a router of its own before its mailbox cannot take another's place.
  const { start, route } = (fallback ?? {}) as Partial<SupervisingDefinition<Protocol>>
  if (typeof start === 'function' && route === undefined) return
  throw new InvalidOptionError(at, fallback, 'what actor() or supervisor() made')
}

function validateDuration(value: unknown, at: string, field: string): void {
  if (value === undefined || (typeof value === 'number' && Number.isFinite(value) && value >= 0)) return
  throw new InvalidOptionError(`${at}.${field}`, value, 'milliseconds, finite and not negative')
}

/**
 * XState's `setup()` for recovery machines: the events, the actions that are orders, and two guards are there and typed. `class` asks
 * whether a failure is of one of these classes, `possible` whether the place where the child lives can do all of these.
 * Add guards, actions and delays of your own by `.extend({ … })`; `after` and delays work, on the system's own clock.
 *
 * @example
 * recoverySetup().createMachine({
 *   initial: 'idle',
 *   states: {
 *     idle: { on: { FAILED: [{ guard: { type: 'class', params: ['bug'] }, actions: 'stop' }, 'waiting'] } },
 *     waiting: { after: { 500: 'restarting' } },
 *     restarting: { entry: 'restart', on: { FAILED: 'waiting', STARTED: 'done' } },
 *     done: { type: 'final' },
 *   },
 * })
 */
// oxlint-disable-next-line typescript/explicit-function-return-type -- XState infers it
export function recoverySetup<Context extends MachineContext = Record<never, never>, Input = undefined>() {
  return setup({
    types: { context: {} as Context, events: {} as RecoveryEvent, input: {} as Input },
    actions: recoveryActions,
    guards: {
      class: ({ event }, classes: readonly FailureClass[]) =>
        (event.type === 'FAILED' || event.type === 'PROBE_FAILED') && classes.includes((event as { class: FailureClass }).class),
      possible: ({ event }, abilities: readonly RecoveryAbility[]) => abilities.every((ability) => event.possible.has(ability)),
    },
  })
}
