// What the contract suite (test/contract/store-contract.ts) leaves to each kind of store: exact times and what an outage does.

import { describe, expect, it } from 'vitest'
import { type Change, RevisionConflictError } from '@understudy/runtime/spi'
import { ManualEnv } from '@understudy/runtime/testing'
import { MemoryStore, rememberIdsMs } from './store.ts'

const bytes = (text: string) => new TextEncoder().encode(text)
const make = () => {
  const env = new ManualEnv()
  const store = new MemoryStore(env)
  const changes: Change[] = []
  store.watch('', (change) => changes.push(change))
  return { env, store, changes }
}

describe('memory store', () => {
  it('expires a key exactly ttlMs after its last write, with a revision of its own', async () => {
    const { env, store, changes } = make()
    const first = store.write('node.a', bytes('1'), { key: 'node.a', revision: 0 }, { ttlMs: 20_000 })
    await env.advance(19_000)
    store.write('node.a', bytes('2'), { key: 'node.a', revision: first }, { ttlMs: 20_000 })
    await env.advance(19_999)
    expect(store.read('node.a')?.revision).toBe(2)
    await env.advance(1)
    expect(store.read('node.a')).toBeUndefined()
    expect(changes.at(-1)).toEqual({ key: 'node.a', revision: 3 })
    expect(env.pendingTimers).toBe(0)
  })

  it('does not expire what was written anew without a time to live', async () => {
    const { env, store } = make()
    const first = store.write('k', bytes('1'), { key: 'k', revision: 0 }, { ttlMs: 1000 })
    store.write('k', bytes('2'), { key: 'k', revision: first })
    await env.advance(10_000)
    expect(store.read('k')?.revision).toBe(2)
  })

  it('does not expire keys during an outage, but at its end', async () => {
    const { env, store } = make()
    store.write('k', bytes('1'), { key: 'k', revision: 0 }, { ttlMs: 1000 })
    store.setDown(true)
    await env.advance(5000)
    expect(store.read('k')).toBeDefined()
    store.setDown(false)
    expect(store.read('k')).toBeUndefined()
  })

  it('forgets ids after two minutes, and then looks at the condition', async () => {
    const { env, store } = make()
    const write = () => store.write('k', bytes('1'), { key: 'k', revision: 0 }, { id: 'a' })
    expect(write()).toBe(1)
    await env.advance(rememberIdsMs - 1)
    expect(write()).toBe(1)
    await env.advance(1)
    expect(write).toThrow(RevisionConflictError)
  })

  it('does not remember the id of a refused write', () => {
    const { store } = make()
    expect(() => store.write('k', bytes('1'), { key: 'k', revision: 9 }, { id: 'a' })).toThrow(RevisionConflictError)
    expect(store.write('k', bytes('1'), { key: 'k', revision: 0 }, { id: 'a' })).toBe(1)
  })

  it('gives bytes away as copies only', () => {
    const { store, changes } = make()
    store.write('k', bytes('abc'), { key: 'k', revision: 0 })
    store.read('k')!.value.fill(0)
    ;(changes[0]!.value as Uint8Array).fill(0)
    expect(store.read('k')!.value).toEqual(bytes('abc'))
  })
})
