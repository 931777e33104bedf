// An actor's own timers: keyed, bound to its incarnation. A cancelled timer's message does not arrive any more, not even when it
// already waits in the mailbox: such messages carry their timer where others carry a reply address.

import type { TimerHandle } from '../contracts/env.ts'
import type { Host } from '../contracts/host.ts'
import type { Message } from '../contracts/message.ts'
import type { ReplyPort } from '../contracts/reply.ts'
import { InvalidOptionError } from '../errors.ts'

/** Stands in a timer message's reply slot: nobody awaits an answer, but the timer may have been cancelled. */
export class TimerTag implements ReplyPort {
  cancelled = false
  handle: TimerHandle | undefined
  /** What a fixed-delay timer does once its message is out of the way. */
  again: (() => void) | undefined
  /** The key of a one-shot timer, to be forgotten once its message is handled; undefined for a repeating one. */
  readonly onceKey: string | undefined
  readonly #timers: ActorTimers

  constructor(timers: ActorTimers, onceKey?: string) {
    this.#timers = timers
    this.onceKey = onceKey
  }
  /** Its message was handled. */
  resolve(): void {
    this.again?.()
  }
  /** Its message became a dead letter: it will not be delivered any more. */
  reject(): void {
    this.#timers.delivered(this)
    this.again?.()
  }
}

/** Whose timers they are. */
interface Owner {
  readonly host: Pick<Host, 'after' | 'cancel' | 'counters' | 'env'>
  /** Messages that wait or are being handled. */
  readonly outstanding: number
  post(message: Message, replyTo: ReplyPort): void
}

/** The message that is sent when nothing else comes. */
interface ReceiveTimeout {
  readonly tag: TimerTag
  readonly ms: number
  readonly message: Message
  /** When something was last handled. */
  last: number
}

/** The timers of one cell; created with the first one. */
export class ActorTimers {
  readonly #cell: Owner
  readonly #tags = new Map<string, TimerTag>()
  #idle: ReceiveTimeout | undefined

  constructor(cell: Owner) {
    this.#cell = cell
  }

  after(key: string, delayMs: number, message: Message): void {
    check('delayMs', delayMs)
    const tag = this.#replace(key, new TimerTag(this, key))
    tag.handle = this.#cell.host.after(delayMs, () => {
      tag.handle = undefined
      this.#fire(tag, message)
    })
  }

  /** Fixed rate: beat n is due at start + n × interval; beats missed meanwhile are skipped, not made up for. */
  every(key: string, intervalMs: number, message: Message): void {
    check('intervalMs', intervalMs)
    const tag = this.#replace(key, new TimerTag(this))
    const { host } = this.#cell
    const started = host.env.now()
    let beat = 0
    const next = (): void => {
      const now = host.env.now()
      beat = Math.max(beat + 1, Math.ceil((now - started + 0.5) / intervalMs))
      tag.handle = host.after(started + beat * intervalMs - now, () => {
        this.#fire(tag, message)
        // A listener of the bus may have cancelled it on the way.
        if (!tag.cancelled) next()
      })
    }
    next()
  }

  /** Fixed delay: the next one is due `delayMs` after the last one was handled, its promise included. */
  repeat(key: string, delayMs: number, message: Message): void {
    check('repeat.delayMs', delayMs)
    const tag = this.#replace(key, new TimerTag(this))
    const next = (): void => {
      if (tag.cancelled) return
      tag.handle = this.#cell.host.after(delayMs, () => {
        tag.handle = undefined
        this.#fire(tag, message)
      })
    }
    tag.again = next
    next()
  }

  cancel(key: string): void {
    const tag = this.#tags.get(key)
    if (tag === undefined) return
    this.#tags.delete(key)
    this.#cancel(tag)
  }

  /** Sends `message` whenever nothing was handled for `ms`. Replaces the one before. */
  setReceiveTimeout(ms: number, message: Message): void {
    check('ms', ms)
    this.cancelReceiveTimeout()
    const idle: ReceiveTimeout = { tag: new TimerTag(this), ms, message, last: this.#cell.host.env.now() }
    this.#idle = idle
    this.#awaitSilence(idle, ms)
  }

  cancelReceiveTimeout(): void {
    if (this.#idle !== undefined) this.#cancel(this.#idle.tag)
    this.#idle = undefined
  }

  /** Something was handled. Reads the clock only; the timer finds out when it fires, so that busy actors move no timers. */
  touched(): void {
    if (this.#idle !== undefined) this.#idle.last = this.#cell.host.env.now()
  }

  #awaitSilence(idle: ReceiveTimeout, ms: number): void {
    const { host } = this.#cell
    idle.tag.handle = host.after(ms, () => {
      const quietMs = this.#cell.outstanding > 0 ? 0 : host.env.now() - idle.last
      if (quietMs < idle.ms) {
        this.#awaitSilence(idle, idle.ms - quietMs)
        return
      }
      this.#awaitSilence(idle, idle.ms)
      this.#fire(idle.tag, idle.message)
    })
  }

  cancelAll(): void {
    this.cancelReceiveTimeout()
    for (const tag of this.#tags.values()) this.#cancel(tag)
    this.#tags.clear()
  }

  /** Timers that are set, or whose message waits. */
  get size(): number {
    return this.#tags.size
  }

  /** The message of a timer has left the mailbox. */
  delivered(tag: TimerTag): void {
    if (tag.onceKey !== undefined && this.#tags.get(tag.onceKey) === tag) this.#tags.delete(tag.onceKey)
  }

  #replace(key: string, tag: TimerTag): TimerTag {
    this.cancel(key)
    this.#tags.set(key, tag)
    return tag
  }

  #cancel(tag: TimerTag): void {
    tag.cancelled = true
    if (tag.handle !== undefined) this.#cell.host.cancel(tag.handle)
    tag.handle = undefined
  }

  #fire(tag: TimerTag, message: Message): void {
    this.#cell.host.counters.sent++
    this.#cell.post(message, tag)
  }
}

function check(field: string, ms: number): void {
  if (!(ms >= 0 && Number.isFinite(ms))) throw new InvalidOptionError(field, ms, 'a finite number of milliseconds, 0 or more')
  if (field !== 'delayMs' && ms === 0) throw new InvalidOptionError(field, ms, 'more than 0 milliseconds')
}
