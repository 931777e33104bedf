// Who is told of nodes and leases: in a real system, in virtual time.

import { actor, createSystem } from '@understudy/runtime'
import { ManualEnv } from '@understudy/runtime/testing'
import { expect, test } from 'vitest'
import { child } from '../child.ts'
import { supervisor } from '../supervisor.ts'
import { backoff } from './library/backoff.ts'
import { failover } from './library/failover.ts'
import { recovery, recoverySetup } from './machine.ts'
import { RecoveryNotices, recoveryNotices } from './notices.ts'

const quiet = { debug() {}, info() {}, warn() {}, error() {} }
const worker = actor({ name: 'worker', on: { fail: () => Promise.reject(new Error('it fails')) } })
const watchful = recovery(
  recoverySetup().createMachine({
    id: 'watchful',
    initial: 'idle',
    states: { idle: { on: { FAILED: { actions: 'park' }, NODE_DOWN: { guard: ({ event }) => event.node === 'b', actions: 'restart' } } } },
  }),
)

async function stage() {
  const env = new ManualEnv()
  const system = createSystem({ env, log: quiet })
  const notices = new RecoveryNotices()
  system.provide(recoveryNotices, notices)
  const team = supervisor({
    name: 'team',
    children: [
      child(worker, { id: 'watchful', recovery: watchful }),
      child(worker, { id: 'leasing', recovery: failover() }),
      child(worker, { id: 'later', recovery: backoff({ then: failover() }) }),
      child(worker, { id: 'plain' }),
    ],
  })
  const told: string[] = []
  system.onEvent('recovery.moved', ({ path, event, commands }) => told.push(`${path} ${event} ${commands.join()}`))
  const shop = supervisor({ name: 'shop', children: [child(team, { id: 'one' }), child(team, { id: 'two' })] })
  const ref = system.spawn(shop, { name: 'shop' })
  await env.settle()
  return { env, system, notices, told, ref }
}

test('who has a use for it is told, whether it runs or waits in its recovery, and what the machine orders is done', async () => {
  const { env, system, notices, told } = await stage()
  const restarts: string[] = []
  system.onEvent('actor.restarted', ({ path }) => restarts.push(path))
  system.ref('/shop/one/watchful', worker).tell({ type: 'fail' })
  await env.settle()
  notices.tell({ type: 'NODE_DOWN', node: 'a' })
  await env.settle()
  expect(told).toEqual(['/shop/one/watchful FAILED park'])
  notices.tell({ type: 'NODE_DOWN', node: 'b' })
  await env.settle()
  expect(told.slice(1)).toEqual(['/shop/one/watchful NODE_DOWN restart', '/shop/two/watchful NODE_DOWN restart'])
  expect(restarts).toEqual(['/shop/one/watchful', '/shop/two/watchful'])
})

test.each(['LEASE_LOST', 'FENCED'] as const)('with a path %s is told to what lives there or beneath, and nowhere else', async (type) => {
  const { env, notices, told } = await stage()
  notices.tell({ type }, '/shop/one/leas')
  await env.settle()
  expect(told).toEqual([])
  notices.tell({ type }, '/shop/one/leasing')
  await env.settle()
  expect(told.splice(0)).toEqual([`/shop/one/leasing ${type} stop`])
  notices.tell({ type }, '/shop', ['/shop/two'])
  await env.settle()
  expect(told).toEqual([])
  notices.tell({ type }, '/shop/two')
  await env.settle()
  expect(told.splice(0)).toEqual([`/shop/two/leasing ${type} stop`])
  // Whoever is let go of is told nothing any more.
  notices.tell({ type })
  await env.settle()
  expect(told).toEqual([])
})

test('a supervisor whose children have no use for it is not even looked at, nor is one that has ended', async () => {
  const notices = new RecoveryNotices()
  let looks = 0
  const standings = (): [] => {
    looks++
    return []
  }
  const informed = { standings, recovery: () => undefined, tellSoon() {} }
  notices.join(informed, '/shop', backoff())
  notices.tell({ type: 'FENCED' })
  expect(looks).toBe(0)
  notices.join(informed, '/shop', failover())
  notices.tell({ type: 'FENCED' })
  expect(looks).toBe(1)
  notices.leave(informed)
  notices.tell({ type: 'FENCED' })
  expect(looks).toBe(1)

  const { env, system, notices: others, told } = await stage()
  const stopped = system.stop()
  // On its way already when the supervisors begin to end.
  others.tell({ type: 'LEASE_LOST' })
  await env.settle()
  await stopped
  others.tell({ type: 'LEASE_LOST' })
  await env.settle()
  expect(told).toEqual([])
})
