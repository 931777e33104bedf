// What every store must do. Leases, ownership and fences rest on these promises and on no others.

import type { Change, Condition, KeyValueStore } from '@understudy/runtime/spi'
import { RevisionConflictError, StoreUnavailableError } from '@understudy/runtime/spi'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { Bed, TestNode } from './bed.ts'
import { bytesOf, join, newCluster, textOf } from './bed.ts'
import { until } from './poll-until.ts'

/** Runs the store contract on a kind of network. */
export function storeContract(name: string, make: () => Promise<Bed>): void {
  describe(`${name}: a store`, () => {
    let bed: Bed
    let nodes: TestNode[] = []

    beforeAll(async () => {
      bed = await make()
    })
    afterEach(async () => {
      await Promise.all(nodes.map(({ link }) => link.close()))
      nodes = []
    })
    afterAll(() => bed?.close())

    const storeIn = async (cluster: string, node = 'a'): Promise<KeyValueStore> => {
      const joined = await join(bed, cluster, node)
      nodes.push(joined)
      return joined.link.store
    }
    const newStore = (): Promise<KeyValueStore> => storeIn(newCluster())
    const at = (key: string, revision: number): Condition => ({ key, revision })
    const put = (
      store: KeyValueStore,
      key: string,
      text: string,
      revision = 0,
      options?: { ttlMs?: number; id?: string },
    ): Promise<number> => store.write(key, bytesOf(text), at(key, revision), options)
    const get = async (store: KeyValueStore, key: string): Promise<string | undefined> => {
      const entry = await store.read(key)
      return entry === undefined ? undefined : textOf(entry.value)
    }
    const refusal = async (write: Promise<number>): Promise<RevisionConflictError> => {
      const error = await write.then(
        (revision) => new Error(`accepted at ${revision}`),
        (reason: unknown) => reason,
      )
      expect(error).toBeInstanceOf(RevisionConflictError)
      return error as RevisionConflictError
    }

    it('knows nothing of a key never written', async () => {
      const store = await newStore()
      expect(await store.read('own.x')).toBeUndefined()
    })

    it('creates a key at revision 0 and answers its revision', async () => {
      const store = await newStore()
      const revision = await put(store, 'own.x', 'one')
      expect(revision).toBeGreaterThan(0)
      expect(await store.read('own.x')).toEqual({ key: 'own.x', value: bytesOf('one'), revision })
    })

    it('updates a key at its last revision', async () => {
      const store = await newStore()
      const first = await put(store, 'own.x', 'one')
      const second = await put(store, 'own.x', 'two', first)
      expect(second).toBeGreaterThan(first)
      expect(await get(store, 'own.x')).toBe('two')
    })

    it('refuses a write at an old revision, names the actual one and keeps the value', async () => {
      const store = await newStore()
      const first = await put(store, 'own.x', 'one')
      const second = await put(store, 'own.x', 'two', first)
      expect(await refusal(put(store, 'own.x', 'late', first))).toMatchObject({ key: 'own.x', actual: second })
      expect(await refusal(put(store, 'own.x', 'late', 0))).toMatchObject({ actual: second })
      expect(await get(store, 'own.x')).toBe('two')
    })

    it('refuses an update of a key never written', async () => {
      const store = await newStore()
      expect(await refusal(put(store, 'own.x', 'one', 7))).toMatchObject({ actual: 0 })
      expect(await store.read('own.x')).toBeUndefined()
    })

    it('lets exactly one of ten concurrent creates win', async () => {
      const cluster = newCluster()
      const stores = await Promise.all(['a', 'b', 'c'].map((node) => storeIn(cluster, node)))
      const writes = Array.from({ length: 10 }, (_, index) => put(stores[index % 3]!, 'own.x', `writer ${index}`))
      const results = await Promise.allSettled(writes)
      const winners = results.flatMap((result, index) => (result.status === 'fulfilled' ? [index] : []))
      const losers = results.flatMap((result) => (result.status === 'rejected' ? [result.reason as unknown] : []))
      expect(winners).toHaveLength(1)
      for (const loser of losers) expect(loser).toBeInstanceOf(RevisionConflictError)
      expect(await get(stores[0]!, 'own.x')).toBe(`writer ${winners[0]}`)
    })

    it('raises the revision with every write, over all keys', async () => {
      const store = await newStore()
      const revisions: number[] = []
      for (const key of ['own.a', 'own.b', 'node.a', 'own.c']) revisions.push(await put(store, key, 'x'))
      revisions.push(await put(store, 'own.a', 'y', revisions[0]!))
      expect(revisions).toEqual([...revisions].sort((one, other) => one - other))
      expect(new Set(revisions).size).toBe(revisions.length)
    })

    it('shows one node what another wrote', async () => {
      const cluster = newCluster()
      const [one, other] = [await storeIn(cluster, 'a'), await storeIn(cluster, 'b')]
      const revision = await put(one, 'own.x', 'mine')
      expect(await get(other, 'own.x')).toBe('mine')
      expect(await put(other, 'own.x', 'theirs', revision)).toBeGreaterThan(revision)
    })

    it('lets a key with a time to live expire, and says so by a change without value', async () => {
      const store = await newStore()
      const changes: Change[] = []
      store.watch('node.', (change) => void changes.push(change))
      const revision = await put(store, 'node.a', 'alive', 0, { ttlMs: 1000 })
      await until('the expiry is heard', () => changes.some(({ value }) => value === undefined))
      const expiry = changes.at(-1)!
      expect(expiry.key).toBe('node.a')
      expect(expiry.revision).toBeGreaterThan(revision)
      expect(await store.read('node.a')).toBeUndefined()
      expect(await store.list('node.')).toEqual([])
    })

    it('takes an expired key as never written, and refuses its last revision', async () => {
      const store = await newStore()
      const revision = await put(store, 'node.a', 'alive', 0, { ttlMs: 1000 })
      await until('the key expires', async () => (await store.read('node.a')) === undefined)
      await refusal(put(store, 'node.a', 'zombie', revision))
      const again = await put(store, 'node.a', 'reborn', 0, { id: 'reborn-1' })
      expect(again).toBeGreaterThan(revision)
      expect(await get(store, 'node.a')).toBe('reborn')
    })

    it('counts the time to live from the last write', async () => {
      const store = await newStore()
      await put(store, 'node.other', 'alive', 0, { ttlMs: 1000 })
      const first = await put(store, 'node.a', 'alive', 0, { ttlMs: 1000 })
      await put(store, 'node.a', 'renewed', first, { ttlMs: 3000 })
      await until('the key that was not renewed expires', async () => (await store.read('node.other')) === undefined)
      expect(await get(store, 'node.a')).toBe('renewed')
      await until('the renewed key expires too', async () => (await store.read('node.a')) === undefined)
    })

    it('accepts a write that is guarded by another key while that key stands still', async () => {
      const store = await newStore()
      const epoch = await put(store, 'own.x', 'a')
      const first = await store.write('state.x', bytesOf('s1'), at('own.x', epoch))
      const second = await store.write('state.x', bytesOf('s2'), at('own.x', epoch))
      expect(second).toBeGreaterThan(first)
      expect(await get(store, 'state.x')).toBe('s2')
      expect((await store.read('own.x'))?.revision).toBe(epoch)
    })

    it('refuses a guarded write once the other key has moved on', async () => {
      const cluster = newCluster()
      const [old, successor] = [await storeIn(cluster, 'a'), await storeIn(cluster, 'b')]
      const epoch = await put(old, 'own.x', 'a')
      await old.write('state.x', bytesOf('by a'), at('own.x', epoch))
      const taken = await put(successor, 'own.x', 'b', epoch)
      expect(await refusal(old.write('state.x', bytesOf('zombie'), at('own.x', epoch)))).toMatchObject({ key: 'own.x', actual: taken })
      expect(await get(successor, 'state.x')).toBe('by a')
    })

    it('applies a write of one id once, however often it is sent', async () => {
      const store = await newStore()
      const revision = await put(store, 'own.x', 'one', 0, { id: 'a.1' })
      expect(await put(store, 'own.x', 'one', 0, { id: 'a.1' })).toBe(revision)
      const update = await put(store, 'own.x', 'two', revision, { id: 'a.2' })
      expect(await put(store, 'own.x', 'two', revision, { id: 'a.2' })).toBe(update)
      await refusal(put(store, 'own.x', 'other', revision, { id: 'b.1' }))
      expect(await store.read('own.x')).toEqual({ key: 'own.x', value: bytesOf('two'), revision: update })
    })

    it('applies a guarded write of one id once, and owns up to it after the guard has moved on', async () => {
      const store = await newStore()
      const epoch = await put(store, 'own.x', 'a')
      const guard = at('own.x', epoch)
      const revision = await store.write('state.x', bytesOf('s1'), guard, { id: 'a.save.1' })
      expect(await store.write('state.x', bytesOf('s1'), guard, { id: 'a.save.1' })).toBe(revision)
      await put(store, 'own.x', 'b', epoch)
      expect(await store.write('state.x', bytesOf('s1'), guard, { id: 'a.save.1' })).toBe(revision)
      await refusal(store.write('state.x', bytesOf('s2'), guard, { id: 'a.save.2' }))
      expect((await store.read('state.x'))?.revision).toBe(revision)
    })

    it('does not take the write of one id for another that lost the race', async () => {
      const cluster = newCluster()
      const [one, other] = [await storeIn(cluster, 'a'), await storeIn(cluster, 'b')]
      const results = await Promise.allSettled([put(one, 'own.x', 'a', 0, { id: 'a.1' }), put(other, 'own.x', 'b', 0, { id: 'b.1' })])
      expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    })

    it('lists the keys below a prefix and no others', async () => {
      const store = await newStore()
      await put(store, 'own.a', '1')
      await put(store, 'own.b.deep', '2')
      await put(store, 'owner.c', '3')
      await put(store, 'own', '4')
      const keys = async (prefix: string): Promise<string[]> => (await store.list(prefix)).map(({ key }) => key).sort()
      expect(await keys('own.')).toEqual(['own.a', 'own.b.deep'])
      expect(await keys('none.')).toEqual([])
      expect(await keys('')).toEqual(['own', 'own.a', 'own.b.deep', 'owner.c'])
    })

    it('reads several keys together and leaves absent ones out', async () => {
      const store = await newStore()
      const revision = await put(store, 'own.x', 'owner')
      await put(store, 'state.x', 'state')
      await put(store, 'state.y', 'another')
      const entries = await store.readTogether(['own.x', 'state.x', 'state.none'])
      expect(entries.map(({ key, value }) => `${key}=${textOf(value)}`).sort()).toEqual(['own.x=owner', 'state.x=state'])
      expect(entries.find(({ key }) => key === 'own.x')?.revision).toBe(revision)
      expect(await store.readTogether([])).toEqual([])
      expect(await store.readTogether(['state.none'])).toEqual([])
    })

    it('tells a watcher of every change below its prefix, in order, until it stops', async () => {
      const cluster = newCluster()
      const [writer, watcher] = [await storeIn(cluster, 'a'), await storeIn(cluster, 'b')]
      const seen: [string, string, number][] = []
      const stop = watcher.watch(
        'own.',
        ({ key, value, revision }) => void seen.push([key, value === undefined ? '-' : textOf(value), revision]),
      )
      // A watch is not acknowledged: read once over the same connection, so that the server has it.
      await watcher.read('own.x')
      const first = await put(writer, 'own.x', '1')
      await put(writer, 'node.a', 'not below')
      const second = await put(writer, 'own.x', '2', first)
      const third = await put(writer, 'own.y', '3')
      await until('three changes are seen', () => seen.length >= 3)
      expect(seen).toEqual([
        ['own.x', '1', first],
        ['own.x', '2', second],
        ['own.y', '3', third],
      ])
      stop()
      await watcher.read('own.x')
      const marks: number[] = []
      watcher.watch('', ({ revision }) => void marks.push(revision))
      await watcher.read('own.x')
      const last = await put(writer, 'own.z', '4')
      await until('the other watcher sees the last write', () => marks.includes(last))
      expect(seen).toHaveLength(3)
    })

    it('keeps clusters apart', async () => {
      const [one, other] = [await newStore(), await newStore()]
      await put(one, 'own.x', 'one')
      expect(await other.read('own.x')).toBeUndefined()
      expect(await other.list('')).toEqual([])
      await put(other, 'own.x', 'other')
      expect(await get(one, 'own.x')).toBe('one')
    })

    it('keeps empty values and values of half a mebibyte, byte for byte', async () => {
      const store = await newStore()
      const large = Uint8Array.from({ length: 512 * 1024 }, (_, index) => (index * 31) % 256)
      await store.write('state.empty', new Uint8Array(0), at('state.empty', 0))
      await store.write('state.large', large, at('state.large', 0))
      expect((await store.read('state.empty'))?.value).toEqual(new Uint8Array(0))
      expect(Buffer.compare((await store.read('state.large'))!.value, large)).toBe(0)
      const together = await store.readTogether(['state.empty', 'state.large'])
      expect(together.map(({ value }) => value.byteLength).sort((one, other) => one - other)).toEqual([0, large.byteLength])
    })

    it('keeps a value of its own: what the writer does to its bytes later changes nothing', async () => {
      const store = await newStore()
      const bytes = bytesOf('before')
      await store.write('own.x', bytes, at('own.x', 0))
      bytes.fill(0)
      expect(await get(store, 'own.x')).toBe('before')
    })

    it('says that it is unavailable while it cannot be reached, and works again after', async () => {
      const store = await newStore()
      const node = nodes.at(-1)!
      const revision = await put(store, 'own.x', 'one')
      await bed.cut()
      await until('the node notices', () => node.session.includes('disconnected'))
      await expect(put(store, 'own.x', 'two', revision)).rejects.toBeInstanceOf(StoreUnavailableError)
      await expect(store.read('own.x')).rejects.toBeInstanceOf(StoreUnavailableError)
      await expect(store.readTogether(['own.x'])).rejects.toBeInstanceOf(StoreUnavailableError)
      await expect(store.list('own.')).rejects.toBeInstanceOf(StoreUnavailableError)
      await bed.mend()
      await until('the node is back', () => node.session.at(-1) === 'reconnected')
      // Servers that just began elect a leader first; the id makes repeating the write safe.
      let second = 0
      await until('the store accepts a write', async () => {
        second = await put(store, 'own.x', 'two', revision, { id: 'a.2' }).catch((error: unknown) => {
          if (error instanceof StoreUnavailableError) return 0
          throw error
        })
        return second > 0
      })
      expect(await store.read('own.x')).toEqual({ key: 'own.x', value: bytesOf('two'), revision: second })
    })
  })
}
