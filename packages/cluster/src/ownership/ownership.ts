// Executes the claims of this node: writes and reads ownership records as `claim.ts` orders, and tells managers when they lead and
// when they do not any more.

import {
  type Address,
  type Host,
  type KeyValueStore,
  type NodeIdentity,
  RevisionConflictError,
  StoreUnavailableError,
  type TimerHandle,
} from '@understudy/runtime/spi'
import { noticesOf } from '@understudy/supervisor/spi'
import { LeaderTenure, ownKey, type TenureGround } from '../singleton/leader-tenure.ts'
import type { Owners } from '../singleton/owners.ts'
import { claim, type ClaimCommand, type ClaimEvent, type ClaimState, newClaim, type Standing, type Takeover, tryAt } from './claim.ts'
import { decodeOwnRecord, encodeOwnRecord, type OwnRecord } from './own-record.ts'

/** What a manager says when it stands for a singleton. The callbacks come from outside its turn. */
export interface Candidacy {
  readonly name: string
  /** The path of the manager. */
  readonly path: Address['path']
  readonly uid: Address['uid']
  readonly takeover: Takeover
  lead(tenure: LeaderTenure, vacantSince: number): void
  lost(why: string): void
  /** The node leaves: finish what was begun, stop, give back, and see a successor in, within a bounded time. Never rejects. */
  handOver(): Promise<void>
  /** The manager is gone without having withdrawn: it was killed. */
  orphaned(): void
}

/** A manager's standing for a singleton. */
export interface Candidate {
  /** Whether this node owns the singleton at that epoch. */
  owns(epoch: number): boolean
  /** Gives the ownership back, and stands again after `standAgainMs`. */
  release(standAgainMs: number): void
  /** Gives the ownership back, if it is held, and stands no more. Never rejects. */
  withdraw(): Promise<void>
}

/** What ownership needs of its node. */
export interface OwnershipNode {
  readonly host: Host
  readonly store: KeyValueStore
  readonly owners: Owners
  readonly ground: Omit<TenureGround, 'fenced'>
  /** Whether this node is a member and may act. */
  mayAct(): boolean
  /** What is known of an owner's node. */
  standing(owner: NodeIdentity | null): Standing
  /** This node's place among those that may lead and are up, from 0. */
  rank(name: string): number
}

// How long a node that leaves tries to give an ownership back. If the store stays silent, the end of its lease frees it, only later.
const withdrawMs = 2000
const vacant: OwnRecord = { owner: null, path: '/', writer: '' }

interface Running {
  readonly candidacy: Candidacy
  claim: ClaimState
  tenure: LeaderTenure | undefined
  withdrawn: (() => void) | undefined
  /** The id of the last write that was sent. */
  sent: string | undefined
  /** Stands no more once its record is given back. */
  isLast: boolean
  /** The next look at a claim that is not yet due. */
  due: TimerHandle | undefined
}

/** The ownership of all singletons that this node stands for. */
export class Ownership {
  readonly #node: OwnershipNode
  readonly #running = new Map<string, Running>()
  #mayNotAct = false

  constructor(node: OwnershipNode) {
    this.#node = node
    // Supervisors look for it when they begin.
    noticesOf(node.host)
  }

  /** Becomes a candidate. One manager per name and node. */
  stand(candidacy: Candidacy): Candidate {
    const running: Running = {
      candidacy,
      claim: this.#newClaim(candidacy),
      tenure: undefined,
      withdrawn: undefined,
      sent: undefined,
      isLast: false,
      due: undefined,
    }
    this.#running.set(candidacy.name, running)
    this.#tell(running, { type: 'tick' })
    return {
      owns: (epoch) => running.tenure?.epoch === epoch,
      release: (standAgainMs) => void this.#release(running, standAgainMs),
      withdraw: async () => {
        running.isLast = true
        await this.#withdraw(running)
        this.#letGo(running)
      },
    }
  }

  /** A record has changed, or was read. */
  changed(key: string, revision: number, value: Uint8Array | undefined): void {
    const name = key.slice(ownKey('').length)
    const record = value === undefined ? vacant : decodeOwnRecord(value)
    if (typeof record === 'string') this.#node.host.log.warn({ key, why: record }, `the record ${key} is none: ${record}`)
    // Whatever it is, it has replaced the last owner's record: nobody owns it now, and whoever claims it writes over that.
    const { owner, path, writer } = typeof record === 'string' ? vacant : record
    this.#node.owners.setOwner(name, revision, owner === null ? undefined : { node: owner, path, epoch: revision })
    const running = this.#running.get(name)
    if (running === undefined) return
    this.#tell(running, { type: 'record', revision, owner, writer })
    this.#considerMembers(running)
  }

  /** Does what is due. Called often, and whenever the members change. */
  tick(): void {
    const { host } = this.#node
    if (this.#node.mayAct()) this.#mayNotAct = false
    for (const running of this.#running.values()) {
      const { candidacy, isLast } = running
      if (!isLast && host.lookup(candidacy.path, candidacy.uid) === undefined) candidacy.orphaned()
      this.#considerMembers(running)
      this.#tell(running, { type: 'tick' })
    }
  }

  /** Reads all records again: after a reconnect, and now and then. Never rejects. */
  async refresh(): Promise<void> {
    try {
      for (const { key, revision, value } of await this.#node.store.list(ownKey(''))) this.changed(key, revision, value)
    } catch (error) {
      this.#node.host.log.debug({ cause: String(error) }, 'the ownership records could not be read')
    }
  }

  /** This node may not act any more: all that leads here is ended, and recoveries elsewhere that have a use for it are told, once. */
  stopLeading(why: string): void {
    // What leads is ended whatever its recovery orders; a restart without a tenure would only fail.
    const leading = [...this.#running.values()].map(({ candidacy }) => candidacy.path)
    if (!this.#mayNotAct) noticesOf(this.#node.host).tell({ type: 'LEASE_LOST' }, '', leading)
    this.#mayNotAct = true
    for (const running of this.#running.values()) {
      this.#lose(running, why)
      // What this node owned it may own again, but only by a new write, under a new epoch. What it gives back it goes on giving back.
      if (!running.claim.isWithdrawing) this.#tell(running, { type: 'fenced' })
    }
  }

  /** This node leaves: everything that leads here is handed over, side by side. */
  async handOver(): Promise<void> {
    await Promise.all([...this.#running.values()].map(({ candidacy }) => candidacy.handOver()))
  }

  /** This node has a new identity: its claims begin anew under it. */
  renamed(): void {
    for (const running of this.#running.values()) {
      // Won by a write that was under way when the old identity was lost.
      this.#lose(running, 'this node has a new identity')
      // What the old life owned is nobody's now.
      if (running.isLast) this.#running.delete(running.candidacy.name)
      else running.claim = this.#newClaim(running.candidacy)
    }
    this.tick()
  }

  #newClaim({ name, takeover }: Candidacy): ClaimState {
    const { host } = this.#node
    return newClaim(host.identity, takeover, `own.${name}.${host.identity.name}.${host.env.id()}`)
  }

  #considerMembers(running: Running): void {
    const { known } = running.claim
    if (known === undefined) return
    const { candidacy } = running
    this.#tell(running, { type: 'members', standing: this.#node.standing(known.owner), rank: this.#node.rank(candidacy.name) })
    const at = tryAt(running.claim)
    const { host } = this.#node
    if (running.due !== undefined) host.cancel(running.due)
    running.due = undefined
    if (at !== undefined && at > host.env.now()) running.due = host.after(at - host.env.now(), () => this.#tell(running, { type: 'tick' }))
  }

  #tell(running: Running, event: ClaimEvent): void {
    const [state, commands] = claim(running.claim, event, this.#node.host.env.now())
    running.claim = state
    for (const command of commands) this.#execute(running, command)
  }

  #execute(running: Running, command: ClaimCommand): void {
    const { host } = this.#node
    const { name } = running.candidacy
    switch (command.type) {
      case 'write':
        void this.#write(running, command)
        return
      case 'read':
        void this.#read(running, command.id)
        return
      case 'lead':
        this.#lead(running, command.epoch, command.vacantSince)
        return
      case 'follow': {
        const { owner, epoch } = command
        host.report('info', { type: 'singleton.followed', name, epoch, owner }, `${name} is led by ${owner.name}, epoch ${epoch}`)
        return
      }
      case 'lost':
        this.#lose(running, command.why)
        return
      case 'withdrawn':
        running.withdrawn?.()
        this.#letGo(running)
        return
    }
  }

  async #write(running: Running, { id, revision, owner }: Extract<ClaimCommand, { type: 'write' }>): Promise<void> {
    const { store, host } = this.#node
    const { name, path } = running.candidacy
    const key = ownKey(name)
    const of = running.claim.prefix
    let event: ClaimEvent
    try {
      // Only a member with a valid lease takes; giving back is always right.
      if (owner !== null && !this.#node.mayAct()) {
        this.#tell(running, { type: running.sent === id ? 'unknown' : 'barred', id })
        return
      }
      running.sent = id
      event = {
        type: 'acknowledged',
        id,
        revision: await store.write(key, encodeOwnRecord({ owner, path, writer: id }), { key, revision }, { id }),
      }
    } catch (error) {
      event = { type: error instanceof RevisionConflictError ? 'conflict' : 'unknown', id }
      if (!(error instanceof RevisionConflictError || error instanceof StoreUnavailableError)) {
        host.log.error({ key, cause: String(error) }, `the ownership of ${name} could not be written`)
      }
    }
    if (running.claim.prefix === of) this.#tell(running, event)
  }

  async #read(running: Running, id: string): Promise<void> {
    const { store, owners } = this.#node
    const { name } = running.candidacy
    try {
      const entry = await store.read(ownKey(name))
      if (entry !== undefined) this.changed(entry.key, entry.revision, entry.value)
      else {
        owners.setOwner(name, 0, undefined)
        this.#tell(running, { type: 'record', revision: 0, owner: null, writer: '' })
        this.#considerMembers(running)
      }
    } catch {
      this.#tell(running, { type: 'unknown', id })
    }
  }

  #lead(running: Running, epoch: number, vacantSince: number): void {
    const { host, owners, ground } = this.#node
    const { name, path } = running.candidacy
    const tenure = new LeaderTenure(name, epoch, { ...ground, fenced: (why) => this.#fenced(running, epoch, why) })
    running.tenure = tenure
    owners.setOwner(name, epoch, { node: host.identity, path, epoch })
    running.candidacy.lead(tenure, vacantSince)
  }

  #fenced(running: Running, epoch: number, why: string): void {
    const { name } = running.candidacy
    this.#node.host.report('warn', { type: 'singleton.fenced', name, epoch, why }, `the store refused ${name} at epoch ${epoch}: ${why}`)
    if (running.tenure?.epoch === epoch) this.#tell(running, { type: 'fenced' })
  }

  #lose(running: Running, why: string): void {
    const { tenure } = running
    if (tenure === undefined) return
    running.tenure = undefined
    tenure.end(why)
    running.candidacy.lost(why)
  }

  async #release(running: Running, standAgainMs: number): Promise<void> {
    const { prefix } = running.claim
    await this.#withdraw(running)
    this.#node.host.after(standAgainMs, () => {
      // Gone, or already standing again, under a new identity.
      if (this.#running.get(running.candidacy.name) !== running || running.claim.prefix !== prefix) return
      running.claim = this.#newClaim(running.candidacy)
      this.#tell(running, { type: 'tick' })
    })
  }

  /** Forgets who stands no more; while the store does not take its record back it is told again with every tick. */
  #letGo(running: Running): void {
    const { name } = running.candidacy
    if (running.isLast && running.claim.status === 'withdrawn' && this.#running.get(name) === running) this.#running.delete(name)
  }

  async #withdraw(running: Running): Promise<void> {
    running.tenure?.end('it was given back')
    running.tenure = undefined
    if (running.claim.status === 'withdrawn') return
    const withdrawn = new Promise<void>((resolve) => {
      running.withdrawn = resolve
    })
    this.#tell(running, { type: 'withdraw' })
    await Promise.race([withdrawn, this.#node.ground.pause(withdrawMs)])
  }
}
