// Random scripts, each determined by its family and seed.

import { ManualEnv } from '@understudy/runtime/testing'
import { nodesOf } from './script.ts'
import type { Call, DynamicTree, OwnEnd, RestartType, Script, ScriptEvent, StaticTree, StaticStrategy, Tree, Worker } from './script.ts'

/** What a family's scripts have beyond the plain: nested supervisors of named children, every way to end, failing starts, all calls. */
interface Traits {
  /** Workers that stop slowly, never or brutally. */
  readonly stops?: true
  readonly significant?: true
  readonly dynamic?: true
  /** Crashes and calls that a supervisor finds together in its mailbox. */
  readonly batch?: true
  /** An intensity window of one second, and waits of more than two. */
  readonly timed?: true
}

/** The families of scripts. */
export const families = {
  plain: {},
  stops: { stops: true },
  significant: { significant: true },
  dynamic: { dynamic: true, stops: true },
  batch: { batch: true },
  mixed: { stops: true, significant: true, dynamic: true, batch: true },
  timed: { timed: true },
} satisfies Record<string, Traits>

export type Family = keyof typeof families

/** The script of that family and seed. */
export function generate(family: Family, seed: number): Script {
  return new Generator(families[family], seed).script()
}

const strategies: readonly StaticStrategy[] = ['one-for-one', 'one-for-all', 'rest-for-one']
const restartTypes: readonly RestartType[] = ['permanent', 'permanent', 'transient', 'transient', 'temporary']
const ownEnds: readonly OwnEnd[] = ['boom', 'boom', 'boom', 'boom', 'normal', 'normal', 'shutdown', 'shutdown-why', 'killed']

class Generator {
  readonly #traits: Traits
  readonly #seed: number
  readonly #random: () => number
  /** Supervisors that are started by call. */
  readonly #added: StaticTree[] = []
  #nodes = 0
  #born = 0

  constructor(traits: Traits, seed: number) {
    this.#traits = traits
    this.#seed = seed
    const env = new ManualEnv({ seed: seed + 1 })
    this.#random = () => env.random()
    // The first numbers of neighbouring seeds are alike.
    for (let n = 0; n < 5; n++) this.#random()
  }

  script(): Script {
    const tree = this.#static('r', 1, undefined)
    const workers = nodesOf(tree).filter((node) => node.kind === 'worker')
    const broken = this.#random() < 0.1 && workers.length > 0 ? { [this.#pick(workers).id]: this.#count(1, 3) } : {}
    const events: ScriptEvent[] = []
    const length = this.#count(6, this.#traits.timed ? 10 : 16)
    while (events.length < length) events.push(...this.#event(tree))
    return { seed: this.#seed, broken, tree, events: [...events, ['stop']] }
  }

  #static(id: string, depth: number, above: StaticTree['autoShutdown']): StaticTree {
    const chosen = this.#traits.significant === true ? this.#pick([undefined, 'any-significant', 'all-significant'] as const) : undefined
    const children: Tree[] = []
    for (let n = this.#count(1, depth === 1 ? 4 : 3); n > 0; n--) children.push(this.#child(depth, chosen))
    return {
      kind: 'static',
      id,
      ...this.#restart(above),
      strategy: this.#pick(strategies),
      ...this.#limits(),
      ...(chosen !== undefined && { autoShutdown: chosen }),
      children,
    }
  }

  #child(depth: number, above: StaticTree['autoShutdown']): Tree {
    const nested = this.#random()
    if (this.#traits.dynamic && nested < 0.3) return this.#dynamic(above)
    if (depth < 3 && this.#nodes < 7 && nested < 0.6 - depth * 0.1) return this.#static(this.#id('s'), depth + 1, above)
    return this.#worker(this.#id('w'), above)
  }

  #dynamic(above: StaticTree['autoShutdown']): DynamicTree {
    const id = this.#id('d')
    return { kind: 'dynamic', id, ...this.#restart(above), ...this.#limits(), template: this.#worker('t', undefined) }
  }

  #worker(id: string, above: StaticTree['autoShutdown']): Worker {
    const common = { kind: 'worker' as const, id, ...this.#restart(above) }
    const odd = this.#traits.stops === true ? this.#random() : 1
    if (odd < 0.15) return { ...common, stops: 'never', shutdownMs: 20 }
    if (odd < 0.3) return { ...common, stops: 'slowly', shutdownMs: 2_000 }
    if (odd < 0.45) return { ...common, stops: 'at-once', shutdownMs: 'brutal' }
    return { ...common, stops: 'at-once', shutdownMs: 2_000 }
  }

  #restart(above: StaticTree['autoShutdown']): { restart: RestartType; significant?: true } {
    const restart = this.#pick(restartTypes)
    const significant = above !== undefined && restart !== 'permanent' && this.#random() < 0.6
    return { restart, ...(significant && { significant }) }
  }

  #limits(): { restarts: number; withinS: number } {
    return { restarts: this.#pick([0, 1, 1, 2, 2, 3, 5, 10]), withinS: this.#traits.timed ? 1 : 3_600 }
  }

  #event(tree: StaticTree): ScriptEvent[] {
    const nodes = [tree, ...this.#added].flatMap(nodesOf)
    const supervisors = nodes.filter((node) => node.kind !== 'worker')
    const workers = [...nodes.filter((node) => node.kind === 'worker').map(({ id }) => id), ...this.#dynamicChildren(nodes)]
    const kind = this.#random()
    if (this.#traits.timed && kind < 0.15) return [['wait', 2_100]]
    if (this.#traits.batch && kind < 0.25) return this.#batch(supervisors)
    if (workers.length > 0 && kind < 0.6) {
      const id = this.#pick(workers)
      const end = ['end', id, this.#pick(ownEnds)] as const
      return this.#random() < 0.25 ? [['break', id, this.#count(1, 4)], end] : [end]
    }
    return [this.#call(this.#pick(supervisors))]
  }

  #batch(supervisors: readonly Tree[]): ScriptEvent[] {
    const sup = this.#pick(supervisors)
    const ids =
      sup.kind === 'static' ? sup.children.filter(({ kind }) => kind === 'worker').map(({ id }) => id) : this.#dynamicChildren([sup])
    const crashed = ids.filter(() => this.#random() < 0.6)
    const calls: Call[] = []
    while (this.#random() < 0.4) calls.push(this.#call(sup))
    // Calls of a dynamic supervisor of ours do not wait for each other: only where nothing takes time, their order is OTP's.
    if (sup.kind === 'dynamic' && sup.template.stops !== 'at-once') calls.length = 0
    const batch: ScriptEvent = ['batch', sup.id, crashed, calls]
    return crashed.length > 0 && this.#random() < 0.4 ? [['break', this.#pick(crashed), this.#count(1, 3)], batch] : [batch]
  }

  #call(sup: Tree): Call {
    if (this.#random() < 0.25) return [this.#pick(['which', 'count']), sup.id]
    if (sup.kind === 'dynamic') {
      if (this.#random() < 0.6) return ['start-dynamic', sup.id, `${sup.id}.${++this.#born}`]
      return ['terminate-dynamic', sup.id, this.#pick([...this.#dynamicChildren([sup]), `${sup.id}.0`])]
    }
    const { autoShutdown, children } = sup as StaticTree
    const added = this.#random()
    if (added < 0.05) {
      const subtree = this.#static(this.#id('s'), 3, autoShutdown)
      this.#added.push(subtree)
      return ['start', sup.id, subtree]
    }
    if (added < 0.25) {
      // Sometimes under an id that is there already.
      const taken = children.filter(({ kind }) => kind === 'worker')
      const id = this.#random() < 0.3 && taken.length > 0 ? this.#pick(taken).id : `${sup.id}x${this.#count(1, 2)}`
      return ['start', sup.id, this.#worker(id, autoShutdown)]
    }
    const known = children.map(({ id }) => id)
    return [
      this.#pick(['terminate', 'terminate', 'restart', 'restart', 'delete', 'spec']),
      sup.id,
      this.#pick([...known, ...known, `${sup.id}x1`]),
    ]
  }

  /** Those that may have been started; some were not. */
  #dynamicChildren(nodes: readonly Tree[]): string[] {
    const dynamic = nodes.filter(({ kind }) => kind === 'dynamic')
    return dynamic.flatMap(({ id }) => Array.from({ length: this.#born }, (_, n) => `${id}.${n + 1}`).slice(-4))
  }

  #id(prefix: string): string {
    return `${prefix}${++this.#nodes}`
  }

  #pick<T>(items: readonly T[]): T {
    return items[Math.floor(this.#random() * items.length)]!
  }

  #count(from: number, to: number): number {
    return from + Math.floor(this.#random() * (to - from + 1))
  }
}
