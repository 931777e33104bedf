// What a node tells the recoveries of its actors of nodes and leases.

import { afterEach, beforeEach, expect, test } from 'vitest'
import { actor } from '@understudy/runtime'
import { hostOf } from '@understudy/runtime/spi'
import { child, recovery, recoverySetup, supervisor } from '@understudy/supervisor'
import { add, backstage, leadersOf, leadings, others, threeNodes } from '../singleton/tally.fixture.ts'
import { ClusterStage, eventsOf, type Player } from '../stage.fixture.ts'

let stage: ClusterStage
beforeEach(() => {
  stage = new ClusterStage()
  backstage.reset()
})
afterEach(() => stage.close())

/** Hears everything, and orders what can be seen. */
const attentive = recovery(
  recoverySetup().createMachine({
    id: 'attentive',
    initial: 'idle',
    states: {
      idle: {
        on: {
          FAILED: { actions: 'park' },
          NODE_DOWN: { guard: ({ event }) => event.node === 'b', actions: 'restart' },
          LEASE_LOST: { actions: 'restart' },
          FENCED: { actions: 'restart' },
        },
      },
    },
  }),
)
const clerk = actor({ name: 'clerk', on: {} })
const office = supervisor({ name: 'office', children: [child(clerk, { recovery: attentive })] })
/** What the recoveries of a node were told. */
const told = (player: Player) => eventsOf(player, 'recovery.moved').map(({ path, event }) => `${path} ${event}`)

test('a node that is down is told of on every other node, one that has left in order is not', async () => {
  const a = await stage.node('a', { root: office })
  const b = await stage.node('b')
  await stage.node('c')
  await stage.run(b.node.leave())
  await stage.advance(30_000)
  expect(told(a)).toEqual([])
  await stage.node('b')
  stage.network.crash('c')
  await stage.advance(10_000)
  expect(told(a)).toEqual([])
  stage.network.crash('b')
  await stage.until('it is told', () => told(a).length > 0, 5_000)
  await stage.advance(30_000)
  expect(told(a)).toEqual(['/office/clerk NODE_DOWN'])
  expect(eventsOf(a, 'actor.restarted').map(({ path }) => path)).toEqual(['/office/clerk'])
})

test('a lease that is lost is told of once, and once more when it was regained and is lost again', async () => {
  const a = await stage.node('a', { root: office })
  const b = await stage.node('b', { root: office })
  for (const losses of [1, 2]) {
    stage.network.cut('a')
    await stage.advance(30_000)
    expect(told(a)).toEqual(Array.from({ length: losses }, () => '/office/clerk LEASE_LOST'))
    stage.network.heal('a')
    await stage.advance(10_000)
    expect(a.node.members()).toHaveLength(2)
  }
  expect(told(b)).toEqual([])
})

test.each([
  ['cut off', [], (name: string) => stage.network.cut(name)],
  // What was sent to it meanwhile it handles when it goes on, and what it would save then is refused.
  ['frozen', ['FAILED'], (name: string) => stage.freeze(stage.players.find(({ node }) => node.identity.name === name)!)],
])('beneath a singleton the term ends in place of that: %s, a leader is told only of its own failure', async (_, heard, strike) => {
  const players = await threeNodes(stage, { recovery: attentive })
  const [leader] = leadersOf(players) as [Player]
  const [other] = others(players, leader) as [Player]
  const { name } = leader.node.identity
  const path = `/app/tally/term-${leadings(players)[0]!.epoch}/leader` as const
  strike(name)
  expect(await add(stage, other, 1)).toBe(1)
  stage.thaw(leader)
  await stage.until('it has lost the leadership', () => eventsOf(leader, 'singleton.lost').length > 0, 16_000)
  stage.network.heal(name)
  await stage.advance(10_000)
  const toldThere = told(leader).filter((text) => text.startsWith(path) && !text.endsWith('NODE_DOWN'))
  expect(toldThere).toEqual(heard.map((event) => `${path} ${event}`))
  expect(hostOf(leader.node.system).lookup(path, 0)).toBeUndefined()
  expect(leadings(players)).toHaveLength(2)
})
