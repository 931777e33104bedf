// From data to a definition: one walk that validates and builds, and names the place of whatever is wrong.

import type { ActorDefinition } from '@understudy/runtime/spi'
import { dynamicSupervisor } from '../dynamic/dynamic-supervisor.ts'
import type { Intensity } from '../intensity.ts'
import { partitionSupervisor } from '../partition/partition-supervisor.ts'
import { pool } from '../pool/pool.ts'
import { validatePolicy } from '../recovery/machine.ts'
import type { RecoveryPolicy } from '../recovery/machine.ts'
import { childSpec, validateChild, validateChildren, validateDefinition, validateName, validIntensity } from '../spec.ts'
import type { ChildSpec } from '../spec.ts'
import { supervisor } from '../supervisor.ts'
import type { SupervisorProtocol } from '../supervisor.ts'
import { taskSupervisor } from '../task/task-supervisor.ts'
import { checkChoice, checkCount, checkJson, checkRecord, refusal } from './data-check.ts'
import type { PlainRecord } from './data-check.ts'
import type { AnyDefinition } from './describe-tree.ts'
import { recoveryFrom } from './recovery-data.ts'
import type { Recoveries } from './recovery-data.ts'
import type { TreeData } from './tree-data.ts'

const deepestTree = 32
const mostActors = 100_000
const mostChildren = 10_000

const childFields = ['id', 'restart', 'shutdownMs', 'significant', 'recovery', 'isolation'] as const
const supervisorFields = ['supervisor', 'strategy', 'intensity', 'autoShutdown', 'reviveStopped', 'children'] as const
/** The fields of each kind of node, by the field that tells the kind. */
const fieldsOf: ReadonlyMap<string, ReadonlySet<string>> = new Map(
  Object.entries({
    actor: ['actor', 'input'],
    supervisor: supervisorFields,
    dynamic: ['dynamic', 'template', 'maxChildren', 'intensity'],
    pool: ['pool', 'template', 'size', 'routing', 'intensity'],
    partitions: ['partitions', 'template', 'count', 'intensity'],
    tasks: ['tasks', 'maxChildren', 'intensity'],
  }).map(([kind, fields]) => [kind, new Set([...fields, ...childFields])]),
)
const rootFields = new Set<string>(supervisorFields)
const dynamicTemplateFields = new Set(['actor', 'restart', 'shutdownMs', 'recovery'])
const poolTemplateFields = new Set(['actor', 'input', 'recovery'])
const kinds = [...fieldsOf.keys()]

/** Options of `treeFrom`. */
export interface TreeFromOptions {
  /** Recoveries that the data may name, beside those of the library. */
  readonly recoveries?: Recoveries
}

/**
 * Makes the definition of a tree that was declared as data; `definitions` has the actors that the data may name.
 *
 * Use when: the shape of a tree comes from a file, or from somebody else. The data may be hostile: it is checked as a whole before
 * anything is started, to 32 levels and 100 000 actors, and nothing in it can name what was not given.
 *
 * @throws InvalidOptionError naming the field, such as `tree.children[2].restart`, and what would be right.
 */
export function treeFrom(
  data: TreeData,
  definitions: Readonly<Record<string, AnyDefinition>>,
  options: TreeFromOptions = {},
): ActorDefinition<SupervisorProtocol> {
  const builder = new TreeBuilder(definitions, options.recoveries ?? {})
  return builder.supervisor(checkRecord(data, 'tree', rootFields, 'an object that describes a supervisor'), 'tree', 0)
}

class TreeBuilder {
  readonly #definitions: Readonly<Record<string, AnyDefinition>>
  readonly #recoveries: Recoveries
  #actors = 0
  /** How often what is being built is there, as it is beneath partitions. */
  #copies = 1

  constructor(definitions: Readonly<Record<string, AnyDefinition>>, recoveries: Recoveries) {
    for (const [name, definition] of Object.entries(definitions)) validateDefinition(definition, `definitions.${name}`)
    for (const [name, recovery] of Object.entries(recoveries)) validatePolicy(recovery, `recoveries.${name}`)
    this.#definitions = definitions
    this.#recoveries = recoveries
  }

  supervisor(data: PlainRecord, at: string, depth: number): ActorDefinition<SupervisorProtocol> {
    const { supervisor: name, children } = data
    validateName(name, `${at}.supervisor`)
    const strategy = checkChoice(data['strategy'], `${at}.strategy`, ['one-for-one', 'one-for-all', 'rest-for-one'])
    const autoShutdown = checkChoice(data['autoShutdown'], `${at}.autoShutdown`, ['never', 'any-significant', 'all-significant'])
    const { reviveStopped } = data
    if (reviveStopped !== undefined && typeof reviveStopped !== 'boolean')
      throw refusal(`${at}.reviveStopped`, reviveStopped, 'true or false')
    if (!Array.isArray(children)) throw refusal(`${at}.children`, children, 'an array of nodes')
    this.#count(children.length, `${at}.children`)
    const specs = children.map((child, index) => this.#child(child, `${at}.children[${index}]`, depth + 1))
    validateChildren(specs, `${at}.children`, autoShutdown)
    return supervisor({
      name: name as string,
      children: specs,
      ...(strategy && { strategy }),
      ...(autoShutdown && { autoShutdown }),
      ...(reviveStopped !== undefined && { reviveStopped }),
      ...intensityOf(data, at),
    })
  }

  #child(value: unknown, at: string, depth: number): ChildSpec {
    if (depth > deepestTree) throw refusal(at, value, `at most ${deepestTree} levels deep`)
    const [kind, data] = nodeOf(value, at)
    const options = Object.fromEntries(childFields.flatMap((field) => (Object.hasOwn(data, field) ? [[field, data[field]]] : [])))
    const recovery = this.#recovery(data, at)
    const definition = this.#definition(kind, data, at, depth)
    if (data['isolation'] !== undefined) checkJson(data['isolation'], `${at}.isolation`)
    if (kind === 'actor' && Object.hasOwn(data, 'input')) checkJson(data['input'], `${at}.input`)
    const spec = childSpec(definition, {
      ...options,
      ...(recovery && { recovery }),
      ...(Object.hasOwn(data, 'input') && { input: data['input'] }),
    })
    validateChild(spec, at)
    return spec
  }

  #definition(kind: string, data: PlainRecord, at: string, depth: number): AnyDefinition {
    const name = data[kind]
    if (kind === 'actor') return this.#actor(name, `${at}.actor`)
    if (kind === 'supervisor') return this.supervisor(data, at, depth)
    validateName(name, `${at}.${kind}`)
    const common = { name: name as string, ...intensityOf(data, at) }
    switch (kind) {
      case 'dynamic':
        return dynamicSupervisor({ ...common, ...maxChildrenOf(data, at), ...this.#dynamicTemplate(data['template'], `${at}.template`) })
      case 'pool':
        return this.#pool(data, at, common)
      case 'partitions':
        return this.#partitions(data, at, depth, common)
      default:
        return taskSupervisor({ ...common, ...maxChildrenOf(data, at) })
    }
  }

  #actor(name: unknown, at: string): AnyDefinition {
    if (typeof name === 'string' && Object.hasOwn(this.#definitions, name)) return this.#definitions[name]!
    throw refusal(at, name, `the name of a definition that was given: ${list(this.#definitions)}`)
  }

  #dynamicTemplate(value: unknown, at: string): Pick<ChildSpec, 'restart' | 'shutdownMs' | 'recovery'> & { readonly child: AnyDefinition } {
    const data = checkRecord(value, at, dynamicTemplateFields, 'an object that names an actor')
    const { actor: name, ...options } = data
    const child = this.#actor(name, `${at}.actor`)
    const recovery = this.#recovery(data, at)
    validateChild(childSpec(child, { ...options, ...(recovery && { recovery }) }), at)
    return { child, ...options, ...(recovery && { recovery }) } as never
  }

  #pool(data: PlainRecord, at: string, common: { readonly name: string }): AnyDefinition {
    const template = checkRecord(data['template'], `${at}.template`, poolTemplateFields, 'an object that names an actor')
    const { input } = template
    if (input !== undefined) checkJson(input, `${at}.template.input`)
    const recovery = this.#recovery(template, `${at}.template`)
    const size = checkCount(data['size'] ?? null, `${at}.size`, 1, mostChildren)!
    this.#count(size, `${at}.size`)
    const routing = checkChoice(data['routing'], `${at}.routing`, ['round-robin', 'least-outstanding'])
    const worker = this.#actor(template['actor'], `${at}.template.actor`)
    return pool(worker, { ...common, size, input, ...(routing && { routing }), ...(recovery && { recovery }) })
  }

  #partitions(data: PlainRecord, at: string, depth: number, common: { readonly name: string }): AnyDefinition {
    const partitions = checkCount(data['count'], `${at}.count`, 1, mostChildren) ?? 8
    this.#count(partitions, `${at}.count`)
    const outside = this.#copies
    this.#copies *= partitions
    const { definition, restart, shutdownMs, recovery, input } = this.#child(data['template'], `${at}.template`, depth + 1)
    this.#copies = outside
    for (const field of ['id', 'significant', 'isolation']) {
      const value = (data['template'] as PlainRecord)[field]
      if (value !== undefined)
        throw refusal(`${at}.template.${field}`, value, 'left out: partitions are called p-0, p-1 and so on, and are alike')
    }
    const options = { partitions, restart, shutdownMs, recovery }
    return partitionSupervisor({ ...common, child: definition, inputOf: () => input as never, ...options })
  }

  #recovery({ recovery }: PlainRecord, at: string): RecoveryPolicy | undefined {
    return recovery === undefined ? undefined : recoveryFrom(recovery, `${at}.recovery`, this.#recoveries)
  }

  #count(actors: number, at: string): void {
    this.#actors += actors * this.#copies
    if (this.#actors > mostActors) throw refusal(at, actors, `such that the tree has at most ${mostActors} actors`)
  }
}

/** The kind of a node, and its fields, all of which are known. */
function nodeOf(value: unknown, at: string): [string, PlainRecord] {
  const kind = typeof value === 'object' && value !== null ? kinds.find((name) => Object.hasOwn(value, name)) : undefined
  const wanted = `an object with one of the fields ${kinds.join(', ')}`
  if (kind === undefined) throw refusal(at, value, wanted)
  return [kind, checkRecord(value, at, fieldsOf.get(kind)!, wanted)]
}

function intensityOf(data: PlainRecord, at: string): { readonly intensity?: Intensity } {
  if (data['intensity'] === undefined) return {}
  const given = checkRecord(data['intensity'], `${at}.intensity`, new Set(['restarts', 'withinMs']))
  const restarts = given['restarts'] === 'infinity' ? Infinity : given['restarts']
  return { intensity: validIntensity({ ...given, restarts } as Intensity, `${at}.intensity`) }
}

function maxChildrenOf({ maxChildren }: PlainRecord, at: string): { readonly maxChildren?: number } {
  if (maxChildren === undefined || maxChildren === 'infinity') return {}
  return { maxChildren: checkCount(maxChildren, `${at}.maxChildren`, 0, Number.MAX_SAFE_INTEGER)! }
}

function list(names: object): string {
  return Object.keys(names).join(', ')
}
