// One node's part in its cluster: connection, lease, roster, groups and ownership, wired together, and what actors see of it.

import {
  type ActorDefinition,
  describeCause,
  type Host,
  InvalidOptionError,
  isNodeName,
  isPath,
  type Link,
  type NodeIdentity,
  type Protocol,
  type Ref,
  sameNode,
  type TransportHandlers,
} from '@understudy/runtime/spi'
import { recoveryStore, scopedStore } from '@understudy/supervisor/spi'
import { Groups } from '../group/groups.ts'
import { detectorDefaults } from '../membership/detector.ts'
import { LeaseKeeper } from '../membership/lease-keeper.ts'
import { nodePrefix } from '../membership/node-record.ts'
import { Roster } from '../membership/roster.ts'
import type { Member } from '../membership/view.ts'
import { Ownership } from '../ownership/ownership.ts'
import { place, rank } from '../placement.ts'
import { poolPrefix } from '../pool/cluster-pool.ts'
import { ownKey } from '../singleton/leader-tenure.ts'
import { candidatesGroup, Owners } from '../singleton/owners.ts'
import { Broadcasts } from './broadcasts.ts'
import { ClusterWide } from './cluster-wide.ts'
import { Communication } from './communication.ts'
import { type NodeInside, nodeInsideKey } from './inside.ts'
import type { NodeOptions } from './options.ts'
import { type Cluster, clusterKey } from './service.ts'
import { Standstill } from './standstill.ts'
import { until } from './until.ts'

// The slow poll: how long a change that the watch missed may stay unseen, in milliseconds.
const pollMs = 2000
// How often what was said of groups is repeated, in heartbeats: a lost message heals within this many.
const repeatGroupsEvery = 10
// Before joining anew is tried again, in milliseconds.
const rejoinMs = 500
// A probe per peer every so many heartbeats: how soon a closed connection is noticed on servers that do not tell of it.
const probeEvery = 2
// How long the others may take to notice that this node is leaving, in milliseconds.
const announceMs = 1000
// How long pools may take to finish what they have when the node leaves, in milliseconds.
const drainMs = 2000

/** One node as a member. */
export class Participant implements Cluster, NodeInside {
  readonly host: Host
  readonly owners = new Owners()
  readonly groups: Groups
  readonly ownership: Ownership
  /** Resolves when this node must not go on: displaced by a newer one, or its connection is gone for good. */
  readonly ousted: Promise<string>

  readonly #options: NodeOptions
  readonly #link: Link
  readonly #roster: Roster
  readonly #lease: LeaseKeeper
  readonly #communication: Communication
  readonly #broadcasts: Broadcasts
  readonly #clusterWide: ClusterWide
  readonly #standstill: Standstill
  readonly #stops: (() => void)[] = []
  #phase: 'joining' | 'up' | 'rejoining' | 'leaving' | 'out' = 'joining'
  #tellOusted!: (why: string) => void
  #linkLostAt = 0
  #beats = 0
  #lastBeat = Number.NEGATIVE_INFINITY
  #lastPoll = Number.NEGATIVE_INFINITY

  /** Connects and joins. @throws TransportError @throws StoreUnavailableError */
  static async join(host: Host, options: NodeOptions): Promise<Participant> {
    let joined: Participant | undefined
    // What arrives before there is a participant is for nobody: its inbox opens later, and its roster polls.
    const whenJoined = <A extends unknown[]>(handle: (participant: Participant, ...args: A) => void) => {
      return (...args: A) => {
        if (joined !== undefined) handle(joined, ...args)
      }
    }
    const handlers: TransportHandlers = {
      frame: whenJoined((participant, bytes: Uint8Array) => participant.#communication.frame(bytes, participant.#standstill.staleMs)),
      broadcast: whenJoined((participant, bytes: Uint8Array) => participant.#broadcasts.heard(bytes)),
      unreachable: whenJoined((participant, to: NodeIdentity) => participant.#unreachable(to)),
      connectionClosed: whenJoined((participant, node: NodeIdentity) => participant.#roster.connectionClosed(node.name)),
      disconnected: whenJoined((participant, why: string) => participant.#disconnected(why)),
      reconnected: whenJoined((participant) => participant.#reconnected()),
      closed: whenJoined((participant, why: string) => participant.#oust(`its connection is closed for good: ${why}`)),
    }
    const { cluster, name, transport } = options
    const link = await transport.connect({ cluster, nodeName: name, env: host.env, log: host.log, handlers })
    joined = new Participant(host, options, link)
    try {
      await joined.#join()
    } catch (error) {
      await joined.leave()
      throw error
    }
    return joined
  }

  private constructor(host: Host, options: NodeOptions, link: Link) {
    const { store } = link
    this.host = host
    this.#options = options
    this.#link = link
    this.ousted = new Promise((resolve) => (this.#tellOusted = resolve))
    this.#standstill = new Standstill(host.env)
    this.groups = new Groups(host, () => this.#sayGroups())
    this.#lease = new LeaseKeeper({
      host,
      store,
      name: options.name,
      card: () => ({ roles: options.roles ?? [], singletons: [], pools: [] }),
      pause: this.pause,
      renewed: () => {
        this.#roster.selfConfirmed()
        this.#communication.confirmed()
      },
      lapsed: () => this.ownership.stopLeading("this node's lease has run out"),
      lost: (why) => void this.#lost(why),
    })
    this.#roster = new Roster({
      host,
      store,
      probe: (node) => this.#communication.probe(node),
      confirmMyself: () => this.#lease.renewNow(),
      trusted: (node) => this.#communication.trusted(node),
      gone: (node) => this.#gone(node),
      changed: () => this.#membersChanged(),
    })
    this.#clusterWide = new ClusterWide(this)
    this.#communication = new Communication(host, link, this.#roster, (path) => this.#clusterWide.at(path))
    const { groups, owners } = this
    this.#broadcasts = new Broadcasts({ host, link, groups, owners, roster: this.#roster, communication: this.#communication })
    this.ownership = new Ownership({
      host,
      store,
      owners: this.owners,
      ground: { env: host.env, codec: this.#communication.codec, store, pause: this.pause, leaseHolds: () => this.#holdsLease() },
      mayAct: () => this.#phase === 'up' && this.#lease.holds && this.#communication.isConfirmed,
      standing: (owner) => this.#roster.standing(owner),
      rank: (name) => this.#rank(name),
    })
  }

  readonly pause = (ms: number): Promise<void> => new Promise((resolve) => this.host.env.setTimer(ms, () => resolve()))

  // --- What actors see ------------------------------------------------------------------------------------------------------

  get identity(): NodeIdentity {
    return this.host.identity
  }

  members(): readonly Member[] {
    return this.#roster.up()
  }

  ref<P extends Protocol>(nodeName: string, path: string): Ref<P> {
    if (!isNodeName(nodeName)) throw new InvalidOptionError('nodeName', nodeName, '1 to 64 characters of [A-Za-z0-9_-]')
    if (!isPath(path)) throw new InvalidOptionError('path', path, 'an absolute path of actor names, such as /shop/catalogue')
    return this.host.refTo(this.#communication.endpoint({ node: { name: nodeName, incarnation: 0 }, path, uid: 0 }))
  }

  singleton<P extends Protocol, I>(definition: ActorDefinition<P, I> | string): Ref<P> {
    return this.#clusterRef(`/singleton/${typeof definition === 'string' ? definition : definition.name}`)
  }

  pool<P extends Protocol, I>(definition: ActorDefinition<P, I> | string): Ref<P> {
    return this.#clusterRef(`/pool/${typeof definition === 'string' ? definition : definition.name}`)
  }

  place(key: string): string {
    const names = this.members().map(({ identity }) => identity.name)
    return place(key, names) ?? this.identity.name
  }

  areOwnersKnown(revision: number): boolean {
    return this.#roster.haveAllSaid(this.owners.seenBy, revision)
  }

  isUp(node: NodeIdentity): boolean {
    return this.#roster.isUp(node)
  }

  isTrusted(node: NodeIdentity): boolean {
    return sameNode(node, this.identity) || this.#roster.isTrusted(node)
  }

  #clusterRef<P extends Protocol>(path: string): Ref<P> {
    const endpoint = isPath(path) ? this.#clusterWide.at(path) : undefined
    if (endpoint === undefined) throw new InvalidOptionError('definition', path, 'a definition or its name')
    return this.host.refTo(endpoint)
  }

  // --- Joining and leaving --------------------------------------------------------------------------------------------------

  async #join(): Promise<void> {
    const { host } = this
    const { store } = this.#link
    host.remoting = this.#communication
    host.provide(clusterKey, this as Cluster)
    host.provide(nodeInsideKey, this as NodeInside)
    host.provide(recoveryStore, scopedStore(store, `recovery.${this.#options.name}.`))
    await this.#become(() => {
      this.#stops.push(store.watch(nodePrefix, ({ key, revision, value }) => this.#roster.recordChanged(key, revision, value)))
      this.#stops.push(store.watch(ownKey(''), ({ key, revision, value }) => this.#ownerChanged(key, revision, value)))
      return this.#poll()
    })
    await this.#poll()
    this.#standstill.begin()
    this.#loop()
  }

  /** Takes the node's record and begins a life. It looks before it is up: then the others say what they have, and only members are heard. */
  async #become(look?: () => Promise<void>): Promise<void> {
    const { host } = this
    const incarnation = await this.#lease.join()
    host.identity = { name: this.#options.name, incarnation }
    await this.#link.openInbox(host.identity)
    await look?.()
    if (this.#isOver) return
    this.#phase = 'up'
    this.#lease.announce('up')
  }

  get #isOver(): boolean {
    return this.#phase === 'leaving' || this.#phase === 'out'
  }

  /** No new work: pools finish what they have, leaderships are handed over. To be called before the actors are stopped. Never rejects. */
  async drain(): Promise<void> {
    if (this.#isOver) return
    this.#phase = 'leaving'
    this.#lease.announce('leaving')
    // Whoever knows of it sends nothing any more to what leads here; until then that goes on, or else what is sent later would overtake.
    if (this.#link.connected && this.#lease.holds) await until(() => this.#roster.isLeavingKnown, announceMs, this.pause)
    const parts = this.groups.withdraw(poolPrefix).map(({ path }) => this.host.lookup(path, 0))
    const arePoolsIdle = (): boolean => parts.every((part) => (part?.outstanding ?? 0) === 0)
    await Promise.all([this.ownership.handOver(), until(arePoolsIdle, drainMs, this.pause)])
    await until(() => !this.#communication.isRelaying, drainMs, this.pause)
  }

  /** Says goodbye and disconnects. Never rejects. */
  async leave(): Promise<void> {
    if (this.#phase === 'out') return
    this.#phase = 'out'
    for (const stop of this.#stops.splice(0)) stop()
    if (this.#link.connected) await this.#lease.leave()
    this.#lease.stop()
    this.#communication.close()
    await this.#link.close().catch(() => undefined)
  }

  /** The node's record is not ours any more. Whose it is decides: a newer node's, then this one stops; nobody's, then it joins anew. */
  async #lost(reason: string): Promise<void> {
    if (this.#phase !== 'up') return
    this.#phase = 'rejoining'
    this.ownership.stopLeading(`this node is not a member any more: ${reason}`)
    // From a life that is over nobody takes anything: what is to be sent waits for the next one.
    this.#communication.disconnected()
    await this.#rejoin(reason)
  }

  async #rejoin(reason: string): Promise<void> {
    if (this.#phase !== 'rejoining') return
    const { host } = this
    const before = host.identity
    try {
      const latest = await this.#roster.look(before.name)
      if (latest !== undefined && latest.identity.incarnation > before.incarnation && !this.#lease.hasWritten(latest.writer)) {
        const why = `a newer node of the name ${before.name} has joined, incarnation ${latest.identity.incarnation}`
        host.report('error', { type: 'node.displaced', node: before, why }, `${why}: this one stops`)
        this.#oust(why)
        return
      }
      host.log.warn({ node: before }, `${before.name}~${before.incarnation} is not a member any more (${reason}); joining anew`)
      await this.#become()
      this.#communication.renamed()
      this.groups.renamed()
      this.ownership.renamed()
      await this.#poll()
    } catch (error) {
      host.log.warn({ cause: describeCause(error) }, 'joining anew failed; trying again')
      host.after(rejoinMs, () => void this.#rejoin(reason))
    }
  }

  #oust(why: string): void {
    if (this.#isOver) return
    this.ownership.stopLeading(why)
    this.#lease.stop()
    this.#tellOusted(why)
  }

  // --- The pulse ------------------------------------------------------------------------------------------------------------

  #loop(): void {
    const { host } = this
    const timer = host.env.setTimer(detectorDefaults.tickMs, () => {
      this.#stops.splice(this.#stops.indexOf(stop), 1)
      this.#tick()
      if (this.#phase !== 'out') this.#loop()
    })
    const stop = (): void => host.env.clearTimer(timer)
    this.#stops.push(stop)
  }

  #tick(): void {
    const now = this.host.env.now()
    this.#standstill.tick()
    this.#lease.tick()
    this.#roster.tick()
    if (now - this.#lastBeat >= detectorDefaults.heartbeatMs - detectorDefaults.tickMs / 2) this.#beat(now)
    if (now - this.#lastPoll >= pollMs) void this.#poll()
    this.ownership.tick()
  }

  #beat(now: number): void {
    this.#lastBeat = now
    this.#beats++
    this.#broadcasts.sayHere()
    if (this.#beats % repeatGroupsEvery === 0) this.#sayGroups()
    if (this.#beats % probeEvery !== 0) return
    for (const { identity } of this.members()) if (!sameNode(identity, this.identity)) this.#communication.probe(identity)
  }

  async #poll(): Promise<void> {
    this.#lastPoll = this.host.env.now()
    this.#communication.sweep()
    void this.ownership.refresh()
    await this.#roster.poll()
  }

  #sayGroups(): void {
    if (this.#phase === 'up' || this.#phase === 'leaving') this.#broadcasts.sayGroups()
  }

  // --- What is heard --------------------------------------------------------------------------------------------------------

  #ownerChanged(key: string, revision: number, value: Uint8Array | undefined): void {
    this.ownership.changed(key, revision, value)
    // Whoever hands over waits for this.
    this.#broadcasts.sayHere()
  }

  #unreachable(to: NodeIdentity): void {
    const current = this.#roster.current(to.name)
    if (current !== undefined && sameNode(current, to)) this.#roster.unreachable(to)
    else if (current !== undefined || this.#roster.isGone(to)) this.#communication.down(to)
  }

  #gone(node: NodeIdentity): void {
    if (sameNode(node, this.identity)) void this.#lost('it was declared down, or replaced')
    else {
      this.#communication.down(node)
      this.groups.forget(node)
      this.owners.seenBy.forget(node)
    }
  }

  #membersChanged(): void {
    this.#broadcasts.sayHere()
    this.owners.membersChanged()
    this.ownership.tick()
    // Whoever is new has not heard of our groups.
    this.#sayGroups()
  }

  #disconnected(why: string): void {
    this.#linkLostAt = this.host.env.now()
    this.#roster.linkLost()
    this.#communication.disconnected()
    const text = `the connection to the server was lost: ${why}. Actors go on; other nodes cannot be reached until it is back`
    this.host.report('warn', { type: 'link.lost', why }, text)
  }

  #reconnected(): void {
    const downMs = Math.round(this.host.env.now() - this.#linkLostAt)
    this.host.report('info', { type: 'link.restored', downMs }, `the connection is back after ${downMs} ms`)
    this.#roster.linkRestored()
    this.#lease.renewNow()
    void this.#poll()
    this.#sayGroups()
  }

  #holdsLease(): boolean {
    return (this.#phase === 'up' || this.#phase === 'leaving') && this.#lease.holds
  }

  #rank(name: string): number {
    const candidates = this.groups.members(candidatesGroup(name)).filter(({ node }) => sameNode(node, this.identity) || this.isUp(node))
    const names = candidates.map(({ node }) => node.name)
    return Math.max(0, rank(name, names).indexOf(this.identity.name))
  }
}
