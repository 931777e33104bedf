// The faults of the memory network; what every transport must do is in test/contract/transport-contract.ts.

import { afterEach, describe, expect, it } from 'vitest'
import { type Link, type NodeIdentity, StoreUnavailableError, type TransportHandlers } from '@understudy/runtime/spi'
import { ManualEnv } from '@understudy/runtime/testing'
import { memoryNetwork } from './network.ts'

const bytes = (text: string) => new TextEncoder().encode(text)
const identity = (name: string): NodeIdentity => ({ name, incarnation: 1 })
const links: Link[] = []
const silent = { debug() {}, info() {}, warn() {}, error() {} }

function setUp(latencyMs = 0) {
  const env = new ManualEnv()
  const network = memoryNetwork({ env, latencyMs })
  const settle = () => env.advance(10 * latencyMs)
  const node = async (nodeName: string) => {
    const log: string[] = []
    const text = (frame: Uint8Array) => new TextDecoder().decode(frame)
    const handlers: TransportHandlers = {
      frame: (frame) => log.push(text(frame)),
      broadcast: (frame) => log.push(`all: ${text(frame)}`),
      unreachable: (to) => log.push(`unreachable ${to.name}`),
      connectionClosed: (gone) => log.push(`closed ${gone.name}~${gone.incarnation}`),
      disconnected: () => log.push('disconnected'),
      reconnected: () => log.push('reconnected'),
      closed: () => log.push('closed for good'),
    }
    const link = await network.transport().connect({ cluster: 'c', nodeName, env, log: silent, handlers })
    links.push(link)
    const opened = link.openInbox(identity(nodeName))
    await settle()
    await opened
    return { link, log }
  }
  return { env, network, node, settle }
}
const outcome = (promise: Promise<unknown>) => {
  const seen: { result?: unknown } = {}
  promise.then(
    (value) => (seen.result = value),
    (error: unknown) => (seen.result = error),
  )
  return seen
}

afterEach(async () => {
  links.splice(0)
})

describe('memory network', () => {
  it('never delivers on the stack of the sender, and copies what it is given', async () => {
    const { node, settle } = setUp()
    const [a, b] = [await node('a'), await node('b')]
    const frame = bytes('one')
    a.link.send(identity('b'), frame)
    frame.fill(0)
    expect(b.log).toEqual([])
    await settle()
    expect(b.log).toEqual(['one'])
  })

  it('takes its latency for every step and keeps the order', async () => {
    const { env, node } = setUp(10)
    const [a, b] = [await node('a'), await node('b')]
    a.link.send(identity('b'), bytes('1'))
    await env.advance(5)
    a.link.send(identity('b'), bytes('2'))
    await env.advance(4)
    expect(b.log).toEqual([])
    await env.advance(1)
    expect(b.log).toEqual(['1'])
    await env.advance(5)
    expect(b.log).toEqual(['1', '2'])
  })

  it('cuts a node off without a hint to the others, and connects it again', async () => {
    const { network, node, settle } = setUp()
    const [a, b] = [await node('a'), await node('b')]
    a.link.send(identity('b'), bytes('in flight'))
    network.cut('b')
    expect(b.link.connected).toBe(false)
    expect(b.link.send(identity('a'), bytes('x'))).toBe(false)
    expect(a.link.send(identity('b'), bytes('into the void'))).toBe(true)
    await expect(b.link.store.read('k')).rejects.toBeInstanceOf(StoreUnavailableError)
    await expect(a.link.store.read('k')).resolves.toBeUndefined()
    await settle()
    expect(a.log).toEqual([])
    await expect(network.transport().connect({ cluster: 'c', nodeName: 'b' } as never)).rejects.toThrow(/cut/)
    network.heal('b')
    await settle()
    a.link.send(identity('b'), bytes('again'))
    await settle()
    expect(b.log).toEqual(['disconnected', 'reconnected', 'again'])
  })

  it('leaves the outcome of a write unknown when the connection is lost on the way back', async () => {
    const { env, network, node } = setUp(10)
    const [a, b] = [await node('a'), await node('b')]
    const write = outcome(a.link.store.write('k', bytes('1'), { key: 'k', revision: 0 }, { id: 'w' }))
    await env.advance(15)
    network.cut('a')
    await env.advance(15)
    expect(write.result).toBeInstanceOf(StoreUnavailableError)
    const read = outcome(b.link.store.read('k'))
    await env.advance(20)
    expect(read.result).toMatchObject({ revision: 1 })
    network.heal('a')
    const again = outcome(a.link.store.write('k', bytes('1'), { key: 'k', revision: 0 }, { id: 'w' }))
    await env.advance(20)
    expect(again.result).toBe(1)
  })

  it('lets a crashed node vanish, with the hint that a server would give', async () => {
    const { network, node, settle } = setUp()
    const [a, b] = [await node('a'), await node('b')]
    network.crash('b')
    await settle()
    expect(a.log).toEqual(['closed b~1'])
    expect(b.link.connected).toBe(false)
    expect(b.link.send(identity('a'), bytes('ghost'))).toBe(false)
    await expect(b.link.store.read('k')).rejects.toBeInstanceOf(StoreUnavailableError)
    a.link.send(identity('b'), bytes('anybody?'))
    await settle()
    expect(a.log).toEqual(['closed b~1', 'unreachable b'])
    expect(b.log).toEqual([])
  })

  it('holds what a frozen node sends, gets and writes, and lets it go in order', async () => {
    const { network, node, settle } = setUp()
    const [a, b] = [await node('a'), await node('b')]
    network.freeze('b')
    a.link.send(identity('b'), bytes('1'))
    a.link.send(identity('b'), bytes('2'))
    a.link.broadcast(bytes('3'))
    expect(b.link.send(identity('a'), bytes('from the zombie'))).toBe(true)
    const write = outcome(b.link.store.write('k', bytes('zombie'), { key: 'k', revision: 0 }))
    await settle()
    expect([a.log, b.log, write.result]).toEqual([[], [], undefined])
    await a.link.store.write('k', bytes('successor'), { key: 'k', revision: 0 })
    network.thaw('b')
    await settle()
    expect(b.log).toEqual(['1', '2', 'all: 3'])
    expect(a.log).toEqual(['from the zombie'])
    expect(write.result).toMatchObject({ code: 'REVISION_CONFLICT' })
  })

  it('takes the store away from all while frames still flow', async () => {
    const { network, node, settle } = setUp()
    const [a, b] = [await node('a'), await node('b')]
    network.storeOutage(true)
    await expect(a.link.store.write('k', bytes('1'), { key: 'k', revision: 0 })).rejects.toBeInstanceOf(StoreUnavailableError)
    await expect(b.link.store.list('')).rejects.toBeInstanceOf(StoreUnavailableError)
    a.link.send(identity('b'), bytes('still here'))
    await settle()
    expect(b.log).toEqual(['still here'])
    network.storeOutage(false)
    await expect(b.link.store.list('')).resolves.toEqual([])
  })

  it('does not tell a watcher what changed while it was cut off', async () => {
    const { network, node, settle } = setUp()
    const [a, b] = [await node('a'), await node('b')]
    const seen: number[] = []
    b.link.store.watch('own.', ({ revision }) => seen.push(revision))
    network.cut('b')
    const first = await a.link.store.write('own.x', bytes('1'), { key: 'own.x', revision: 0 })
    network.heal('b')
    await a.link.store.write('own.x', bytes('2'), { key: 'own.x', revision: first })
    await settle()
    expect(seen).toEqual([first + 1])
  })

  it('closes with the last frames delivered, and only once', async () => {
    const { node, settle } = setUp()
    const [a, b] = [await node('a'), await node('b')]
    a.link.send(identity('b'), bytes('last words'))
    await Promise.all([a.link.close(), a.link.close()])
    await settle()
    expect(b.log).toEqual(['last words', 'closed a~1'])
  })
})
