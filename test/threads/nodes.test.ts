// Actors in threads of one node, talked to from another.

import { child, memoryNetwork, startNode, supervisor, type AnyRef } from '@understudy/actors'
import { expectBalanced } from '@understudy/runtime/testing'
import { expect, onTestFinished, test } from 'vitest'
import { talker } from './guests.fixture.ts'

const quiet = { debug() {}, info() {}, warn() {}, error() {} }

test('an actor in a thread, and what it has spawned there, can be reached from another node', async () => {
  const network = memoryNetwork()
  const start = (name: string, withRoot: boolean) =>
    startNode({
      cluster: 'threads',
      name,
      transport: network.transport(),
      log: quiet,
      ...(withRoot && { root: supervisor({ name: 'app', children: [child(talker, { isolation: 'thread' })] }) }),
    })
  const home = await start('home', true)
  const away = await start('away', false)
  onTestFinished(async () => {
    await away.leave()
    await home.leave()
    for (const { system } of [home, away]) expectBalanced(system)
  })
  const far = away.ref('home', '/app/talker') as AnyRef
  const junior = (await far.ask({ type: 'child', name: 'junior' })) as AnyRef
  expect(junior.address.path).toBe('/app/talker/junior')
  junior.tell({ type: 'add', n: 7 })
  expect(await junior.ask({ type: 'items' })).toEqual([7])
  // From the thread to the other node and back.
  const near = away.system.spawn(talker, { name: 'near' }) as AnyRef
  far.tell({ type: 'greet', whom: near, with: 'hello' })
  await expect.poll(() => near.ask({ type: 'told' })).toEqual(['hello'])
})
