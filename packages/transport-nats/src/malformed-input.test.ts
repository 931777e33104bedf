// Whatever anybody in the account publishes on a node's subjects, the node's connection lives and its store answers.

import { connect, headers } from '@nats-io/transport-node'
import type { Env, Link } from '@understudy/runtime/spi'
import { StoreUnavailableError } from '@understudy/runtime/spi'
import { systemEnv } from '@understudy/runtime'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { NatsServer } from './dev-server/managed-server.ts'
import { startNatsServer } from './dev-server/start.ts'
import { nats } from './transport.ts'

describe('malformed input', () => {
  let server: NatsServer
  let link: Link
  let attacker: Awaited<ReturnType<typeof connect>>
  const inbox = '_INBOX.a.known'
  const frames: string[] = []
  const calls: string[] = []
  const warnings: string[] = []
  const env: Env = { ...systemEnv, id: () => 'known' }
  const note = (what: string) => () => void calls.push(what)

  beforeAll(async () => {
    server = await startNatsServer()
    attacker = await connect({ servers: server.url })
    link = await nats({ servers: server.url }).connect({
      cluster: 'shop',
      nodeName: 'a',
      env,
      log: { debug() {}, info() {}, warn: (_, text) => void warnings.push(text), error: (_, text) => void warnings.push(text) },
      handlers: {
        frame: (bytes) => void frames.push(new TextDecoder().decode(bytes)),
        broadcast: note('broadcast'),
        unreachable: note('unreachable'),
        connectionClosed: note('connectionClosed'),
        disconnected: note('disconnected'),
        reconnected: note('reconnected'),
        closed: note('closed'),
      },
    })
    await link.openInbox({ name: 'a', incarnation: 1 })
  })
  afterAll(async () => {
    await link?.close()
    await attacker?.close()
    await server?.stop()
  })

  const withHeaders = (fields: Record<string, string>): ReturnType<typeof headers> => {
    const list = headers()
    for (const [name, value] of Object.entries(fields)) list.set(name, value)
    return list
  }

  it('is dropped, logged where it matters, and harms nothing', async () => {
    const changes: string[] = []
    link.store.watch('', ({ key }) => void changes.push(key))
    await link.flush()
    for (const json of ['', '{', 'null', '{"client":{"name":7}}', '{"client":{"name":"us/shop/a b/x"}}'])
      attacker.publish('us.sys.disconnect', json)
    attacker.publish('us.shop.kv.own.x', 'no headers')
    attacker.publish('us.shop.kv.own.x', 'no sequence', {
      headers: withHeaders({ 'Nats-Subject': 'usj.shop.own.x', 'Nats-Sequence': 'NaN' }),
    })
    attacker.publish('us.shop.kv.own.x', 'no key', { headers: withHeaders({ 'Nats-Subject': 'usj.other.own.x', 'Nats-Sequence': '1' }) })
    for (const token of ['r.1', 'r.__proto__', 'u.a', 'u.a.b.c', 'u.a.1', 'x', 'r']) attacker.publish(`${inbox}.${token}`, 'junk')
    attacker.publish('us.shop.n.a.1', 'any bytes are a frame')
    await attacker.flush()
    await link.flush()
    expect(frames).toEqual(['any bytes are a frame'])
    expect(calls).toEqual([])
    expect(changes).toEqual([])
    expect(warnings).toHaveLength(3)
    const revision = await link.store.write('own.x', Uint8Array.of(1), { key: 'own.x', revision: 0 })
    expect((await link.store.read('own.x'))?.revision).toBe(revision)
  })

  it('is not what a disconnect event is: one of another node is passed on, one of this very connection is not', async () => {
    attacker.publish('us.sys.disconnect', JSON.stringify({ client: { name: 'us/shop/a/known' } }))
    attacker.publish('us.sys.disconnect', JSON.stringify({ client: { name: 'us/shop/b/other' } }))
    await attacker.flush()
    await link.flush()
    expect(calls.splice(0)).toEqual(['connectionClosed'])
  })

  it('in place of an answer makes the question fail, not the node', async () => {
    await server.pause()
    const question = link.store.read('own.x').catch((error: unknown) => error)
    // The attacker's answers wait in the same server and are served before or after the real one; either way the question ends.
    for (let slot = 1; slot < 40; slot++) attacker.publish(`${inbox}.r.${slot.toString(36)}`, 'not JSON')
    server.resume()
    const answer = await question
    if (answer instanceof Error) expect(answer).toBeInstanceOf(StoreUnavailableError)
    // All junk is in before the next question opens a slot.
    await attacker.flush()
    await link.flush()
    expect((await link.store.read('own.x'))?.value).toEqual(Uint8Array.of(1))
    expect(calls).toEqual([])
  })
})
