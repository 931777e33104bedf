// Many timers, one Env timer: a binary heap by deadline. Arming and cancelling cost O(log n); only the earliest deadline is armed.

import type { Env, TimerHandle } from '../contracts/env.ts'

/** One timer of a heap. */
interface Entry {
  readonly at: number
  /** Breaks ties: timers of one deadline fire in the order they were set. */
  readonly order: number
  readonly callback: () => void
  /** Its place in the heap; -1 when fired or cancelled. */
  index: number
}

/** The timers of one system. */
export class TimerHeap {
  readonly #env: Env
  readonly #heap: Entry[] = []
  #orders = 0
  #armed: TimerHandle | undefined
  #armedFor = Number.POSITIVE_INFINITY

  constructor(env: Env) {
    this.#env = env
  }

  get size(): number {
    return this.#heap.length
  }

  set(delayMs: number, callback: () => void): TimerHandle {
    const entry: Entry = { at: this.#env.now() + (delayMs > 0 ? delayMs : 0), order: this.#orders++, callback, index: this.#heap.length }
    this.#heap.push(entry)
    this.#up(entry)
    this.#arm()
    return entry
  }

  /** Cancels a timer; one that has fired or was cancelled is left alone. */
  cancel(handle: TimerHandle): void {
    const entry = handle as Entry
    if (entry.index < 0) return
    this.#remove(entry)
    this.#arm()
  }

  /** Forgets all timers. */
  clear(): void {
    for (const entry of this.#heap) entry.index = -1
    this.#heap.length = 0
    this.#arm()
  }

  #arm(): void {
    const first = this.#heap[0]
    const at = first === undefined ? Number.POSITIVE_INFINITY : first.at
    if (at === this.#armedFor) return
    if (this.#armed !== undefined) this.#env.clearTimer(this.#armed)
    this.#armedFor = at
    this.#armed = first === undefined ? undefined : this.#env.setTimer(Math.ceil(at - this.#env.now()), this.#fire)
  }

  readonly #fire = (): void => {
    this.#armed = undefined
    this.#armedFor = Number.POSITIVE_INFINITY
    const now = this.#env.now()
    // Timers set by a callback with no delay wait for the next firing, so that they cannot hold the loop.
    const before = this.#orders
    try {
      for (let first = this.#heap[0]; first !== undefined && first.at <= now && first.order < before; first = this.#heap[0]) {
        this.#remove(first)
        first.callback()
      }
    } finally {
      // Also when a callback threw: the others must not wait for ever.
      this.#arm()
    }
  }

  #remove(entry: Entry): void {
    const last = this.#heap.pop()!
    if (last !== entry) {
      last.index = entry.index
      this.#heap[last.index] = last
      this.#up(last)
      this.#down(last)
    }
    entry.index = -1
  }

  #up(entry: Entry): void {
    while (entry.index > 0) {
      const parent = this.#heap[(entry.index - 1) >> 1]!
      if (!before(entry, parent)) return
      this.#swap(entry, parent)
    }
  }

  #down(entry: Entry): void {
    for (;;) {
      const left = this.#heap[entry.index * 2 + 1]
      const right = this.#heap[entry.index * 2 + 2]
      const least = left !== undefined && right !== undefined && before(right, left) ? right : left
      if (least === undefined || !before(least, entry)) return
      this.#swap(least, entry)
    }
  }

  #swap(a: Entry, b: Entry): void {
    const at = a.index
    a.index = b.index
    b.index = at
    this.#heap[a.index] = a
    this.#heap[b.index] = b
  }
}

function before(a: Entry, b: Entry): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order)
}
