import { describe, expect, test } from 'vitest'
import { isPartitionKey, partitionOfKey } from './partition-key.ts'
import { fnv1a } from '../stable-hash.ts'

describe('the partition of a key', () => {
  test.each([
    { key: 3, of: 3, is: 0 },
    { key: -1, of: 3, is: 1 },
    { key: 0, of: 5, is: 0 },
    { key: 7, of: 8, is: 7 },
  ])('whole numbers go round: $key of $of is $is', ({ key, of, is }) => {
    expect(partitionOfKey(key, of)).toBe(is)
  })

  test('texts keep their place from release to release', () => {
    expect(['', 'a', 'b', 'user-1', 'user-2', 'Zürich', '東京', '1'].map((key) => partitionOfKey(key, 8))).toEqual([3, 3, 2, 4, 1, 0, 2, 7])
  })

  // From the reference implementation of FNV-1a, by its authors.
  test.each([
    { text: '', hash: 0x811c9dc5 },
    { text: 'a', hash: 0xe40c292c },
    { text: 'foobar', hash: 0xbf9cf968 },
  ])("the hash of '$text' is that of FNV-1a", ({ text, hash }) => {
    expect(fnv1a(text) >>> 0).toBe(hash)
  })

  test('every key has a place, and many keys are spread evenly', () => {
    const counts = Array.from({ length: 16 }, () => 0)
    for (let n = 0; n < 16_000; n++) counts[partitionOfKey(`user-${n}`, 16)]!++
    expect(Math.min(...counts)).toBeGreaterThan(850)
    expect(Math.max(...counts)).toBeLessThan(1150)
    for (const key of [0.5, -2.25, Number.MAX_VALUE, 2 ** 60]) expect(partitionOfKey(key, 7)).toBeLessThan(7)
  })

  test('a text or a number is a key, nothing else', () => {
    expect(['a', '', 1, -2.5].every(isPartitionKey)).toBe(true)
    expect([undefined, null, Number.NaN, Infinity, {}, [], true, 1n, Symbol('x')].some(isPartitionKey)).toBe(false)
  })
})
