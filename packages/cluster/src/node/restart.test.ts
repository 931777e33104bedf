// What a node provides for its actors before they are spawned: what the user gives, and who carries out `restartNode`.

import { afterEach, beforeEach, expect, it } from 'vitest'
import { actor, InvalidOptionError, serviceKey } from '@understudy/runtime'
import { ManualEnv } from '@understudy/runtime/testing'
import { child, ladder, recoveryOf, supervisor } from '@understudy/supervisor'
import { memoryNetwork } from '../memory/network.ts'
import { type ClusterNode, startNode } from './node.ts'
import type { NodeOptions } from './options.ts'

const log = { debug() {}, info() {}, warn() {}, error() {} }
const leaky = actor({
  name: 'leaky',
  on: {
    work: () => {
      throw new Error('no descriptors left')
    },
  },
})
const root = supervisor({ name: 'app', children: [child(leaky, { recovery: ladder({ rungs: ['restart', 'process'], tries: 1 }) })] })

let env: ManualEnv
let node: ClusterNode | undefined
beforeEach(() => {
  env = new ManualEnv()
})
afterEach(async () => {
  const leaving = node?.leave()
  await env.advance(10_000)
  await leaving
})

async function start(options: Partial<NodeOptions>): Promise<ClusterNode> {
  const network = memoryNetwork({ env, latencyMs: 1 })
  const starting = startNode({ cluster: 'c', name: 'n', transport: network.transport(), env, log, ...options })
  await env.advance(1_000)
  return (node = await starting)
}

async function fail(times: number): Promise<void> {
  for (let n = 0; n < times; n++) node!.system.ref('/app/leaky', leaky).tell({ type: 'work' })
  await env.advance(50)
}

it('a function carries out restartNode, once, however many recoveries order it', async () => {
  const orders: string[] = []
  await start({ root, restartNode: (why) => orders.push(why) })
  await fail(1)
  expect(orders).toEqual([])
  await fail(1)
  expect(orders).toEqual(['the recovery of /app/leaky wants a new process'])
  expect(recoveryOf(node!.system, '/app/leaky')).toMatchObject({ state: 'process' })
})

it('without the option restartNode is not possible, and the recovery goes another way', async () => {
  await start({ root })
  await fail(2)
  expect(recoveryOf(node!.system, '/app/leaky')).toMatchObject({ policy: 'restart-then-backoff' })
})

it('what is provided is there when the root starts', async () => {
  const key = serviceKey<string>('greeting')
  const reader = actor({ name: 'reader', state: (_, ctx) => ctx.service(key), on: { read: (greeting) => greeting } })
  await start({ root: reader, provide: (provide) => provide(key, 'hello') })
  const answer = node!.system.ref('/reader', reader).ask({ type: 'read' })
  await env.advance(1)
  expect(await answer).toBe('hello')
})

it.each([{ restartNode: true }, { provide: new Map() }])('%o is refused, by name', async (wrong) => {
  const options = { cluster: 'c', name: 'n', transport: memoryNetwork().transport(), ...wrong } as unknown as NodeOptions
  await expect(startNode(options)).rejects.toThrow(InvalidOptionError)
  await expect(startNode(options)).rejects.toThrow(Object.keys(wrong)[0]!)
})
