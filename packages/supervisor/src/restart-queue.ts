// The restarts that wait for the node's budget. Each ripens at its own time; the ripe ones go supervisor by supervisor, in turn, so that one
// with ten thousand failed children does not keep one with a single child waiting, and each supervisor's in the order of ripening.

/** A restart that waits. */
export interface HeldRestart {
  /** The path of its supervisor, among which turns are taken. */
  readonly supervisor: string
  /** Who is to be restarted. */
  readonly who: unknown
  /** Its start is asynchronous, as far as is known: only so many of those are under way at a time. */
  readonly isAsync: boolean
}

interface Entry<T> {
  readonly restart: T
  readonly ripeAt: number
  /** Breaks ties: what ripens together goes in order of arrival. */
  readonly order: number
  next: Entry<T> | undefined
}

interface Lane<T> {
  first: Entry<T>
  last: Entry<T>
}

/** A queue with an unripe part and, for either kind of start, a ring of supervisors. All steps cost O(log n) at most. */
export class RestartQueue<T extends HeldRestart> {
  /** By restart; whoever is no longer here has been withdrawn or has gone, and is skipped where it still stands. */
  readonly #entries = new Map<T, Entry<T>>()
  readonly #unripe: Entry<T>[] = []
  readonly #sync = new Map<string, Lane<T>>()
  readonly #async = new Map<string, Lane<T>>()
  #asyncCount = 0
  #asyncsTurn = false
  #orders = 0

  get size(): number {
    return this.#entries.size
  }

  /** When the next one ripens. */
  get ripeAt(): number {
    return this.#unripe[0]?.ripeAt ?? Number.POSITIVE_INFINITY
  }

  /** How many of one kind wait. */
  count(isAsync: boolean): number {
    return isAsync ? this.#asyncCount : this.size - this.#asyncCount
  }

  add(restart: T, ripeAt: number): void {
    const entry = { restart, ripeAt, order: this.#orders++, next: undefined }
    this.#entries.set(restart, entry)
    if (restart.isAsync) this.#asyncCount++
    push(this.#unripe, entry)
  }

  /** Takes one out; one that is not here is left alone. */
  withdraw(restart: T): void {
    if (this.#entries.delete(restart) && restart.isAsync) this.#asyncCount--
  }

  /** Moves those whose time has come to the lanes of their supervisors. */
  ripen(now: number): void {
    while (this.ripeAt <= now) {
      const entry = pop(this.#unripe)
      const { supervisor, isAsync } = entry.restart
      const ring = isAsync ? this.#async : this.#sync
      const lane = ring.get(supervisor)
      if (lane === undefined) ring.set(supervisor, { first: entry, last: entry })
      else lane.last = lane.last.next = entry
    }
  }

  /** Whether `next` would find one. */
  isReady(takesAsync: boolean): boolean {
    return this.#trim(this.#sync) || (takesAsync && this.#trim(this.#async))
  }

  /** Takes the ripe one whose turn it is, the kinds by turns; undefined when there is none. */
  next(takesAsync: boolean): T | undefined {
    const sync = this.#trim(this.#sync)
    const isAsync = takesAsync && this.#trim(this.#async) && (this.#asyncsTurn || !sync)
    if (!isAsync && !sync) return undefined
    this.#asyncsTurn = !isAsync
    const ring = isAsync ? this.#async : this.#sync
    const [[supervisor, lane]] = ring as unknown as [[string, Lane<T>]]
    const { restart } = lane.first
    this.withdraw(restart)
    ring.delete(supervisor)
    // Its supervisor is last in the ring now.
    if (lane.first.next !== undefined) ring.set(supervisor, { first: lane.first.next, last: lane.last })
    return restart
  }

  /** Drops what was withdrawn from the front of a ring; whether anybody is left there. */
  #trim(ring: Map<string, Lane<T>>): boolean {
    for (const [supervisor, lane] of ring) {
      let first: Entry<T> | undefined = lane.first
      while (first !== undefined && this.#entries.get(first.restart) !== first) first = first.next
      if (first === undefined) ring.delete(supervisor)
      else {
        lane.first = first
        return true
      }
    }
    return false
  }
}

// A binary heap by ripening.

function push<T>(heap: Entry<T>[], entry: Entry<T>): void {
  let at = heap.push(entry) - 1
  while (at > 0) {
    const parent = (at - 1) >> 1
    if (!isBefore(entry, heap[parent]!)) break
    heap[at] = heap[parent]!
    at = parent
  }
  heap[at] = entry
}

function pop<T>(heap: Entry<T>[]): Entry<T> {
  const top = heap[0]!
  const last = heap.pop()!
  if (last === top) return top
  let at = 0
  for (let child = 1; child < heap.length; child = at * 2 + 1) {
    const right = heap[child + 1]
    if (right !== undefined && isBefore(right, heap[child]!)) child++
    if (!isBefore(heap[child]!, last)) break
    heap[at] = heap[child]!
    at = child
  }
  heap[at] = last
  return top
}

function isBefore<T>(a: Entry<T>, b: Entry<T>): boolean {
  return a.ripeAt < b.ripeAt || (a.ripeAt === b.ripeAt && a.order < b.order)
}
