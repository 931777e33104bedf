// The inside of a thread's small system: as any other, but that what lives elsewhere is reached through the crossing, what it has to
// tell is told to the main side, and what it cannot offer says so.

import type { Address } from '../contracts/address.ts'
import type { DeadLetterReason } from '../contracts/dead-letter.ts'
import type { Endpoint } from '../contracts/endpoint.ts'
import type { Env } from '../contracts/env.ts'
import type { Level, NewEvent } from '../contracts/event.ts'
import { describeCause } from '../contracts/exit-reason.ts'
import type { Logger } from '../contracts/log.ts'
import type { Message } from '../contracts/message.ts'
import type { ReplyTo } from '../contracts/reply.ts'
import type { ServiceKey } from '../contracts/service.ts'
import { takenOver } from '../actor/current-message.ts'
import { ThreadUnsupportedError } from '../errors.ts'
import { undelivered } from '../ref/undelivered.ts'
import { SystemHost } from '../system/system-host.ts'
import { Crossing } from './crossing.ts'
import type { FromThread } from './frame.ts'
import type { InnerHalf } from './inner-half.ts'
import { pack } from './parcel.ts'
import { Settling } from './settling.ts'

/** Logs on the main side. */
function distantLogger(send: (frame: FromThread) => void): Logger {
  const write = (level: Level) => (fields: object, text: string) => {
    try {
      send({ t: 'log', level, fields, text })
    } catch {
      send({ t: 'log', level, fields: readable(fields), text })
    }
  }
  return { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') }
}

/** What can be cloned of a record's fields; the others as text. */
function readable(fields: object): object {
  return Object.fromEntries(
    Object.entries(fields).map(([key, value]) => [
      key,
      ['function', 'object', 'symbol'].includes(typeof value) ? describeCause(value) : value,
    ]),
  )
}

/** The system inside one thread. */
export class ThreadHost extends SystemHost {
  readonly crossing: Crossing
  /** Actors that have their other half outside, by path. */
  readonly halves = new Map<string, InnerHalf>()
  /** Cells that stand for the ancestors of such actors, which live outside. */
  readonly standIns = new Set<Endpoint>()
  readonly #send: (frame: FromThread) => void

  constructor(env: Env, send: (frame: FromThread) => void) {
    super(env, distantLogger(send), undefined)
    this.#send = send
    this.crossing = new Crossing(this, send)
    this.remoting = { endpoint: (address) => this.crossing.endpoint(address) }
  }

  // Whoever listens does so in the main thread.
  override hears(): boolean {
    return true
  }

  override lookup(path: string, uid: number): Endpoint | undefined {
    const outside = this.halves.get(path)?.outside
    if (outside !== undefined && (uid === 0 || uid === outside.address.uid)) return outside
    const found = super.lookup(path, uid)
    if (found !== undefined && !this.standIns.has(found)) return found
    // What lives beneath an actor of this thread lives here, or nowhere.
    for (const above of this.halves.keys()) if (path.startsWith(`${above}/`)) return undefined
    return this.crossing.endpoint({ node: this.identity, path, uid } satisfies Address)
  }

  override deadLetter(message: Message, replyTo: ReplyTo, reason: DeadLetterReason, target: string, cause?: unknown): void {
    this.counters.deadLettered++
    if (replyTo === takenOver && [...this.halves.values()].some((half) => half.hasTold(message))) return
    if (replyTo instanceof Settling && !replyTo.isTaken) {
      replyTo.deadLettered(reason, cause)
      return
    }
    if (replyTo !== null) this.rejectReply(replyTo, undelivered(reason, target, message, cause))
    const why = cause === undefined ? {} : { why: describeCause(cause) }
    try {
      this.#send({ t: 'dead-letter', parcel: pack(message), reason, target, ...why })
    } catch {
      this.#send({ t: 'dead-letter', parcel: { value: { type: describeCause(message?.type) } }, reason, target, ...why })
    }
  }

  override report(level: Level, event: NewEvent, text: string): void {
    // What happens to an actor with an outer half is told there.
    if ('path' in event && this.halves.has(event.path)) return
    this.#send({ t: 'report', level, event, text })
  }

  // --- What a thread cannot offer -------------------------------------------------------------------------------------------

  override get names(): never {
    throw new ThreadUnsupportedError('an actor in a thread', 'ctx.register and ctx.whereis')
  }

  override get groups(): never {
    throw new ThreadUnsupportedError('an actor in a thread', 'ctx.join, ctx.leave and ctx.broadcast')
  }

  override findService(key: unknown): never {
    throw new ThreadUnsupportedError(
      'an actor in a thread',
      `ctx.service, ctx.tenure, ctx.epoch and ctx.guard ('${(key as ServiceKey<unknown>).name}')`,
    )
  }

  override isolated(definition: { readonly name: string }): never {
    throw new ThreadUnsupportedError(
      definition.name,
      'a thread within a thread. If nobody asked for one: the module that a thread loads is run there from the top, so keep definitions in a module of their own',
    )
  }
}
