// Plays a script on our supervisor, in virtual time, and writes its trace in the words of the recordings.

import { actor, child, createSystem, dynamicSupervisor, isFailure, restartAtOnce, supervisor } from '@understudy/actors'
import type {
  ActorContext,
  ActorDefinition,
  ActorSystem,
  ChildSpec,
  DynamicSupervisorProtocol,
  ExitReason,
  Protocol,
  Ref,
  SupervisorProtocol,
} from '@understudy/actors'
import { ManualEnv } from '@understudy/runtime/testing'
import { traceLine } from './script.ts'
import type { Call, DynamicTree, OwnEnd, Script, ScriptEvent, StaticTree, Trace, Tree, Worker } from './script.ts'

const quiet = { debug() {}, info() {}, warn() {}, error() {} }
const patienceMs = 10_000

type WorkerProtocol = { end(message: { readonly how: OwnEnd }): void }
type ObserverProtocol = { startRoot(message: object): void; stopRoot(message: object): void }
type DynamicProtocol = DynamicSupervisorProtocol<WorkerProtocol, undefined>

/** How to play. */
export interface PlayOptions {
  /** Whether children start in two turns instead of one. */
  readonly asyncStart?: boolean
  /** OTP's way, and the default here; our own default is false. */
  readonly reviveStopped?: boolean
}

/** Plays a script from the start of its tree to its end, and ends the system. */
export async function play(script: Script, options: PlayOptions = {}): Promise<Trace> {
  const player = new Player(script, options)
  const lines = [await player.begin()]
  for (const event of script.events) lines.push(await player.play(event))
  await player.end()
  return lines
}

class Player {
  readonly #env = new ManualEnv()
  readonly #system: ActorSystem
  readonly #observer: Ref<ObserverProtocol>
  readonly #script: Script
  readonly #options: PlayOptions
  readonly #broken: Map<string, number>
  readonly #refs = new Map<string, Ref<Protocol>>()
  /** Who lives, as far as the observer has heard. */
  readonly #living = new Set<string>()
  #happened: string[] = []

  constructor(script: Script, options: PlayOptions) {
    this.#script = script
    this.#options = options
    this.#broken = new Map(Object.entries(script.broken))
    this.#system = createSystem({ env: this.#env, log: quiet })
    this.#observer = this.#system.spawn(this.#observing(), { name: 'observer' })
  }

  async begin(): Promise<string> {
    this.#observer.tell({ type: 'startRoot' })
    return this.#line([])
  }

  async play(event: ScriptEvent): Promise<string> {
    switch (event[0]) {
      case 'wait':
        await this.#env.advance(event[1])
        return this.#line([])
      case 'break':
        this.#broken.set(event[1], event[2])
        return this.#line([])
      case 'end': {
        if (!this.#living.has(event[1])) return 'none'
        this.#refs.get(event[1])!.tell({ type: 'end', how: event[2] })
        return this.#line([])
      }
      case 'stop':
        if (!this.#living.has(this.#script.tree.id)) return 'none'
        this.#observer.tell({ type: 'stopRoot' })
        return this.#line([])
      case 'batch': {
        const [, sup, crashed, calls] = event
        if (!this.#living.has(sup)) return 'none'
        for (const id of crashed) if (this.#living.has(id)) this.#refs.get(id)!.tell({ type: 'end', how: 'boom' })
        return this.#line(calls.map((call) => this.#call(call)))
      }
      default:
        return this.#line([this.#call(event)])
    }
  }

  async end(): Promise<void> {
    const stopped = this.#system.stop()
    await this.#env.advance(patienceMs)
    await stopped
    if (this.#env.pendingTimers > 0) throw new Error(`seed ${this.#script.seed}: ${this.#env.pendingTimers} timers are left behind`)
  }

  async #line(answers: readonly Promise<string>[]): Promise<string> {
    const answered = Promise.all(answers)
    if (!(await this.#env.advanceUntil(() => this.#env.pendingTimers === 0, patienceMs))) throw new Error('it does not come to rest')
    const line = traceLine(this.#happened, await answered)
    this.#happened = []
    return line
  }

  // --- The tree -------------------------------------------------------------------------------------------------------------

  /**
   * The parent of the root. Hears of starts and ends by exit signals: both go through one lane, so it hears them in the order in which they happened.
   * A start, or a failed one, is told as the exit reason `{ shutdown: '+id' }`; ends come over links.
   */
  #observing(): ActorDefinition<ObserverProtocol> {
    return actor({
      name: 'observer',
      trapExit: true,
      on: {
        startRoot: (_state: undefined, _message: object, ctx: ActorContext<Protocol>) => {
          ctx.spawn(this.#supervising(this.#script.tree), { name: this.#script.tree.id })
        },
        stopRoot: (_state: undefined, _message: object, ctx: ActorContext<Protocol>) => ctx.stop(this.#refs.get(this.#script.tree.id)!),
      },
      exited: (_state, { address, reason }) => {
        const id = nameIn(address.path)
        if (typeof reason === 'object' && 'shutdown' in reason && /^[+!]/.test(reason.shutdown)) {
          this.#happened.push(reason.shutdown)
          if (reason.shutdown.startsWith('+')) this.#living.add(id)
        } else {
          this.#living.delete(id)
          this.#happened.push(`-${id}:${why(reason)}`)
        }
      },
    })
  }

  #born(id: string, ctx: ActorContext<Protocol>): void {
    ctx.exit(this.#observer, { shutdown: `+${id}` })
    ctx.link(this.#observer)
    this.#refs.set(id, ctx.self)
  }

  #working({ stops, shutdownMs }: Worker): ActorDefinition<WorkerProtocol> {
    const begin = (ctx: ActorContext<Protocol>): { told: boolean } => {
      const id = nameIn(ctx.path)
      const failures = this.#broken.get(id) ?? 0
      if (failures > 0) {
        this.#broken.set(id, failures - 1)
        ctx.exit(this.#observer, { shutdown: `!${id}` })
        throw new Error('broken')
      }
      this.#born(id, ctx)
      return { told: true }
    }
    return actor({
      name: 'worker',
      shutdownMs,
      state: (_: undefined, ctx: ActorContext<Protocol>) =>
        this.#options.asyncStart === true ? Promise.resolve().then(() => begin(ctx)) : begin(ctx),
      on: {
        end: (state: { told: boolean }, { how }: { how: OwnEnd }, ctx: ActorContext<Protocol>) => {
          state.told = false
          if (how === 'boom') throw new Error('boom')
          if (how === 'normal') ctx.stop()
          else ctx.exit(ctx.self, how === 'shutdown-why' ? { shutdown: 'why' } : how)
        },
      },
      stopping: ({ told }) => {
        if (!told || stops === 'at-once') return undefined
        return new Promise<void>((resolve) => {
          if (stops === 'slowly') this.#env.setTimer(10, resolve)
        })
      },
    }) as unknown as ActorDefinition<WorkerProtocol>
  }

  #supervising(tree: StaticTree): ActorDefinition<SupervisorProtocol> {
    const { id, strategy, autoShutdown, restarts, withinS } = tree
    const definition = supervisor({
      name: id,
      strategy,
      intensity: { restarts, withinMs: withinS * 1_000 },
      reviveStopped: this.#options.reviveStopped ?? true,
      ...(autoShutdown !== undefined && { autoShutdown }),
      children: tree.children.map((node) => this.#child(node)),
    })
    return this.#observed(id, definition)
  }

  #dynamic({ id, template, restarts, withinS }: DynamicTree): ActorDefinition<DynamicProtocol> {
    const definition = dynamicSupervisor({
      name: id,
      child: this.#working(template),
      intensity: { restarts, withinMs: withinS * 1_000 },
      restart: template.restart,
      recovery: restartAtOnce(),
    })
    return this.#observed(id, definition)
  }

  /** The same supervisor, heard when it starts and ends. */
  #observed<P extends Protocol>(id: string, definition: ActorDefinition<P>): ActorDefinition<P> {
    const observed = (...all: [unknown, ActorContext<Protocol>, unknown]): unknown => {
      this.#born(id, all[1])
      return (definition.start as (...all: unknown[]) => unknown)(...all)
    }
    return { ...definition, start: observed as unknown as typeof definition.start }
  }

  #child(node: Tree): ChildSpec {
    const { id, restart, significant = false } = node
    const common = { id, restart, significant, recovery: restartAtOnce() }
    switch (node.kind) {
      case 'worker':
        return child(this.#working(node), common)
      case 'static':
        return child(this.#supervising(node), common)
      case 'dynamic':
        return child(this.#dynamic(node), common)
    }
  }

  // --- Calls ----------------------------------------------------------------------------------------------------------------

  async #call(call: Call): Promise<string> {
    if (!this.#living.has(call[1])) return 'gone'
    try {
      return await this.#ask(this.#refs.get(call[1]) as unknown as Ref<SupervisorProtocol>, call)
    } catch {
      return 'gone'
    }
  }

  #isDynamic(sup: Ref<SupervisorProtocol>): boolean {
    return nameIn(sup.address.path).startsWith('d')
  }

  async #ask(sup: Ref<SupervisorProtocol>, [name, , argument]: Call): Promise<string> {
    const options = { timeoutMs: patienceMs }
    const id = argument as string
    switch (name) {
      case 'start':
        return short(await sup.ask({ type: 'startChild', child: this.#child(argument) }, options))
      case 'terminate':
        return short(await sup.ask({ type: 'terminateChild', id }, options))
      case 'restart':
        return short(await sup.ask({ type: 'restartChild', id }, options))
      case 'delete':
        return short(await sup.ask({ type: 'deleteChild', id }, options))
      case 'spec': {
        const answer = await sup.ask({ type: 'getChildSpec', id }, options)
        return answer.ok ? `${answer.spec.restart}/${answer.spec.significant}/${answer.spec.type}` : short(answer)
      }
      case 'which': {
        const children = [...(await sup.ask({ type: 'whichChildren' }, options))].reverse()
        if (this.#isDynamic(sup))
          return children
            .map((info) => (info.state === 'running' ? info.id : info.state))
            .sort()
            .join(',')
        return children.map((info) => `${info.id}:${info.state === 'absent' ? 'undefined' : info.state}`).join(',')
      }
      case 'count': {
        const { specs, active, supervisors, workers } = await sup.ask({ type: 'countChildren' }, options)
        return [specs, active, supervisors, workers].join('/')
      }
      case 'start-dynamic':
        return short(await (sup as unknown as Ref<DynamicProtocol>).ask({ type: 'startChild', id }, options))
      case 'terminate-dynamic':
        return short(await (sup as unknown as Ref<DynamicProtocol>).ask({ type: 'terminateChild', id }, options))
    }
  }
}

function nameIn(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1)
}

function short(result: { readonly ok: true } | { readonly ok: false; readonly error: string }): string {
  if (result.ok) return 'ok'
  return result.error === 'stopping' ? 'gone' : result.error
}

function why(reason: ExitReason): string {
  if (isFailure(reason)) return reason.phase === 'starting' ? 'failed-start' : 'boom'
  return typeof reason === 'string' ? reason : `shutdown-${reason.shutdown}`
}
