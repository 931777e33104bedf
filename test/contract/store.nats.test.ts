// The store contract on a real nats-server, and what only a server can be asked.

import { nats } from '@understudy/transport-nats'
import { InvalidOptionError, RevisionConflictError, StoreUnavailableError, TransportError } from '@understudy/runtime/spi'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { Bed, TestNode } from './bed.ts'
import { bytesOf, join, newCluster, textOf } from './bed.ts'
import type { NatsBed } from './nats-bed.ts'
import { natsBed, testOptions } from './nats-bed.ts'
import { until } from './poll-until.ts'
import { storeContract } from './store-contract.ts'

storeContract('NATS', natsBed)

describe('NATS: a store on a server', () => {
  let bed: NatsBed
  const nodes: TestNode[] = []

  beforeAll(async () => {
    bed = await natsBed()
  })
  afterEach(async () => {
    await Promise.all(nodes.splice(0).map(({ link }) => link.close()))
  })
  afterAll(() => bed?.close())

  const node = async (cluster: string, name: string, on: Bed = bed): Promise<TestNode> => {
    const joined = await join(on, cluster, name)
    nodes.push(joined)
    return joined
  }

  it('keeps what it acknowledged, and its revisions, over a kill of the server', async () => {
    const a = await node(newCluster(), 'a')
    const revision = await a.link.store.write('own.x', bytesOf('kept'), { key: 'own.x', revision: 0 })
    await bed.server.kill()
    await bed.server.restart()
    await until('the node is back', () => a.session.at(-1) === 'reconnected')
    expect(await a.link.store.read('own.x')).toEqual({ key: 'own.x', value: bytesOf('kept'), revision })
    expect(await a.link.store.write('own.x', bytesOf('next'), { key: 'own.x', revision })).toBeGreaterThan(revision)
  })

  it("refuses an old owner's guarded write in the server itself", async () => {
    const cluster = newCluster()
    const [old, successor] = [(await node(cluster, 'a')).link.store, (await node(cluster, 'b')).link.store]
    const epoch = await old.write('own.x', bytesOf('a'), { key: 'own.x', revision: 0 })
    const taken = await successor.write('own.x', bytesOf('b'), { key: 'own.x', revision: epoch })
    const error = await old.write('state.x', bytesOf('zombie'), { key: 'own.x', revision: epoch }).catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(RevisionConflictError)
    expect(error).toMatchObject({
      actual: taken,
      cause: { name: 'JetStreamRefusal', errCode: 10071, message: expect.stringContaining('wrong last sequence') },
    })
  })

  it('answers the same revision when a write is repeated after the server came back', async () => {
    const { link, session } = await node(newCluster(), 'a')
    const write = (): Promise<number> =>
      link.store.write('own.x', bytesOf('a'), { key: 'own.x', revision: 0 }, { id: 'a.1', ttlMs: 60_000 })
    const revision = await write()
    await bed.server.kill()
    await bed.server.restart()
    await until('the node is back', () => session.at(-1) === 'reconnected')
    expect(await write()).toBe(revision)
  })

  it('fails an open write as soon as the connection is lost, not at its deadline', async () => {
    const patient = { ...bed, transport: () => nats({ servers: bed.server.url, ...testOptions, timeoutMs: 50_000 }) }
    const { link, session } = await node(newCluster(), 'a', patient)
    await bed.server.pause()
    const write = link.store.write('own.x', bytesOf('a'), { key: 'own.x', revision: 0 })
    const failure = write.catch((reason: unknown) => reason)
    await bed.server.kill()
    const killed = performance.now()
    expect(await failure).toBeInstanceOf(StoreUnavailableError)
    expect(performance.now() - killed).toBeLessThan(1000)
    await bed.server.restart()
    await until('the node is back', () => session.at(-1) === 'reconnected')
  })

  it('answers within timeoutMs while the server does not', async () => {
    const hasty = { ...bed, transport: () => nats({ servers: bed.server.url, ...testOptions, timeoutMs: 200 }) }
    const { link } = await node(newCluster(), 'a', hasty)
    await bed.server.pause()
    await expect(link.store.read('own.x')).rejects.toThrow(/reading 'own.x'.*within 200 ms/)
    bed.server.resume()
    await until('it answers again', () =>
      link.store.read('own.x').then(
        () => true,
        () => false,
      ),
    )
  })

  it('answers the revision of the first attempt when its answer was lost', async () => {
    const hasty = { ...bed, transport: () => nats({ servers: bed.server.url, ...testOptions, timeoutMs: 200 }) }
    const { store } = (await node(newCluster(), 'a', hasty)).link
    const before = await store.write('own.x', bytesOf('a'), { key: 'own.x', revision: 0 }, { id: 'a.1' })
    const write = (): Promise<number> => store.write('own.x', bytesOf('b'), { key: 'own.x', revision: before }, { id: 'a.2' })
    await bed.server.pause()
    await expect(write()).rejects.toBeInstanceOf(StoreUnavailableError)
    bed.server.resume()
    await until('the first attempt was applied after all', async () => {
      const entry = await store.read('own.x').catch(() => undefined)
      return entry !== undefined && textOf(entry.value) === 'b'
    })
    expect(await write()).toBe(before + 1)
    expect((await store.read('own.x'))?.revision).toBe(before + 1)
  })

  it('keeps a value of the largest size and refuses a larger one by name', async () => {
    const { link } = await node(newCluster(), 'a')
    const largest = new Uint8Array(link.maxFrameBytes - 1024).fill(7)
    await link.store.write('state.x', largest, { key: 'state.x', revision: 0 }, { id: 'i', ttlMs: 5_000 })
    expect((await link.store.read('state.x'))?.value.byteLength).toBe(largest.byteLength)
    const tooLarge = link.store.write('state.y', new Uint8Array(largest.byteLength + 1), { key: 'state.y', revision: 0 })
    await expect(tooLarge).rejects.toThrow(/value.byteLength is \d+; it must be at most/)
  })

  it('refuses keys, prefixes, ids and times to live that it cannot carry', async () => {
    const { store } = (await node(newCluster(), 'a')).link
    const at = { key: 'own.x', revision: 0 }
    for (const key of ['', '.', 'a.', '.a', 'a..b', 'a b', 'own.*', 'own.>', 'ü', 'x'.repeat(181)]) {
      await expect(store.write(key, bytesOf('x'), at)).rejects.toBeInstanceOf(InvalidOptionError)
      await expect(store.read(key)).rejects.toBeInstanceOf(InvalidOptionError)
    }
    await expect(store.list('own')).rejects.toBeInstanceOf(InvalidOptionError)
    await expect(store.write('own.x', bytesOf('x'), { key: 'own.*', revision: 0 })).rejects.toBeInstanceOf(InvalidOptionError)
    await expect(store.write('own.x', bytesOf('x'), { key: 'own.x', revision: -1 })).rejects.toBeInstanceOf(InvalidOptionError)
    await expect(store.write('own.x', bytesOf('x'), at, { id: 'two\r\nlines' })).rejects.toBeInstanceOf(InvalidOptionError)
    await expect(store.write('own.x', bytesOf('x'), at, { ttlMs: 999 })).rejects.toBeInstanceOf(InvalidOptionError)
  })

  it('lists more keys than one answer of the server holds', async () => {
    const { store } = (await node(newCluster(), 'a')).link
    const count = 1100
    await Promise.all(
      Array.from({ length: count }, (_, index) =>
        store.write(`node.n${index}`, bytesOf(String(index)), { key: `node.n${index}`, revision: 0 }),
      ),
    )
    const entries = await store.list('node.')
    expect(new Set(entries.map(({ value }) => textOf(value))).size).toBe(count)
  })

  it('reads keys together while they are being overwritten', async () => {
    const cluster = newCluster()
    const [writer, reader] = [(await node(cluster, 'a')).link.store, (await node(cluster, 'b')).link.store]
    const keys = ['own.x', 'state.x']
    const revisions = new Map<string, number>()
    for (const key of keys) revisions.set(key, await writer.write(key, bytesOf('0'), { key, revision: 0 }))
    let writing = true
    const writes = (async () => {
      for (let index = 1; index <= 300; index++) {
        for (const key of keys) revisions.set(key, await writer.write(key, bytesOf(String(index)), { key, revision: revisions.get(key)! }))
      }
      writing = false
    })()
    while (writing) expect(await reader.readTogether(keys)).toHaveLength(2)
    await writes
  })

  it('is made once by nodes that connect at the same time, though they would make it of different sizes', async () => {
    const cluster = newCluster()
    const sized = (mebibytes: number): Bed => ({
      ...bed,
      transport: () => nats({ servers: bed.server.url, maxStoreBytes: mebibytes * 1024 * 1024 }),
    })
    const all = await Promise.all(['a', 'b', 'c', 'd'].map((name, index) => node(cluster, name, sized(4 + index))))
    await all[0]!.link.store.write('own.x', bytesOf('one'), { key: 'own.x', revision: 0 })
    for (const { link } of all) expect(textOf((await link.store.read('own.x'))!.value)).toBe('one')
  })

  it('is not used when the stream exists with fewer replicas than asked for', async () => {
    const cluster = newCluster()
    await node(cluster, 'a')
    const three = { ...bed, transport: () => nats({ servers: bed.server.url, ...testOptions, replicas: 3 }) }
    const error = await join(three, cluster, 'b').catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(TransportError)
    expect((error as Error).message).toMatch(/num_replicas is 1, not 3.*nats stream edit/)
  })
})
