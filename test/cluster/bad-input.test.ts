// What anybody may publish: bytes that are no frames, no broadcasts and no records. They are refused and counted, and the node lives.

import { NodeUnreachableError, type NodeProcess } from '@understudy/actors'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { until } from '../contract/poll-until.ts'
import { counter } from './programs/actors.ts'
import { RawClient } from './raw-client.ts'
import { echoOf, is, type Observer, ofNode, persistently, refusal, Stage } from './stage.ts'

let stage: Stage
let a: NodeProcess
let b: NodeProcess
let observer: Observer
let raw: RawClient
let refusedAtA = 0

const mebibyte = 1024 * 1024

beforeAll(async () => {
  stage = await Stage.open({ extraConfig: 'max_payload: 16MB' })
  ;[a, b] = (await stage.launch(['a', 'b'], ['counter'])) as [NodeProcess, NodeProcess]
  a.lines((line) => {
    if (is('frame.refused')(line)) refusedAtA++
  })
  observer = await stage.observe('a', 'b')
  raw = await RawClient.connect(stage.server.port)
})
afterAll(async () => {
  raw?.close()
  await stage?.close()
})

const report = () => observer.singleton(counter).ask({ type: 'report' }, { timeoutMs: 500 })
const nodeOf = (name: string) => echoOf(observer, name).ask({ type: 'node' })

/** Publishes, waits until node `a` has refused all of it, and asserts that it is still itself and serves. */
async function refusedBy(subject: string, payloads: readonly (Uint8Array | string)[]): Promise<void> {
  const identity = await nodeOf('a')
  const before = refusedAtA
  for (const payload of payloads) raw.publish(subject, payload)
  await raw.flush()
  await until(`all ${payloads.length} are refused`, () => refusedAtA - before >= payloads.length)
  expect(refusedAtA - before).toBe(payloads.length)
  expect(await nodeOf('a')).toEqual(identity)
  expect(await echoOf(observer, 'a').ask({ type: 'echo', text: 'still there' })).toBe('still there')
}

it('payloads that are no frames are refused and counted on a node’s inbox, and the node lives', async () => {
  const { incarnation } = await nodeOf('a')
  const seeded = Uint8Array.from({ length: 4096 }, (_, index) => (index * 7919 + 13) % 256)
  await refusedBy(`us.${stage.cluster}.n.a.${incarnation}`, [
    '',
    'garbage',
    '{"type":"echo","text":"hello"}',
    new Uint8Array(64),
    new Uint8Array(64).fill(255),
    seeded,
    ...Array.from({ length: 32 }, (_, size) => seeded.subarray(0, size + 1)),
  ])
})

it('a frame of another node that was cut or changed on the way is refused as a whole', async () => {
  const { incarnation } = await nodeOf('a')
  const inbox = `us.${stage.cluster}.n.a.${incarnation}`
  const heard = await eavesdrop(inbox, () => echoOf(observer, 'a').tell({ type: 'echo', text: 'x'.repeat(200) }))
  const cuts = [1, 5, heard.length >> 1, heard.length - 1].map((length) => heard.subarray(0, length))
  const longer = Buffer.concat([heard, Buffer.from([1])])
  // As it is, it has arrived before.
  await refusedBy(inbox, [...cuts, longer, heard])
})

it('a payload far beyond the size of any frame is refused, and the node lives', async () => {
  const { incarnation } = await nodeOf('a')
  await refusedBy(`us.${stage.cluster}.n.a.${incarnation}`, [new Uint8Array(12 * mebibyte), new Uint8Array(12 * mebibyte).fill(1)])
})

it('a payload beyond the server’s own limit costs its sender the connection, and nobody else anything', async () => {
  const rude = await RawClient.connect(stage.server.port)
  const { incarnation } = await nodeOf('a')
  rude.publish(`us.${stage.cluster}.n.a.${incarnation}`, new Uint8Array(17 * mebibyte))
  await expect(rude.flush()).rejects.toThrow('hung up')
  rude.close()
  expect(await nodeOf('a')).toEqual({ name: 'a', incarnation })
})

it('broadcasts that are none are refused and counted, and the node lives', async () => {
  await refusedBy(`us.${stage.cluster}.b`, [
    '',
    'garbage',
    'null',
    '[]',
    '{"type":"heartbeat"}',
    '{"type":"heartbeat","from":{"name":"a b","incarnation":1},"groupsVersion":1}',
    '{"type":"groups","from":{"name":"b","incarnation":1},"said":{"version":-1,"groups":{}}}',
    `{"__proto__":{"type":"heartbeat","from":{"name":"b","incarnation":1},"groupsVersion":1}}`,
    new Uint8Array(2 * mebibyte).fill(123),
  ])
})

it('broadcasts in the name of nodes that nobody knows change nothing', async () => {
  const members = await echoOf(observer, 'a').ask({ type: 'members' })
  for (let number = 0; number < 1000; number++) {
    const from = { name: `ghost${number}`, incarnation: number }
    raw.publish(`us.${stage.cluster}.b`, JSON.stringify({ type: 'heartbeat', from, groupsVersion: 1 }))
    raw.publish(
      `us.${stage.cluster}.b`,
      JSON.stringify({ type: 'groups', from, said: { version: 9, groups: { 'pool.worker': [['/x', 1]], __proto__: [] } } }),
    )
  }
  await raw.flush()
  expect(await echoOf(observer, 'a').ask({ type: 'members' })).toEqual(members)
  expect(
    await observer.pool<{ work(message: { number: number }): unknown }, undefined>('worker').ask({ type: 'work', number: 1 }),
  ).toMatchObject({ number: 1 })
})

it('garbage in the record of a node that does not exist makes no member', async () => {
  const refused = a.waitFor(({ record }) => record?.['key'] === 'node.ghost', 5000)
  raw.publish(`usj.${stage.cluster}.node.ghost`, 'garbage')
  expect((await refused).record).toMatchObject({ why: 'it is not JSON' })
  const { error } = await refusal(observer.ref('ghost', '/app/echo').ask({ type: 'echo' }))
  expect(error).toBeInstanceOf(NodeUnreachableError)
})

it('a node whose record was overwritten with garbage joins anew and serves', async () => {
  const { incarnation } = await nodeOf('b')
  const rejoins = a.waitFor(is('node.up', ofNode('b')), 10_000, { from: 'now' })
  raw.publish(`usj.${stage.cluster}.node.b`, 'garbage')
  await rejoins
  const { answer } = await persistently('b answers', () => nodeOf('b'), 5000)
  expect(answer.incarnation).toBeGreaterThan(incarnation)
  expect(b.isRunning).toBe(true)
})

it('a singleton whose ownership record was overwritten with garbage is led again, under a higher epoch, with its state', async () => {
  await persistently('a number is added', () => observer.singleton(counter).ask({ type: 'add', number: 7 }, { timeoutMs: 500 }), 5000)
  const before = await report()
  raw.publish(`usj.${stage.cluster}.own.counter`, '{"owner":{"name":"nobody"}}')
  await raw.flush()
  await until('it is led again', async () => {
    const { answer } = await persistently('somebody leads', report, 10_000)
    return answer.epoch > before.epoch
  })
  await observer.singleton(counter).ask({ type: 'add', number: 8 })
  expect((await report()).numbers).toEqual([...before.numbers, 8])
})

/** The next payload on a subject, as somebody else's connection hears it. */
async function eavesdrop(subject: string, cause: () => void): Promise<Buffer> {
  const ear = await RawClient.connect(stage.server.port)
  const heard = await ear.next(subject, cause)
  ear.close()
  return heard
}
