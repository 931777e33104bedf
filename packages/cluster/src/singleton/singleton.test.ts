// A leader-singleton through everything that can happen to its node: at most one leader's writes count.

import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { actor, type AnyRef, type Ref, type Tenure } from '@understudy/runtime'
import { FencedError } from '@understudy/runtime/spi'
import { child, supervisor } from '@understudy/supervisor'
import { ClusterStage, eventsOf, outcomeOf, type Player } from '../stage.fixture.ts'
import { singleton } from './singleton.ts'
import { add, backstage, leadersOf, leadings, others, read, tally, tallyApp, tallyOf, threeNodes, upTo } from './tally.fixture.ts'

let stage: ClusterStage
beforeEach(() => {
  stage = new ClusterStage()
  backstage.reset()
})
afterEach(() => stage.close())

describe('a leader-singleton', () => {
  it('leads on exactly one node, and every node reaches it', async () => {
    const players = await threeNodes(stage)
    for (const [n, player] of players.entries()) expect(await add(stage, player, n)).toBe(n + 1)
    await stage.advance(20_000)
    expect(leadings(players)).toHaveLength(1)
    expect(backstage.tenures).toHaveLength(1)
    for (const player of players) expect(await read(stage, player)).toMatchObject({ total: 3, epoch: leadings(players)[0]!.epoch })
  })

  it('is reached by the ref of its manager on any node as well', async () => {
    const players = await threeNodes(stage)
    for (const [n, player] of players.entries()) {
      const manager = player.node.system.ref('/app/tally', tally)
      expect(await stage.run(manager.ask({ type: 'add', n }))).toBe(n + 1)
    }
  })

  it('its ref travels in messages', async () => {
    const players = await threeNodes(stage)
    const friend = actor({
      name: 'friend',
      on: { hello: () => 'hello', ask: (_s, { who }: { who: Ref<{ read(): unknown }> }) => who.ask({ type: 'read' }) },
    })
    players[2].node.system.spawn(friend, { name: 'friend' })
    const ref = players[0].node.ref('c', '/friend', friend)
    expect(await stage.run(ref.ask({ type: 'ask', who: tallyOf(players[0]) as never }))).toMatchObject({ total: 0 })
    expect(await stage.run(tallyOf(players[1]).ask({ type: 'greet', who: ref as never }))).toBe('hello')
  })

  it.each([
    ['its process ends', 'node-down', (leader: Player) => stage.network.crash(leader.node.identity.name)],
    ['it leaves', 'shutdown', (leader: Player) => void leader.node.leave()],
  ])('who watches it is told when its leader is gone, wherever that is: %s', async (_, reason, end) => {
    const players = await threeNodes(stage)
    const [leader] = leadersOf(players) as [Player]
    const watcher = actor({
      name: 'watcher',
      state: (): unknown[] => [],
      on: { watch: (_state, message: { who: AnyRef }, ctx) => ctx.watch(message.who), told: (state) => state },
      terminated: (state, { reason }) => void state.push(reason),
    })
    for (const player of players) {
      player.node.system.spawn(watcher, { name: 'watcher' }).tell({ type: 'watch', who: tallyOf(player) })
    }
    await stage.advance(1000)
    const told = () =>
      Promise.all(
        players
          .filter(({ outBecause }) => outBecause === undefined)
          .map(({ node }) => node.system.ref('/watcher', watcher).ask({ type: 'told' })),
      )
    expect(await stage.run(told())).toEqual([[], [], []])
    end(leader)
    await stage.advance(3000)
    const rest = others(players, leader)
    for (const { node } of rest) expect(await stage.run(node.system.ref('/watcher', watcher).ask({ type: 'told' }))).toEqual([reason])
  })

  it('takes its state along when its process ends, and the others go on in a moment', async () => {
    const players = await threeNodes(stage)
    const [leader] = leadersOf(players) as [Player]
    const rest = others(players, leader)
    for (const n of upTo(5)) await add(stage, rest[0]!, n)
    const before = (await read(stage, rest[0]!)).epoch
    stage.network.crash(leader.node.identity.name)
    const crashedAt = stage.env.now()
    expect(await add(stage, rest[1]!, 5)).toBe(6)
    expect(stage.env.now() - crashedAt).toBeLessThan(1000)
    const after = await read(stage, rest[0]!)
    expect(after).toMatchObject({ total: 6, numbers: upTo(6) })
    expect(after.epoch).toBeGreaterThan(before)
    expect(leadersOf(rest)).toHaveLength(1)
  })

  it('a leader that stood still is deposed, its save is refused by the store, and it says so', async () => {
    const players = await threeNodes(stage)
    const [leader] = leadersOf(players) as [Player]
    const rest = others(players, leader)
    await add(stage, rest[0]!, 0)
    const [tenure] = backstage.tenures as [Tenure]
    stage.freeze(leader)
    const frozenAt = stage.env.now()
    expect(await add(stage, rest[0]!, 1)).toBe(2)
    expect(stage.env.now() - frozenAt).toBeLessThan(6000)
    // The very first thing the zombie does is to save, before it hears of anything.
    const save = outcomeOf(tenure.save({ total: 99, numbers: [] }))
    stage.thaw(leader)
    await stage.until('the save has ended', () => save.error !== undefined)
    expect(save.error).toBeInstanceOf(FencedError)
    expect(save.error).toMatchObject({ code: 'FENCED', epoch: tenure.epoch })
    expect(eventsOf(leader, 'singleton.fenced').map(({ epoch }) => epoch)).toEqual([tenure.epoch])
    expect(eventsOf(leader, 'singleton.lost')).toHaveLength(1)
    expect(() => tenure.guard()).toThrow(FencedError)
    await stage.advance(5000)
    expect(await read(stage, leader)).toMatchObject({ total: 2 })
    expect(leadersOf(players)).toHaveLength(1)
    await stage.advance(10_000)
    expect(leadings(players)).toHaveLength(2)
  })

  it('a leader that was cut off stops when its lease runs out, and joins the others when it is back', async () => {
    const players = await threeNodes(stage)
    const [leader] = leadersOf(players) as [Player]
    const rest = others(players, leader)
    stage.network.cut(leader.node.identity.name)
    expect(await add(stage, rest[0]!, 1)).toBe(1)
    await stage.until('it has lost the leadership', () => eventsOf(leader, 'singleton.lost').length > 0, 16_000)
    expect(() => backstage.tenures[0]!.guard()).toThrow(FencedError)
    stage.network.heal(leader.node.identity.name)
    await stage.advance(5000)
    expect(await add(stage, leader, 2)).toBe(2)
    expect(leadersOf(players)).toHaveLength(1)
  })

  it('a store that is away for longer than the lease stops the leader, and afterwards one leads at a higher epoch', async () => {
    const players = await threeNodes(stage)
    const [leader] = leadersOf(players) as [Player]
    await add(stage, leader, 0)
    const [tenure] = backstage.tenures as [Tenure]
    stage.network.storeOutage(true)
    await stage.advance(14_000)
    // Three seconds ago at most it knew of its lease.
    await stage.advance(4500)
    expect(() => tenure.guard()).toThrow(FencedError)
    expect(eventsOf(leader, 'singleton.lost')).toHaveLength(1)
    expect(leadersOf(players)).toHaveLength(0)
    await stage.advance(20_000)
    stage.network.storeOutage(false)
    await stage.until('somebody leads', () => leadersOf(players).length === 1, 10_000)
    expect(await add(stage, players[0], 1)).toBe(2)
    expect((await read(stage, players[1])).epoch).toBeGreaterThan(tenure.epoch)
    await stage.advance(20_000)
    expect(leadersOf(players)).toHaveLength(1)
  })

  it('a short absence of the store is nothing but a wait', async () => {
    const players = await threeNodes(stage)
    const epoch = (await read(stage, players[0])).epoch
    stage.network.storeOutage(true)
    const asked = outcomeOf(tallyOf(players[0]).ask({ type: 'add', n: 1 }, { timeoutMs: 10_000 }))
    await stage.advance(7000)
    stage.network.storeOutage(false)
    await stage.advance(1000)
    expect(asked.value).toBe(1)
    expect((await read(stage, players[0])).epoch).toBe(epoch)
  })

  it('a leader that fails again and again gives up, and another node leads', async () => {
    const players = await threeNodes(stage, { intensity: { restarts: 2, withinMs: 5000 } })
    const [leader] = leadersOf(players) as [Player]
    const rest = others(players, leader)
    await add(stage, rest[0]!, 0)
    for (let n = 0; n < 3; n++) {
      tallyOf(leader).tell({ type: 'fail' })
      await stage.advance(500)
    }
    await stage.until('another leads', () => leadersOf(rest).length === 1, 5000)
    expect(await read(stage, leader)).toMatchObject({ total: 1 })
    expect(leadersOf(players)).toHaveLength(1)
    expect(eventsOf(leader, 'singleton.lost')[0]!.why).toContain('its term ended')
  })

  it('a leader that cannot start anywhere for a while leads as soon as it can', async () => {
    backstage.startsToFail = 40
    const players: Player[] = []
    for (const name of ['a', 'b']) players.push(await stage.node(name, { root: tallyApp({ intensity: { restarts: 1, withinMs: 5000 } }) }))
    await stage.until('somebody leads', () => leadersOf(players).length === 1, 60_000)
    expect(await add(stage, leadersOf(players)[0]!, 1)).toBe(1)
    expect(players.every(({ outBecause }) => outBecause === undefined)).toBe(true)
  })

  it('a node that has to join anew just after its leader gave up leads once, under one epoch', async () => {
    const player = await stage.node('a', { root: tallyApp({ intensity: { restarts: 0, withinMs: 5000 } }) })
    await stage.until('it leads', () => leadersOf([player]).length === 1, 5000)
    const { store } = await stage.connect('reader')
    tallyOf(player).tell({ type: 'fail' })
    await stage.until('it has given up', () => eventsOf(player, 'singleton.lost').length > 0)
    await stage.advance(100)
    const { revision } = (await stage.run(store.read('node.a')))!
    const gone = { ...player.node.identity, status: 'down', roles: [], singletons: [], pools: [], since: 0, writer: 'w' }
    await stage.run(store.write('node.a', Buffer.from(JSON.stringify(gone)), { key: 'node.a', revision }))
    await stage.advance(5000)
    expect(leadings([player])).toHaveLength(2)
    expect(await add(stage, player, 1)).toBe(1)
    expect((await stage.run(store.read('own.tally')))!.revision).toBe(leadings([player])[1]!.epoch)
  })

  it('a terminated manager gives the leadership back, also when the store is away for a while', async () => {
    const players = await threeNodes(stage)
    const [leader] = leadersOf(players) as [Player]
    const rest = others(players, leader)
    stage.network.storeOutage(true)
    leader.node.system.ref('/app', tallyApp()).tell({ type: 'terminateChild', id: 'tally' } as never)
    await stage.advance(5000)
    stage.network.storeOutage(false)
    await stage.until('another leads', () => leadersOf(rest).length === 1, 5000)
    expect(await add(stage, leader, 1)).toBe(1)
  })

  it('a manager that was killed gives the leadership back', async () => {
    const stubborn = supervisor({ name: 'app', children: [child(singleton(tally), { shutdownMs: 100 })] })
    const players: Player[] = []
    for (const name of ['a', 'b']) players.push(await stage.node(name, { root: stubborn }))
    await stage.until('somebody leads', () => leadersOf(players).length === 1, 5000)
    const [leader] = leadersOf(players) as [Player]
    tallyOf(leader).tell({ type: 'hang' })
    await stage.advance(100)
    leader.node.system.ref('/app', stubborn).tell({ type: 'terminateChild', id: 'tally' } as never)
    await stage.until('another leads', () => leadersOf(others(players, leader)).length === 1, 5000)
    expect(await add(stage, leader, 1)).toBe(1)
  })
})

describe('an exclusive singleton', () => {
  it.each([
    ['its process ended', (leader: Player) => stage.network.crash(leader.node.identity.name)],
    ['it stands still', (leader: Player) => stage.freeze(leader)],
    ['it is cut off', (leader: Player) => stage.network.cut(leader.node.identity.name)],
  ])('is taken over only when its leader cannot believe in its lease any more: %s', async (_, take) => {
    const players = await threeNodes(stage, { takeover: 'exclusive' })
    const [leader] = leadersOf(players) as [Player]
    const rest = others(players, leader)
    const [tenure] = backstage.tenures as [Tenure]
    await stage.advance(1000)
    take(leader)
    const waited = await stage.until('another leads', () => leadersOf(rest).length === 1, 40_000)
    expect(waited).toBeGreaterThan(17_000)
    expect(waited).toBeLessThan(24_000)
    expect(() => tenure.guard()).toThrow(FencedError)
  })

  it('is not taken over early because a newer node of its name has joined', async () => {
    const players = await threeNodes(stage, { takeover: 'exclusive' })
    const [leader] = leadersOf(players) as [Player]
    const { name } = leader.node.identity
    const [tenure] = backstage.tenures as [Tenure]
    await stage.advance(30_000)
    stage.freeze(leader)
    const frozenAt = stage.env.now()
    await stage.advance(1000)
    await stage.node(name)
    let overlap = false
    await stage.until('another leads', () => {
      const others = leadersOf(players).filter((player) => player !== leader)
      overlap ||= others.length > 0 && mayAct(tenure)
      return others.length > 0
    })
    expect(overlap).toBe(false)
    expect(stage.env.now() - frozenAt).toBeGreaterThan(17_000)
  })

  it('is taken over at once when its leader leaves', async () => {
    const players = await threeNodes(stage, { takeover: 'exclusive' })
    const [leader] = leadersOf(players) as [Player]
    void leader.node.leave()
    expect(await stage.until('another leads', () => leadersOf(others(players, leader)).length === 1)).toBeLessThan(1000)
  })
})

function mayAct(tenure: Tenure): boolean {
  try {
    tenure.guard()
    return true
  } catch {
    return false
  }
}
