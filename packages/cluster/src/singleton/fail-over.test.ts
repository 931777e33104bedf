// A leader that does not get well on its node: its recovery orders `failOver`, and an understudy on another node goes on.

import { afterEach, beforeEach, expect, test } from 'vitest'
import { failover } from '@understudy/supervisor'
import { ClusterStage, eventsOf } from '../stage.fixture.ts'
import { add, backstage, leadersOf, others, read, tallyApp, tallyOf, threeNodes } from './tally.fixture.ts'

let stage: ClusterStage
beforeEach(() => {
  stage = new ClusterStage()
  backstage.reset()
})
afterEach(() => stage.close())

test('failOver: the leader gives its leadership back at once, an understudy is promoted, and what waited follows', async () => {
  const players = await threeNodes(stage, { recovery: failover({ restarts: 1 }) })
  const leader = leadersOf(players)[0]!
  expect(await add(stage, leader, 0)).toBe(1)
  const before = (await read(stage, leader)).epoch
  tallyOf(leader).tell({ type: 'fail' })
  await stage.advance(50)
  expect(leadersOf(players)).toEqual([leader])

  tallyOf(leader).tell({ type: 'fail' })
  const waiting = tallyOf(leader).ask({ type: 'add', n: 1 }, { timeoutMs: 10_000 })
  const failedAt = stage.env.now()
  expect(await stage.run(waiting)).toBe(2)
  expect(stage.env.now() - failedAt).toBeLessThan(1_000)
  expect(leadersOf(players)).toHaveLength(1)
  expect(leadersOf(players)).not.toContain(leader)
  expect(eventsOf(leader, 'singleton.lost').map(({ why }) => why)).toEqual([expect.stringContaining('fails over')])
  expect((await read(stage, leader)).epoch).toBeGreaterThan(before)
  expect(eventsOf(leader, 'dead-letter').map(({ letter }) => letter.reason)).toEqual(['poison', 'poison'])

  // It stands again: the next fault of the other one brings it back, or promotes the third.
  const next = leadersOf(players)[0]!
  for (let n = 0; n < 2; n++) tallyOf(next).tell({ type: 'fail' })
  await stage.until('another one leads', () => leadersOf(others(players, next)).length === 1, 5_000)
  expect(await add(stage, next, 2)).toBe(3)
})

test('without an understudy failOver is not possible, and the recovery goes another way', async () => {
  const player = await stage.node('a', { root: tallyApp({ recovery: failover({ restarts: 1 }) }) })
  await stage.until('it leads', () => leadersOf([player]).length === 1, 5_000)
  for (let n = 0; n < 2; n++) tallyOf(player).tell({ type: 'fail' })
  expect(await add(stage, player, 0)).toBe(1)
  expect(eventsOf(player, 'singleton.lost')).toEqual([])
  expect(eventsOf(player, 'recovery.moved').at(-1)).toMatchObject({ machine: 'restart-then-backoff' })

  // It becomes possible within the same life of the leader as soon as there is one.
  const other = await stage.node('b', { root: tallyApp({ recovery: failover({ restarts: 1 }) }) })
  await stage.advance(60_000)
  for (let n = 0; n < 2; n++) tallyOf(player).tell({ type: 'fail' })
  await stage.until('the other one leads', () => leadersOf([other]).length === 1, 5_000)
  expect(await add(stage, player, 1)).toBe(2)
})
