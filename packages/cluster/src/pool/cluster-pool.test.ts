// One pool over several nodes: where its messages go, and where they do not go any more.

import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { actor, type Ref } from '@understudy/runtime'
import { NodeUnreachableError } from '@understudy/runtime/spi'
import { child, supervisor } from '@understudy/supervisor'
import { ClusterStage, outcomeOf, type Player } from '../stage.fixture.ts'
import { clusterPool } from './cluster-pool.ts'

let stage: ClusterStage
beforeEach(() => {
  stage = new ClusterStage()
})
afterEach(() => stage.close())

const worker = actor({
  name: 'worker',
  on: {
    where: (_state, { ms }: { ms?: number }, ctx) => {
      const here = ctx.self.address.node.name
      return ms === undefined ? here : new Promise<string>((resolve) => void stage.env.setTimer(ms, () => resolve(here)))
    },
    note: () => {},
  },
})
const app = supervisor({ name: 'app', children: [child(clusterPool(worker, { size: 2 }))] })
const poolOf = (player: Player) => player.node.pool(worker)
/** On which nodes so many asks were handled. */
async function spread(player: Player, count: number, ms?: number): Promise<Record<string, number>> {
  const asks = Array.from({ length: count }, () => poolOf(player).ask({ type: 'where', ...(ms !== undefined && { ms }) }))
  const counts: Record<string, number> = {}
  for (const name of await stage.run(Promise.all(asks))) counts[name] = (counts[name] ?? 0) + 1
  return counts
}
const threeNodes = async () => [
  await stage.node('a', { root: app }),
  await stage.node('b', { root: app }),
  await stage.node('c', { root: app }),
]

describe('a cluster pool', () => {
  it('spreads what is asked at once over all nodes, from a node without workers as well', async () => {
    await threeNodes()
    const client = await stage.node('client')
    expect(await spread(client, 30)).toEqual({ a: 10, b: 10, c: 10 })
  })

  it('takes turns while nobody has anything to do', async () => {
    const [a] = (await threeNodes()) as [Player]
    const seen: string[] = []
    for (let n = 0; n < 6; n++) seen.push(...Object.keys(await spread(a, 1)))
    expect(seen.slice(0, 3).toSorted()).toEqual(['a', 'b', 'c'])
    expect(seen.slice(3)).toEqual(seen.slice(0, 3))
  })

  it('gives most to those who have least to do', async () => {
    const [a, b] = (await threeNodes()) as [Player, Player]
    // Whatever b has to do was given to it from here, so this node knows.
    const busy = Array.from({ length: 10 }, () => outcomeOf(a.node.ref('b', '/app/worker', worker).ask({ type: 'where', ms: 3000 })))
    await stage.advance(100)
    const counts = await spread(a, 10, 500)
    expect(counts['b'] ?? 0).toBe(0)
    await stage.advance(20_000)
    expect(busy.filter(({ error }) => error !== undefined).length).toBeLessThan(10)
    expect(Object.keys(await spread(b, 30)).toSorted()).toEqual(['a', 'b', 'c'])
  })

  it('leaves out a node as soon as it is suspected, and takes it back when it is heard of again', async () => {
    const [a, b] = (await threeNodes()) as [Player, Player]
    stage.freeze(b)
    await stage.until('b is suspected', () => a.events.some(({ type }) => type === 'node.suspect'))
    expect(await spread(a, 20)).toEqual({ a: 10, c: 10 })
    stage.thaw(b)
    await stage.until('b is trusted', () => a.events.some(({ type }) => type === 'node.trusted'), 2000)
    expect(Object.keys(await spread(a, 30)).toSorted()).toEqual(['a', 'b', 'c'])
  })

  it('leaves out a node that is down, and has it again when it has joined anew', async () => {
    const [a, b] = (await threeNodes()) as [Player, Player]
    stage.freeze(b)
    await stage.until('b is down', () => a.node.members().length === 2)
    expect(await spread(a, 20)).toEqual({ a: 10, c: 10 })
    stage.thaw(b)
    await stage.advance(1000)
    expect(Object.keys(await spread(a, 30)).toSorted()).toEqual(['a', 'b', 'c'])
    expect(Object.keys(await spread(b, 30)).toSorted()).toEqual(['a', 'b', 'c'])
  })

  it('finishes what a leaving node has, and gives it nothing new', async () => {
    const [a, b] = (await threeNodes()) as [Player, Player]
    const asks = Array.from({ length: 12 }, () => outcomeOf(poolOf(a).ask({ type: 'where', ms: 400 })))
    await stage.advance(20)
    const left = b.node.leave()
    for (let n = 0; n < 20; n++) {
      asks.push(outcomeOf(poolOf(a).ask({ type: 'where' })))
      await stage.advance(10)
    }
    await stage.run(left)
    await stage.advance(2000)
    expect(asks.map(({ error }) => error).filter((error) => error !== undefined)).toEqual([])
    expect(asks.slice(0, 12).map(({ value }) => value)).toContain('b')
  })

  it('says so when no node has a part of it', async () => {
    const a = await stage.node('a')
    const { error } = await stage.run(
      poolOf(a)
        .ask({ type: 'where' })
        .then(
          () => ({ error: undefined }),
          (error: unknown) => ({ error }),
        ),
    )
    expect(error).toBeInstanceOf(NodeUnreachableError)
    expect(error).toMatchObject({ outcome: 'never-handled' })
    expect(poolOf(a).tryTell({ type: 'note' })).toBe(false)
  })

  it('its ref travels in messages', async () => {
    const [a, b] = (await threeNodes()) as [Player, Player]
    const friend = actor({ name: 'friend', on: { use: (_s, { who }: { who: Ref<{ where(): string }> }) => who.ask({ type: 'where' }) } })
    b.node.system.spawn(friend, { name: 'friend' })
    const where = await stage.run(a.node.ref('b', '/friend', friend).ask({ type: 'use', who: poolOf(a) as never }))
    expect(['a', 'b', 'c']).toContain(where)
  })
})

describe('process groups', () => {
  it('are known everywhere within seconds, though what was said of them was lost', async () => {
    const [a, b] = (await threeNodes()) as [Player, Player]
    stage.network.cut('a')
    await stage.advance(100)
    const late = supervisor({ name: 'late', children: [child(clusterPool(worker, { size: 1, name: 'late' }))] })
    b.node.system.spawn(late, { name: 'late' })
    await stage.advance(500)
    stage.network.heal('a')
    await stage.advance(6000)
    expect(await stage.run(a.node.pool<{ where(m: object): string }, undefined>('late').ask({ type: 'where' }))).toBe('b')
  })

  it('lose the part that a supervisor has stopped', async () => {
    const [a, b] = (await threeNodes()) as [Player, Player]
    b.node.system.ref('/app', app).tell({ type: 'terminateChild', id: 'worker' } as never)
    await stage.advance(200)
    expect(await spread(a, 20)).toEqual({ a: 10, c: 10 })
    b.node.system.ref('/app', app).tell({ type: 'restartChild', id: 'worker' } as never)
    await stage.advance(200)
    expect(Object.keys(await spread(a, 30)).toSorted()).toEqual(['a', 'b', 'c'])
  })
})
