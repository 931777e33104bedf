// Who watches whom between this node and one other, both ways. An actor is known by the place at which the other side watches it,
// whatever it is called elsewhere.

import type { Address, Endpoint } from '@understudy/runtime/spi'
import type { WirePlace } from './wire.ts'

/** A watch of somebody here on somebody there. */
export interface OpenWatch {
  readonly watcher: Endpoint
  /** Where the watched actor is, over there. */
  readonly target: Address
  /** What its watcher calls it. */
  readonly name: Address
}

/** A watch of somebody there on somebody here. */
interface HeldWatch {
  readonly watched: Endpoint
  readonly watcher: Endpoint
}

// Watches that one node may hold on actors of another.
const maxHeld = 100_000

/** The watches between this node and one other. */
export class RemoteWatches {
  readonly #open = new Map<string, OpenWatch>()
  readonly #held = new Map<string, HeldWatch>()

  /** Watches of here on there. */
  get open(): Iterable<OpenWatch> {
    return this.#open.values()
  }

  /** How many there are: of here on there, of there on here. */
  get counts(): { readonly open: number; readonly held: number } {
    return { open: this.#open.size, held: this.#held.size }
  }

  begin(watch: OpenWatch): void {
    this.#open.set(keyOf(watch.target, watch.watcher.address), watch)
  }

  /** Forgets a watch of here on there, and answers it; undefined when there is none (any more). */
  finish(target: WirePlace, watcher: WirePlace): OpenWatch | undefined {
    const key = keyOf(target, watcher)
    const watch = this.#open.get(key)
    this.#open.delete(key)
    return watch
  }

  /** Somebody there watches somebody here; false when there are too many already. */
  hold(at: WirePlace, watched: Endpoint, watcher: Endpoint): boolean {
    if (this.#held.size >= maxHeld) return false
    this.#held.set(keyOf(at, watcher.address), { watched, watcher })
    return true
  }

  /** That watch is over: it was answered or taken back. */
  release(at: WirePlace, watcher: WirePlace): void {
    this.#held.delete(keyOf(at, watcher))
  }

  /** Whoever watched from there is not there any more. */
  releaseAll(): void {
    for (const { watched, watcher } of this.#held.values()) watched.signal({ type: 'unwatch', watcher })
    this.#held.clear()
  }

  /** The other node is down: whoever watches somebody there is told. */
  end(): void {
    const watches = [...this.#open.values()]
    this.#open.clear()
    for (const { watcher, name } of watches) watcher.signal({ type: 'terminated', address: name, reason: 'node-down' })
    this.releaseAll()
  }
}

function keyOf(target: WirePlace, watcher: WirePlace): string {
  return `${target.path}#${target.uid}<${watcher.path}#${watcher.uid}`
}
