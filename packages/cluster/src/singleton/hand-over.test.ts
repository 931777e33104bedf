// A leader's node leaves, or nobody leads for a while: nothing that waits is lost without a word, and nothing overtakes.

import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { MailboxFullError } from '@understudy/runtime/spi'
import { ClusterStage, outcomeOf, type Player } from '../stage.fixture.ts'
import { add, backstage, leadersOf, leadings, others, read, tally, tallyApp, tallyOf, threeNodes, upTo } from './tally.fixture.ts'

let stage: ClusterStage
beforeEach(() => {
  stage = new ClusterStage()
  backstage.reset()
})
afterEach(() => stage.close())

describe('a planned hand-over', () => {
  it.each(upTo(5))('loses nothing, doubles nothing and keeps the order: seed %i', async (seed) => {
    stage = new ClusterStage({ seed: seed + 1, latencyMs: seed % 8 })
    const players = await threeNodes(stage)
    const [leader] = leadersOf(players) as [Player]
    const [left, right] = others(players, leader) as [Player, Player]
    const asked: ReturnType<typeof outcomeOf>[] = []
    const all = { left: [] as number[], right: [] as number[], leader: [] as number[] }
    let n = 0
    const send = (from: Player, list: number[]): void => {
      list.push(n)
      asked.push(outcomeOf(tallyOf(from).ask({ type: 'add', n: n++ }, { timeoutMs: 10_000 })))
    }
    for (let round = 0; round < 60; round++) {
      if (round === 20) void leader.node.leave()
      send(left, all.left)
      send(right, all.right)
      if (round < 20) send(leader, all.leader)
      await stage.advance(1 + Math.floor(stage.env.random() * 5))
    }
    await stage.advance(11_000)
    expect(asked.flatMap(({ error }) => (error === undefined ? [] : [(error as Error).message]))).toEqual([])
    const { numbers } = await read(stage, left)
    expect(numbers.toSorted((a, b) => a - b)).toEqual(upTo(n))
    for (const list of Object.values(all)) expect(numbers.filter((one) => list.includes(one))).toEqual(list)
    expect(leadings(players).at(-1)!.takeoverMs).toBeLessThan(400)
  })

  it('loses no tells either', async () => {
    const players = await threeNodes(stage)
    const [leader] = leadersOf(players) as [Player]
    const [left, right] = others(players, leader) as [Player, Player]
    await add(stage, left, -1)
    let n = 0
    for (let round = 0; round < 100; round++) {
      if (round === 30) void leader.node.leave()
      for (const from of [left, right]) tallyOf(from).tell({ type: 'add', n: n++ })
      await stage.advance(1)
    }
    await stage.advance(2000)
    const { numbers } = await read(stage, left)
    expect(numbers.toSorted((a, b) => a - b)).toEqual([-1, ...upTo(n)])
  })

  it('answers what was asked by way of the leaving node', async () => {
    const players = await threeNodes(stage)
    const [leader] = leadersOf(players) as [Player]
    const [left] = others(players, leader) as [Player, Player]
    // The manager's own ref: whoever has it asks that node, whether it is leaving or not.
    const manager = left.node.ref(leader.node.identity.name, '/app/tally', tally)
    const asked = []
    void leader.node.leave()
    for (let n = 0; n < 12; n++) {
      asked.push(outcomeOf(manager.ask({ type: 'add', n })))
      await stage.advance(1)
    }
    await stage.advance(6000)
    expect(asked.map(({ error }) => error).filter((error) => error !== undefined)).toEqual([])
    expect((await read(stage, left)).numbers).toEqual(upTo(12))
  })

  it('of the last node ends in bounded time', async () => {
    const player = await stage.node('a', { root: tallyApp() })
    await stage.until('it leads', () => leadersOf([player]).length === 1)
    const before = stage.env.now()
    await stage.run(player.node.leave())
    expect(stage.env.now() - before).toBeLessThan(1000)
  })
})

describe('while nobody leads', () => {
  it('messages wait in order, 1000 at most, and then are refused', async () => {
    const a = await stage.node('a')
    for (const n of upTo(1005)) tallyOf(a).tell({ type: 'add', n })
    expect(tallyOf(a).tryTell({ type: 'add', n: -1 })).toBe(false)
    const { error } = await stage.run(
      tallyOf(a)
        .ask({ type: 'read' })
        .then(
          () => ({ error: undefined }),
          (error: unknown) => ({ error }),
        ),
    )
    expect(error).toBeInstanceOf(MailboxFullError)
    expect(a.node.system.deadLetters.counts['mailbox-full']).toBe(6)
    expect(a.host.counters.waiting).toBe(1000)
    await stage.node('b', { root: tallyApp() })
    await stage.advance(5000)
    expect((await read(stage, a)).numbers).toEqual(upTo(1000))
  })

  it('asks keep their deadlines, and those that have ended make room and are not handled', async () => {
    const a = await stage.node('a')
    const outcomes = upTo(1000).map((n) => outcomeOf(tallyOf(a).ask({ type: 'add', n }, { timeoutMs: 200 })))
    await stage.advance(300)
    for (const { error } of outcomes) expect(error).toMatchObject({ code: 'ASK_TIMEOUT' })
    tallyOf(a).tell({ type: 'add', n: 1000 })
    await stage.node('b', { root: tallyApp() })
    await stage.advance(2000)
    expect((await read(stage, a)).numbers).toEqual([1000])
    expect(a.node.system.deadLetters.counts).toMatchObject({ expired: 1000, 'mailbox-full': 0 })
  })

  it('asks that were handed on from another node keep their deadlines, too', async () => {
    const players = await threeNodes(stage)
    const [leader] = leadersOf(players) as [Player]
    const [near, far] = others(players, leader) as [Player, Player]
    // By the manager's ref on another node, which hands it on once somebody leads.
    stage.network.crash(leader.node.identity.name)
    const outcome = outcomeOf(near.node.ref(far.node.identity.name, '/app/tally', tally).ask({ type: 'add', n: 1 }, { timeoutMs: 20 }))
    await stage.advance(3000)
    expect(outcome.error).toMatchObject({ code: 'ASK_TIMEOUT' })
    expect((await read(stage, near)).numbers).toEqual([])
  })
})
