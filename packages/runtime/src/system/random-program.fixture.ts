// A random program of actors: from a seed it spawns them, and they do to each other whatever an actor can do.

import { actor } from '../actor/define.ts'
import type { ActorContext, ActorDefinition } from '../contracts/behavior.ts'
import type { Command } from '../contracts/command.ts'
import { describeExit, type ExitReason } from '../contracts/exit-reason.ts'
import type { AnyRef } from '../contracts/ref.ts'
import type { Child, SupervisingDefinition } from '../contracts/supervision.ts'
import { expectBalanced, type Stage, stage } from '../testing/stage.fixture.ts'

interface State {
  count: number
}
// oxlint-disable-next-line typescript/no-explicit-any
type Ctx = ActorContext<any>
// oxlint-disable-next-line typescript/no-explicit-any
type Definition = ActorDefinition<any, any>
// oxlint-disable-next-line typescript/no-explicit-any
type Supervisor = SupervisingDefinition<any, any>
type Deed = (program: Program, state: State, ctx: Ctx, target: AnyRef) => unknown

const keys = ['a', 'b'] as const
const names = ['x', 'y', 'z'] as const
const reasons: readonly ExitReason[] = ['normal', 'shutdown', { shutdown: 'enough' }, 'killed']
const act = { type: 'act' }

/** What an actor may do with a message, each as likely as the others. */
const deeds: readonly Deed[] = [
  () => {
    throw new Error('act')
  },
  // Async: well, badly, and with a question on the way.
  (program, state) => program.later(state.count),
  (program, state) => program.later(state.count, true),
  (program) => program.ask(),
  (program) => void program.ask(),
  (program, _state, ctx, target) => program.heard(ctx.ask(target, act, { timeoutMs: program.dice(100) })),
  (program, _state, _ctx, target) => void program.heard(target.offer(act, { timeoutMs: program.dice(100) })),
  // Its family and its acquaintances.
  (program, _state, ctx) => program.spawn(ctx),
  (program, _state, ctx) => {
    program.spawn(ctx)
    throw new Error('with a child')
  },
  (program, _state, ctx) => program.stopAChild(ctx),
  (_program, _state, ctx, target) => ctx.watch(target),
  (_program, _state, ctx, target) => ctx.watchWith(target, act),
  (_program, _state, ctx, target) => ctx.unwatch(target),
  (_program, _state, ctx, target) => ctx.link(target),
  (_program, _state, ctx, target) => ctx.unlink(target),
  (program, _state, ctx, target) => (program.dice(4) === 0 ? ctx.exit(target, program.pick(reasons)) : undefined),
  (program, _state, ctx) => (program.dice(4) === 0 ? ctx.stop() : undefined),
  // Time.
  (program, _state, ctx) => ctx.after(program.pick(keys), program.dice(30), act),
  (program, _state, ctx) => ctx.every(program.pick(keys), 10 + program.dice(30), act),
  (program, _state, ctx) => ctx.repeat(program.pick(keys), 10 + program.dice(30), act),
  (program, _state, ctx) => ctx.cancel(program.pick(keys)),
  (program, _state, ctx) => ctx.setReceiveTimeout(10 + program.dice(30), act),
  (_program, _state, ctx) => ctx.cancelReceiveTimeout(),
  // Names and groups.
  (program, _state, ctx) => ctx.register(program.pick(names)),
  (program, _state, ctx) => ctx.whereis(program.pick(names))?.tell(act as never),
  (program, _state, ctx) => ctx.join(program.pick(names)),
  (program, _state, ctx) => ctx.leave(program.pick(names)),
  (program, _state, ctx) => (program.dice(4) === 0 ? ctx.broadcast(program.pick(names), act as never) : undefined),
  // The message in hand, and what handles the next one.
  (_program, _state, ctx) => ctx.stash(),
  (program, _state, ctx) => program.later(0).then(() => ctx.stash()),
  (_program, _state, ctx) => ctx.unstashAll(),
  (program, _state, ctx) => ctx.become(program.other),
  (_program, _state, ctx) => ctx.unbecome(),
  (_program, _state, ctx, target) => ctx.forward(target),
  (program, _state, ctx) => {
    const reply = ctx.deferReply()
    // One in four is never given.
    if (program.dice(4) > 0) void program.later(1).then((value) => reply.resolve(value))
    return reply
  },
  (program, _state, ctx) =>
    ctx.pipe(
      program.later(1, program.dice(2) === 0),
      () => act as never,
      () => {
        throw new Error('piped')
      },
    ),
  (program, _state, ctx) => program.adapt(ctx),
  // Others.
  (_program, _state, _ctx, target) => target.tryTell(act),
  (_program, _state, _ctx, target) => target.tell({ type: 'nonsense' }),
  // Uses its context after it may have ended.
  (program, state, ctx) =>
    void program
      .later(1)
      .then(() => program.act(state, ctx))
      .catch(() => {}),
]

const maxActors = 40
const commands: readonly Command[] = [
  { type: 'restart' },
  { type: 'restart' },
  { type: 'restart', message: 'retry' },
  { type: 'restart', mailbox: 'drop' },
  { type: 'resume' },
  { type: 'resume', message: 'retry' },
  { type: 'shed' },
  { type: 'admit' },
  { type: 'remove' },
  { type: 'stop', reason: 'shutdown' },
  { type: 'stop', reason: 'killed' },
]

/** A program: its actors share dice, a list of refs, and a trace. */
export class Program {
  readonly on: Stage
  readonly trace: string[] = []
  readonly refs: AnyRef[] = []
  /** What some actors become. */
  readonly other = {
    act: (state: unknown, _message: unknown, ctx: Ctx) => this.act(state as State, ctx),
    nonsense: () => this.note('it makes sense'),
  }
  asks = 0
  ended = 0
  #spawned = 0

  constructor(seed: number) {
    this.on = stage({ seed })
  }

  dice(sides: number): number {
    return Math.floor(this.on.env.random() * sides)
  }

  pick<T>(from: readonly T[]): T {
    return from[this.dice(from.length)]!
  }

  note(text: string): void {
    this.trace.push(`${this.on.env.now()} ${text}`)
  }

  later<T>(value: T, fails = false): Promise<T> {
    return new Promise((resolve, reject) => {
      this.on.env.setTimer(this.dice(60), () => (fails ? reject(new Error('later')) : resolve(value)))
    })
  }

  readonly #hooks = {
    restarting: () => (this.dice(6) === 0 ? this.later(1, this.dice(2) === 0) : undefined),
    stopping: () => (this.dice(6) === 0 ? this.later(1, this.dice(2) === 0) : undefined),
    stopped: () => {
      const chance = this.dice(6)
      if (chance === 0) throw new Error('stopped')
      return chance < 3 ? this.later(1, chance === 1) : undefined
    },
  }

  /** A worker, or a supervisor that answers failures at random, now or later. */
  definition(supervises = this.dice(4) === 0): Definition {
    // Half of them have nothing to settle: they are stopped and restarted on the spot.
    const isPlain = this.dice(2) === 0
    const worker = actor({
      name: 'w',
      mailbox: {
        capacity: 1 + this.dice(12),
        overflow: this.pick(['reject', 'drop-oldest', 'suspend-sender']),
        stashCapacity: 1 + this.dice(4),
      },
      trapExit: this.dice(3) === 0,
      ...(this.dice(6) === 0 && { reentrant: true, maxInFlight: 1 + this.dice(3) }),
      shutdownMs: this.pick([0, 5, 40, 'brutal', 100]),
      state: (_: undefined, ctx): State | Promise<State> => {
        const chance = this.dice(30)
        if (chance === 0) throw new Error('start')
        if (chance === 1) ctx.watch(this.pick(this.refs))
        return chance < 4 ? this.later({ count: 0 }, chance === 2) : { count: 0 }
      },
      on: { act: (state, _m, ctx) => this.act(state, ctx) },
      terminated: (_, { address, reason }, ctx) => {
        this.note(`${ctx.path} hears ${address.path} ${describeExit(reason)}`)
        if (this.dice(6) === 0) throw new Error('terminated')
        return this.dice(4) === 0 ? (this.later(1, this.dice(2) === 0) as never) : undefined
      },
      exited: (_, { address, reason }, ctx) => {
        this.note(`${ctx.path} traps ${address.path} ${describeExit(reason)}`)
        if (this.dice(6) === 0) throw new Error('exited')
        return this.dice(4) === 0 ? this.later(1, this.dice(2) === 0) : undefined
      },
      ...(!isPlain && this.#hooks),
    })
    if (!supervises) return worker
    const supervisor: Supervisor = {
      ...worker,
      name: 's',
      supervise: (control) => {
        const children: Child[] = []
        const order = (child: Child) => () => {
          const command = this.pick(commands)
          this.note(`${control.path} orders ${command.type} of ${child.path}`)
          control.order(child, command)
          // What stays down is let go of in the end.
          control.after(200, () => control.order(child, { type: 'remove' }))
        }
        for (let n = 1 + this.dice(3); n > 0 && this.#spawned < maxActors; n--) {
          this.#spawned++
          children.push(control.spawn(this.definition(), { name: `c${n}`, input: undefined }))
          this.refs.push(children.at(-1)!.ref)
        }
        control.after(this.dice(100), () => children.forEach((child) => this.dice(3) === 0 && order(child)()))
        return {
          holdsFailed: () => this.dice(2) === 0,
          restartsOnTheSpot: () => this.dice(3) > 0,
          started: (child) => this.note(`${child.path} started ${child.incarnation}`),
          down: (child, reason) => {
            this.note(`${child.path} down ${describeExit(reason)}`)
            if (this.dice(20) === 0) throw new Error('policy')
            if (this.dice(2) === 0) order(child)()
            else control.after(this.dice(50), order(child))
          },
        }
      },
    }
    return supervisor
  }

  spawn(ctx: Ctx | undefined): void {
    if (this.#spawned >= maxActors) return
    this.#spawned++
    const options = { ...(this.dice(2) === 0 && { name: `n${this.#spawned}` }), input: undefined }
    this.refs.push(
      ctx === undefined ? this.on.system.spawn(this.definition(this.dice(4) > 0), options) : ctx.spawn(this.definition(), options),
    )
  }

  stopAChild(ctx: Ctx): void {
    const { path } = ctx
    const children = this.refs.filter(
      (ref) => ref.address.path.startsWith(`${path}/`) && !ref.address.path.slice(path.length + 1).includes('/'),
    )
    if (children.length > 0) ctx.stop(this.pick(children))
  }

  /** A ref of another protocol, for others to find. */
  adapt(ctx: Ctx): void {
    if (this.#spawned >= maxActors) return
    this.#spawned++
    const map = (message: { readonly type: string }): never | undefined => {
      const chance = this.dice(10)
      if (chance === 0) throw new Error('adapt')
      return chance === 1 ? undefined : (message as never)
    }
    this.refs.push(ctx.adapt(map) as unknown as AnyRef)
  }

  ask(): Promise<unknown> {
    return this.heard(this.pick(this.refs).ask(act, { timeoutMs: this.dice(100) }))
  }

  /** Waits for the end of a question, good or bad. */
  heard(answer: Promise<unknown>): Promise<unknown> {
    this.asks++
    return answer
      .then(String, (cause: { code: string; outcome: string }) => `${cause.code} ${cause.outcome}`)
      .then((text: string) => {
        this.ended++
        this.note(`answer ${text}`)
      })
  }

  act(state: State, ctx: Ctx): unknown {
    state.count++
    this.note(`${ctx.path} acts in ${ctx.incarnation}`)
    // One in three times it just passes the word on.
    if (this.dice(3) === 0) return this.pick(this.refs).tell({ type: 'act' })
    return this.pick(deeds)(this, state, ctx, this.pick(this.refs))
  }

  async run(): Promise<string> {
    const { env, system } = this.on
    for (let n = 0; n < 4; n++) this.spawn(undefined)
    for (let step = 0; step < 25; step++) {
      for (let n = this.dice(5); n > 0; n--) this.pick(this.refs).tell({ type: 'act' })
      if (this.dice(3) === 0) void this.ask()
      if (this.dice(6) === 0) this.spawn(undefined)
      await env.advance(this.dice(25))
      expectBalanced(system)
    }
    let stopped = false
    void system.stop().then(() => (stopped = true))
    await env.advance(500)
    if (!stopped) throw new Error('the system does not stop')
    expectBalanced(system)
    const left = {
      waiting: system.counters.waiting,
      asks: this.asks - this.ended,
      timers: env.pendingTimers,
      names: system.registered().length,
      groups: system.groups.groups().length,
    }
    if (Object.values(left).some((count) => count !== 0)) throw new Error(`left behind: ${JSON.stringify(left)}`)
    return `${this.trace.join('\n')}\n${JSON.stringify(system.counters)}`
  }
}
