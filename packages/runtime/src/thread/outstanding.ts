// The messages of one incarnation that are with its thread, on their way there, or put aside by it. The outer half keeps them all:
// the thread only has copies.

import type { Reentrancy } from '../contracts/handling.ts'
import type { Message } from '../contracts/message.ts'
import type { ReplyTo } from '../contracts/reply.ts'
import type { InFlight } from '../actor/in-flight.ts'
import { markSent, numberAfter, openWindow, type Progress, progress, recall, type Window, windowSize } from './slots.ts'

/** One of them. */
export interface Entry extends InFlight {
  readonly message: Message
  readonly number: number
  /** Its place in the window; undefined while it is not with the thread. */
  slot: number | undefined
  isAside: boolean
  /** When it was first seen to have been begun. */
  begunAt: number | undefined
}

/** All of them, oldest first. */
export class Outstanding {
  readonly window: Window = openWindow()
  readonly #free = Array.from({ length: windowSize }, (_, slot) => slot)
  readonly #entries = new Map<number, Entry>()
  #aside: Entry[] = []
  #outgoing: Entry[] = []
  #lastNumber = 0

  /** Puts a message among those to be sent. */
  add(message: Message, replyTo: ReplyTo): Entry {
    this.#lastNumber = numberAfter(this.#lastNumber)
    const entry: Entry = { message, replyTo, number: this.#lastNumber, slot: undefined, isAside: false, begunAt: undefined }
    this.#entries.set(entry.number, entry)
    this.#outgoing.push(entry)
    return entry
  }

  find(number: number): Entry | undefined {
    return this.#entries.get(number)
  }

  get size(): number {
    return this.#entries.size
  }

  /** Whether the thread may get no more for now. What it has put aside does not count. */
  get isFull(): boolean {
    return this.#entries.size - this.#aside.length >= windowSize
  }

  /** How many are to be sent. */
  get outgoing(): number {
    return this.#outgoing.length
  }

  takeOutgoing(): readonly Entry[] {
    const taken = this.#outgoing
    this.#outgoing = []
    return taken
  }

  /** Gives an entry its slot; answers which. */
  send(entry: Entry): number {
    const slot = this.#free.pop()!
    entry.slot = slot
    markSent(this.window, slot, entry.number)
    return slot
  }

  /** The thread has put it aside: it waits here, and not in the window. */
  putAside(entry: Entry): void {
    this.#release(entry)
    entry.isAside = true
    this.#aside.push(entry)
  }

  /** Takes an entry out; false when it was out before. */
  delete(entry: Entry): boolean {
    this.#release(entry)
    return this.#entries.delete(entry.number)
  }

  /** Takes back what has not been begun, in the order in which it is to come again: put aside (if that, too), sent, still to be sent. */
  takeBack(andAside: boolean): readonly Entry[] {
    const back = andAside ? [...this.#aside] : []
    for (const entry of this.#entries.values()) {
      if (!entry.isAside && (entry.slot === undefined || recall(this.window, entry.slot, entry.number))) back.push(entry)
    }
    if (andAside) this.#aside = []
    this.#outgoing = []
    return back
  }

  /** Those in the window that have come so far. */
  at(wanted: Progress): readonly Entry[] {
    return [...this.#entries.values()].filter(({ slot, number }) => slot !== undefined && progress(this.window, slot, number) === wanted)
  }

  /** The one in hand for longest, and since when it has been seen there; reentrant ones may take their time. */
  inHand(now: number, reentrant: Reentrancy | undefined): { readonly message: Message; readonly since: number } | undefined {
    let longest: { message: Message; since: number } | undefined
    for (const entry of this.at('begun')) {
      const { message } = entry
      if (reentrant !== undefined && (reentrant.types === true || reentrant.types.has(message.type))) continue
      entry.begunAt ??= now
      if (longest === undefined || entry.begunAt < longest.since) longest = { message, since: entry.begunAt }
    }
    return longest
  }

  /** The main loop itself stood still for so long: nobody else is to blame for that. */
  forgive(ms: number): void {
    for (const entry of this.at('begun')) if (entry.begunAt !== undefined) entry.begunAt += ms
  }

  clear(): void {
    this.#entries.clear()
  }

  #release(entry: Entry): void {
    if (entry.slot !== undefined) this.#free.push(entry.slot)
    entry.slot = undefined
  }
}
