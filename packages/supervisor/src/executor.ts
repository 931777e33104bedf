// Carries out what the engine decides: starts and orders children, sets timers, settles calls. One executor serves one incarnation of a
// supervisor or pool.

import { ActorRef, describeCause, describeExit, isFailure, StartFailedError } from '@understudy/runtime/spi'
import type {
  ActorDefinition,
  Child,
  Command,
  Endpoint,
  ExitReason,
  Protocol,
  Supervision,
  SupervisionControl,
  TimerHandle,
} from '@understudy/runtime/spi'
import { unknownChild } from './call.ts'
import type { Call, CallResult, StartResult } from './call.ts'
import { stepEngine } from './engine.ts'
import { initialEngine } from './engine-state.ts'
import type { EngineCommand, EngineEvent, EngineSettings, EngineState } from './engine-state.ts'
import { Listening } from './listening.ts'
import { defaultIntensity } from './intensity.ts'
import { restartsOnTheSpot } from './on-the-spot.ts'
import { keeperFor } from './persistence/recovery-keeper.ts'
import type { RecoveryKeeper } from './persistence/recovery-keeper.ts'
import type { RecoveryStore } from './persistence/recovery-store.ts'
import { recoveryExecutor, withExecutor } from './recovery/executor-hook.ts'
import type { OutsideCommand, RecoveryExecutor } from './recovery/executor-hook.ts'
import type { Told } from './recovery/facts.ts'
import { possibleOnOneNode } from './recovery/kernel.ts'
import type { Recovery } from './recovery/kernel.ts'
import { mayRetry } from './recovery/machine.ts'
import { RestartGate } from './restart-gate.ts'
import type { ChildSpec } from './spec.ts'
import type { Standing } from './standing.ts'
import { oneForOne } from './strategy/one-for-one.ts'

/** What an executor is made for. */
export interface ExecutorSettings extends Omit<EngineSettings, 'path' | 'children' | 'persists'> {
  readonly children: readonly ChildSpec[]
  /** Where the recoveries of the children are kept; true: where the system says. Default: nowhere. */
  readonly persist?: boolean | RecoveryStore
}

/** A call without its spec's outer parts: a start brings the whole child spec. */
export type Request = Exclude<Call, { type: 'startChild' }> | { readonly type: 'startChild'; readonly spec: ChildSpec }

interface Boot {
  resolve(): void
  reject(error: Error): void
}

interface OpenCall {
  readonly id: string
  readonly settle: (result: StartResult | CallResult) => unknown
}

/** The hooks of one incarnation of a supervisor. */
export class Executor implements Supervision {
  readonly #control: SupervisionControl
  readonly #children = new Map<string, Child>()
  /** Names that are not free yet, as the children of a child let go of are still being stopped, and whether the next one is to start then. */
  readonly #leaving = new Map<string, boolean>()
  /** Who gets what a child leaves behind; by then nobody may know its spec any more. */
  readonly #heirs = new WeakMap<Child, Endpoint>()
  readonly #timers = new Map<string, TimerHandle>()
  readonly #calls = new Map<number, OpenCall>()
  readonly #events: EngineEvent[] = []
  readonly #outside: RecoveryExecutor | undefined
  readonly #keeper: RecoveryKeeper | undefined
  readonly #gate: RestartGate
  readonly #listening: Listening
  #state: EngineState
  #busy = false
  #boot: Boot | undefined
  #later: ((id: string) => boolean) | undefined
  #lastCall = 0

  // Supervises nobody, for as long as the process lives, so that V8 keeps the code optimised for supervisors: see `Cell.keepOneOfEach`. Its
  // control can do nothing: a constructor asks it for what may be absent only.
  static readonly idle = new Executor({ path: '' } as SupervisionControl, {
    strategy: oneForOne,
    intensity: defaultIntensity,
    children: [],
  })

  constructor(control: SupervisionControl, settings: ExecutorSettings) {
    this.#control = control
    this.#outside = control.find?.(recoveryExecutor)
    this.#gate = new RestartGate(control, (id, forMs) => this.#held(id, forMs))
    const possible = withExecutor(possibleOnOneNode, this.#outside)
    this.#listening = new Listening(control, this)
    this.#keeper = keeperFor(control, settings.persist)
    this.#state = initialEngine({ ...settings, path: control.path, possible, persists: this.#keeper !== undefined })
  }

  /**
   * Starts the children one after the other. Rejects with StartFailedError, naming the child, when one cannot be started;
   * by then those before it have been stopped again. Resolves early when `signal` aborts: the supervisor itself is stopped meanwhile.
   * `later` calls `retry` when the messages that wait now have been handled; it answers false when it cannot.
   */
  boot(signal: AbortSignal, later?: (id: string) => boolean): Promise<this> {
    this.#later = later
    const booted = new Promise<this>((resolve, reject) => {
      this.#boot = { resolve: () => resolve(this), reject }
    })
    signal.addEventListener('abort', () => this.#abandon(), { once: true })
    if (this.#keeper === undefined) this.#tell({ type: 'boot' })
    else void this.#bootWith(this.#keeper)
    return booted
  }

  /** The children start when it is known, or known to be unknown, in which recoveries they were. */
  async #bootWith(keeper: RecoveryKeeper): Promise<void> {
    const records = await keeper.load(new Set(this.#state.members.keys()))
    const { env } = this.#control
    // Back in the supervisor's own turn, and not at all when it has ended meanwhile.
    this.#control.after(0, () => this.#tell({ type: 'boot', records, moment: { wallMs: env.wallNow(), nowMs: env.now() } }))
  }

  started(child: Child): void {
    this.#gate.noteOver(child)
    this.#tell({ type: 'started', id: child.name, now: this.#control.env.now() })
  }

  restartsOnTheSpot(child: Child, now: number): boolean {
    if (this.#busy || !this.#gate.isOpen(child, now) || !restartsOnTheSpot(this.#state, child.name, now)) return false
    this.#gate.spent(now)
    return true
  }

  down(child: Child, reason: ExitReason): void {
    this.#gate.noteOver(child)
    this.#gate.decide(child, reason, () => this.#down(child.name, reason))
  }

  removed({ name }: Child): void {
    const isAwaited = this.#leaving.get(name) === true
    this.#leaving.delete(name)
    if (isAwaited) this.#start(name, true)
  }

  /** The turn of a restart that was put off has come. */
  retry(id: string): void {
    this.#tell({ type: 'retry', id, now: this.#control.env.now() })
  }

  heirOf(child: Child): Endpoint | undefined {
    return this.#heirs.get(child)
  }

  hung({ name, incarnation }: Child): void {
    this.tellRecovery(name, { type: 'HUNG', incarnation })
  }

  holdsFailed({ name }: Child): boolean {
    const policy = this.#state.members.get(name)?.spec.recovery
    return policy !== undefined && mayRetry(policy)
  }

  /** Carries out a management call, at once where nothing has to be waited for; never rejects. */
  call(request: Request & { readonly type: 'startChild' | 'restartChild' }): StartResult | Promise<StartResult>
  call(request: Request): CallResult | Promise<CallResult>
  call(request: Request): CallResult | Promise<CallResult> {
    const id: unknown = request.type === 'startChild' ? request.spec.id : request.id
    if (typeof id !== 'string') return unknownChild(id)
    const call = ++this.#lastCall
    let answer: CallResult | undefined
    let resolve: ((result: CallResult) => void) | undefined
    this.#calls.set(call, { id, settle: (result) => (resolve === undefined ? (answer = result) : resolve(result)) })
    this.#tell({ type: 'call', call, request, now: this.#control.env.now() })
    return answer ?? new Promise((settle) => (resolve = settle))
  }

  /** All children in start order. */
  *standings(): Iterable<Standing> {
    for (const [id, { spec, phase, held }] of this.#state.members)
      yield { spec: spec as ChildSpec, phase, isHeld: held, child: this.#children.get(id) }
  }

  /** The spec of the child of that id. */
  spec(id: string): ChildSpec | undefined {
    return this.#state.members.get(id)?.spec as ChildSpec | undefined
  }

  /** The child of that id, unless nothing but its spec is there. */
  child(id: string): Child | undefined {
    return this.#children.get(id)
  }

  /** Where the recovery of a child stands. */
  recovery(id: string): Recovery | undefined {
    return this.#state.members.get(id)?.recovery
  }

  /** Tells the recovery of a child of something that happened to it, or that somebody has decided; false when there is no such child. */
  tellRecovery(id: string, told: Told): boolean {
    if (!this.#state.members.has(id)) return false
    const { env } = this.#control
    this.#tell({ type: 'news', id, told: { ...told, random: env.random() } as Told, now: env.now() })
    return true
  }

  tellSoon(id: string, told: Told): void {
    this.#control.soon?.(() => this.tellRecovery(id, told))
  }

  /** Stops all children side by side; each has its own time. For a supervisor that is stopping. */
  stopAll(): void {
    for (const child of this.#children.values()) this.#control.order(child, { type: 'stop', reason: 'shutdown' })
  }

  /** A child has come to be; restarts keep it. */
  protected born(_child: Child): void {}

  #tell(event: EngineEvent): void {
    // What a command causes at once is looked at after the command's own step.
    if (this.#busy) return void this.#events.push(event)
    this.#busy = true
    try {
      this.#step(event)
      while (this.#events.length > 0) this.#step(this.#events.shift()!)
    } finally {
      this.#busy = false
    }
  }

  #step(event: EngineEvent): void {
    if (this.#outside !== undefined) this.#state.possible = withExecutor(possibleOnOneNode, this.#outside)
    const [state, commands] = stepEngine(this.#state, event)
    this.#state = state
    for (const command of commands) this.#execute(command)
  }

  #down(id: string, reason: ExitReason): void {
    const { env } = this.#control
    this.#tell({ type: 'down', id, reason, now: env.now(), random: env.random() })
  }

  #held(id: string, forMs: number | undefined): void {
    const { env } = this.#control
    this.#tell({ type: 'held', id, forMs, now: env.now(), random: env.random() })
  }

  #execute(command: EngineCommand): void {
    switch (command.type) {
      case 'start':
        return this.#start(command.id, command.again)
      case 'order':
        return this.#order(command.id, command.command)
      case 'schedule':
        return this.#schedule(command.id, command.key, command.delayMs)
      case 'cancel':
        return this.#cancel(`${command.id}/${command.key}`)
      case 'outside':
        return this.#doOutside(command.id, command.command)
      case 'persist':
        return this.#keeper?.note(command.id, this.recovery(command.id))
      case 'report':
        return this.#control.report(command.level, command.event, command.text)
      case 'retry':
        if (this.#later?.(command.id) !== true) this.retry(command.id)
        return undefined
      case 'booted':
        return this.#boot?.resolve()
      case 'boot-failed': {
        const cause = isFailure(command.reason) ? command.reason.cause : describeExit(command.reason)
        return this.#boot?.reject(new StartFailedError(`${this.#control.path}/${command.id}`, cause))
      }
      case 'reply':
        return this.#reply(command.call, command.result)
      case 'exit':
        this.#abandon()
        return this.#control.exit('shutdown')
    }
  }

  #start(id: string, again: boolean, as?: ActorDefinition<Protocol, unknown>): void {
    if (this.#leaving.has(id)) return void this.#leaving.set(id, true)
    const { definition, input, shutdownMs, isolation, onUndelivered } = this.spec(id)!
    try {
      const before = again ? this.#nextAfter(id) : undefined
      const child = this.#control.spawn(definition, {
        name: id,
        input,
        shutdownMs,
        before,
        as,
        ...(isolation !== undefined && { isolation }),
      })
      this.#children.set(id, child)
      this.#gate.noteFirstStart(child)
      // It was degraded by the process before; its mailbox knows nothing of that.
      if (this.recovery(id)?.degraded === true) this.#control.order(child, { type: 'shed' })
      if (onUndelivered !== 'dead-letter') this.#heirs.set(child, ActorRef.endpointOf(onUndelivered.forwardTo))
      this.#listening.begin(this.spec(id)!.recovery)
      this.born(child)
    } catch (cause) {
      this.#down(id, { cause, phase: 'starting', incarnation: 0, attempt: 1 })
    }
  }

  /** What only somebody else can do is asked of them; a mistake of theirs must not harm the supervisor. */
  #doOutside(id: string, command: OutsideCommand): void {
    if (this.#outside?.able.has(command.type) !== true) return
    // The next process shall know that this rung was tried, or it would be tried for ever.
    if (command.type === 'restartNode' && this.#keeper !== undefined)
      void this.#keeper.settled(id).then(() => this.#executeOutside(id, command))
    else this.#executeOutside(id, command)
  }

  #executeOutside(id: string, command: OutsideCommand): void {
    const path = `${this.#control.path}/${id}`
    try {
      const child = this.#children.get(id)
      this.#outside?.execute(command, { path, incarnation: child?.incarnation ?? 0 })
      const heir = command.type === 'failOver' ? this.#outside?.heir : undefined
      if (child !== undefined && heir !== undefined) this.#heirs.set(child, ActorRef.endpointOf(heir))
    } catch (thrown) {
      const cause = describeCause(thrown)
      const text = `'${command.type}' for ${path} could not be carried out: ${cause}`
      this.#control.report('error', { type: 'recovery.failed', path, command: command.type, cause }, text)
    }
  }

  /** The next child in start order that is there: the children are stopped in the reverse of that order, whenever they were started. */
  #nextAfter(id: string): Child | undefined {
    let passed = false
    for (const other of this.#state.members.keys()) {
      if (passed && this.#children.has(other)) return this.#children.get(other)
      if (other === id) passed = true
    }
    return undefined
  }

  #order(id: string, command: Command): void {
    const child = this.#children.get(id)
    if (child === undefined) return this.#orderAbsent(id, command)
    if (command.type === 'restart') return this.#gate.restart(child, command)
    // What was held back and is down already has nothing left to stop.
    const wasHeld = (command.type === 'stop' || command.type === 'remove') && this.#gate.withdraw(child)
    if (wasHeld && command.type === 'stop' && child.life === 'suspended') return this.#down(id, 'shutdown')
    this.#control.order(child, command)
    if (command.type !== 'remove') return
    this.#gate.noteOver(child)
    this.#children.delete(id)
    if (child.life !== 'stopped') this.#leaving.set(id, false)
  }

  /** An order for a child that has not come to be: its name was taken, or is not free yet. */
  #orderAbsent(id: string, command: Command): void {
    // One that waited in the process before has no state here to go on with.
    if (command.type === 'restart') return this.#start(id, true, command.definition)
    if (command.type === 'resume') return this.#start(id, true)
    if (!this.#leaving.has(id) || command.type !== 'stop') return undefined
    this.#leaving.set(id, false)
    return this.#down(id, 'shutdown')
  }

  #schedule(id: string, key: string, delayMs: number): void {
    const name = `${id}/${key}`
    this.#cancel(name)
    const fire = (): void => {
      this.#timers.delete(name)
      const { env } = this.#control
      this.#tell({ type: 'timer', id, key, now: env.now(), random: env.random() })
    }
    this.#timers.set(name, this.#control.after(delayMs, fire))
  }

  #cancel(name: string): void {
    const timer = this.#timers.get(name)
    if (timer === undefined) return
    this.#timers.delete(name)
    this.#control.cancel(timer)
  }

  #reply(call: number, result: CallResult): void {
    const open = this.#calls.get(call)
    if (open === undefined) return
    this.#calls.delete(call)
    const { id } = open
    const ref = this.#children.get(id)?.ref
    if (ref === undefined) open.settle(result)
    else if (result.ok) open.settle({ ok: true, id, ref })
    else open.settle(result.error === 'already-started' ? { ...result, ref } : result)
  }

  /** The supervisor is stopping: nobody shall wait for what will not come, and the runtime stops the children. */
  #abandon(): void {
    this.#boot?.resolve()
    for (const name of [...this.#timers.keys()]) this.#cancel(name)
    this.#gate.close(this.#children.values())
    for (const { settle } of this.#calls.values()) settle({ ok: false, error: 'stopping', detail: `${this.#control.path} is stopping` })
    this.#calls.clear()
    this.#listening.end()
    this.#keeper?.close()
  }
}
