// A leader-singleton: one actor for the whole cluster. Every node that may lead runs its manager; the one that owns it runs, beneath
// the manager, one term: a supervisor with the leader as its only child. The manager's ref leads to the leader, wherever it is.

import {
  noHandlers,
  shaped,
  type ActorContext,
  type ActorDefinition,
  type AnyRef,
  type Address,
  type Child,
  type ChildOptions,
  describeExit,
  type Endpoint,
  type ExitReason,
  InvalidOptionError,
  type Message,
  type Protocol,
  type ReplyTo,
  type Signal,
  type Supervision,
  type SupervisionControl,
  tenureKey,
} from '@understudy/runtime/spi'
import {
  child,
  type Intensity,
  type OutsideCommand,
  type RecoveryExecutor,
  recoveryExecutor,
  type RecoveryPolicy,
  supervisor,
} from '@understudy/supervisor'
import { nodeInsideKey, type NodeInside } from '../node/inside.ts'
import { until } from '../node/until.ts'
import type { Candidate } from '../ownership/ownership.ts'
import type { LeaderTenure } from './leader-tenure.ts'
import { candidatesGroup } from './owners.ts'
import { SingletonProxy } from './proxy.ts'

/** Options of a leader-singleton, beside its definition's input. */
export interface SingletonOptions {
  /**
   * When a successor may take over. `fenced` (default): as soon as the leader's node is convicted; right when all its effects go
   * through `ctx.tenure.save` or carry `ctx.epoch`. `exclusive`: only after the old lease has run out or was given back (up to 20 s).
   */
  readonly takeover?: 'fenced' | 'exclusive'
  /** How often the leader may be restarted within one term before its node gives up the leadership. Default: as for any supervisor. */
  readonly intensity?: Intensity
  /** How the leader recovers within a term. `failover()` and `ladder()` may give the leadership to an understudy on another node. */
  readonly recovery?: RecoveryPolicy
}

/** `input` must be given exactly when the definition takes one. */
export type SingletonArguments<I> = undefined extends I
  ? [options?: SingletonOptions & { readonly input?: I }]
  : [options: SingletonOptions & { readonly input: I }]

/**
 * Defines a leader-singleton: at any time at most one node's writes are accepted, and another node takes over when that one dies.
 *
 * Use when: something must be decided or counted in one place, and that place may die. Make it a child of every node's root that may lead.
 * Guarantees: `ctx.tenure.save` of a deposed leader is refused by the store itself; messages wait, bounded, while nobody leads.
 * Watch out: what the leader does outside `save` is fenced only if whoever receives it compares `ctx.epoch`.
 *
 * @throws InvalidOptionError naming the field.
 */
export function singleton<P extends Protocol, I>(
  definition: ActorDefinition<P, I>,
  ...[options]: SingletonArguments<I>
): ActorDefinition<P> {
  const takeover = options?.takeover ?? 'fenced'
  if (takeover !== 'fenced' && takeover !== 'exclusive') throw new InvalidOptionError('takeover', takeover, "'fenced' or 'exclusive'")
  const leader = child(definition, {
    id: 'leader',
    restart: 'permanent',
    significant: false,
    ...(options?.recovery !== undefined && { recovery: options.recovery }),
    ...(options !== undefined && 'input' in options && { input: options.input }),
  } as never)
  const term = supervisor({ name: 'term', children: [leader], ...(options?.intensity !== undefined && { intensity: options.intensity }) })
  return shaped<P, undefined>({
    name: definition.name,
    handlers: noHandlers,
    capacity: 1,
    overflow: 'reject',
    shutdownMs: 'infinity',
    supervision: { type: 'supervisor' },
    supervise: (control) => new Manager(definition.name, takeover, term as unknown as ActorDefinition<Protocol>, control),
    start: (_input, ctx, supervision) => (supervision as Manager).stand(ctx as unknown as ActorContext<Protocol>),
    stopped: (state) => (state as Manager | undefined)?.withdraw(),
    route: (inside, current) => new Entrance(inside, () => (current() as Manager | null)?.proxy),
  })
}

const standAgainMs = 1000
// How long a leader may take to finish what it has when its node leaves, and how long its successor is waited for.
const drainMs = 2000
const successorMs = 1000

/** One node's manager of one singleton. For what is beneath it, it carries out `failOver`, as long as there is an understudy. */
class Manager implements Supervision, RecoveryExecutor {
  proxy: SingletonProxy | undefined
  readonly #name: string
  readonly #takeover: 'fenced' | 'exclusive'
  readonly #definition: ActorDefinition<Protocol>
  readonly #control: SupervisionControl
  #inside!: NodeInside
  #candidate!: Candidate
  #isLeaving = false
  #termGone: (() => void) | undefined
  #member!: Address
  #self: AnyRef | undefined
  #outer: RecoveryExecutor | undefined
  readonly #ables = new Map<boolean, RecoveryExecutor['able']>()
  /** Why the term under way is being ended from here. */
  #why: string | undefined
  #term: { readonly child: Child; readonly tenure: LeaderTenure; readonly vacantSince: number } | undefined
  #next: { readonly tenure: LeaderTenure; readonly vacantSince: number } | undefined

  constructor(name: string, takeover: 'fenced' | 'exclusive', definition: ActorDefinition<Protocol>, control: SupervisionControl) {
    this.#name = name
    this.#takeover = takeover
    this.#definition = definition
    this.#control = control
  }

  /** Becomes a candidate. Answers itself, which is the manager's state. */
  stand(ctx: ActorContext<Protocol>): this {
    const inside = ctx.service(nodeInsideKey)
    this.#inside = inside
    this.#self = ctx.self
    this.#outer = this.#control.find?.(recoveryExecutor)
    // Messages wait for a successor from the moment at which this manager begins to end, however it does.
    ctx.signal.addEventListener('abort', () => inside.owners.setLocalLeader(this.#name, undefined))
    this.proxy = new SingletonProxy(inside, this.#name, { node: inside.host.identity, path: ctx.path, uid: 0 })
    this.#member = { node: inside.host.identity, path: ctx.path, uid: 0 }
    inside.groups.join(candidatesGroup(this.#name), this.#member)
    this.#candidate = inside.ownership.stand({
      name: this.#name,
      path: ctx.path,
      uid: ctx.self.address.uid,
      takeover: this.#takeover,
      lead: (tenure, vacantSince) => this.#control.after(0, () => this.#won(tenure, vacantSince)),
      lost: (why) => this.#control.after(0, () => this.#lost(why)),
      handOver: () => this.#handOver(),
      orphaned: () => void this.withdraw(),
    })
    return this
  }

  /**
   * Hands over to a successor: from here on messages wait in the proxies, those that the leader already has are handled, then it stops,
   * and what waits follows the ownership. What others sent before they knew of the successor still comes here, and is passed on.
   */
  async #handOver(): Promise<void> {
    const { owners, host, pause } = this.#inside
    this.#isLeaving = true
    const term = this.#term
    if (term !== undefined) {
      const leader = owners.localLeader(this.#name)
      owners.setLocalLeader(this.#name, undefined)
      await until(() => (leader?.outstanding ?? 0) === 0, drainMs, pause)
      const gone = new Promise<void>((resolve) => {
        this.#termGone = resolve
      })
      this.#control.after(0, () => this.#control.order(term.child, { type: 'stop', reason: 'shutdown' }))
      await Promise.race([gone, pause(drainMs)])
    }
    await this.withdraw()
    const isFollowed = (): boolean => (owners.owner(this.#name)?.node.name ?? host.identity.name) !== host.identity.name
    if (term === undefined || this.#inside.groups.members(candidatesGroup(this.#name)).length === 0) return
    if (await until(isFollowed, successorMs, pause))
      await until(() => this.#inside.areOwnersKnown(owners.owner(this.#name)?.epoch ?? 0), successorMs, pause)
  }

  /** Stands no more, and gives back what it owns; the leader has been stopped by then. */
  async withdraw(): Promise<void> {
    this.#inside.groups.leave(candidatesGroup(this.#name), this.#member)
    await this.#candidate.withdraw()
  }

  #won(tenure: LeaderTenure, vacantSince: number): void {
    // The last term's leader may still be on its way out; the next begins when it is gone.
    this.#next = { tenure, vacantSince }
    this.#begin()
  }

  #begin(): void {
    if (this.#term !== undefined || this.#next === undefined || this.#isLeaving) return
    const { tenure, vacantSince } = this.#next
    this.#next = undefined
    const provide = new Map([
      [tenureKey as never, tenure as unknown],
      [recoveryExecutor as never, this],
    ])
    const options: ChildOptions<undefined> = { name: `term-${tenure.epoch}`, shutdownMs: 'infinity', provide }
    const spawned = this.#control.spawn(this.#definition, options)
    this.#term = { child: spawned, tenure, vacantSince }
    this.#inside.owners.setLocalLeader(this.#name, this.#inside.host.lookup(`${spawned.path}/leader`, 0))
  }

  #lost(why: string): void {
    this.#next = undefined
    if (this.#term === undefined) return
    this.#inside.owners.setLocalLeader(this.#name, undefined)
    this.#report('warn', 'singleton.lost', this.#term.tenure.epoch, why)
    this.#control.order(this.#term.child, { type: 'stop', reason: 'shutdown' })
  }

  // --- RecoveryExecutor -----------------------------------------------------------------------------------------------------

  get able(): RecoveryExecutor['able'] {
    const { groups, host } = this.#inside
    const isThere = ({ node }: Address): boolean => node.name !== host.identity.name && this.#inside.isUp(node)
    const hasUnderstudy = groups.members(candidatesGroup(this.#name)).some(isThere)
    let able = this.#ables.get(hasUnderstudy)
    if (able === undefined) {
      able = new Set([...(this.#outer?.able ?? []), ...(hasUnderstudy ? (['failOver'] as const) : [])])
      this.#ables.set(hasUnderstudy, able)
    }
    return able
  }

  get heir(): AnyRef | undefined {
    return this.#self
  }

  /** The leader does not get well here. From now on messages wait in the proxies; the term ends, and an understudy takes what is given back. */
  execute(command: OutsideCommand, who: { readonly path: string; readonly incarnation: number }): void {
    if (command.type !== 'failOver') return this.#outer?.execute(command, who)
    const term = this.#term
    if (term === undefined || this.#isLeaving) return undefined
    this.#why = `${who.path} fails over`
    this.#inside.owners.setLocalLeader(this.#name, undefined)
    this.#control.after(0, () => this.#control.order(term.child, { type: 'stop', reason: 'shutdown' }))
    return undefined
  }

  started(term: Child): void {
    if (this.#term?.child !== term) return
    const { epoch } = this.#term.tenure
    const takeoverMs = Math.round(this.#control.env.now() - this.#term.vacantSince)
    const text = `${this.#name} leads here, epoch ${epoch}, ${takeoverMs} ms after nobody did`
    this.#control.report('info', { type: 'singleton.leading', name: this.#name, epoch, takeoverMs }, text)
  }

  down(term: Child, reason: ExitReason): void {
    this.#control.order(term, { type: 'remove' })
    if (this.#term?.child !== term) return
    const { tenure } = this.#term
    const why = this.#why
    this.#term = undefined
    this.#why = undefined
    this.#inside.owners.setLocalLeader(this.#name, undefined)
    if (this.#termGone !== undefined) {
      this.#termGone()
      return
    }
    if (this.#next !== undefined) {
      this.#begin()
      return
    }
    if (!this.#candidate.owns(tenure.epoch)) return
    // It gave up while it still was the owner: a lease is never kept for an actor that does not run. Others may try first.
    tenure.end('the leader has stopped')
    if (why === undefined) this.#report('error', 'singleton.lost', tenure.epoch, `its term ended: ${describeExit(reason)}`)
    else this.#report('warn', 'singleton.lost', tenure.epoch, why)
    this.#candidate.release(standAgainMs)
  }

  #report(level: 'warn' | 'error', type: 'singleton.lost', epoch: number, why: string): void {
    this.#control.report(level, { type, name: this.#name, epoch, why }, `${this.#name} does not lead here any more, epoch ${epoch}: ${why}`)
  }
}

/** What the manager's ref posts to: the proxy, or a dead end while the manager itself is not there. */
class Entrance implements Endpoint {
  readonly outstanding = 0
  readonly #inside: Endpoint
  readonly #proxy: () => SingletonProxy | undefined

  constructor(inside: Endpoint, proxy: () => SingletonProxy | undefined) {
    this.#inside = inside
    this.#proxy = proxy
  }

  get host(): Endpoint['host'] {
    return this.#inside.host
  }

  get address(): Address {
    return this.#inside.address
  }

  post(message: Message, replyTo: ReplyTo): void {
    const proxy = this.#proxy()
    if (proxy === undefined) this.host.deadLetter(message, replyTo, 'stopped', `${this.address.path}`)
    else proxy.post(message, replyTo)
  }

  accepts(): boolean {
    return this.#proxy()?.accepts() ?? false
  }

  signal(signal: Signal): void {
    // Its own life is the manager's; who watches the singleton watches its leader.
    if (signal.type === 'watch' || signal.type === 'unwatch') (this.#proxy() ?? this.#inside).signal(signal)
    else this.#inside.signal(signal)
  }
}
