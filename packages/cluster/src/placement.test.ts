import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { place, rank } from './placement.ts'

const keys = Array.from({ length: 10_000 }, (_, i) => `tower-${i}`)
const nodesOf = (count: number) => Array.from({ length: count }, (_, i) => `node-${i + 1}`)

describe('placement', () => {
  it('answers undefined only when there are no nodes', () => {
    expect(place('a', [])).toBeUndefined()
    expect(rank('a', [])).toEqual([])
    expect(place('a', ['n'])).toBe('n')
  })

  it.each([2, 3, 5, 10])('spreads keys evenly over %i nodes', (count) => {
    const tally = new Map<string, number>()
    for (const key of keys) tally.set(place(key, nodesOf(count))!, (tally.get(place(key, nodesOf(count))!) ?? 0) + 1)
    const fair = keys.length / count
    expect(tally.size).toBe(count)
    for (const share of tally.values()) expect(Math.abs(share - fair)).toBeLessThan(5 * Math.sqrt(fair))
  })

  it('spreads the keys of a lost node over all that remain', () => {
    const inherited = new Map<string, number>()
    for (const key of keys) {
      const [first, second] = rank(key, nodesOf(4))
      if (first === 'node-2') inherited.set(second!, (inherited.get(second!) ?? 0) + 1)
    }
    for (const share of inherited.values()) expect(share).toBeGreaterThan(700)
    expect(inherited.size).toBe(3)
  })

  it('moves only the keys that the new node wins', () => {
    const moved = keys.filter((key) => place(key, nodesOf(4)) !== place(key, nodesOf(5)))
    expect(moved.every((key) => place(key, nodesOf(5)) === 'node-5')).toBe(true)
    expect(moved.length / keys.length).toBeCloseTo(1 / 5, 1)
  })

  it('does not depend on the order in which nodes are known, and ranks every node once', () => {
    const names = fc.uniqueArray(fc.stringMatching(/^[a-z0-9-]{1,12}$/), { minLength: 1, maxLength: 12 })
    fc.assert(
      fc.property(fc.string(), names, (key, nodes) => {
        const order = rank(key, nodes)
        expect(order).toEqual(rank(key, nodes.toReversed()))
        expect(order.toSorted()).toEqual(nodes.toSorted())
        expect(order[0]).toBe(place(key, nodes.toReversed()))
        expect(rank(key, order.slice(1))).toEqual(order.slice(1))
      }),
    )
  })

  it('never changes its answers: other versions of a cluster rely on them', () => {
    expect(['ATL', 'JFK', 'SFO', 'operations', 'ü€'].map((key) => rank(key, ['n1', 'n2', 'n3']).join(' '))).toMatchInlineSnapshot(`
      [
        "n2 n3 n1",
        "n3 n1 n2",
        "n1 n2 n3",
        "n3 n2 n1",
        "n2 n3 n1",
      ]
    `)
  })
})
