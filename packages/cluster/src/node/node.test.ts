// Membership as a user sees it: who is there, who goes and why, and that a node which was given up for dead comes back as it was.

import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { actor } from '@understudy/runtime'
import { supervisor, child } from '@understudy/supervisor'
import { ClusterStage, eventsOf, type Player } from '../stage.fixture.ts'

let stage: ClusterStage
beforeEach(() => {
  stage = new ClusterStage()
})
afterEach(() => stage.close())

const counter = actor({
  name: 'counter',
  state: () => ({ value: 0 }),
  on: {
    add: (state, message: { by: number }) => (state.value += message.by),
    value: (state) => state.value,
  },
})
const app = supervisor({ name: 'app', children: [child(counter)] })
const names = ({ node }: Player): string[] => node.members().map(({ identity }) => identity.name)
const counterAt = (player: Player, name: string) => player.node.ref(name, '/app/counter', counter)

describe('a cluster', () => {
  it('all nodes see each other as soon as they are up, themselves included', async () => {
    const a = await stage.node('a')
    const b = await stage.node('b')
    const c = await stage.node('c')
    for (const player of [a, b, c]) expect(names(player)).toEqual(['a', 'b', 'c'])
    expect(new Set([a, b, c].map(({ node }) => node.identity.incarnation)).size).toBe(3)
    expect(new Set([a, b, c].map(({ node }) => node.place('key'))).size).toBe(1)
  })

  it('a node that leaves is gone for the others at once, and nobody calls it down', async () => {
    const [a, b] = [await stage.node('a'), await stage.node('b')]
    await stage.run(b.node.leave())
    await stage.advance(10)
    expect(names(a)).toEqual(['a'])
    expect(eventsOf(a, 'node.left').map(({ node }) => node.name)).toEqual(['b'])
    expect(eventsOf(a, 'node.down')).toEqual([])
    expect(b.outBecause).toMatch('told to leave')
  })

  it('leaving twice is leaving once', async () => {
    const a = await stage.node('a')
    const [first, second] = [a.node.leave(), a.node.leave()]
    await stage.run(Promise.all([first, second]))
    expect(a.env).toBeDefined()
  })

  it('nothing is left to happen when all have left', async () => {
    const [a, b] = [await stage.node('a', { root: app }), await stage.node('b', { root: app })]
    await stage.run(counterAt(a, 'b').ask({ type: 'add', by: 1 }))
    await stage.run(Promise.all([a.node.leave(), b.node.leave()]))
    // Records in the store expire.
    await stage.advance(30_000)
    expect(stage.env.pendingTimers).toBe(0)
  })

  it('a node whose process ends is down for the others in a moment', async () => {
    const [a] = [await stage.node('a'), await stage.node('b')]
    stage.network.crash('b')
    expect(await stage.until('b is gone', () => names(a).length === 1)).toBeLessThan(200)
    expect(eventsOf(a, 'node.down').map(({ node }) => node.name)).toEqual(['b'])
  })

  it('a node whose process stands still is suspected after 2 s and down after 3.5 s', async () => {
    const [a, b] = [await stage.node('a'), await stage.node('b')]
    stage.freeze(b)
    const suspected = await stage.until('b is suspected', () => eventsOf(a, 'node.suspect').length > 0)
    expect(suspected).toBeGreaterThan(1400)
    const down = await stage.until('b is down', () => eventsOf(a, 'node.down').length > 0)
    expect(suspected + down).toBeLessThan(4500)
  })

  it('a node that stands still for a second is nobody else to the others', async () => {
    const [a, b] = [await stage.node('a'), await stage.node('b')]
    const before = b.node.identity
    stage.freeze(b)
    await stage.advance(1000)
    stage.thaw(b)
    await stage.advance(10_000)
    expect(b.node.identity).toEqual(before)
    expect(eventsOf(a, 'node.down')).toEqual([])
  })
})

describe('two nodes of one name', () => {
  it('the newer one wins, the older one stops itself and says why', async () => {
    const a = await stage.node('a')
    const older = await stage.node('b', { root: app })
    const newer = await stage.node('b', { root: app })
    expect(newer.node.identity.incarnation).toBeGreaterThan(older.node.identity.incarnation)
    await stage.until('the older one is out', () => older.outBecause !== undefined, 10_000)
    expect(older.outBecause).toMatch(/newer node of the name b has joined, incarnation \d+/)
    expect(eventsOf(older, 'node.displaced')).toHaveLength(1)
    await stage.advance(30_000)
    expect(newer.outBecause).toBeUndefined()
    expect(names(a)).toEqual(['a', 'b'])
    expect(a.node.members()[1]!.identity).toEqual(newer.node.identity)
    expect(await stage.run(counterAt(a, 'b').ask({ type: 'add', by: 3 }))).toBe(3)
    expect(newer.host.counters.received).toBe(1)
  })

  it('when both start at the same moment, exactly one stays', async () => {
    const a = await stage.node('a')
    const both = await stage.run(Promise.all([stage.starting('b', { root: app }), stage.starting('b', { root: app })]))
    await stage.advance(30_000)
    expect(both.filter(({ outBecause }) => outBecause === undefined)).toHaveLength(1)
    const [stays] = both.filter(({ outBecause }) => outBecause === undefined)
    expect(a.node.members()[1]!.identity).toEqual(stays!.node.identity)
  })

  it('an older one that was cut off meanwhile stops itself once it is back', async () => {
    await stage.node('a')
    const older = await stage.node('b')
    stage.network.cut('b')
    await stage.advance(1000)
    stage.network.heal('b')
    const newer = await stage.node('b')
    stage.network.cut('b')
    await stage.advance(6000)
    stage.network.heal('b')
    await stage.advance(30_000)
    expect([older.outBecause === undefined, newer.outBecause === undefined]).toEqual([false, true])
  })
})

describe('a node that was given up for dead', () => {
  it.each([
    ['it stood still', (player: Player) => stage.freeze(player), (player: Player) => stage.thaw(player)],
    ['it was cut off', () => stage.network.cut('b'), () => stage.network.heal('b')],
  ])('joins anew with a higher incarnation, and its actors keep what they have: %s', async (_, take, giveBack) => {
    const [a, b, c] = [await stage.node('a'), await stage.node('b', { root: app }), await stage.node('c')]
    await stage.run(counterAt(a, 'b').ask({ type: 'add', by: 7 }))
    const before = b.node.identity.incarnation
    take(b)
    await stage.until('b is down', () => !names(a).includes('b') && !names(c).includes('b'))
    giveBack(b)
    await stage.until('b is back', () => names(a).includes('b') && names(c).includes('b'), 5000)
    expect(b.node.identity.incarnation).toBeGreaterThan(before)
    expect(await stage.run(counterAt(a, 'b').ask({ type: 'value' }))).toBe(7)
    expect(eventsOf(b, 'actor.restarted')).toEqual([])
    // And stays: nobody convicts it again, least of all itself.
    const now = b.node.identity
    await stage.advance(30_000)
    expect(b.node.identity).toEqual(now)
    expect(b.outBecause).toBeUndefined()
    for (const player of [a, b, c]) expect(names(player)).toEqual(['a', 'b', 'c'])
  })

  it('speaks to actors of other nodes with the refs that it had', async () => {
    const [a, b] = [await stage.node('a', { root: app }), await stage.node('b', { root: app })]
    const ref = b.node.system.ref<{ add(message: { by: number }): number }>({ node: a.node.identity, path: '/app/counter', uid: 0 })
    await stage.run(ref.ask({ type: 'add', by: 1 }))
    stage.freeze(b)
    await stage.until('b is down', () => names(a).length === 1)
    stage.thaw(b)
    await stage.until('b is back', () => names(a).length === 2, 5000)
    await stage.advance(100)
    expect(await stage.run(ref.ask({ type: 'add', by: 1 }))).toBe(2)
  })

  it('all nodes live on after the store was away for longer than any lease lasts', async () => {
    const players = [await stage.node('a', { root: app }), await stage.node('b', { root: app }), await stage.node('c', { root: app })]
    const [a] = players as [Player]
    await stage.run(counterAt(a, 'b').ask({ type: 'add', by: 7 }))
    stage.network.storeOutage(true)
    await stage.advance(40_000)
    // Nobody needs the store to talk.
    expect(await stage.run(counterAt(a, 'b').ask({ type: 'value' }))).toBe(7)
    stage.network.storeOutage(false)
    await stage.advance(10_000)
    for (const player of players) {
      expect(names(player)).toEqual(['a', 'b', 'c'])
      expect(player.outBecause).toBeUndefined()
    }
    expect(await stage.run(counterAt(a, 'b').ask({ type: 'value' }))).toBe(7)
    const now = players.map(({ node }) => node.identity)
    await stage.advance(30_000)
    expect(players.map(({ node }) => node.identity)).toEqual(now)
  })
})

describe('a node that is about to be given up', () => {
  it('is not when it is heard of again before the store could be told', async () => {
    const [a, b] = [await stage.node('a'), await stage.node('b')]
    const before = b.node.identity
    stage.network.storeOutage(true)
    stage.freeze(b)
    await stage.advance(5000)
    stage.thaw(b)
    await stage.advance(2000)
    stage.network.storeOutage(false)
    await stage.advance(10_000)
    expect(eventsOf(a, 'node.suspect')).toHaveLength(1)
    expect(eventsOf(a, 'node.down')).toEqual([])
    expect(b.node.identity).toEqual(before)
  })
})

describe('starting a node', () => {
  it('fails when its root is none, and leaves nobody behind', async () => {
    const a = await stage.node('a')
    await expect(stage.run(stage.starting('b', { root: { name: 'not/a/name' } as never }))).rejects.toThrow(/name/)
    await stage.advance(1000)
    expect(names(a)).toEqual(['a'])
  })
})
