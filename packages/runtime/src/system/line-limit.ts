// Ten thousand actors that fail at once are ten thousand log lines, each a write that holds the loop: of each type of event only so many
// lines are written a second, and one that says how many were left out. The event bus carries them all.

import type { Level } from '../contracts/event.ts'

/** Lines of one type in one second. */
const linesPerSecond = 100
const secondMs = 1000

interface Count {
  /** When the present second began. */
  since: number
  lines: number
  leftOut: number
}

/** Says of each line whether it is to be written. */
export class LineLimit {
  readonly #counts = new Map<string, Count>()
  readonly #after: (delayMs: number, callback: () => void) => void
  readonly #write: (level: Level, fields: object, text: string) => void

  constructor(after: (delayMs: number, callback: () => void) => void, write: (level: Level, fields: object, text: string) => void) {
    this.#after = after
    this.#write = write
  }

  /** Whether there is room for a line of this type; one for which there is none is counted, and told of when its second is over. */
  hasRoom(level: Level, type: string, now: number): boolean {
    let count = this.#counts.get(type)
    if (count === undefined) this.#counts.set(type, (count = { since: now, lines: 0, leftOut: 0 }))
    if (now - count.since >= secondMs && count.leftOut === 0) {
      count.since = now
      count.lines = 0
    }
    if (count.lines < linesPerSecond) return true
    if (count.leftOut++ === 0) this.#after(secondMs, () => this.#tell(level, type, count))
    return false
  }

  /** A line for which there was room has been written. */
  wrote(type: string): void {
    this.#counts.get(type)!.lines++
  }

  #tell(level: Level, type: string, count: Count): void {
    const { leftOut } = count
    count.leftOut = count.lines = 0
    count.since = Number.NEGATIVE_INFINITY
    this.#write(level, { event: type, leftOut }, `${leftOut} more lines of this kind (${type}) were left out`)
  }
}
