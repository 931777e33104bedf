// Executes the node lease: joins by writing the node's record, renews it, and says when it has run out or was taken away.

import { type Host, type KeyValueStore, type NodeIdentity, RevisionConflictError, StoreUnavailableError } from '@understudy/runtime/spi'
import {
  isValid,
  lease,
  type LeaseCommand,
  leaseDefaults,
  type LeaseEvent,
  type LeaseState,
  maxWallJumpMs,
  newLease,
} from '../ownership/lease.ts'
import { decodeNodeRecord, encodeNodeRecord, type MemberStatus, nodePrefix, type NodeRecord } from './node-record.ts'

/** What a node says of itself besides its name and life. */
export type Card = Pick<NodeRecord, 'roles' | 'singletons' | 'pools'>

/** What the keeper needs, and whom it tells. */
export interface LeaseKeeperOptions {
  readonly host: Host
  readonly store: KeyValueStore
  readonly name: string
  card(): Card
  pause(ms: number): Promise<void>
  /** A renewal was acknowledged: this life of the node is a member. */
  renewed(): void
  /** The lease has run out by this node's own clock: nothing may be done that rests on it. */
  lapsed(): void
  /** The record is not this life's any more. */
  lost(why: string): void
}

// How long a node that leaves tries to say so; and how long its last word is kept for the others.
const goodbyeMs = 2000
const lastWordMs = 5000

/** One node's lease. */
export class LeaseKeeper {
  readonly #options: LeaseKeeperOptions
  readonly #key: string
  /** Begins the ids of this keeper's joining writes. */
  readonly #mark: string
  #joins = 0
  #state: LeaseState | undefined
  #identity: NodeIdentity | undefined
  #status: MemberStatus = 'joining'
  #since = 0
  /** Wall clock minus monotonic clock when the lease was last known to be good. */
  #clockGap = 0
  #toldSlept = false
  #isStopped = false
  #released: (() => void) | undefined

  constructor(options: LeaseKeeperOptions) {
    this.#options = options
    this.#key = nodePrefix + options.name
    this.#mark = `join.${options.name}.${options.host.env.id()}`
  }

  /**
   * Takes the node's record, whoever had it before, and answers the new incarnation: the revision of that write.
   * @throws StoreUnavailableError when the store stays silent for as long as a lease lasts.
   */
  async join(): Promise<number> {
    const { host, store, name } = this.#options
    const until = host.env.now() + leaseDefaults.ttlMs
    this.#say('joining')
    for (;;) {
      const sentAt = host.env.now()
      const id = `${this.#mark}.${++this.#joins}`
      try {
        const before = await store.read(this.#key)
        const revision = await this.#write(id, before?.revision ?? 0, 0)
        this.#identity = { name, incarnation: revision }
        this.#state = newLease(`lease.${name}.${revision}`, revision, sentAt)
        this.#clockGap = this.#gap()
        this.#toldSlept = false
        return revision
      } catch (error) {
        const mayTryAgain = error instanceof RevisionConflictError || error instanceof StoreUnavailableError
        if (!mayTryAgain || this.#isStopped || host.env.now() >= until) throw error
        await this.#options.pause(leaseDefaults.retryMs)
      }
    }
  }

  /** Whether a joining write was this keeper's own, perhaps one that was never acknowledged. */
  hasWritten(writer: string): boolean {
    return writer.startsWith(`${this.#mark}.`)
  }

  /** Whether this node may act as a member: compares clocks, trusts no timer. */
  get holds(): boolean {
    return this.#state !== undefined && isValid(this.#state, this.#options.host.env.now(), this.#gap() - this.#clockGap)
  }

  /** Says `status` from now on, and at once. */
  announce(status: MemberStatus): void {
    this.#say(status)
    this.#tell({ type: 'renew' })
  }

  /** Renews before it is time. */
  renewNow(): void {
    this.#tell({ type: 'renew' })
  }

  /** Renews when it is time. Called often. */
  tick(): void {
    if (this.#state === undefined) return
    if (Math.abs(this.#gap() - this.#clockGap) > maxWallJumpMs && !this.#toldSlept) {
      // The machine slept, perhaps for longer than the lease: the monotonic clock may have stood still meanwhile.
      this.#toldSlept = true
      this.#options.lapsed()
      this.renewNow()
    }
    this.#tell({ type: 'tick' })
  }

  /** Renews no more, and says goodbye: the record is marked `left` and goes by itself soon after. Never rejects. */
  async leave(): Promise<void> {
    if (this.#state === undefined || this.#state.status === 'lost') return
    this.#say('left')
    const released = new Promise<void>((resolve) => {
      this.#released = resolve
    })
    this.#tell({ type: 'release' })
    await Promise.race([released, this.#options.pause(goodbyeMs)])
    this.stop()
  }

  /** Renews no more, without a word. */
  stop(): void {
    this.#isStopped = true
    this.#state = undefined
    this.#released?.()
  }

  #say(status: MemberStatus): void {
    this.#status = status
    this.#since = this.#options.host.env.wallNow()
  }

  #tell(event: LeaseEvent): void {
    if (this.#state === undefined) return
    const before = this.#state
    const [state, commands] = lease(before, event, this.#options.host.env.now())
    this.#state = state
    if (state.revision > before.revision && state.status !== 'released') this.#options.renewed()
    for (const command of commands) this.#execute(command)
  }

  #execute(command: LeaseCommand): void {
    switch (command.type) {
      case 'write':
        void this.#renew(command.id, command.revision)
        return
      case 'read':
        void this.#find(command.id)
        return
      case 'lapsed':
        this.#options.lapsed()
        return
      case 'regained':
        return
      case 'lost':
        this.#released?.()
        this.#options.lost(command.why)
        return
      case 'released':
        this.#released?.()
        return
    }
  }

  async #renew(id: string, revision: number): Promise<void> {
    // Taken before the write leaves: a sleep between then and its answer must show.
    const gap = this.#gap()
    try {
      const written = await this.#write(id, revision, this.#identity!.incarnation)
      this.#clockGap = gap
      this.#toldSlept = false
      this.#tell({ type: 'acknowledged', id, revision: written })
    } catch (error) {
      this.#tell({ type: error instanceof RevisionConflictError ? 'conflict' : 'unknown', id })
      this.#logUnlessExpected(error)
    }
  }

  async #find(id: string): Promise<void> {
    try {
      const entry = await this.#options.store.read(this.#key)
      const record = entry === undefined ? 'none' : decodeNodeRecord(this.#key, entry.value)
      const writer = typeof record === 'string' ? '' : record.writer
      this.#tell(entry === undefined ? { type: 'found', id } : { type: 'found', id, revision: entry.revision, writer })
    } catch (error) {
      this.#tell({ type: 'unknown', id })
      this.#logUnlessExpected(error)
    }
  }

  #logUnlessExpected(error: unknown): void {
    if (error instanceof RevisionConflictError || error instanceof StoreUnavailableError) return
    this.#options.host.log.error({ key: this.#key, cause: String(error) }, 'the node lease could not be renewed')
  }

  #write(id: string, revision: number, incarnation: number): Promise<number> {
    const { store, name } = this.#options
    const record: NodeRecord = { name, incarnation, status: this.#status, since: this.#since, writer: id, ...this.#options.card() }
    const ttlMs = this.#status === 'left' ? lastWordMs : leaseDefaults.ttlMs
    return store.write(this.#key, encodeNodeRecord(record), { key: this.#key, revision }, { ttlMs, id })
  }

  #gap(): number {
    const { env } = this.#options.host
    return env.wallNow() - env.now()
  }
}
