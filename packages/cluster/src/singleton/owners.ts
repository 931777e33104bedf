// Who leads what, as this node knows it: the latest ownership records, and the leaders that run here. Proxies ask it for each
// message and are told when it changes.

import type { Address, Endpoint, NodeIdentity } from '@understudy/runtime/spi'
import { SeenBy } from '../membership/seen-by.ts'

/** The owner of a singleton, as its ownership record says. */
export interface Owner {
  readonly node: NodeIdentity
  /** The path of its manager on that node; every node that may lead has one, and it knows the way from there. */
  readonly path: string
  readonly epoch: number
}

/** The process group of the managers of a singleton: who may lead. */
export function candidatesGroup(name: string): string {
  return `singleton.${name}`
}

/** The owners of all singletons, by name. */
export class Owners {
  readonly #owners = new Map<string, Owner>()
  readonly #revisions = new Map<string, number>()
  readonly #leaders = new Map<string, Endpoint>()
  readonly #listeners = new Map<string, Set<() => void>>()
  /** Who has said that it knows them, too: it sends nothing any more to whom they replaced. */
  readonly seenBy = new SeenBy()
  #seen = 0

  /** The latest revision of an ownership record that this node has taken in. */
  get seen(): number {
    return this.#seen
  }

  owner(name: string): Owner | undefined {
    return this.#owners.get(name)
  }

  /** The leader that runs on this node, ready or about to be. */
  localLeader(name: string): Endpoint | undefined {
    return this.#leaders.get(name)
  }

  /** What the record said at `revision`; older news changes nothing. */
  setOwner(name: string, revision: number, owner: Owner | undefined): void {
    if (revision < (this.#revisions.get(name) ?? 0)) return
    this.#seen = Math.max(this.#seen, revision)
    this.#revisions.set(name, revision)
    if (owner === undefined) this.#owners.delete(name)
    else this.#owners.set(name, owner)
    this.changed(name)
  }

  setLocalLeader(name: string, leader: Endpoint | undefined): void {
    if (leader === undefined) this.#leaders.delete(name)
    else this.#leaders.set(name, leader)
    this.changed(name)
  }

  /** Calls back whenever the way to `name` may have changed. Returns the way to stop. */
  onChange(name: string, listener: () => void): () => void {
    let listeners = this.#listeners.get(name)
    if (listeners === undefined) this.#listeners.set(name, (listeners = new Set()))
    listeners.add(listener)
    return () => listeners.delete(listener)
  }

  changed(name: string): void {
    for (const listener of this.#listeners.get(name) ?? []) listener()
  }

  /** The members have changed: any way may have. */
  membersChanged(): void {
    for (const name of this.#listeners.keys()) this.changed(name)
  }

  addressOf(owner: Owner): Address {
    return { node: owner.node, path: owner.path, uid: 0 }
  }
}
