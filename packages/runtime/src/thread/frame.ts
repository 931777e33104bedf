// What the two sides of a thread say to each other.

import type { Level, NewEvent } from '../contracts/event.ts'
import type { Failure } from '../contracts/failure.ts'
import type { DeadLetterReason } from '../contracts/dead-letter.ts'
import type { Parcel } from './parcel.ts'
import type { PortableCause, PortableReason } from './portable.ts'
import type { Window } from './slots.ts'

/** What a machine has come to; absent when it was none, or this cannot be cloned. */
interface Output {
  readonly output?: Parcel
}

/** What either side may say: messages, replies, watches and stops, by address. */
export type CrossingFrame =
  | { readonly t: 'message'; readonly to: string; readonly parcel: Parcel; readonly ask?: number; readonly leftMs?: number }
  | { readonly t: 'reply'; readonly ask: number; readonly parcel?: Parcel; readonly error?: PortableCause }
  | { readonly t: 'stop'; readonly to: string; readonly reason: PortableReason }
  | { readonly t: 'watch'; readonly id: number; readonly to: string }
  | { readonly t: 'unwatch'; readonly id: number }
  | ({ readonly t: 'gone'; readonly id: number; readonly reason: PortableReason } & Output)

/** One message for the inner half of an actor: its slot and number, and how long its asker waits (absent: nobody asks). */
export type Item = readonly [slot: number, number: number, parcel: Parcel, leftMs?: number]

/** What the main side says. `id` is one incarnation of one actor. */
export type ToThread =
  | CrossingFrame
  | {
      readonly t: 'start'
      readonly id: number
      /** The actor's address, as everybody knows it. */
      readonly address: string
      readonly module: string
      readonly name: string
      readonly input: Parcel
      readonly window: Window
      readonly incarnation: number
    }
  | { readonly t: 'messages'; readonly id: number; readonly items: readonly Item[] }
  | { readonly t: 'resume'; readonly id: number }
  /** What was not begun has been taken back, and comes again after what was stashed. */
  | { readonly t: 'unstashed'; readonly id: number }
  | { readonly t: 'end'; readonly id: number; readonly reason: PortableReason; readonly isRestart: boolean }
  | { readonly t: 'kill'; readonly id: number }
  | { readonly t: 'ping' }

/** How the handling of one message ended. */
export type Settled =
  /** Handled; `parcel` is the answer, if one is wanted. */
  | { readonly how: 'handled'; readonly parcel?: Parcel }
  /** Handled, and the answer cannot be cloned. */
  | { readonly how: 'unanswerable'; readonly why: string }
  /** Handled, and the answer comes later. */
  | { readonly how: 'owed' }
  /** `isOwed`: the answer may still come. */
  | { readonly how: 'failed'; readonly cause: PortableCause; readonly isOwed: boolean }
  | { readonly how: 'refused'; readonly reason: DeadLetterReason; readonly why: string | undefined }
  | { readonly how: 'stashed' }

/** What the thread says. */
export type FromThread =
  | CrossingFrame
  | { readonly t: 'ready' }
  | { readonly t: 'pong' }
  /** Its module is there; it is about to start. */
  | { readonly t: 'loaded'; readonly id: number }
  | { readonly t: 'started'; readonly id: number }
  | { readonly t: 'start-failed'; readonly id: number; readonly cause: PortableCause }
  /** Handled, all of them, with nothing to answer. */
  | { readonly t: 'handled'; readonly id: number; readonly numbers: readonly number[] }
  | { readonly t: 'settled'; readonly id: number; readonly number: number; readonly settled: Settled }
  /** An answer that was owed. */
  | { readonly t: 'answer'; readonly id: number; readonly number: number; readonly parcel?: Parcel; readonly error?: PortableCause }
  | { readonly t: 'unstash'; readonly id: number }
  /** It failed, otherwise than by a message from outside. */
  | { readonly t: 'down'; readonly id: number; readonly phase: Failure['phase']; readonly cause: PortableCause }
  /** It wants to end. */
  | ({ readonly t: 'exit'; readonly id: number; readonly reason: PortableReason } & Output)
  | { readonly t: 'ended'; readonly id: number }
  | { readonly t: 'log'; readonly level: Level; readonly fields: object; readonly text: string }
  | { readonly t: 'report'; readonly level: Level; readonly event: NewEvent; readonly text: string }
  | {
      readonly t: 'dead-letter'
      readonly parcel: Parcel
      readonly reason: DeadLetterReason
      readonly target: string
      readonly why?: string
    }
