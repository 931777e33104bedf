// Who is told when this actor is gone, and of whom this actor wants to be told.

import { type Address, formatAddress } from '../contracts/address.ts'
import type { Endpoint, Signal } from '../contracts/endpoint.ts'
import type { ExitReason } from '../contracts/exit-reason.ts'
import type { Message } from '../contracts/message.ts'

type Terminated = Extract<Signal, { type: 'terminated' }>

/** Somebody who is watched, and what is to be said when it is gone, if not by the hook. */
interface Watched {
  readonly target: Address
  readonly message: Message | undefined
}

/** Who watches. */
export interface Watcher extends Endpoint {
  readonly extras: { readonly watches: Pick<Watches, 'finish'> | null } | null
  readonly openExtras: { readonly openWatches: Pick<Watches, 'begin'> }
}

/** Begins to watch; the last `message` for a target counts. */
export function watch(watcher: Watcher, target: Endpoint, message?: Message): void {
  const { address } = target
  if (watcher.openExtras.openWatches.begin(address, message)) target.signal({ type: 'watch', watcher, target: address })
}

/** Watches no more. */
export function unwatch(watcher: Watcher, target: Endpoint): void {
  if (watcher.extras?.watches?.finish(target.address) !== undefined) target.signal({ type: 'unwatch', watcher })
}

/** Both directions of watching of one actor. `N` is what it may have to hear later. Created with the first watch. */
export class Watches<N = Terminated> {
  /** Per watcher's address, the watcher and the name it knows us by. */
  readonly #watchers = new Map<string, { readonly watcher: Endpoint; readonly target: Address }>()
  readonly #watched = new Map<string, Watched>()
  #postponed: N[] = []
  /** What this actor has come to, for those who are told that it has ended in order. */
  output: unknown

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
    for (const { watcher, target } of told) watcher.signal(this.notice(target, reason))
  }

  /** What a watcher is told of this actor's end. */
  notice(address: Address, reason: ExitReason): Terminated {
    const { output } = this
    return { type: 'terminated', address, reason, ...(output !== undefined && reason === 'normal' && { output }) }
  }

  /** Remembers that `target` is watched, and the message to be sent then; false when it was watched already. */
  begin(target: Address, message: Message | undefined): boolean {
    const key = formatAddress(target)
    const known = this.#watched.has(key)
    this.#watched.set(key, { target, message })
    return !known
  }

  /** Forgets `target`; undefined when it was not watched, so that nobody is told twice. */
  finish(target: Address): Watched | undefined {
    const key = formatAddress(target)
    const watched = this.#watched.get(key)
    this.#watched.delete(key)
    return watched
  }

  /** Keeps a notice for when the actor can hear it. */
  postpone(notice: N): void {
    this.#postponed.push(notice)
  }

  takePostponed(): readonly N[] {
    const taken = this.#postponed
    if (taken.length > 0) this.#postponed = []
    return taken
  }

  /** Forgets all that is watched: the incarnation that wanted to know is over. */
  abandon(each: (target: Address) => void): void {
    const targets = [...this.#watched.values()]
    this.#watched.clear()
    this.#postponed = []
    for (const { target } of targets) each(target)
  }
}
