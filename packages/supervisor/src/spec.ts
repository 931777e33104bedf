// Child specs and supervisor options: what they are, their defaults, and the one validator, run in the caller and naming the field.

import { ActorRef, checkIsolation, checkShutdown, InvalidOptionError, isActorName } from '@understudy/runtime/spi'
import type { ActorDefinition, Isolation, OnUndelivered, Shutdown } from '@understudy/runtime/spi'
import type { AutoShutdown } from './auto-shutdown.ts'
import { defaultIntensity } from './intensity.ts'
import type { Intensity } from './intensity.ts'
import { defaultRecovery } from './recovery/library/restart-then-backoff.ts'
import { validatePolicy } from './recovery/machine.ts'
import type { RecoveryPolicy } from './recovery/machine.ts'
import { restartTypes } from './restart-type.ts'
import type { RestartType } from './restart-type.ts'

/** What the restart engine has to know of a child. */
export interface MemberSpec {
  /** Unique among its siblings; also the child's name in its path. */
  readonly id: string
  readonly restart: RestartType
  readonly recovery: RecoveryPolicy
  /** Whether its end, when it is not restarted, may end its supervisor: see `autoShutdown`. */
  readonly significant: boolean
  /** Where it runs. Absent: on the main loop. */
  readonly isolation?: Isolation
}

/** What a child counts as; a supervisor is given all the time it wants to stop, unless told otherwise. */
export type ChildType = 'worker' | 'supervisor'

/** How a child is started, restarted and stopped: complete, all defaults filled in. Made by `child()`. */
export interface ChildSpec extends MemberSpec {
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- a spec holds children of any protocol and input
  readonly definition: ActorDefinition<any, any>
  readonly input: unknown
  /** How long it may take to stop. */
  readonly shutdownMs: Shutdown
  readonly type: ChildType
  /** What becomes of the messages that wait for it when it is gone for good. */
  readonly onUndelivered: OnUndelivered
}

/** What a parent may say of a child. What it leaves out is as the definition has it (`supervision`, `shutdownMs`), or the default. */
export interface ChildSpecOptions {
  /** Default: the definition's name. */
  readonly id?: string
  /** Default `permanent`. */
  readonly restart?: RestartType
  /** Milliseconds, `brutal` or `infinity`. Default: what the definition says, 5 000 for a worker, `infinity` for a supervisor. */
  readonly shutdownMs?: Shutdown
  /** Default: `supervisor` for what `supervisor()`, `dynamicSupervisor()` and `pool()` make, else `worker`. */
  readonly type?: ChildType
  /** Whether its end may end its supervisor. Only for `transient` and `temporary` children. Default false. */
  readonly significant?: boolean
  /** What stands between a failure and the restart. Default: one restart at once, then `backoff()`. */
  readonly recovery?: RecoveryPolicy
  /** What becomes of the messages that wait for it when it is gone for good. Default: dead letters, reason `stopped`. */
  readonly onUndelivered?: OnUndelivered
  /** Runs it in a worker thread; its definition must say its `module`. Default: the main loop. */
  readonly isolation?: Isolation
}

const childFields = new Set([
  'id',
  'definition',
  'input',
  'restart',
  'shutdownMs',
  'type',
  'significant',
  'recovery',
  'onUndelivered',
  'isolation',
])
const nameRule = '1 to 128 characters of [A-Za-z0-9_.~$@:-]'

/** Fills in the defaults of a child spec; does not validate. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- see ChildSpec
export function childSpec(definition: ActorDefinition<any, any>, options: ChildSpecOptions & { readonly input?: unknown }): ChildSpec {
  const defaults = definition?.supervision as Partial<ChildSpec> | undefined
  return {
    id: definition?.name,
    restart: 'permanent',
    shutdownMs: options.type === 'supervisor' ? 'infinity' : definition?.shutdownMs,
    type: 'worker',
    significant: false,
    recovery: defaultRecovery,
    onUndelivered: 'dead-letter',
    ...defaults,
    input: undefined,
    ...options,
    definition,
  }
}

/** @throws InvalidOptionError naming the field beneath `at`. */
export function validateChild(spec: ChildSpec, at: string): void {
  if (typeof spec !== 'object' || spec === null) throw new InvalidOptionError(at, spec, 'made by child(definition, options)')
  validateDefinition(spec.definition, `${at}.definition`)
  for (const name of Object.keys(spec)) {
    if (!childFields.has(name))
      throw new InvalidOptionError(`${at}.${name}`, spec[name as keyof ChildSpec], 'left out: there is no such option')
  }
  validateName(spec.id, `${at}.id`)
  if (!restartTypes.includes(spec.restart)) throw new InvalidOptionError(`${at}.restart`, spec.restart, `one of ${restartTypes.join(', ')}`)
  checkShutdown(`${at}.shutdownMs`, spec.shutdownMs)
  checkIsolation(`${at}.isolation`, spec.isolation)
  const { type, significant } = spec as { readonly type: unknown; readonly significant: unknown }
  if (type !== 'worker' && type !== 'supervisor') throw new InvalidOptionError(`${at}.type`, type, "'worker' or 'supervisor'")
  if (typeof significant !== 'boolean') throw new InvalidOptionError(`${at}.significant`, significant, 'true or false')
  if (significant && spec.restart === 'permanent')
    throw new InvalidOptionError(`${at}.significant`, true, "false for a permanent child, or its restart 'transient' or 'temporary'")
  validatePolicy(spec.recovery, `${at}.recovery`)
  validateHeir(spec.onUndelivered, `${at}.onUndelivered`)
}

/** @throws InvalidOptionError for a significant child of a supervisor that does not care. */
export function validateSignificance(spec: ChildSpec, autoShutdown: AutoShutdown, at: string): void {
  if (!spec.significant || autoShutdown !== 'never') return
  throw new InvalidOptionError(`${at}.significant`, true, "false where the supervisor's autoShutdown is 'never'")
}

/** @throws InvalidOptionError for the first wrong spec or the first id that occurs twice. */
export function validateChildren(children: readonly ChildSpec[], at: string, autoShutdown: AutoShutdown = 'never'): void {
  if (!Array.isArray(children)) throw new InvalidOptionError(at, children, 'an array of child(definition, options)')
  const places = new Map<string, number>()
  for (const [index, spec] of (children as readonly ChildSpec[]).entries()) {
    validateChild(spec, `${at}[${index}]`)
    validateSignificance(spec, autoShutdown, `${at}[${index}]`)
    const earlier = places.get(spec.id)
    if (earlier !== undefined) throw new InvalidOptionError(`${at}[${index}].id`, spec.id, `unique; ${at}[${earlier}] has it already`)
    places.set(spec.id, index)
  }
}

/** @throws InvalidOptionError */
export function validateDefinition(definition: unknown, at: string): void {
  const { name, start, handlers } = (definition ?? {}) as { name?: unknown; start?: unknown; handlers?: unknown }
  if (typeof name === 'string' && typeof start === 'function' && isTable(handlers)) return
  throw new InvalidOptionError(at, definition, 'what actor(), supervisor() or pool() made (a child is written child(definition, options))')
}

function isTable(handlers: unknown): boolean {
  return typeof (handlers as { readonly find?: unknown } | undefined)?.find === 'function'
}

function validateHeir(value: OnUndelivered, at: string): void {
  if (value === 'dead-letter') return
  if (ActorRef.is((value as { readonly forwardTo?: unknown } | undefined)?.forwardTo)) return
  throw new InvalidOptionError(at, value, "'dead-letter' or { forwardTo: ref }")
}

/** Fills in the default. @throws InvalidOptionError */
export function validIntensity(intensity: Intensity | undefined, at: string): Intensity {
  if (intensity === undefined) return defaultIntensity
  const { restarts, withinMs } = (intensity ?? {}) as Partial<Record<keyof Intensity, unknown>>
  if (restarts !== Infinity && (!Number.isInteger(restarts) || (restarts as number) < 0)) {
    throw new InvalidOptionError(`${at}.restarts`, restarts, 'a whole number, not negative, or Infinity')
  }
  if (typeof withinMs !== 'number' || !Number.isFinite(withinMs) || withinMs <= 0) {
    throw new InvalidOptionError(`${at}.withinMs`, withinMs, 'milliseconds, more than 0')
  }
  return { restarts: restarts as number, withinMs }
}

/** @throws InvalidOptionError */
export function validateName(name: unknown, at: string): void {
  if (typeof name !== 'string' || !isActorName(name)) throw new InvalidOptionError(at, name, `a name of ${nameRule}`)
}

/** @throws InvalidOptionError for the first of `options` that is not among `fields`. */
export function refuseUnknown(options: object, fields: ReadonlySet<string>): void {
  for (const [field, value] of Object.entries(options) as [string, unknown][]) {
    if (!fields.has(field)) throw new InvalidOptionError(field, value, 'left out: there is no such option')
  }
}
