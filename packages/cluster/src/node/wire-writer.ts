// Packs what goes to one node into frames. An entry that does not fit is refused by itself; what stands in the frame is not touched.

import {
  deadLetterReasons,
  type ExitReason,
  InvalidOptionError,
  isNodeName,
  maxPathLength,
  type NodeIdentity,
} from '@understudy/runtime/spi'
import { arePath, entryHeaderBytes, kinds, outcomes, preambleBytes, type WireError, type WirePlace, wireVersion } from './wire.ts'
import { reasonBytes, textBytes } from './wire-reason.ts'

/**
 * What became of an entry: `full` asks to finish the frame and append again, `too-large` fits into no frame,
 * `invalid` has a path or a number that no node would take.
 */
export type Appended = 'added' | 'full' | 'too-large' | 'invalid'

const keptBytes = 64 * 1024

/** Writes the frames from one life of this node to one life of another, into one growing buffer. */
export class FrameWriter {
  /** Largest frame, in bytes; may be changed when a new connection says so. */
  maxFrameBytes: number
  readonly #headerBytes: number
  #buffer = Buffer.allocUnsafe(1024)
  #length: number

  /** @throws InvalidOptionError when one of the identities is none. */
  constructor(from: NodeIdentity, to: NodeIdentity, maxFrameBytes: number) {
    if (!isNodeName(from.name)) throw new InvalidOptionError('from.name', from.name, 'the name of a node')
    this.maxFrameBytes = maxFrameBytes
    this.#length = this.#buffer.write('US', 'latin1')
    this.#buffer[this.#length++] = wireVersion
    this.#buffer[this.#length++] = 0
    this.#buffer[this.#length++] = from.name.length
    this.#length += this.#buffer.write(from.name, this.#length, 'latin1')
    if (!this.#u64(from.incarnation)) throw new InvalidOptionError('from.incarnation', from.incarnation, 'a revision')
    if (!this.#u64(to.incarnation)) throw new InvalidOptionError('to.incarnation', to.incarnation, 'a revision')
    this.#headerBytes = preambleBytes + 1 + from.name.length + 8 + 8 + 4
    this.#length = this.#headerBytes
  }

  /** Bytes that the frame has now, its header included. */
  get byteLength(): number {
    return this.#length
  }

  get isEmpty(): boolean {
    return this.#length === this.#headerBytes
  }

  tell(to: WirePlace, body: Uint8Array): Appended {
    return this.#entry(kinds.tell, placeBytes(to) + body.length, () => this.#place(to) && this.#bytes(body))
  }

  /** `remainingMs` is rounded up and held between 0 and 2^32 - 1. */
  ask(to: WirePlace, slot: number, remainingMs: number, body: Uint8Array): Appended {
    const ms = Math.ceil(Math.min(Math.max(remainingMs, 0), 0xffffffff))
    return this.#entry(
      kinds.ask,
      placeBytes(to) + 12 + body.length,
      () => this.#place(to) && this.#u64(slot) && this.#u32(ms) && this.#bytes(body),
    )
  }

  reply(slot: number, body: Uint8Array): Appended {
    return this.#entry(kinds.reply, 8 + body.length, () => this.#u64(slot) && this.#bytes(body))
  }

  /** Texts longer than 4096 bytes are cut. */
  replyError(slot: number, error: WireError): Appended {
    const texts = [error.code, error.name, error.message].map(textBytes)
    const size = 10 + texts.reduce((sum, { length }) => sum + 2 + length, 0)
    return this.#entry(kinds.replyError, size, () => {
      if (!this.#u64(slot)) return false
      this.#buffer[this.#length++] = error.outcome === undefined ? 0 : outcomes.indexOf(error.outcome) + 1
      this.#buffer[this.#length++] = error.reason === undefined ? 0 : deadLetterReasons.indexOf(error.reason) + 1
      for (const text of texts) {
        this.#length = this.#buffer.writeUInt16BE(text.length, this.#length)
        this.#bytes(text)
      }
      return true
    })
  }

  watch(target: WirePlace, watcher: WirePlace): Appended {
    return this.#entry(kinds.watch, placeBytes(target) + placeBytes(watcher), () => this.#place(target) && this.#place(watcher))
  }

  unwatch(target: WirePlace, watcher: WirePlace): Appended {
    return this.#entry(kinds.unwatch, placeBytes(target) + placeBytes(watcher), () => this.#place(target) && this.#place(watcher))
  }

  terminated(watcher: WirePlace, subject: WirePlace, reason: ExitReason): Appended {
    const why = reasonBytes(reason)
    const size = placeBytes(watcher) + placeBytes(subject) + why.length
    return this.#entry(kinds.terminated, size, () => this.#place(watcher) && this.#place(subject) && this.#bytes(why))
  }

  stop(target: WirePlace, reason: ExitReason): Appended {
    const why = reasonBytes(reason)
    return this.#entry(kinds.stop, placeBytes(target) + why.length, () => this.#place(target) && this.#bytes(why))
  }

  /** The frame, as bytes of its own, and begins the next one. A frame without entries is fine: it only asks whether anybody is there. */
  finish(sequence: number): Uint8Array {
    this.#buffer.writeUInt32BE(sequence, this.#headerBytes - 4)
    const frame = new Uint8Array(this.#length)
    frame.set(this.#buffer.subarray(0, this.#length))
    if (this.#buffer.length > keptBytes) {
      this.#buffer = Buffer.allocUnsafe(1024)
      this.#buffer.set(frame.subarray(0, this.#headerBytes))
    }
    this.#length = this.#headerBytes
    return frame
  }

  #entry(kind: number, payloadBytes: number, write: () => boolean): Appended {
    const size = entryHeaderBytes + payloadBytes
    const start = this.#length
    if (this.#headerBytes + size > this.maxFrameBytes) return 'too-large'
    if (start + size > this.maxFrameBytes) return 'full'
    if (start + size > this.#buffer.length) this.#grow(start + size)
    this.#buffer[this.#length++] = kind
    this.#u32(payloadBytes)
    if (write()) return 'added'
    this.#length = start
    return 'invalid'
  }

  #grow(needed: number): void {
    const larger = Buffer.allocUnsafe(Math.max(needed, 2 * this.#buffer.length))
    this.#buffer.copy(larger, 0, 0, this.#length)
    this.#buffer = larger
  }

  #place({ path, uid }: WirePlace): boolean {
    if (path.length > maxPathLength) return false
    const start = this.#buffer.writeUInt16BE(path.length, this.#length)
    // As UTF-8 into as many bytes as characters: anything but ASCII leaves bytes that no path has, or bytes unwritten.
    const written = this.#buffer.write(path, start, path.length)
    if (written !== path.length || !arePath(this.#buffer, start, start + written)) return false
    this.#length = start + written
    return this.#u64(uid)
  }

  #u32(value: number): true {
    this.#length = this.#buffer.writeUInt32BE(value, this.#length)
    return true
  }

  #u64(value: number): boolean {
    if (!Number.isSafeInteger(value) || value < 0) return false
    this.#u32(Math.floor(value / 2 ** 32))
    return this.#u32(value % 2 ** 32)
  }

  #bytes(bytes: Uint8Array): true {
    this.#buffer.set(bytes, this.#length)
    this.#length += bytes.length
    return true
  }
}

function placeBytes({ path }: WirePlace): number {
  return 2 + path.length + 8
}
