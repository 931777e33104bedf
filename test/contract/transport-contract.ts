// What every transport must do: frames to a node's inbox, broadcasts, and the truth about its own connection.

import type { NodeIdentity } from '@understudy/runtime/spi'
import { TransportError } from '@understudy/runtime/spi'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { Bed, TestNode } from './bed.ts'
import { bytesOf, join, newCluster, textOf } from './bed.ts'
import { until } from './poll-until.ts'

/** Runs the transport contract on a kind of network. */
export function transportContract(name: string, make: () => Promise<Bed>): void {
  describe(`${name}: a transport`, () => {
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

    const node = async (cluster: string, nodeName: string, onCall?: () => void): Promise<TestNode> => {
      const joined = await join(bed, cluster, nodeName, onCall)
      nodes.push(joined)
      return joined
    }
    const identity = (nodeName: string, incarnation = 1): NodeIdentity => ({ name: nodeName, incarnation })
    const pair = async (): Promise<[TestNode, TestNode]> => {
      const cluster = newCluster()
      const both: [TestNode, TestNode] = [await node(cluster, 'a'), await node(cluster, 'b')]
      await Promise.all([both[0].link.openInbox(identity('a')), both[1].link.openInbox(identity('b'))])
      return both
    }

    it('delivers frames between two nodes in order, both ways', async () => {
      const [a, b] = await pair()
      const count = 2000
      for (let index = 0; index < count; index++) {
        expect(a.link.send(identity('b'), bytesOf(`to b ${index}`))).toBe(true)
        expect(b.link.send(identity('a'), bytesOf(`to a ${index}`))).toBe(true)
      }
      await until('all frames arrived', () => a.frames.length >= count && b.frames.length >= count)
      expect(b.texts()).toEqual(Array.from({ length: count }, (_, index) => `to b ${index}`))
      expect(a.texts()).toEqual(Array.from({ length: count }, (_, index) => `to a ${index}`))
    })

    it('delivers to a node itself', async () => {
      const [a] = await pair()
      a.link.send(identity('a'), bytesOf('note to self'))
      await until('it arrived', () => a.frames.length === 1)
    })

    it('hands over any bytes as they are', async () => {
      const [a, b] = await pair()
      const odd = [
        new Uint8Array(0),
        Uint8Array.of(0, 255, 13, 10, 0),
        bytesOf('PUB us.x 5\r\n'),
        Uint8Array.from({ length: 70_000 }, (_, i) => i % 251),
      ]
      for (const bytes of odd) a.link.send(identity('b'), bytes)
      await until('all arrived', () => b.frames.length === odd.length)
      odd.forEach((bytes, index) => expect(Buffer.compare(b.frames[index]!, bytes)).toBe(0))
    })

    it('carries a frame of the largest size, refuses a larger one and goes on', async () => {
      const [a, b] = await pair()
      const { maxFrameBytes } = a.link
      expect(maxFrameBytes).toBeGreaterThanOrEqual(512 * 1024)
      expect(a.link.send(identity('b'), new Uint8Array(maxFrameBytes).fill(7))).toBe(true)
      expect(a.link.send(identity('b'), new Uint8Array(maxFrameBytes + 1))).toBe(false)
      expect(a.link.broadcast(new Uint8Array(maxFrameBytes + 1))).toBe(false)
      expect(a.link.send(identity('b'), bytesOf('still here'))).toBe(true)
      await until('both arrived', () => b.frames.length === 2)
      expect(b.frames[0]!.byteLength).toBe(maxFrameBytes)
      expect(textOf(b.frames[1]!)).toBe('still here')
      expect(a.session).toEqual([])
    })

    it('says within a second that nobody listens on an inbox', async () => {
      const [a] = await pair()
      const nobody = identity('nobody', 3)
      expect(a.link.send(nobody, bytesOf('hello?'))).toBe(true)
      await until('unreachable is called', () => a.unreachable.length > 0, 1000)
      expect(a.unreachable[0]).toEqual(nobody)
    })

    it('does not reach another life of a node, and says so', async () => {
      const [a, b] = await pair()
      a.link.send(identity('b', 2), bytesOf('too early'))
      await until('unreachable is called', () => a.unreachable.length === 1, 1000)
      await b.link.openInbox(identity('b', 2))
      a.link.send(identity('b', 1), bytesOf('too late'))
      await until('unreachable is called again', () => a.unreachable.length === 2, 1000)
      expect(a.unreachable).toEqual([identity('b', 2), identity('b', 1)])
      a.link.send(identity('b', 2), bytesOf('now'))
      await until('it arrived', () => b.frames.length > 0)
      expect(b.texts()).toEqual(['now'])
    })

    it('broadcasts to every node of the cluster, inbox or not', async () => {
      const cluster = newCluster()
      const all = await Promise.all(['a', 'b', 'c'].map((nodeName) => node(cluster, nodeName)))
      const stranger = await node(newCluster(), 'a')
      await Promise.all(all.map(({ link }) => link.flush()))
      for (const [index, { link }] of all.entries()) expect(link.broadcast(bytesOf(`from ${index}`))).toBe(true)
      const others = (index: number): string[] => [0, 1, 2].filter((other) => other !== index).map((other) => `from ${other}`)
      await until('all heard the others', () =>
        all.every(({ broadcasts }, index) => others(index).every((text) => broadcasts.includes(text))),
      )
      expect(stranger.broadcasts).toEqual([])
    })

    it('keeps clusters apart', async () => {
      const [a] = await pair()
      const stranger = await node(newCluster(), 'b')
      await stranger.link.openInbox(identity('b', 9))
      a.link.send(identity('b', 9), bytesOf('psst'))
      await until('unreachable is called', () => a.unreachable.length === 1, 1000)
      expect(stranger.frames).toEqual([])
    })

    it('reaches nobody after close, from either side', async () => {
      const [a, b] = await pair()
      expect(a.link.send(identity('b'), bytesOf('last words'))).toBe(true)
      await a.link.close()
      await a.link.close()
      await until('what was sent before close arrived', () => b.texts().includes('last words'))
      expect(a.link.connected).toBe(false)
      expect(a.link.send(identity('b'), bytesOf('ghost'))).toBe(false)
      expect(a.link.broadcast(bytesOf('ghost'))).toBe(false)
      b.link.send(identity('a'), bytesOf('are you there?'))
      await until('unreachable is called', () => b.unreachable.length === 1, 1000)
      expect(a.frames).toEqual([])
      expect(b.texts()).toEqual(['last words'])
    })

    it('hints to the others that a connection ended, and not to those of other clusters', async () => {
      const [a, b] = await pair()
      const stranger = await node(newCluster(), 'c')
      await b.link.close()
      await until('a hears of it', () => a.connectionsClosed.length > 0, 1000)
      expect(a.connectionsClosed[0]?.name).toBe('b')
      expect(stranger.connectionsClosed).toEqual([])
    })

    it('survives handlers that throw', async () => {
      const cluster = newCluster()
      const a = await node(cluster, 'a')
      const b = await node(cluster, 'b', () => {
        throw new Error('thrown on purpose')
      })
      await b.link.openInbox(identity('b'))
      a.link.send(identity('b'), bytesOf('1'))
      a.link.send(identity('b'), bytesOf('2'))
      await until('both arrived', () => b.frames.length === 2)
      await bed.cut()
      await until('both notice', () => [a, b].every(({ session }) => session.includes('disconnected')))
      await bed.mend()
      await until('both are back', () => [a, b].every(({ session }) => session.includes('reconnected')))
      a.link.send(identity('b'), bytesOf('3'))
      await until('the next one arrived too', () => b.frames.length === 3)
    })

    it('flushes: what was sent before has reached the server', async () => {
      const [a, b] = await pair()
      a.link.send(identity('b'), bytesOf('x'))
      await a.link.flush()
      await b.link.flush()
      expect(b.texts()).toEqual(['x'])
    })

    it('refuses to send while the connection is gone, and takes up again with the same inbox', async () => {
      const [a, b] = await pair()
      await bed.cut()
      await until('both notice', () => [a, b].every(({ session }) => session.includes('disconnected')))
      expect(a.link.connected).toBe(false)
      expect(a.link.send(identity('b'), bytesOf('lost'))).toBe(false)
      expect(a.link.broadcast(bytesOf('lost'))).toBe(false)
      await expect(a.link.flush()).rejects.toBeInstanceOf(TransportError)
      await bed.mend()
      await until('both are back', () => [a, b].every(({ session }) => session.includes('reconnected')))
      expect([a.session, b.session]).toEqual([
        ['disconnected', 'reconnected'],
        ['disconnected', 'reconnected'],
      ])
      expect(a.link.send(identity('b'), bytesOf('again'))).toBe(true)
      await until('the frame arrived', () => b.frames.length > 0)
      expect(b.texts()).toEqual(['again'])
      expect(b.broadcasts).toEqual([])
    })
  })
}
