// Who is told when this actor is gone, and of whom this actor wants to be told.

import { type Address, formatAddress } from '../contracts/address.ts'
import type { Endpoint, Signal } from '../contracts/endpoint.ts'
import type { ExitReason } from '../contracts/exit-reason.ts'

type Terminated = Extract<Signal, { type: 'terminated' }>

/** Both directions of watching of one actor. Created with the first watch. */
export class Watches {
  /** Per watcher's address, the watcher and the name it knows us by. */
  readonly #watchers = new Map<string, { readonly watcher: Endpoint; readonly target: Address }>()
  readonly #watched = new Map<string, Address>()
  #postponed: Terminated[] = []

  addWatcher(watcher: Endpoint, target: Address): void {
    this.#watchers.set(formatAddress(watcher.address), { watcher, target })
  }

  removeWatcher(watcher: Endpoint): void {
    this.#watchers.delete(formatAddress(watcher.address))
  }

  /** Tells every watcher, once. */
  tellWatchers(reason: ExitReason): void {
    const told = [...this.#watchers.values()]
    this.#watchers.clear()
    for (const { watcher, target } of told) watcher.signal({ type: 'terminated', address: target, reason })
  }

  /** Remembers that `target` is watched; false when it was already. */
  begin(target: Address): boolean {
    const key = formatAddress(target)
    if (this.#watched.has(key)) return false
    this.#watched.set(key, target)
    return true
  }

  /** Forgets `target`; false when it was not watched, so that nobody is told twice. */
  finish(target: Address): boolean {
    return this.#watched.delete(formatAddress(target))
  }

  /** Keeps a notice for when the actor can hear it. */
  postpone(notice: Terminated): void {
    this.#postponed.push(notice)
  }

  takePostponed(): readonly Terminated[] {
    const taken = this.#postponed
    if (taken.length > 0) this.#postponed = []
    return taken
  }

  /** Forgets all that is watched: the incarnation that wanted to know is over. */
  abandon(each: (target: Address) => void): void {
    const targets = [...this.#watched.values()]
    this.#watched.clear()
    this.#postponed = []
    for (const target of targets) each(target)
  }
}
