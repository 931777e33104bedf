import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Arrival, arrive, nextSequence, noFrames } from './frame-sequence.ts'

const run = (numbers: readonly number[], start = noFrames) => {
  const seen: Arrival[] = []
  let state = start
  for (const seq of numbers) {
    const [after, arrival] = arrive(state, seq)
    state = after
    seen.push(arrival)
  }
  return { state, seen, types: seen.map(({ type }) => type) }
}
const last = 2 ** 32 - 1

describe('frame sequence', () => {
  it.each([
    ['frames in order are just that', [0, 1, 2], ['in-order', 'in-order', 'in-order'], 0],
    ['a gap says how many frames are missing', [0, 1, 5, 6], ['in-order', 'in-order', 'gap', 'in-order'], 3],
    ['frames lost before the first are missing too', [2, 3], ['gap', 'in-order'], 2],
    ['a frame that came before is a duplicate', [0, 1, 2, 1, 3], ['in-order', 'in-order', 'in-order', 'duplicate', 'in-order'], 0],
    ['a frame that comes late after a gap is a duplicate', [0, 2, 1, 3], ['in-order', 'gap', 'duplicate', 'in-order'], 1],
    ['a sequence that begins anew is not lost frames', [0, 1, 2, 0, 1], ['in-order', 'in-order', 'in-order', 'restarted', 'in-order'], 0],
    ['frames lost while disconnected are a gap when the sender goes on counting', [0, 1, 9], ['in-order', 'in-order', 'gap'], 7],
  ] as const)('%s', (_, numbers, types, missing) => {
    const result = run(numbers)
    expect(result.types).toEqual(types)
    expect(result.state.missing).toBe(missing)
  })

  it('goes on after 2^32 frames without a false alarm', () => {
    const near = { ...noFrames, next: last - 1 }
    expect(run([last - 1, last, 1, 2], near).types).toEqual(['in-order', 'in-order', 'in-order', 'in-order'])
    expect(run([last - 1, 2], near).seen[1]).toEqual({ type: 'gap', missing: 2 })
    expect(nextSequence(last)).toBe(1)
  })

  it('counts exactly the frames that a lossy link dropped', () => {
    fc.assert(
      fc.property(fc.array(fc.boolean(), { maxLength: 200 }), (kept) => {
        const arrived = kept.flatMap((keep, seq) => (keep ? [seq] : []))
        const upToLast = arrived.length === 0 ? 0 : arrived.at(-1)! + 1
        expect(run(arrived).state.missing).toBe(upToLast - arrived.length)
      }),
    )
  })
})
