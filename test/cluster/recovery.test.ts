// A node keeps the recoveries of its supervisors in the store of its cluster, each under its own name.

import {
  actor,
  child,
  type ClusterNode,
  type Logger,
  nats,
  type NatsServer,
  quarantine,
  recoveryOf,
  startNatsServer,
  startNode,
  supervisor,
} from '@understudy/actors'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { until } from '../contract/poll-until.ts'

const quiet: Logger = { debug() {}, info() {}, warn() {}, error() {} }
const gateway = actor({
  name: 'gateway',
  on: {
    crash: () => {
      throw new TypeError('always the same')
    },
  },
})
const shop = supervisor({ name: 'shop', persist: true, children: [child(gateway, { recovery: quarantine({ alike: 1 }) })] })

let server: NatsServer
beforeAll(async () => {
  server = await startNatsServer()
})
afterAll(() => server.stop())

const start = async (name: string): Promise<ClusterNode> => {
  const node = await startNode({ cluster: `t${process.pid}`, name, transport: nats({ servers: server.url }), root: shop, log: quiet })
  await node.system.ref('/shop', shop).ask({ type: 'countChildren' })
  return node
}
const stateOn = (node: ClusterNode): string | undefined => recoveryOf(node.system, '/shop/gateway')?.state

test('with persist: true a node of the same name finds the recoveries of the one before, and another node does not', async () => {
  const first = await start('one')
  first.system.ref('/shop/gateway', gateway).tell({ type: 'crash' })
  await until('it is in quarantine', () => stateOn(first) === 'quarantined')
  await first.leave()

  const other = await start('two')
  expect(stateOn(other)).toBe('healthy')
  const second = await start('one')
  expect(stateOn(second)).toBe('quarantined')
  expect(recoveryOf(second.system, '/shop/gateway')).toMatchObject({ standing: 'parked' })

  // Let out, it is forgotten.
  await second.system.ref('/shop', shop).ask({ type: 'terminateChild', id: 'gateway' })
  await second.system.ref('/shop', shop).ask({ type: 'restartChild', id: 'gateway' })
  await second.leave()
  const third = await start('one')
  expect(stateOn(third)).toBe('healthy')
  await Promise.all([third.leave(), other.leave()])
})
