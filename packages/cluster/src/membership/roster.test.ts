// A conviction that meets a renewal: the node gets a new chance, and is convicted when it stays silent.

import { expect, it } from 'vitest'
import { createSystem } from '@understudy/runtime'
import { hostOf, type KeyValueStore, type NodeIdentity, RevisionConflictError } from '@understudy/runtime/spi'
import { ManualEnv } from '@understudy/runtime/testing'
import { MemoryStore } from '../memory/store.ts'
import { encodeNodeRecord } from './node-record.ts'
import { Roster } from './roster.ts'

const silent = { debug() {}, info() {}, warn() {}, error() {} }

it('a node whose renewal was not heard of is not convicted against it, but when it stays silent', async () => {
  const env = new ManualEnv()
  const host = hostOf(createSystem({ env, log: silent }))
  host.identity = { name: 'a', incarnation: 1 }
  const memory = new MemoryStore(env)
  const refused: unknown[] = []
  const store = {
    write: async (...args: Parameters<MemoryStore['write']>) => {
      try {
        return memory.write(...args)
      } catch (error) {
        refused.push(error)
        throw error
      }
    },
    list: async (prefix: string) => memory.list(prefix),
  } as unknown as KeyValueStore
  const gone: NodeIdentity[] = []
  const nothing = (): void => {}
  const roster = new Roster({
    host,
    store,
    probe: nothing,
    confirmMyself: nothing,
    trusted: nothing,
    gone: (node) => gone.push(node),
    changed: nothing,
  })
  const record = (status: 'up', writer: string, incarnation: number) =>
    encodeNodeRecord({ name: 'b', incarnation, status, roles: [], singletons: [], pools: [], since: 0, writer })
  const revision = memory.write('node.b', record('up', 'w1', 0), { key: 'node.b', revision: 0 })
  const b = { name: 'b', incarnation: revision }
  await roster.poll()
  const tick = async (ms: number): Promise<void> => {
    for (let passed = 0; passed < ms; passed += 250) {
      await env.advance(250)
      roster.tick()
    }
  }
  await tick(3000)
  // It renews once more, and dies: nobody here hears of it.
  memory.write('node.b', record('up', 'w2', revision), { key: 'node.b', revision })
  await tick(1000)
  expect(refused).toHaveLength(1)
  expect(refused[0]).toBeInstanceOf(RevisionConflictError)
  expect([roster.isUp(b), roster.isTrusted(b)]).toEqual([true, true])
  await tick(2500)
  expect(roster.isTrusted(b)).toBe(false)
  expect(gone).toEqual([])
  await tick(1500)
  expect(gone).toEqual([b])
})
