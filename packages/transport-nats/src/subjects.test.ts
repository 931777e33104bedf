import { describe, expect, it } from 'vitest'
import { formatNodeTokens, isKey, isPrefix, parseNodeTokens, subjectsOf } from './subjects.ts'

describe('the subjects of a cluster', () => {
  const subjects = subjectsOf('shop')

  it('are one table', () => {
    expect(subjects.inbox({ name: 'n-1', incarnation: 17 })).toBe('us.shop.n.n-1.17')
    expect(subjects.broadcast).toBe('us.shop.b')
    expect(subjects.stream).toBe('US_shop')
    expect(subjects.stored('own.operations')).toBe('usj.shop.own.operations')
    expect(subjects.storedBelow('own.')).toBe('usj.shop.own.>')
    expect(subjects.changesBelow('')).toBe('us.shop.kv.>')
  })

  it('lead back to the key, and only from subjects of the store', () => {
    expect(subjects.keyOf('usj.shop.own.x')).toBe('own.x')
    expect(subjects.keyOf('us.shop.kv.own.x')).toBe('own.x')
    const others = ['us.shop.b', 'usj.shop.', 'usj.shops.own.x', 'us.shop.kv.a b', 'own.x', '']
    expect(others.filter((subject) => subjects.keyOf(subject) !== undefined)).toEqual([])
  })

  it('stay under 256 characters with the longest names', () => {
    const longest = 'x'.repeat(180)
    expect(isKey(longest)).toBe(true)
    expect(subjectsOf('c'.repeat(64)).stored(longest).length).toBeLessThan(256)
  })
})

describe('keys and prefixes', () => {
  it('are tokens of letters, digits, _ and - between dots', () => {
    const keys = ['own', 'own.x', 'a-b_C.0.1']
    expect(keys.filter(isKey)).toEqual(keys)
    expect(['', '.', 'own.', '.own', 'a..b', 'a b', 'a.*', '>', 'a\n', 'x'.repeat(181)].filter(isKey)).toEqual([])
    const prefixes = ['', 'own.', 'own.x.']
    expect(prefixes.filter(isPrefix)).toEqual(prefixes)
    expect(['own', '.', '..', '*.', 'own.>', 'own.\n'].filter(isPrefix)).toEqual([])
  })
})

describe('a node as subject tokens', () => {
  it('survives the way there and back', () => {
    expect(parseNodeTokens(formatNodeTokens({ name: 'n-1', incarnation: 17 }))).toEqual({ name: 'n-1', incarnation: 17 })
  })

  it('is not read from anything else', () => {
    const others = ['', 'n', 'n.', '.1', 'n.1.2', 'n.x', 'n.1e9', `${'n'.repeat(65)}.1`]
    expect(others.filter((text) => parseNodeTokens(text) !== undefined)).toEqual([])
  })
})
