// A machine on paper: plain JSON with a version, from which a machine actor can go on in another process, another day.

import type { AnyActor, AnyEventObject, AnyStateMachine } from 'xstate'
import { InvalidOptionError } from '../errors.ts'
import { isNamed } from './child-actors.ts'
import type { DelayedEvent } from './delayed-events.ts'
import { plainJson } from './plain-json.ts'
import type { LogicSnapshot } from './xstate-inside.ts'

const format = 1

/** What `persistMachine` answers and `restore` takes: plain JSON. Look at it as at a sealed letter; its inside may change with `format`. */
export interface PersistedMachine {
  /** The version of this envelope. */
  readonly format: 1
  /** The id of the machine whose snapshot it is. */
  readonly machine: string
  /** The machine's own `version`, if it has one. */
  readonly version?: string
  /** Wall-clock time in milliseconds since 1970. */
  readonly savedAt: number
  /** The persisted snapshot as XState writes it; `delayed` holds what is due when, and `children` those of children. */
  readonly snapshot: PersistedSnapshot
}

/** The persisted snapshot of a machine. */
export interface PersistedSnapshot {
  readonly status: string
  readonly value: unknown
  readonly context: unknown
  readonly children: Readonly<Record<string, unknown>>
  readonly delayed: readonly PersistedDelay[]
}

/** A delayed event on paper. */
export interface PersistedDelay {
  readonly id: string
  readonly event: AnyEventObject
  /** The id of the child it is for, `#_parent`, or absent for the machine itself. */
  readonly to?: string
  /** Wall-clock time in milliseconds since 1970, the only clock that two processes share; `null` for never. */
  readonly dueAt: number | null
}

/** Wall-clock time and monotonic time of one moment. */
export interface Moment {
  readonly wallMs: number
  readonly nowMs: number
}

/** Puts a machine's persisted snapshot into its envelope. @throws InvalidOptionError naming what is not plain JSON. */
export function seal(machine: AnyStateMachine, snapshot: unknown, savedAt: number): PersistedMachine {
  const { id, version } = machine
  return {
    format,
    machine: id,
    ...(version !== undefined && { version }),
    savedAt,
    snapshot: plainJson(snapshot, 'snapshot') as PersistedSnapshot,
  }
}

/** The snapshot in an envelope, as a copy of its own. @throws InvalidOptionError when it is another machine's, or no envelope. */
export function unseal(machine: AnyStateMachine, envelope: unknown): PersistedSnapshot {
  const found = envelope as Partial<PersistedMachine> | null
  if (typeof found !== 'object' || found === null) throw new InvalidOptionError('restore', found, 'what persistMachine answered')
  if (found.format !== format) throw new InvalidOptionError('restore.format', found.format, String(format))
  if (found.machine !== machine.id) throw new InvalidOptionError('restore.machine', found.machine, `'${machine.id}'`)
  if (found.version !== machine.version)
    throw new InvalidOptionError('restore.version', found.version, `${machine.version}; migrate the snapshot first`)
  const snapshot = plainJson(found.snapshot, 'restore.snapshot') as Partial<PersistedSnapshot> | null
  if (typeof snapshot !== 'object' || snapshot === null || typeof snapshot.children !== 'object' || snapshot.children === null) {
    throw new InvalidOptionError('restore.snapshot', snapshot, 'a persisted snapshot')
  }
  return snapshot as PersistedSnapshot
}

/** Adds to what XState persists the deadlines of delayed events. @throws InvalidOptionError for what cannot come back. */
export function withDelays(
  base: object,
  snapshot: LogicSnapshot,
  delayed: readonly DelayedEvent[],
  parent: AnyActor | undefined,
  { wallMs, nowMs }: Moment,
): object {
  const children = snapshot.children ?? {}
  for (const [id, child] of Object.entries(children)) {
    if (child !== undefined && !isNamed(child)) {
      throw new InvalidOptionError(
        `snapshot.children.${id}.src`,
        'logic without a name',
        'a name from `actors` in setup(), so that it can be started again',
      )
    }
  }
  const persisted = delayed.map(({ id, event, to, dueAt }): PersistedDelay => {
    const due = Number.isFinite(dueAt) ? Math.round(wallMs + dueAt - nowMs) : null
    if (to === undefined) return { id, event, dueAt: due }
    const target = to === parent ? '#_parent' : Object.entries(children).find(([, child]) => child === to)?.[0]
    if (target === undefined) throw new InvalidOptionError(`snapshot.delayed.${id}.to`, to.id, 'the machine, its parent or a child of it')
    return { id, event, to: target, dueAt: due }
  })
  return { ...base, delayed: persisted }
}

/** The delayed events of a persisted snapshot, and in how many milliseconds from now each is due. */
export function delaysOf(
  persisted: unknown,
  snapshot: LogicSnapshot,
  parent: AnyActor | undefined,
  wallMs: number,
): { readonly id: string; readonly event: AnyEventObject; readonly to: AnyActor | undefined; readonly delayMs: number }[] {
  const delayed = (persisted as { delayed?: unknown }).delayed ?? []
  if (!Array.isArray(delayed)) throw new InvalidOptionError('restore.snapshot.delayed', delayed, 'a list')
  return delayed.map((entry: Partial<PersistedDelay> | null, index) => {
    const { id, event, to, dueAt } = entry ?? {}
    const field = `restore.snapshot.delayed[${index}]`
    if (typeof id !== 'string' || typeof event?.type !== 'string') throw new InvalidOptionError(field, entry, 'an id and an event')
    if (dueAt !== null && typeof dueAt !== 'number') throw new InvalidOptionError(`${field}.dueAt`, dueAt, 'a time, or null')
    const target = to === undefined ? undefined : to === '#_parent' ? parent : snapshot.children?.[to]
    if (to !== undefined && target === undefined) throw new InvalidOptionError(`${field}.to`, to, 'a child of the machine')
    return { id, event, to: target, delayMs: dueAt === null ? Number.POSITIVE_INFINITY : Math.max(0, dueAt - wallMs) }
  })
}
