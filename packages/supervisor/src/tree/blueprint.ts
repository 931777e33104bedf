// What a definition says of the tree beneath it. The definition carries it along, copies of it too, so that a tree can be read without
// being run.

import type { AutoShutdown } from '../auto-shutdown.ts'
import type { Intensity } from '../intensity.ts'
import type { ChildSpec } from '../spec.ts'

/** The kinds of supervisors; anything else is a worker. */
export type SupervisorKind = 'supervisor' | 'dynamic-supervisor' | 'pool' | 'partition-supervisor' | 'task-supervisor'

/** How a supervisor was defined. */
export interface Blueprint {
  readonly kind: SupervisorKind
  readonly strategy: 'one-for-one' | 'one-for-all' | 'rest-for-one'
  readonly intensity: Intensity
  readonly autoShutdown?: AutoShutdown
  readonly maxChildren?: number
  /** What the children of a dynamic supervisor are. */
  readonly template?: ChildSpec
  /** The children it starts with. */
  readonly children: readonly ChildSpec[]
}

const key = Symbol.for('understudy.blueprint')

/** A definition together with its blueprint. */
export function withBlueprint<D extends object>(definition: D, blueprint: Blueprint): D {
  return { ...definition, [key]: blueprint }
}

/** The blueprint of a definition; undefined for a worker. */
export function blueprintOf(definition: object): Blueprint | undefined {
  return (definition as { readonly [key]?: Blueprint })[key]
}
