// The wire between nodes: what a frame is made of. wire-writer.ts makes frames, wire-reader.ts takes them apart.
//
//   frame   'U' 'S' · version u8 · flags u8 (0) · from: name (u8 length, ASCII), incarnation u64 · to: incarnation u64 · sequence u32 · entry*
//   entry   kind u8 · length u32 · payload
//   tell    place · body                      reply        slot u64 · body
//   ask     place · slot u64 · ms u32 · body  replyError   slot u64 · outcome u8 · reason u8 · code text · name text · message text
//   watch, unwatch   target place · watcher place           terminated   watcher place · subject place · exit reason
//   stop    place · exit reason
//   place   path (u16 length, ASCII) · uid u64              text   u16 length, UTF-8              body   the rest of the payload, opaque here
//
// All numbers are big-endian; u64 stays below 2^53. A frame is taken or refused whole. A change of this format takes two releases: one
// that reads it, one that writes it.

import type { DeadLetterReason, ExitReason, NodeIdentity, Outcome } from '@understudy/runtime/spi'

/** The version of the format written here; the only one read. */
export const wireVersion = 1

/** The kinds of entries. Numbers are for ever. */
export const kinds = Object.freeze({ tell: 1, ask: 2, reply: 3, replyError: 4, watch: 5, unwatch: 6, terminated: 7, stop: 8 })

/** The outcomes of an ask, by their number on the wire counted from 1; 0 is none. */
export const outcomes = ['never-handled', 'maybe-handled', 'handled'] as const satisfies readonly Outcome[]

/** Longest text (an error's message, a shutdown's reason), in bytes; longer ones are cut. */
export const maxTextBytes = 4096
/** Bytes before an entry's payload: kind and length. */
export const entryHeaderBytes = 5
/** Bytes before the sender's name: magic, version and flags. */
export const preambleBytes = 4

/** What stands before the entries of a frame. */
export interface FrameHeader {
  readonly from: NodeIdentity
  /** Which life of the receiving node is meant. */
  readonly toIncarnation: number
  /** Counts the frames of this sender to this receiver: see frame-sequence.ts. */
  readonly sequence: number
}

/** An actor of one of the two nodes of a frame; an Address fits. */
export interface WirePlace {
  readonly path: string
  readonly uid: number
}

/** An error that answers an ask, as data. */
export interface WireError {
  readonly code: string
  readonly name: string
  readonly message: string
  readonly outcome?: Outcome
  readonly reason?: DeadLetterReason
}

/** What a reader calls for each entry of a good frame, in order. Bodies are views of the frame, good until the call returns. */
export interface FrameVisitor {
  /** Comes first; `false` skips the entries: another life was meant, or the frame is a duplicate. */
  header(header: FrameHeader): boolean
  tell(to: WirePlace, body: Uint8Array): void
  /** `remainingMs` is what was left of the asker's deadline when the frame was made. */
  ask(to: WirePlace, slot: number, remainingMs: number, body: Uint8Array): void
  reply(slot: number, body: Uint8Array): void
  replyError(slot: number, error: WireError): void
  /** The watcher lives on the sending node. */
  watch(target: WirePlace, watcher: WirePlace): void
  unwatch(target: WirePlace, watcher: WirePlace): void
  /** The watcher lives on the receiving node, the subject lived on the sending one. */
  terminated(watcher: WirePlace, subject: WirePlace, reason: ExitReason): void
  stop(target: WirePlace, reason: ExitReason): void
}

/** What became of a frame. */
export type FrameResult =
  { readonly ok: true; readonly header: FrameHeader; readonly entries: number } | { readonly ok: false; readonly why: string }

// Bytes that a path consists of besides '/': the characters of actor names.
const inName = new Uint8Array(256)
for (const char of 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.~$@:-') inName[char.charCodeAt(0)] = 1
const slash = 0x2f
const longestName = 128

/** Whether the bytes are a path as `isPath` of the address contract has it, without making a string of them. The whole length is not looked at. */
export function arePath(bytes: Uint8Array, from: number, to: number): boolean {
  if (to - from < 2 || bytes[from] !== slash) return false
  let length = 0
  for (let at = from + 1; at < to; at++) {
    const byte = bytes[at]!
    if (byte === slash) {
      if (length === 0) return false
      length = 0
    } else if (inName[byte] === 0 || ++length > longestName) return false
  }
  return length > 0
}
