// What a cell needs of its system, and what it is told. Generic in the cell, so that neither file needs the other.

import type { Address } from '../contracts/address.ts'
import type { Signal } from '../contracts/endpoint.ts'
import type { Level, NewEvent } from '../contracts/event.ts'
import type { ExitReason } from '../contracts/exit-reason.ts'
import type { Failure } from '../contracts/failure.ts'
import type { Host } from '../contracts/host.ts'
import type { Message } from '../contracts/message.ts'
import type { ReplyTo } from '../contracts/reply.ts'
import type { Directory } from './directory.ts'
import type { Ending } from './ending.ts'
import type { Linked } from './links.ts'

/** Signals a cell gets from its own children and its own timers, besides those any endpoint understands. */
export type CellSignalOf<C> =
  | Signal
  | { readonly type: 'child-started'; readonly child: C; readonly incarnation: number }
  | { readonly type: 'child-down'; readonly child: C; readonly incarnation: number; readonly reason: ExitReason }
  | { readonly type: 'child-removed'; readonly child: C }
  /** A linked actor is over (`from`), or somebody wants this one to end (no `from`). */
  | { readonly type: 'exit'; readonly from: Linked | undefined; readonly address: Address; readonly reason: ExitReason }
  | { readonly type: 'call'; readonly incarnation: number; readonly callback: () => void }

/** What a cell needs of its system beyond what every Host offers. */
export interface HomeOf<C> extends Host, Directory {
  readonly dispatcher: { schedule(cell: C): void }
  /** Birth, failure and death: `life.ts`, chosen by the composition root. */
  readonly life: LifeCycle<C>
  /** Whether anybody listens to events: what nobody hears need not be told. */
  hears(level: Level, type: NewEvent['type']): boolean
  nextUid(): number
  /** Makes a cell without a given name findable by its uid, once its address has been handed out. */
  publish(cell: C): void
  unpublish(cell: C): void
  /** The root cell is gone: the system has stopped. */
  rootStopped(): void
}

/** What happens to a cell besides messages. */
export interface LifeCycle<C> {
  start(cell: C): void
  fail(cell: C, cause: unknown, phase: Failure['phase'], message: Message | undefined, replyTo: ReplyTo): void
  stop(cell: C): void
  end(cell: C, reason: ExitReason, then: Ending['then']): void
  settleEnding(cell: C): void
  handleSignal(cell: C, signal: CellSignalOf<C>): void
}
