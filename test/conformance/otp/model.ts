// OTP's supervisor once more, plain and naive: everything happens in one loop over one queue, children are objects, nothing is clever.
// It knows nothing of our supervisor; the recordings of real Erlang say whether it is right. Where ours differs on purpose, the model can
// do so too: each difference has a name, and without it the model is OTP.

import { traceLine } from './script.ts'
import type { Call, DynamicTree, Script, ScriptEvent, StaticTree, Trace, Tree, Worker } from './script.ts'

/** Where our supervisor differs from OTP on purpose (the reasons are in README.md), as far as scripts show it. */
export type Difference =
  /** A sibling that ended in order or was terminated is not started again by a group restart (`reviveStopped` makes us do so). */
  | 'stopped-stay-stopped'
  /** Members of a group whose restart failed at one of them are restarting, too; and if that one is let go, the others go on. OTP forgets them. */
  | 'group-is-restarting'
  /** A dynamic supervisor has as many specs as children, as in Elixir. OTP: always one. */
  | 'dynamic-specs'
  /** A dynamic child is told by its id, and one that is gone is not found. OTP is told a pid, and says ok of a dead one. */
  | 'dynamic-gone'

/** A living thing: a worker or a supervisor. */
interface Process {
  readonly id: string
  readonly node: Tree
  readonly parent: Process | undefined
  alive: boolean
  /** Of a supervisor: its children in start order, and when it restarted. */
  children: Child[]
  restarts: number[]
}

interface Child {
  readonly id: string
  readonly spec: Tree
  process: Process | 'undefined' | 'restarting' | 'held'
}

/** Plays a script on the model: as OTP, but for the differences. */
export function playModel(script: Script, differences: readonly Difference[] = []): Trace {
  return new Model(script, differences).play(script.events)
}

class Model {
  readonly #differences: ReadonlySet<Difference>
  readonly #broken: Map<string, number>
  readonly #living = new Map<string, Process>()
  readonly #root: StaticTree
  readonly #born = new Set<string>()
  /** What a process's mailbox holds: its children's ends, its own retries, calls. One queue for all keeps every order. */
  #queue: { readonly to: Process; readonly from?: Process; readonly handle: () => void }[] = []
  #happened: string[] = []
  #now = 0

  constructor(script: Script, differences: readonly Difference[]) {
    this.#differences = new Set(differences)
    this.#broken = new Map(Object.entries(script.broken))
    this.#root = script.tree
  }

  play(events: readonly ScriptEvent[]): Trace {
    this.#start(this.#root, this.#root.id, undefined)
    const lines = [this.#line([])]
    for (const event of events) lines.push(this.#line(this.#event(event)))
    return lines
  }

  #line(answers: readonly string[]): string {
    while (this.#queue.length > 0) {
      const { to, handle } = this.#queue.shift()!
      if (to.alive) this.#inTurn(to, handle)
    }
    const happened = answers[0] === 'none' ? [...this.#happened, 'none'] : this.#happened
    this.#happened = []
    return traceLine(happened, answers[0] === 'none' ? [] : answers)
  }

  #event(event: ScriptEvent): readonly string[] {
    switch (event[0]) {
      case 'wait':
        this.#now += event[1]
        return []
      case 'break':
        this.#broken.set(event[1], event[2])
        return []
      case 'end': {
        const worker = this.#living.get(event[1])
        if (worker === undefined) return ['none']
        this.#end(worker, event[2])
        return []
      }
      case 'stop': {
        const root = this.#living.get(this.#root.id)
        if (root === undefined) return ['none']
        this.#stop(root)
        return []
      }
      case 'batch': {
        const [, id, crashed, calls] = event
        const sup = this.#living.get(id)
        if (sup === undefined) return ['none']
        for (const worker of crashed) if (this.#living.has(worker)) this.#end(this.#living.get(worker)!, 'boom')
        const answers = calls.map(() => 'gone')
        for (const [index, call] of calls.entries()) {
          this.#queue.push({ to: sup, handle: () => (answers[index] = this.#call(sup, call)) })
        }
        return answers
      }
      default: {
        const sup = this.#living.get(event[1])
        return [sup === undefined ? 'gone' : this.#inTurn(sup, () => this.#call(sup, event))]
      }
    }
  }

  /** Something that a supervisor does; afterwards, whoever waits for nobody any more goes on. */
  #inTurn<T>(sup: Process, handle: () => T): T {
    const result = handle()
    const held = sup.children.filter(({ process }) => process === 'held')
    if (sup.alive && held.length > 0 && !sup.children.some(({ process }) => process === 'restarting')) this.#startGroup(sup, held, held)
    return result
  }

  // --- Births and deaths ----------------------------------------------------------------------------------------------------

  /** A start function: the process, or why there is none. */
  #start(node: Tree, id: string, parent: Process | undefined): Process | 'failed' {
    const process: Process = { id, node, parent, alive: true, children: [], restarts: [] }
    if (node.kind === 'worker') {
      const failures = this.#broken.get(id) ?? 0
      if (failures > 0) {
        this.#broken.set(id, failures - 1)
        this.#happened.push(`!${id}`)
        return 'failed'
      }
    }
    this.#living.set(id, process)
    this.#born.add(id)
    this.#happened.push(`+${id}`)
    if (node.kind !== 'static') return process
    process.children = node.children.map((spec) => ({ id: spec.id, spec, process: 'undefined' }))
    if (this.#startAll(process, process.children) === undefined) return process
    this.#stopAll(process)
    this.#die(process, 'failed-start')
    return 'failed'
  }

  /** Starts children in order; answers the one that could not be started. */
  #startAll(sup: Process, children: readonly Child[]): Child | undefined {
    for (const child of children) {
      const started = this.#start(child.spec, child.id, sup)
      if (started === 'failed') return child
      child.process = started
    }
    return undefined
  }

  #die(process: Process, why: string): void {
    process.alive = false
    if (this.#living.get(process.id) === process) this.#living.delete(process.id)
    this.#happened.push(`-${process.id}:${why}`)
  }

  /** A process ends by itself: its parent will hear of it. */
  #end(process: Process, why: string): void {
    this.#die(process, why)
    const { parent } = process
    if (parent !== undefined) this.#queue.push({ to: parent, from: process, handle: () => this.#childEnded(parent, process, why) })
  }

  /** A parent stops a child and waits for it; if it had ended already, nobody hears of that any more. */
  #stop(process: Process): void {
    this.#queue = this.#queue.filter(({ from }) => from !== process)
    if (!process.alive) return
    if (process.node.kind !== 'worker') this.#stopAll(process)
    const killed = process.node.kind === 'worker' && (process.node.shutdownMs === 'brutal' || process.node.stops === 'never')
    this.#die(process, killed ? 'killed' : 'shutdown')
  }

  #stopAll(sup: Process): void {
    for (const child of [...sup.children].reverse()) this.#stopChild(sup, child)
  }

  #stopChild(sup: Process, child: Child): void {
    if (typeof child.process === 'object') this.#stop(child.process)
    this.#forget(sup, child)
  }

  /** A child that does not run: its spec stays, unless nobody will ever start it again. */
  #forget(sup: Process, child: Child): void {
    child.process = 'undefined'
    if (sup.node.kind === 'dynamic' || child.spec.restart === 'temporary') sup.children = sup.children.filter((other) => other !== child)
  }

  #giveUp(sup: Process): void {
    this.#stopAll(sup)
    this.#end(sup, 'shutdown')
  }

  // --- Restarts -------------------------------------------------------------------------------------------------------------

  #childEnded(sup: Process, process: Process, why: string): void {
    const child = sup.children.find((other) => other.process === process)
    if (child === undefined) return
    const { restart, significant } = child.spec
    const inOrder = why === 'normal' || why.startsWith('shutdown')
    if (restart === 'permanent' || (restart === 'transient' && !inOrder)) return this.#restart(sup, child)
    this.#forget(sup, child)
    const { autoShutdown } = sup.node as StaticTree
    if (significant !== true || autoShutdown === undefined) return
    const left = sup.children.some((other) => other.spec.significant === true && other.process !== 'undefined')
    if (autoShutdown === 'any-significant' || !left) this.#giveUp(sup)
  }

  #restart(sup: Process, child: Child): void {
    const { restarts, withinS, kind } = sup.node as StaticTree | DynamicTree
    sup.restarts = [...sup.restarts.filter((at) => at >= this.#now - withinS * 1_000), this.#now]
    if (sup.restarts.length > restarts) {
      this.#forget(sup, child)
      return this.#giveUp(sup)
    }
    const strategy = kind === 'dynamic' ? 'one-for-one' : (sup.node as StaticTree).strategy
    if (strategy === 'one-for-one') return this.#startGroup(sup, [child], [])
    const from = strategy === 'one-for-all' ? 0 : sup.children.indexOf(child)
    const wanted = sup.children.slice(from).filter((other) => other === child || other.process !== 'undefined')
    for (const other of sup.children.slice(from).reverse()) if (other !== child) this.#stopChild(sup, other)
    child.process = 'undefined'
    const group = sup.children.slice(from)
    this.#startGroup(sup, this.#differences.has('stopped-stay-stopped') ? group.filter((other) => wanted.includes(other)) : group, wanted)
  }

  /** Starts children in order. When one of them cannot be started, it is tried again later; `wanted` are those that wait with it. */
  #startGroup(sup: Process, group: readonly Child[], wanted: readonly Child[]): void {
    const failed = this.#startAll(sup, group)
    if (failed === undefined) return
    failed.process = 'restarting'
    if (this.#differences.has('group-is-restarting')) {
      for (const other of group) if (wanted.includes(other) && other.process === 'undefined') other.process = 'held'
    }
    this.#queue.push({
      to: sup,
      handle: () => {
        if (sup.children.includes(failed) && failed.process === 'restarting') this.#restart(sup, failed)
      },
    })
  }

  // --- Calls ----------------------------------------------------------------------------------------------------------------

  #call(sup: Process, call: Call): string {
    const [name, , third] = call
    if (sup.node.kind === 'dynamic') return this.#dynamicCall(sup, call, sup.node.template)
    if (name === 'which') return [...sup.children].reverse().map(show).join(',')
    if (name === 'count') {
      const active = sup.children.filter(({ process }) => typeof process === 'object' && process.alive).length
      const workers = sup.children.filter(({ spec }) => spec.kind === 'worker').length
      return [sup.children.length, active, sup.children.length - workers, workers].join('/')
    }
    const id = name === 'start' ? call[2].id : (third as string)
    const child = sup.children.find((other) => other.id === id)
    if (name === 'start') {
      if (child !== undefined) return typeof child.process === 'object' ? 'already-started' : 'already-present'
      const started = this.#start(call[2], id, sup)
      if (started === 'failed') return 'start-failed'
      sup.children.push({ id, spec: call[2], process: started })
      return 'ok'
    }
    if (child === undefined) return 'not-found'
    if (name === 'spec')
      return `${child.spec.restart}/${child.spec.significant === true}/${child.spec.kind === 'worker' ? 'worker' : 'supervisor'}`
    if (name === 'terminate') {
      this.#stopChild(sup, child)
      return 'ok'
    }
    if (child.process !== 'undefined') return typeof child.process === 'object' ? 'running' : 'restarting'
    if (name === 'restart') return this.#startAll(sup, [child]) === undefined ? 'ok' : 'start-failed'
    sup.children = sup.children.filter((other) => other !== child)
    return 'ok'
  }

  #dynamicCall(sup: Process, [name, , id]: Call, template: Worker): string {
    const children = sup.children.length
    const restarting = sup.children.filter(({ process }) => process === 'restarting').length
    switch (name) {
      case 'which':
        return sup.children
          .map((child) => (child.process === 'restarting' ? 'restarting' : child.id))
          .sort()
          .join(',')
      case 'count':
        return [this.#differences.has('dynamic-specs') ? children : 1, children - restarting, 0, children].join('/')
      case 'start-dynamic': {
        const started = this.#start(template, id as string, sup)
        if (started === 'failed') return 'start-failed'
        sup.children.push({ id: id as string, spec: template, process: started })
        return 'ok'
      }
      default: {
        if (!this.#born.has(id as string)) return 'not-found'
        const child = sup.children.find((other) => other.id === id)
        if (child !== undefined) this.#stopChild(sup, child)
        else if (this.#differences.has('dynamic-gone')) return 'not-found'
        return 'ok'
      }
    }
  }
}

function show({ id, process }: Child): string {
  return `${id}:${typeof process === 'object' ? 'running' : process === 'held' ? 'restarting' : process}`
}
