// Carries out what the engine decides: the one place of this package that touches children, timers and promises.
// One executor serves one incarnation of a supervisor or pool.

import { describeExit, isFailure, StartFailedError } from '@understudy/runtime/spi'
import type { Child, Command, ExitReason, Supervision, SupervisionControl, TimerHandle } from '@understudy/runtime/spi'
import type { Call, CallResult } from './call.ts'
import { stepEngine } from './engine.ts'
import { initialEngine } from './engine-state.ts'
import type { EngineCommand, EngineEvent, EngineState, Phase } from './engine-state.ts'
import type { Intensity } from './intensity.ts'
import type { ChildSpec } from './spec.ts'
import type { Strategy } from './strategy/strategy.ts'

/** What an executor is made for. */
export interface ExecutorSettings {
  readonly strategy: Strategy
  readonly intensity: Intensity
  readonly children: readonly ChildSpec[]
}

/** A child spec and where its child stands now. */
export interface Standing {
  readonly spec: ChildSpec
  readonly phase: Phase
  /** Absent as long as nothing but the spec is there. */
  readonly child: Child | undefined
}

/** A call without its spec's outer parts: a start brings the whole child spec. */
export type Request = Exclude<Call, { type: 'startChild' }> | { readonly type: 'startChild'; readonly spec: ChildSpec }

interface Boot {
  resolve(): void
  reject(error: Error): void
}

/** The hooks of one incarnation of a supervisor. */
export class Executor implements Supervision {
  readonly #control: SupervisionControl
  readonly #specs: Map<string, ChildSpec>
  readonly #children = new Map<string, Child>()
  readonly #timers = new Map<string, TimerHandle>()
  readonly #calls = new Map<number, (result: CallResult) => void>()
  readonly #events: EngineEvent[] = []
  #state: EngineState
  #busy = false
  #boot: Boot | undefined
  #lastCall = 0

  constructor(control: SupervisionControl, settings: ExecutorSettings) {
    this.#control = control
    this.#specs = new Map(settings.children.map((spec) => [spec.id, spec]))
    this.#state = initialEngine({ ...settings, path: control.path })
  }

  /**
   * Starts the children one after the other. Rejects with StartFailedError, naming the child, when one cannot be started;
   * by then those before it have been stopped again. Resolves early when `signal` aborts: the supervisor itself is stopped meanwhile.
   */
  boot(signal: AbortSignal): Promise<this> {
    const booted = new Promise<this>((resolve, reject) => {
      this.#boot = { resolve: () => resolve(this), reject }
    })
    signal.addEventListener('abort', () => this.#abandon(), { once: true })
    this.#tell({ type: 'boot' })
    return booted
  }

  started(child: Child): void {
    this.#children.set(child.name, child)
    this.#tell({ type: 'started', id: child.name, now: this.#control.env.now() })
  }

  down(child: Child, reason: ExitReason): void {
    this.#children.set(child.name, child)
    this.#down(child.name, reason)
  }

  /** Carries out a management call; never rejects. */
  call(request: Request): Promise<CallResult> {
    const call = ++this.#lastCall
    return new Promise((resolve) => {
      this.#calls.set(call, resolve)
      const id = request.type === 'startChild' ? request.spec.id : request.id
      if (request.type === 'startChild' && !this.#state.members.has(id)) this.#specs.set(id, request.spec)
      this.#tell({ type: 'call', call, request, now: this.#control.env.now() })
    })
  }

  /** All children in start order. */
  standings(): Standing[] {
    return [...this.#state.members.values()].map(({ spec, phase }) => ({
      spec: this.#specs.get(spec.id)!,
      phase,
      child: this.#children.get(spec.id),
    }))
  }

  /** The child of that id, unless nothing but its spec is there. */
  child(id: string): Child | undefined {
    return this.#children.get(id)
  }

  /** A child has come to be; restarts keep it. */
  protected born(_child: Child): void {}

  #tell(event: EngineEvent): void {
    this.#events.push(event)
    // What a command causes at once is looked at after the command's own step.
    if (this.#busy) return
    this.#busy = true
    try {
      for (let next = this.#events.shift(); next !== undefined; next = this.#events.shift()) {
        const [state, commands] = stepEngine(this.#state, next)
        this.#state = state
        for (const command of commands) this.#execute(command)
      }
    } finally {
      this.#busy = false
    }
    this.#forgetSpecs()
  }

  #down(id: string, reason: ExitReason): void {
    const { env } = this.#control
    this.#tell({ type: 'down', id, reason, now: env.now(), random: env.random() })
  }

  #execute(command: EngineCommand): void {
    switch (command.type) {
      case 'start':
        return this.#start(command.id)
      case 'order':
        return this.#order(command.id, command.command)
      case 'schedule':
        return this.#schedule(command.id, command.key, command.delayMs)
      case 'cancel':
        return this.#cancel(`${command.id}/${command.key}`)
      case 'report':
        return this.#control.report(command.level, command.event, command.text)
      case 'booted':
        return this.#boot?.resolve()
      case 'boot-failed': {
        const cause = isFailure(command.reason) ? command.reason.cause : describeExit(command.reason)
        return this.#boot?.reject(new StartFailedError(`${this.#control.path}/${command.id}`, cause))
      }
      case 'reply': {
        const settle = this.#calls.get(command.call)
        this.#calls.delete(command.call)
        return settle?.(command.result)
      }
      case 'exit':
        this.#abandon()
        return this.#control.exit('shutdown')
    }
  }

  #start(id: string): void {
    const { definition, input, shutdownMs } = this.#specs.get(id)!
    try {
      const child = this.#control.spawn(definition, { name: id, input, ...(shutdownMs !== undefined && { shutdownMs }) })
      this.#children.set(id, child)
      this.born(child)
    } catch (cause) {
      this.#down(id, { cause, phase: 'starting', incarnation: 0, attempt: 1 })
    }
  }

  #order(id: string, command: Command): void {
    const child = this.#children.get(id)
    if (child === undefined) {
      // It never came to be, as its name was taken.
      if (command.type === 'restart') this.#start(id)
      return
    }
    if (command.type === 'remove') this.#children.delete(id)
    this.#control.order(child, command)
  }

  #schedule(id: string, key: string, delayMs: number): void {
    const name = `${id}/${key}`
    this.#cancel(name)
    const fire = (): void => {
      this.#timers.delete(name)
      this.#tell({ type: 'timer', id, key, now: this.#control.env.now() })
    }
    this.#timers.set(name, this.#control.after(delayMs, fire))
  }

  #cancel(name: string): void {
    const timer = this.#timers.get(name)
    if (timer === undefined) return
    this.#timers.delete(name)
    this.#control.cancel(timer)
  }

  /** The supervisor is stopping: nobody shall wait for what will not come, and the runtime stops the children. */
  #abandon(): void {
    this.#boot?.resolve()
    for (const name of [...this.#timers.keys()]) this.#cancel(name)
    for (const settle of this.#calls.values()) settle({ ok: false, error: 'stopping', detail: `${this.#control.path} is stopping` })
    this.#calls.clear()
  }

  #forgetSpecs(): void {
    if (this.#specs.size === this.#state.members.size) return
    for (const id of this.#specs.keys()) if (!this.#state.members.has(id)) this.#specs.delete(id)
  }
}
