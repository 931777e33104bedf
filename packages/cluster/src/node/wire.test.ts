import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { deadLetterReasons, type ExitReason, isPath, type NodeIdentity } from '@understudy/runtime/spi'
import { arePath, type FrameVisitor, maxTextBytes, outcomes, type WireError, type WirePlace } from './wire.ts'
import { readFrame } from './wire-reader.ts'
import { type Appended, FrameWriter } from './wire-writer.ts'

const mebibyte = 1024 * 1024
const from: NodeIdentity = { name: 'node-1', incarnation: 41 }
const to: NodeIdentity = { name: 'node-2', incarnation: 2 ** 40 }
const newWriter = (maxFrameBytes = mebibyte) => new FrameWriter(from, to, maxFrameBytes)
const bytes = (...values: number[]) => Uint8Array.from(values)
const at = (path: string, uid = 0): WirePlace => ({ path, uid })

type Call = [kind: string, ...args: unknown[]]
const kindNames = ['tell', 'ask', 'reply', 'replyError', 'watch', 'unwatch', 'terminated', 'stop']
function read(frame: Uint8Array) {
  const calls: Call[] = []
  const record =
    (kind: string) =>
    (...args: unknown[]) =>
      void calls.push([kind, ...args.map((arg) => (arg instanceof Uint8Array ? [...arg] : arg))])
  const visitor = { ...Object.fromEntries(kindNames.map((kind) => [kind, record(kind)])), header: () => true } as unknown as FrameVisitor
  return { result: readFrame(frame, visitor), calls }
}

const path = fc.array(fc.stringMatching(/^[A-Za-z0-9_.~$@:-]{1,12}$/), { minLength: 1, maxLength: 4 }).map((names) => `/${names.join('/')}`)
const number = fc.oneof(fc.maxSafeNat(), fc.constantFrom(0, Number.MAX_SAFE_INTEGER, 2 ** 32 - 1, 2 ** 32))
const u32 = fc.integer({ min: 0, max: 2 ** 32 - 1 })
const place = fc.record({ path, uid: number })
const body = fc.uint8Array({ maxLength: 300 })
const text = fc.string({ unit: 'grapheme', maxLength: 40 })
const failure = fc.record({
  cause: text,
  phase: fc.constantFrom('starting' as const, 'handling' as const, 'stopping' as const, 'signal' as const),
  incarnation: u32,
  attempt: u32,
})
const reason: fc.Arbitrary<ExitReason> = fc.oneof(
  fc.constantFrom('normal' as const, 'shutdown' as const, 'killed' as const, 'node-down' as const),
  fc.record({ shutdown: text }),
  failure,
)
const wireError: fc.Arbitrary<WireError> = fc.record(
  { code: text, name: text, message: text, outcome: fc.constantFrom(...outcomes), reason: fc.constantFrom(...deadLetterReasons) },
  { requiredKeys: ['code', 'name', 'message'], noNullPrototype: true },
)
type Append = { readonly call: Call; readonly append: (writer: FrameWriter) => Appended }
const append: fc.Arbitrary<Append> = fc.oneof(
  fc.tuple(place, body).map(([p, b]): Append => ({ call: ['tell', p, [...b]], append: (w) => w.tell(p, b) })),
  fc
    .tuple(place, number, u32, body)
    .map(([p, slot, ms, b]): Append => ({ call: ['ask', p, slot, ms, [...b]], append: (w) => w.ask(p, slot, ms, b) })),
  fc.tuple(number, body).map(([slot, b]): Append => ({ call: ['reply', slot, [...b]], append: (w) => w.reply(slot, b) })),
  fc.tuple(number, wireError).map(([slot, e]): Append => ({ call: ['replyError', slot, e], append: (w) => w.replyError(slot, e) })),
  fc.tuple(place, place).map(([a, b]): Append => ({ call: ['watch', a, b], append: (w) => w.watch(a, b) })),
  fc.tuple(place, place).map(([a, b]): Append => ({ call: ['unwatch', a, b], append: (w) => w.unwatch(a, b) })),
  fc
    .tuple(place, place, reason)
    .map(([a, b, why]): Append => ({ call: ['terminated', a, b, why], append: (w) => w.terminated(a, b, why) })),
  fc.tuple(place, reason).map(([p, why]): Append => ({ call: ['stop', p, why], append: (w) => w.stop(p, why) })),
)
const identity = fc.record({ name: fc.stringMatching(/^[A-Za-z0-9_-]{1,64}$/), incarnation: number })

describe('frames', () => {
  it('carry any entries, in order, and any header, frame after frame from one writer', () => {
    fc.assert(
      fc.property(
        identity,
        identity,
        fc.array(fc.tuple(u32, fc.array(append, { maxLength: 12 })), { maxLength: 3 }),
        (sender, receiver, frames) => {
          const writer = new FrameWriter(sender, receiver, mebibyte)
          for (const [sequence, entries] of frames) {
            expect(writer.isEmpty).toBe(true)
            for (const { append: add } of entries) expect(add(writer)).toBe('added')
            const { byteLength } = writer
            const frame = writer.finish(sequence)
            expect(frame.length).toBe(byteLength)
            const { result, calls } = read(frame)
            expect(result).toEqual({
              ok: true,
              header: { from: sender, toIncarnation: receiver.incarnation, sequence },
              entries: entries.length,
            })
            expect(calls).toEqual(entries.map(({ call }) => call))
          }
        },
      ),
    )
  })

  it('have bytes of their own: what is written next does not change them', () => {
    const writer = newWriter()
    writer.tell(at('/a'), bytes(1))
    const first = writer.finish(0)
    const copy = first.slice()
    writer.tell(at('/b'), bytes(2, 2))
    writer.finish(1)
    expect(first).toEqual(copy)
  })

  it('grow to what they must hold, and work the same after a large one', () => {
    const writer = newWriter()
    const large = new Uint8Array(900_000).fill(3)
    expect(writer.tell(at('/a'), large)).toBe('added')
    expect(read(writer.finish(0)).calls[0]![2]).toHaveLength(large.length)
    writer.tell(at('/a'), bytes(1))
    expect(read(writer.finish(1))).toEqual({
      result: { ok: true, header: { from, toIncarnation: to.incarnation, sequence: 1 }, entries: 1 },
      calls: [['tell', at('/a'), [1]]],
    })
  })

  it('are never larger than they may be: an entry is refused as full, or as too large for any frame', () => {
    const writer = newWriter(200)
    expect(writer.tell(at('/a'), new Uint8Array(100))).toBe('added')
    expect(writer.tell(at('/a'), new Uint8Array(100))).toBe('full')
    expect(writer.tell(at('/a'), new Uint8Array(200))).toBe('too-large')
    expect(writer.reply(1, bytes(7))).toBe('added')
    expect(read(writer.finish(0)).calls.map(([kind]) => kind)).toEqual(['tell', 'reply'])
    expect(writer.tell(at('/a'), new Uint8Array(100))).toBe('added')
    let most = 0
    while (newWriter(200).tell(at('/a'), new Uint8Array(most + 1)) === 'added') most++
    writer.finish(1)
    writer.tell(at('/a'), new Uint8Array(most))
    expect(writer.finish(2)).toHaveLength(200)
  })

  it('hold an ask to whole milliseconds, never to a negative or endless time', () => {
    const writer = newWriter()
    for (const ms of [0.2, -5, Infinity]) writer.ask(at('/a'), 1, ms, bytes())
    expect(read(writer.finish(0)).calls.map((call) => call[3])).toEqual([1, 0, 2 ** 32 - 1])
  })

  it('carry of a failure what can be understood elsewhere', () => {
    const writer = newWriter()
    const cause = Object.assign(new RangeError('too far'), { code: 'E_FAR' })
    const shared = { phase: 'handling', incarnation: 2, attempt: 3 } as const
    writer.stop(at('/a'), { cause, message: { type: 'secret' }, ...shared })
    const unprintable = Object.create(null) as unknown
    writer.stop(at('/a'), { cause: unprintable, ...shared })
    const [[, , first], [, , second]] = read(writer.finish(0)).calls as [Call, Call]
    expect(first).toMatchObject({ cause: { name: 'RangeError', message: 'too far', code: 'E_FAR' }, ...shared })
    expect((first as { cause: unknown }).cause).toBeInstanceOf(Error)
    expect(first).not.toHaveProperty('message')
    expect(second).toMatchObject({ cause: expect.any(String), ...shared })
  })

  it.each(['x', '\u00e4', '\u20ac', '\u{1f600}'])('cut texts that are too long between characters: %s', (character) => {
    const writer = newWriter()
    writer.replyError(1, { code: 'E', name: 'N', message: `a${character.repeat(5000)}` })
    const { message } = read(writer.finish(0)).calls[0]![2] as WireError
    expect(message).not.toContain('\ufffd')
    const { length } = new TextEncoder().encode(message)
    expect(length).toBeLessThanOrEqual(maxTextBytes)
    expect(length).toBeGreaterThan(maxTextBytes - 4)
  })

  it.each<[string, (writer: FrameWriter) => Appended]>([
    ['a path that is none', (w) => w.tell(at('a b'), bytes(1))],
    ['a path with letters that only look right in one byte', (w) => w.tell(at('/\u0141\u0142'), bytes(1))],
    ['an empty path', (w) => w.watch(at(''), at('/w'))],
    ['a path that is too long', (w) => w.watch(at('/t'), at(`/${'a/'.repeat(600)}a`))],
    ['a uid that is no whole number', (w) => w.terminated(at('/w', 1.5), at('/t'), 'normal')],
    ['a slot that is negative', (w) => w.reply(-1, bytes(1))],
  ])('refuse %s without harm to the other entries', (_, add) => {
    const writer = newWriter()
    writer.tell(at('/before', 1), bytes(1))
    const { byteLength } = writer
    expect(add(writer)).toBe('invalid')
    expect(writer.byteLength).toBe(byteLength)
    writer.tell(at('/after', 2), bytes(2))
    expect(read(writer.finish(0)).calls).toEqual([
      ['tell', at('/before', 1), [1]],
      ['tell', at('/after', 2), [2]],
    ])
  })

  it('check paths exactly as the address contract does', () => {
    const odd = fc.constantFrom(`/${'a'.repeat(128)}`, `/${'a'.repeat(129)}`)
    fc.assert(
      fc.property(fc.oneof(fc.string({ maxLength: 20 }), path, fc.stringMatching(/^[/a.\u00e4 ]{0,8}$/), odd), (candidate) => {
        const encoded = new TextEncoder().encode(candidate)
        expect(arePath(encoded, 0, encoded.length)).toBe(isPath(candidate))
      }),
    )
  })
})

describe('reading a frame', () => {
  const good = () => {
    const writer = newWriter()
    writer.tell(at('/shop/jobs/w-2', 9), bytes(1, 2, 3))
    writer.ask(at('/shop'), 3, 5000, bytes(4))
    writer.watch(at('/shop/jobs', 1), at('/watcher', 2))
    writer.replyError(12, { code: 'E', name: 'N', message: 'm', outcome: 'handled' })
    writer.terminated(at('/w'), at('/t'), { cause: new Error('x'), phase: 'starting', incarnation: 1, attempt: 1 })
    return writer.finish(7)
  }
  const altered = (position: number, ...values: number[]) => {
    const frame = good()
    frame.set(values, position)
    return frame
  }
  const only = (add: (writer: FrameWriter) => void, change: (frame: Uint8Array) => void) => {
    const writer = newWriter()
    add(writer)
    const frame = writer.finish(0)
    change(frame)
    return frame
  }

  it('skips the entries when the receiver does not want the frame', () => {
    const seen: unknown[] = []
    const visitor = { header: (header: unknown) => seen.push(header) === 0 } as unknown as FrameVisitor
    expect(readFrame(good(), visitor)).toMatchObject({ ok: true, entries: 5 })
    expect(seen).toEqual([{ from, toIncarnation: to.incarnation, sequence: 7 }])
  })

  it('takes a frame without entries', () => {
    expect(read(newWriter().finish(0))).toMatchObject({ result: { ok: true, entries: 0 }, calls: [] })
  })

  it('reads a frame that is a window into a larger buffer', () => {
    const frame = good()
    const around = new Uint8Array(frame.length + 20).fill(255)
    around.set(frame, 10)
    expect(read(around.subarray(10, 10 + frame.length)).calls).toEqual(read(frame).calls)
  })

  const entriesAt = 4 + 1 + from.name.length + 8 + 8 + 4
  it.each([
    ['nothing', bytes(), /cut off/],
    ['something else', new TextEncoder().encode('GET / HTTP/1.1'), /not a frame/],
    ['another version', altered(2, 2), /version 2 of the wire is not 1/],
    ['unknown flags', altered(3, 1), /flags 1/],
    ['a name that is none', altered(5, 0x2e), /proper name/],
    ['an incarnation beyond 2^53', altered(11, 0xff), /number is too large/],
    ['an unknown kind', altered(entriesAt, 99), /kind 99/],
    ['an entry longer than the frame', altered(entriesAt + 1, 0x7f), /bytes is cut off/],
    ['an entry shorter than its fields', altered(entriesAt + 1, 0, 0, 0, 3), /cut off/],
    ['a path longer than its entry', altered(entriesAt + 5, 0x02, 0), /cut off/],
    ['a path longer than any', altered(entriesAt + 5, 0xff, 0xff), /path of 65535/],
    ['a path that is none', altered(entriesAt + 7, 0x41), /path is none/],
    ['the end missing', good().subarray(0, -2), /cut off/],
    ['an entry cut in its header', new Uint8Array([...good(), 1, 0]), /cut off/],
    [
      'an unknown exit reason',
      only(
        (w) => w.stop(at('/a'), 'normal'),
        (f) => f.fill(77, -1),
      ),
      /exit reason 77/,
    ],
    [
      'an unknown outcome',
      only(
        (w) => w.replyError(1, { code: '', name: '', message: '' }),
        (f) => f.fill(9, -8, -7),
      ),
      /choice 9/,
    ],
    [
      'a text longer than any',
      only(
        (w) => w.stop(at('/a'), { shutdown: 'x' }),
        (f) => f.fill(255, -3, -1),
      ),
      /text of 65535/,
    ],
    [
      'bytes beyond the fields',
      only(
        (w) => w.stop(at('/a'), { shutdown: 'x' }),
        (f) => f.fill(0, -2, -1),
      ),
      /1 bytes too many/,
    ],
  ])('refuses %s, whole, and says why and where', (_, frame, why) => {
    const { result, calls } = read(frame)
    expect(result).toMatchObject({ ok: false, why: expect.stringMatching(why) })
    expect(calls).toEqual([])
  })

  it('never throws, reads outside or accepts half of a frame, whatever arrives', () => {
    // The frame stands in the middle of other bytes, whose letters would show if anything were read out there.
    const attempt = (frame: Uint8Array) => {
      const around = new Uint8Array(frame.length + 4000).fill(0x78)
      around.set(frame, 2000)
      const inside = read(around.subarray(2000, 2000 + frame.length))
      expect(inside.result).toEqual(read(frame).result)
      expect(inside.calls).toHaveLength(inside.result.ok ? inside.result.entries : 0)
      expect(JSON.stringify(inside.calls)).toBe(JSON.stringify(read(frame).calls))
    }
    const frame = good()
    fc.assert(fc.property(fc.uint8Array({ maxLength: 400 }), attempt), { numRuns: 1000 })
    const tail = fc.uint8Array({ maxLength: 200 }).map((rest) => new Uint8Array([...frame.subarray(0, entriesAt), ...rest]))
    fc.assert(fc.property(tail, attempt), { numRuns: 1000 })
    const change = fc.tuple(fc.nat(frame.length - 1), fc.oneof(fc.nat(255), fc.constantFrom(0, 1, 0x7f, 0x80, 0xff)))
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 4 }), fc.nat(frame.length), (changes, length) => {
        const copy = frame.slice()
        for (const [position, value] of changes) copy[position] = value
        attempt(copy)
        attempt(copy.subarray(0, length))
      }),
      { numRuns: 2000 },
    )
  })
})
