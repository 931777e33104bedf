// Takes frames apart. They come from outside: every length is checked against what is there before anything is read or made, the whole
// frame is checked before the first entry is handed on, and whatever is wrong with it is an answer, not an exception.

import { deadLetterReasons, isNodeName, maxPathLength } from '@understudy/runtime/spi'
import {
  arePath,
  entryHeaderBytes,
  type FrameHeader,
  type FrameResult,
  type FrameVisitor,
  kinds,
  maxTextBytes,
  outcomes,
  preambleBytes,
  type WirePlace,
  wireVersion,
} from './wire.ts'
import { type ReasonSource, readReason } from './wire-reason.ts'

const noBytes = new Uint8Array(0)
const noPlace: WirePlace = Object.freeze({ path: '', uid: 0 })

/** Checks a frame and, if all of it is good, hands its header and entries to `visitor`. Throws only what the visitor throws. */
export function readFrame(bytes: Uint8Array, visitor: FrameVisitor): FrameResult {
  const reader = new Reader(bytes)
  const header = reader.header()
  const start = reader.at
  let entries = 0
  for (; reader.why === undefined && reader.at < bytes.length; entries++) readEntry(reader, undefined)
  if (header === undefined || reader.why !== undefined)
    return { ok: false, why: `${reader.why} (byte ${reader.failedAt} of ${bytes.length})` }
  if (visitor.header(header)) {
    reader.visit(start)
    for (let i = 0; i < entries; i++) readEntry(reader, visitor)
  }
  return { ok: true, header, entries }
}

/** Reads one entry; without a visitor only checks it. */
function readEntry(reader: Reader, visitor: FrameVisitor | undefined): void {
  const kind = reader.begin()
  switch (kind) {
    case kinds.tell: {
      const to = reader.place()
      const body = reader.rest()
      visitor?.tell(to, body)
      break
    }
    case kinds.ask: {
      const to = reader.place()
      const slot = reader.u64()
      const remainingMs = reader.u32()
      const body = reader.rest()
      visitor?.ask(to, slot, remainingMs, body)
      break
    }
    case kinds.reply: {
      const slot = reader.u64()
      const body = reader.rest()
      visitor?.reply(slot, body)
      break
    }
    case kinds.replyError: {
      const [slot, outcome, reason] = [reader.u64(), reader.choice(outcomes), reader.choice(deadLetterReasons)]
      const [code, name, message] = [reader.text(), reader.text(), reader.text()]
      visitor?.replyError(slot, { code, name, message, ...(outcome !== undefined && { outcome }), ...(reason !== undefined && { reason }) })
      break
    }
    case kinds.watch:
    case kinds.unwatch: {
      const [target, watcher] = [reader.place(), reader.place()]
      if (kind === kinds.watch) visitor?.watch(target, watcher)
      else visitor?.unwatch(target, watcher)
      break
    }
    case kinds.terminated: {
      const [watcher, subject, reason] = [reader.place(), reader.place(), readReason(reader)]
      visitor?.terminated(watcher, subject, reason)
      break
    }
    case kinds.stop: {
      const [target, reason] = [reader.place(), readReason(reader)]
      visitor?.stop(target, reason)
      break
    }
    default:
      reader.fail(`entries of kind ${kind} are unknown`)
  }
  reader.end()
}

/** A cursor that never reads beyond the entry it is in: the first thing wrong is kept in `why`, and from then on it answers zeros. */
class Reader implements ReasonSource {
  at = 0
  why: string | undefined
  failedAt = 0
  readonly #buffer: Buffer
  #limit: number
  // While checking, nothing is made of the bytes.
  #isChecking = true

  constructor(bytes: Uint8Array) {
    this.#buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.#limit = bytes.byteLength
  }

  header(): FrameHeader | undefined {
    if (this.#take(preambleBytes) < 0) return undefined
    if (this.#buffer[0] !== 0x55 || this.#buffer[1] !== 0x53) return this.fail('not a frame')
    if (this.#buffer[2] !== wireVersion) return this.fail(`version ${this.#buffer[2]} of the wire is not ${wireVersion}`)
    if (this.#buffer[3] !== 0) return this.fail(`flags ${this.#buffer[3]} are unknown`)
    const length = this.u8()
    const at = this.#take(length)
    const name = at < 0 ? '' : this.#buffer.toString('latin1', at, at + length)
    const [incarnation, toIncarnation, sequence] = [this.u64(), this.u64(), this.u32()]
    if (this.why !== undefined) return undefined
    return isNodeName(name) ? { from: { name, incarnation }, toIncarnation, sequence } : this.fail('the sender has no proper name')
  }

  /** Goes back to the entries, all of which are known to be good. */
  visit(start: number): void {
    this.#isChecking = false
    this.at = start
  }

  begin(): number {
    this.#limit = this.#buffer.length
    if (this.#limit - this.at < entryHeaderBytes) this.fail('an entry is cut off')
    const kind = this.u8()
    const length = this.u32()
    if (length > this.#limit - this.at) this.fail(`an entry of ${length} bytes is cut off`)
    else this.#limit = this.at + length
    return kind
  }

  end(): void {
    if (this.at !== this.#limit) this.fail(`an entry has ${this.#limit - this.at} bytes too many`)
  }

  u8(): number {
    const at = this.#take(1)
    return at < 0 ? 0 : this.#buffer[at]!
  }

  u32(): number {
    const at = this.#take(4)
    return at < 0 ? 0 : this.#buffer.readUInt32BE(at)
  }

  u64(): number {
    const high = this.u32()
    const value = high * 2 ** 32 + this.u32()
    if (Number.isSafeInteger(value)) return value
    this.fail('a number is too large')
    return 0
  }

  /** One of a list by its number, counted from 1; 0 is none of them. */
  choice<T>(list: readonly T[]): T | undefined {
    const number = this.u8()
    if (number > list.length) this.fail(`choice ${number} is unknown`)
    return list[number - 1]
  }

  text(): string {
    const length = this.#u16()
    if (length > maxTextBytes) this.fail(`a text of ${length} bytes`)
    const at = this.#take(length)
    return at < 0 || this.#isChecking ? '' : this.#buffer.toString('utf8', at, at + length)
  }

  place(): WirePlace {
    const length = this.#u16()
    if (length > maxPathLength) this.fail(`a path of ${length} characters`)
    const at = this.#take(length)
    if (at >= 0 && this.#isChecking && !arePath(this.#buffer, at, at + length)) this.fail('a path is none')
    const uid = this.u64()
    return this.#isChecking ? noPlace : { path: this.#buffer.toString('latin1', at, at + length), uid }
  }

  rest(): Uint8Array {
    const at = this.#take(this.#limit - this.at)
    return at < 0 || this.#isChecking ? noBytes : this.#buffer.subarray(at, this.at)
  }

  fail(why: string): undefined {
    if (this.why !== undefined) return
    this.why = why
    this.failedAt = this.at
  }

  #u16(): number {
    const at = this.#take(2)
    return at < 0 ? 0 : this.#buffer.readUInt16BE(at)
  }

  /** Moves past `length` bytes and answers where they begin; -1 when they are not all there. */
  #take(length: number): number {
    const at = this.at
    if (this.why !== undefined || length > this.#limit - at) {
      this.fail('it is cut off')
      return -1
    }
    this.at = at + length
    return at
  }
}
