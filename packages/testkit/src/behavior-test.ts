// One actor, one message at a time, synchronously: what it does comes back as data. The actor is run by the runtime itself, in a system
// of its own whose turns are taken by hand; only what reaches beyond the actor is replaced.

import type {
  ActorContext,
  ActorDefinition,
  Address,
  ExitReason,
  Message,
  MessageOf,
  Protocol,
  ReplyOf,
  ServiceKey,
} from '@understudy/runtime'
import { createSystem, InvalidOptionError, isFailure } from '@understudy/runtime'
import { hostOf, type Endpoint, type Handler, type Host, type Signal, type SupervisingDefinition } from '@understudy/runtime/spi'
import type { Effect, EffectOf } from './effect.ts'
import { effectContext, type EffectSink, isContext } from './effect-context.ts'
import { ExpectationError } from './expectation-error.ts'
import { withLayer } from './handler-layer.ts'
import { type Inbox, InboxEndpoint } from './inbox.ts'
import type { AnyProtocol } from './probe.ts'
import { recordingLogger, type RecordingLogger } from './recording-logger.ts'
import { TurnEnv } from './turn-env.ts'

/** Options of a behavior test. */
export interface BehaviorTestOptions {
  /** The actor's name. Default: its definition's. */
  readonly name?: string
  /** What `ctx.service` finds. */
  readonly services?: ReadonlyMap<ServiceKey<unknown>, unknown>
  /** Seed of `ctx.random()`. Default 1. */
  readonly seed?: number
}

/** `input` must be given exactly when the definition's `state` takes one. */
export type BehaviorTestArguments<I> = undefined extends I
  ? [input?: I, options?: BehaviorTestOptions]
  : [input: I, options?: BehaviorTestOptions]

/** What came of one message. */
export interface Run<R> {
  /** In the order in which they happened. */
  readonly effects: readonly Effect[]
  /** What the handler answered; `undefined` if nothing (yet). */
  readonly reply: R | undefined
  /** Whether the answer is still to come: the handler waits for a promise. Go on with `await test.settle()`. */
  readonly pending: boolean
}

/** An actor under test. Made by `behaviorTest()`. */
export interface BehaviorTest<P extends Protocol> {
  /** Hands the actor one message and runs its turn. @throws ExpectationError when the actor has ended. */
  run<M extends MessageOf<P>>(message: M): Run<ReplyOf<P, M['type']>>
  /** Waits for async handlers as far as they get without time; resolves with the effects since the last run. */
  settle(): Promise<readonly Effect[]>
  /** Tells the actor that the watched actor at `path` is gone. @throws ExpectationError when it is not watched. */
  terminate(path: string, reason?: ExitReason): readonly Effect[]
  /** Stops the actor; its `stopped` hook runs. */
  stop(reason?: ExitReason): readonly Effect[]
  /** All effects so far, those of the start included. */
  readonly effects: readonly Effect[]
  /** All effects so far of one type. */
  effectsOf<T extends Effect['type']>(type: T): readonly EffectOf<T>[]
  /** The actor's present state, itself and not a copy. */
  readonly state: unknown
  /** Whether it still lives: a failure ends it, as nobody restarts it. */
  readonly alive: boolean
  readonly path: string
  readonly log: RecordingLogger
  /** The stand-in at a path (a child's, once it is spawned; the actor's own for what it tells itself), or a new one by a plain name. */
  inbox<Q extends Protocol = AnyProtocol>(at: string): Inbox<Q>
}

/**
 * Starts an actor and runs it one message at a time, synchronously, with everybody else replaced by inboxes.
 *
 * Use when: what matters is what one actor does with one message. Supervisors and pools are tested in a `testSystem`.
 * Watch out: timers are effects and never fire, and what the actor tells itself is not delivered: run those messages as you like.
 * @throws InvalidOptionError for a definition that supervises or routes.
 */
export function behaviorTest<P extends Protocol, I>(
  definition: ActorDefinition<P, I>,
  ...[input, options]: BehaviorTestArguments<I>
): BehaviorTest<P> {
  return new Bench(definition as unknown as ActorDefinition<Protocol, unknown>, input, options ?? {}) as unknown as BehaviorTest<P>
}

const undecided = Symbol('undecided')

class Bench implements BehaviorTest<Protocol>, EffectSink {
  readonly effects: Effect[] = []
  readonly path: string
  readonly log: RecordingLogger
  state: unknown
  readonly #env: TurnEnv
  readonly #host: Host
  readonly #actor: Endpoint
  readonly #inboxes = new Map<string, InboxEndpoint>()
  readonly #contexts = new WeakMap<ActorContext<Protocol>, ActorContext<Protocol>>()
  #exit: ExitReason | undefined
  #names = 0
  #seen = 0

  constructor(definition: ActorDefinition<Protocol, unknown>, input: unknown, options: BehaviorTestOptions) {
    const others = definition as SupervisingDefinition<Protocol, unknown>
    if (others.supervise !== undefined || others.route !== undefined) {
      throw new InvalidOptionError('definition', definition.name, 'an actor that neither supervises nor routes; test those in a testSystem')
    }
    this.#env = new TurnEnv({ seed: options.seed ?? 1 })
    this.log = recordingLogger({ env: this.#env })
    const system = createSystem({ env: this.#env, log: this.log })
    this.#host = hostOf(system)
    for (const [key, value] of options.services ?? []) this.#host.provide(key, value)
    const name = options.name ?? definition.name
    this.path = `/${name}`
    const ref = system.spawn(this.#observed(definition), { name, input })
    this.#actor = this.#host.endpointOf(ref)
    this.#actor.signal({ type: 'watch', watcher: this.#witness(), target: this.#actor.address })
    this.#env.drain()
    this.#seen = this.effects.length
  }

  run(message: Message): Run<never> {
    if (this.#exit !== undefined)
      throw new ExpectationError(`${this.path} has ended; it takes no '${message.type}'`, { actual: this.#exit })
    let reply: unknown = undecided
    const effects = this.#during(() => {
      this.#host.counters.sent++
      this.#actor.post(message, {
        resolve: (value) => {
          reply = value
          if (value !== undefined) this.report({ type: 'replied', value })
        },
        reject: (error) => {
          reply = undefined
          // A failure has its own effect, with the cause.
          if ((error as { code?: string }).code !== 'ACTOR_FAILED') this.report({ type: 'refused', message, error })
        },
      })
    })
    return { effects, reply: (reply === undecided ? undefined : reply) as never, pending: reply === undecided }
  }

  async settle(): Promise<readonly Effect[]> {
    const from = this.#seen
    await this.#env.settle()
    this.#seen = this.effects.length
    return this.effects.slice(from)
  }

  terminate(path: string, reason: ExitReason = 'normal'): readonly Effect[] {
    const inbox = this.#inboxes.get(path)
    if (inbox === undefined) throw new ExpectationError(`nobody stands at ${path}`)
    return this.#during(() => inbox.terminate(reason))
  }

  stop(reason: ExitReason = 'shutdown'): readonly Effect[] {
    return this.#during(() => this.#actor.signal({ type: 'stop', reason }))
  }

  effectsOf<T extends Effect['type']>(type: T): readonly EffectOf<T>[] {
    return this.effects.filter((effect): effect is EffectOf<T> => effect.type === type)
  }

  get alive(): boolean {
    return this.#exit === undefined
  }

  inbox<Q extends Protocol>(at: string): Inbox<Q> {
    const path = at.startsWith('/') ? at : `/${at}`
    return this.inboxAt({ node: this.#host.identity, path, uid: 0 }) as unknown as Inbox<Q>
  }

  // --- EffectSink -------------------------------------------------------------------------------------------------------------

  get self(): Inbox<Protocol>['ref'] {
    return this.inbox(this.path).ref
  }

  readonly report = (effect: Effect): void => {
    this.effects.push(effect)
  }

  inboxAt(address: Address): InboxEndpoint {
    let inbox = this.#inboxes.get(address.path)
    if (inbox === undefined) {
      inbox = new InboxEndpoint(this.#host, address, this.report)
      this.#inboxes.set(address.path, inbox)
    }
    return inbox
  }

  isInbox(path: string): boolean {
    return this.#inboxes.has(path)
  }

  nextName(definition: ActorDefinition<never, never>): string {
    return `${definition.name}~${++this.#names}`
  }

  // --- Inside -----------------------------------------------------------------------------------------------------------------

  #during(what: () => void): readonly Effect[] {
    const from = this.effects.length
    what()
    this.#env.drain()
    this.#seen = this.effects.length
    return this.effects.slice(from)
  }

  /** The definition with the effect context wherever it gets a context, and its state seen. */
  #observed(definition: ActorDefinition<Protocol, unknown>): ActorDefinition<Protocol, unknown> {
    const seen = (value: unknown): unknown => (isContext(value) ? this.#contextOf(value) : value)
    const observe =
      (hook: (...args: never[]) => unknown) =>
      (...args: unknown[]) =>
        Reflect.apply(hook, definition, args.map(seen))
    const hooks = Object.entries(definition).map(([name, value]: [string, unknown]) => [
      name,
      typeof value === 'function' ? observe(value as Handler) : value,
    ])
    const start = observe((...args: Parameters<typeof definition.start>) => definition.start(...args))
    const observed = {
      ...(Object.fromEntries(hooks) as ActorDefinition<Protocol, unknown>),
      start: (input: unknown, ctx: unknown) => this.#begun(start(input, ctx)),
    }
    return withLayer(observed, (next) => (state, message, ctx) => next(state, message, seen(ctx)))
  }

  #begun(made: unknown): unknown {
    if (made instanceof Promise) return made.then((state) => (this.state = state))
    return (this.state = made)
  }

  #contextOf(ctx: ActorContext<Protocol>): ActorContext<Protocol> {
    let context = this.#contexts.get(ctx)
    if (context === undefined) this.#contexts.set(ctx, (context = effectContext(ctx, this)))
    return context
  }

  /** Learns of the actor's end. */
  #witness(): Endpoint {
    const witness = new InboxEndpoint(this.#host, { node: this.#host.identity, path: '/witness', uid: 0 }, this.report)
    return Object.assign(witness, {
      signal: (signal: Signal) => {
        if (signal.type !== 'terminated') return
        const { reason } = signal
        this.#exit = reason
        this.report(isFailure(reason) ? { type: 'failed', phase: reason.phase, cause: reason.cause } : { type: 'ended', reason })
      },
    })
  }
}
