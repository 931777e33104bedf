// Child specs and supervisor options: what they are, their defaults, and the one validator, run in the caller and naming the field.

import { checkShutdown, InvalidOptionError, isActorName } from '@understudy/runtime/spi'
import type { ActorDefinition, Shutdown } from '@understudy/runtime/spi'
import { defaultIntensity } from './intensity.ts'
import type { Intensity } from './intensity.ts'
import { defaultRecovery } from './recovery/library/restart-then-backoff.ts'
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
}

/** How a child is started, restarted and stopped. Made by `child()`. */
export interface ChildSpec extends MemberSpec {
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- a spec holds children of any protocol and input
  readonly definition: ActorDefinition<any, any>
  readonly input: unknown
  /** How long it may take to stop. Default: what its definition says. */
  readonly shutdownMs: Shutdown | undefined
}

/** What `child()` was given, defaults filled in, not yet validated. */
export interface ChildSpecOptions {
  /** Default: the definition's name. */
  readonly id?: string
  /** Default `permanent`. */
  readonly restart?: RestartType
  /** Milliseconds, `brutal` or `infinity`. Default: what the definition says, 5 000 for a worker, `infinity` for a supervisor. */
  readonly shutdownMs?: Shutdown
  /** What stands between a failure and the restart. Default: one restart at once, then `backoff()`. */
  readonly recovery?: RecoveryPolicy
}

const childFields = new Set(['id', 'definition', 'input', 'restart', 'shutdownMs', 'recovery', 'significant'])

/** Fills in the defaults of a child spec. Validation happens where the spec is used, so that the error can name its place. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- see ChildSpec
export function childSpec(definition: ActorDefinition<any, any>, options: ChildSpecOptions & { readonly input?: unknown }): ChildSpec {
  return {
    restart: 'permanent',
    recovery: defaultRecovery,
    significant: false,
    input: undefined,
    shutdownMs: undefined,
    id: definition?.name,
    ...options,
    definition,
  }
}

/** @throws InvalidOptionError naming the field beneath `at`. */
export function validateChild(spec: ChildSpec, at: string): void {
  if (typeof spec !== 'object' || spec === null) throw new InvalidOptionError(at, spec, 'made by child(definition, options)')
  validateDefinition(spec.definition, `${at}.definition`)
  for (const [name, value] of Object.entries(spec) as [string, unknown][]) {
    if (!childFields.has(name)) throw new InvalidOptionError(`${at}.${name}`, value, 'left out: there is no such option')
  }
  if (typeof spec.id !== 'string' || !isActorName(spec.id)) {
    throw new InvalidOptionError(`${at}.id`, spec.id, 'a name of 1 to 128 characters of [A-Za-z0-9_.~$@:-]')
  }
  if (!restartTypes.includes(spec.restart)) throw new InvalidOptionError(`${at}.restart`, spec.restart, `one of ${restartTypes.join(', ')}`)
  checkShutdown(`${at}.shutdownMs`, spec.shutdownMs)
  validateRecovery(spec.recovery, `${at}.recovery`)
}

/** @throws InvalidOptionError for the first wrong spec or the first id that occurs twice. */
export function validateChildren(children: readonly ChildSpec[], at: string): void {
  if (!Array.isArray(children)) throw new InvalidOptionError(at, children, 'an array of child(definition, options)')
  const places = new Map<string, number>()
  for (const [index, spec] of (children as readonly ChildSpec[]).entries()) {
    validateChild(spec, `${at}[${index}]`)
    const earlier = places.get(spec.id)
    if (earlier !== undefined) throw new InvalidOptionError(`${at}[${index}].id`, spec.id, `unique; ${at}[${earlier}] has it already`)
    places.set(spec.id, index)
  }
}

/** @throws InvalidOptionError */
export function validateDefinition(definition: unknown, at: string): void {
  const { name, start, handlers } = (definition ?? {}) as { name?: unknown; start?: unknown; handlers?: unknown }
  if (typeof name === 'string' && typeof start === 'function' && typeof (handlers as { find?: unknown } | undefined)?.find === 'function') return
  throw new InvalidOptionError(at, definition, 'what actor(), supervisor() or pool() made (a child is written child(definition, options))')
}

/** @throws InvalidOptionError */
export function validateRecovery(policy: RecoveryPolicy, at: string): void {
  const { name, machine } = (policy ?? {}) as { name?: unknown; machine?: { transition?: unknown; provide?: unknown } }
  if (typeof name === 'string' && typeof machine?.transition === 'function' && typeof machine.provide === 'function') return
  throw new InvalidOptionError(at, policy, 'a recovery such as backoff() or restartAtOnce()')
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
  if (typeof name !== 'string' || !isActorName(name))
    throw new InvalidOptionError(at, name, 'a name of 1 to 128 characters of [A-Za-z0-9_.~$@:-]')
}
