// Who is there: executes the view and the detector. Records come from the store by watch and by a slow poll; silence is judged by
// the detector; a conviction is a compare-and-set on the convicted node's record, so that a node that still renews cannot be convicted,
// and one that was convicted learns it with its next renewal.

import {
  type Host,
  type KeyValueStore,
  type NodeIdentity,
  RevisionConflictError,
  sameNode,
  StoreUnavailableError,
} from '@understudy/runtime/spi'
import { noticesOf } from '@understudy/supervisor/spi'
import { type Standing, standingOf } from '../ownership/claim.ts'
import { leaseDefaults } from '../ownership/lease.ts'
import { detect, detectorDefaults, type DetectorEvent, newDetector, type Verdict } from './detector.ts'
import { encodeNodeRecord, nodePrefix } from './node-record.ts'
import { SeenBy } from './seen-by.ts'
import { applyChange, applyPoll, emptyView, isLiving, type Member, memberOf, membersOf, type View, type ViewEvent } from './view.ts'

/** What the roster needs, and whom it tells. */
export interface RosterOptions {
  readonly host: Host
  readonly store: KeyValueStore
  /** Sends an empty frame to a node, to hear whether anybody listens. */
  probe(node: NodeIdentity): void
  /** Most others are silent at once: this node is to confirm by a write of its own that it is not deaf itself. */
  confirmMyself(): void
  /** A node that was suspected is trusted again. */
  trusted(node: NodeIdentity): void
  /** A node is gone for good: down, left, or replaced by a newer life. */
  gone(node: NodeIdentity): void
  /** Something about the members has changed. */
  changed(): void
}

/** The other nodes, as one node knows them. */
export class Roster {
  readonly #options: RosterOptions
  #view: View = emptyView
  #detector
  readonly #suspects = new Set<string>()
  /** Who has said that it knows the members, too. */
  readonly seenBy = new SeenBy()
  #seen = 0
  #leavingAt: number | undefined
  readonly #startedAt: number

  constructor(options: RosterOptions) {
    this.#options = options
    this.#startedAt = options.host.env.now()
    this.#detector = newDetector(this.#startedAt)
  }

  /** The members that are up, by name; this node among them. */
  up(): readonly Member[] {
    return membersOf(this.#view, 'up')
  }

  /** The latest revision of a node's record that this node has taken in. */
  get seen(): number {
    return this.#seen
  }

  /** Whether all others that can be heard have said that they know what was written at that revision. */
  haveAllSaid(seenBy: SeenBy, revision: number): boolean {
    const { identity } = this.#options.host
    return this.up().every(({ identity: node }) => sameNode(node, identity) || !this.isTrusted(node) || seenBy.has(node, revision))
  }

  /** Whether all others know that this node is leaving. */
  get isLeavingKnown(): boolean {
    const self = memberOf(this.#view, this.#options.host.identity)
    if (self?.status === 'leaving') this.#leavingAt ??= self.revision
    return this.#leavingAt !== undefined && this.haveAllSaid(this.seenBy, this.#leavingAt)
  }

  isUp(node: NodeIdentity): boolean {
    return memberOf(this.#view, node)?.status === 'up'
  }

  /** Up, and not suspected at the moment. */
  isTrusted(node: NodeIdentity): boolean {
    return this.isUp(node) && !this.#suspects.has(keyOf(node))
  }

  /** The present life of a node of that name, if it is a member. */
  current(name: string): NodeIdentity | undefined {
    const member = this.#view.members.get(name)
    return member !== undefined && isLiving(member) ? member.identity : undefined
  }

  /** Whether that life of a node is known to be over. */
  isGone(node: NodeIdentity): boolean {
    const member = this.#view.members.get(node.name)
    if (member === undefined) return false
    return member.identity.incarnation > node.incarnation || (member.identity.incarnation === node.incarnation && !isLiving(member))
  }

  /** What is known of an owner's node. */
  standing(owner: NodeIdentity | null): Standing {
    return standingOf(this.#view, owner, this.#options.host.identity, this.#startedAt)
  }

  /** A record has changed. */
  recordChanged(key: string, revision: number, value: Uint8Array | undefined): void {
    this.#seen = Math.max(this.#seen, revision)
    const change = value === undefined ? { key, revision } : { key, revision, value }
    this.#apply(applyChange(this.#view, change, this.#now()))
  }

  /** Reads one node's record, and answers the latest that is known of that node. @throws StoreUnavailableError */
  async look(name: string): Promise<Member | undefined> {
    const entry = await this.#options.store.read(nodePrefix + name)
    if (entry !== undefined) this.recordChanged(entry.key, entry.revision, entry.value)
    return this.#view.members.get(name)
  }

  /** Reads all records: the slow way to hear of what the watch missed. Never rejects. */
  async poll(): Promise<void> {
    try {
      const entries = await this.#options.store.list(nodePrefix)
      for (const { revision } of entries) this.#seen = Math.max(this.#seen, revision)
      this.#apply(applyPoll(this.#view, entries, this.#now()))
    } catch (error) {
      this.#options.host.log.debug({ cause: String(error) }, 'the membership records could not be read')
    }
  }

  tick(): void {
    this.#tell({ type: 'tick' })
  }

  heartbeat(node: NodeIdentity): void {
    this.#tell({ type: 'heartbeat', node })
  }

  unreachable(node: NodeIdentity): void {
    this.#tell({ type: 'unreachable', node })
  }

  /** The server saw a node's connection close; which life of it was connected is known here only. */
  connectionClosed(name: string): void {
    const node = this.current(name)
    if (node !== undefined && !sameNode(node, this.#options.host.identity)) this.#tell({ type: 'connection-closed', node })
  }

  linkLost(): void {
    this.#tell({ type: 'link-lost' })
  }

  linkRestored(): void {
    this.#tell({ type: 'link-restored' })
  }

  /** This node's own write was acknowledged: if most others are silent, it is not because this node is deaf. */
  selfConfirmed(): void {
    this.#tell({ type: 'self-confirmed' })
  }

  #now(): number {
    return this.#options.host.env.now()
  }

  #apply([view, events]: [View, readonly ViewEvent[]]): void {
    this.#view = view
    for (const event of events) this.#happened(event)
    if (events.length > 0) this.#options.changed()
  }

  #happened(event: ViewEvent): void {
    const { host } = this.#options
    switch (event.type) {
      case 'record.refused':
        host.log.warn({ key: event.key, why: event.why }, `the record ${event.key} is none: ${event.why}`)
        return
      case 'node.joined':
        // A namesake is nobody to watch: it is this node, about to learn of its new life, or one of the two stops itself.
        if (event.node.name !== host.identity.name) this.#tell({ type: 'watch', node: event.node })
        host.report('debug', event, `${event.node.name} joins`)
        return
      case 'node.up':
        host.report('info', event, `${event.node.name} is up, incarnation ${event.node.incarnation}`)
        return
      case 'node.leaving':
        return
      case 'node.left':
        host.report('info', event, `${event.node.name} has left`)
        this.#forget(event.node)
        return
      case 'node.down':
        host.report('warn', event, `${event.node.name} is down: ${event.why}`)
        this.#lose(event.node)
        return
      case 'node.replaced': {
        const why = `incarnation ${event.by.incarnation} has taken its place`
        host.report('warn', { type: 'node.down', node: event.node, why }, `${event.node.name}~${event.node.incarnation} is over: ${why}`)
        this.#lose(event.node)
        return
      }
    }
  }

  #lose(node: NodeIdentity): void {
    this.#forget(node)
    const { host } = this.#options
    if (node.name !== host.identity.name) noticesOf(host).tell({ type: 'NODE_DOWN', node: node.name })
  }

  #forget(node: NodeIdentity): void {
    this.#suspects.delete(keyOf(node))
    this.seenBy.forget(node)
    this.#tell({ type: 'forget', node })
    this.#options.gone(node)
  }

  #tell(event: DetectorEvent): void {
    const [state, verdicts] = detect(this.#detector, event, this.#now(), detectorDefaults)
    this.#detector = state
    for (const verdict of verdicts) this.#judge(verdict)
  }

  #judge(verdict: Verdict): void {
    const { host } = this.#options
    switch (verdict.type) {
      case 'suspect':
        this.#suspects.add(keyOf(verdict.node))
        host.report(
          'warn',
          { type: 'node.suspect', node: verdict.node, why: verdict.why },
          `${verdict.node.name} is suspected: ${verdict.why}`,
        )
        return
      case 'trust':
        this.#suspects.delete(keyOf(verdict.node))
        host.report('info', { type: 'node.trusted', node: verdict.node }, `${verdict.node.name} is trusted again`)
        this.#options.trusted(verdict.node)
        return
      case 'probe':
        host.after(verdict.afterMs, () => this.#options.probe(verdict.node))
        return
      case 'suspect-myself':
        this.#options.confirmMyself()
        host.log.warn(
          { silent: verdict.silent, of: verdict.of },
          `${verdict.silent} of ${verdict.of} nodes are silent at once: it may be this node that is deaf`,
        )
        return
      case 'convict':
        void this.#convict(verdict.node, verdict.why)
        return
    }
  }

  async #convict(node: NodeIdentity, why: string): Promise<void> {
    const { host, store } = this.#options
    const key = nodePrefix + node.name
    for (;;) {
      const member = memberOf(this.#view, node)
      // Ended by somebody else, or heard of again while the store was silent.
      if (member === undefined || !isLiving(member) || !this.#suspects.has(keyOf(node))) return
      const { roles, singletons, pools, revision } = member
      const writer = `down-${node.name}-${node.incarnation}-${host.identity.name}-${host.env.id()}`
      const record = encodeNodeRecord({
        ...node,
        status: 'down',
        roles,
        singletons,
        pools,
        since: host.env.wallNow(),
        writer,
        replaces: revision,
      })
      try {
        const written = await store.write(key, record, { key, revision }, { ttlMs: leaseDefaults.ttlMs, id: writer })
        host.log.info({ node, why }, `${node.name} was convicted: ${why}`)
        this.recordChanged(key, written, record)
        return
      } catch (error) {
        if (error instanceof RevisionConflictError) {
          // It has renewed, or somebody else was faster. What is there now says which; if it renewed, it is given a new chance.
          await this.poll()
          const now = memberOf(this.#view, node)
          if (now === undefined || !isLiving(now)) return
          this.#judge({ type: 'trust', node })
          this.#tell({ type: 'forget', node })
          this.#tell({ type: 'watch', node })
          return
        }
        if (!(error instanceof StoreUnavailableError)) throw error
        await new Promise<void>((resolve) => host.after(leaseDefaults.retryMs, resolve))
      }
    }
  }
}

function keyOf({ name, incarnation }: NodeIdentity): string {
  return `${name}~${incarnation}`
}
