// What happens in a system and is worth knowing: each event is one entry on the event bus and, but for dead letters, one log line.

import type { NodeIdentity } from './address.ts'
import type { DeadLetter } from './dead-letter.ts'

/** Everything that the event bus carries. `at` is monotonic time in milliseconds. */
export type SystemEvent = { readonly at: number } & (
  | {
      readonly type: 'actor.failed'
      readonly path: string
      readonly incarnation: number
      readonly phase: string
      readonly cause: string
      /** Of the message it was handling, when there was one. */
      readonly messageType?: string
    }
  | { readonly type: 'actor.backoff'; readonly path: string; readonly attempt: number; readonly delayMs: number }
  | { readonly type: 'actor.restarted'; readonly path: string; readonly incarnation: number; readonly attempt: number }
  | { readonly type: 'actor.stopped'; readonly path: string; readonly reason: string }
  | {
      /** In one message, or silent, for `ms`; `terminated` with its thread, or only told of. */
      readonly type: 'actor.hung'
      readonly path: string
      /** On the main loop. */
      readonly incarnation?: number
      /** Where it was in a message: else in its signals, or nobody knows. */
      readonly messageType?: string
      readonly ms: number
      readonly terminated: boolean
    }
  /** Nothing ran for `ms`, for which no `actor.hung` gives the reason. */
  | { readonly type: 'loop.blocked'; readonly ms: number }
  | {
      readonly type: 'supervisor.gave-up'
      readonly path: string
      readonly child: string
      readonly restarts: number
      readonly withinMs: number
    }
  /** Restarts have to wait for the node's budget; `path` is the first supervisor of whom one does. */
  | { readonly type: 'storm.began'; readonly path: string; readonly perSecond: number; readonly burst: number }
  | { readonly type: 'storm.over'; readonly held: number; readonly lastedMs: number }
  | { readonly type: 'recovery.replaced'; readonly path: string; readonly machine: string; readonly cause: string }
  | {
      readonly type: 'recovery.moved'
      readonly path: string
      readonly machine: string
      readonly from: string
      readonly to: string
      /** What the machine was told. */
      readonly event: string
      /** What it ordered. */
      readonly commands: readonly string[]
      readonly why: string
    }
  /** It goes on where the process before has left it. */
  | { readonly type: 'recovery.revived'; readonly path: string; readonly machine: string; readonly state: string }
  /** It could not be written, or not be read: the next process begins in health, or this one has. */
  | { readonly type: 'recovery.not-kept'; readonly path: string; readonly cause: string }
  | { readonly type: 'recovery.failed'; readonly path: string; readonly command: string; readonly cause: string }
  | { readonly type: 'actor.parked'; readonly path: string; readonly attempt: number; readonly why: string }
  | { readonly type: 'stray.late'; readonly path: string; readonly incarnation: number; readonly cause: string }
  | { readonly type: 'stray.unattributed'; readonly cause: string }
  | { readonly type: 'dead-letter'; readonly letter: DeadLetter }
  | {
      readonly type: 'shutdown.phase'
      readonly name: string
      readonly outcome: 'done' | 'failed' | 'timed-out'
      readonly tookMs: number
    }
  /** The recovery of the child at `path` wants a new process: this one leaves and ends, or whoever was named decides. */
  | { readonly type: 'node.restarting'; readonly path: string }
  | { readonly type: 'node.up'; readonly node: NodeIdentity }
  | { readonly type: 'node.suspect'; readonly node: NodeIdentity; readonly why: string }
  | { readonly type: 'node.trusted'; readonly node: NodeIdentity }
  | { readonly type: 'node.down'; readonly node: NodeIdentity; readonly why: string }
  | { readonly type: 'node.left'; readonly node: NodeIdentity }
  | { readonly type: 'node.joined'; readonly node: NodeIdentity }
  | { readonly type: 'node.displaced'; readonly node: NodeIdentity; readonly why: string }
  | { readonly type: 'link.lost'; readonly why: string }
  | { readonly type: 'link.restored'; readonly downMs: number }
  | { readonly type: 'frames.lost'; readonly from: NodeIdentity; readonly missing: number }
  | { readonly type: 'frame.refused'; readonly why: string; readonly bytes: number }
  | { readonly type: 'singleton.leading'; readonly name: string; readonly epoch: number; readonly takeoverMs: number }
  | { readonly type: 'singleton.followed'; readonly name: string; readonly epoch: number; readonly owner: NodeIdentity }
  | { readonly type: 'singleton.lost'; readonly name: string; readonly epoch: number; readonly why: string }
  | { readonly type: 'singleton.fenced'; readonly name: string; readonly epoch: number; readonly why: string }
)

type WithoutTime<E> = E extends unknown ? Omit<E, 'at'> : never

/** An event before it is put on the bus, which adds the time. */
export type NewEvent = WithoutTime<SystemEvent>

/** How loud an event is in the log. */
export type Level = 'debug' | 'info' | 'warn' | 'error'

/** The events of one type. */
export type EventOf<T extends SystemEvent['type']> = Extract<SystemEvent, { readonly type: T }>
