// What an attacker can do who may publish what he likes: nothing but to be refused and counted.

import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { actor, type Ref } from '@understudy/runtime'
import type { Link, NodeIdentity } from '@understudy/runtime/spi'
import { child, supervisor } from '@understudy/supervisor'
import { clusterPool } from '../pool/cluster-pool.ts'
import { singleton } from '../singleton/singleton.ts'
import { ClusterStage, eventsOf, outcomeOf, type Player } from '../stage.fixture.ts'
import type { Communication } from './communication.ts'
import { FrameWriter } from './wire-writer.ts'

let stage: ClusterStage
let a: Player
let b: Player
let attacker: Link
/** Frames that arrived at the attacker, in whatever name he listens. */
let caught: Uint8Array[]

const echo = actor({
  name: 'echo',
  state: () => ({ heard: [] as unknown[] }),
  on: {
    note: (state, message: { n: unknown }) => void state.heard.push(message.n),
    heard: (state) => state.heard,
    reply: (_state, { to }: { to: Ref<{ x(): void }> }) => to.tell({ type: 'x' }),
    wait: (_state, { ms }: { ms: number }) => new Promise((resolve) => void stage.env.setTimer(ms, () => resolve('waited'))),
  },
})
const tally = actor({ name: 'tally', on: { hello: (_s, _m, ctx) => ctx.epoch } })
const worker = actor({ name: 'worker', on: { hi: () => 'hi' } })
const app = supervisor({
  name: 'app',
  children: [child(echo), child(singleton(tally)), child(clusterPool(worker, { size: 1 }))],
})

beforeEach(async () => {
  stage = new ClusterStage()
  a = await stage.node('a', { root: app })
  b = await stage.node('b', { root: app })
  caught = []
  attacker = await stage.connect('attacker', (bytes) => caught.push(bytes.slice()))
  await stage.advance(1000)
})
afterEach(async () => {
  await expectUnharmed()
  await stage.close()
})

/** Whatever was tried, all is as it was. */
async function expectUnharmed(): Promise<void> {
  for (const player of [a, b]) {
    expect(player.outBecause).toBeUndefined()
    expect(player.node.members().map(({ identity }) => identity.name)).toEqual(['a', 'b'])
    expect(player.events.filter(({ type }) => type === 'actor.failed' || type === 'actor.restarted')).toEqual([])
    expect(await stage.run(player.node.pool(worker).ask({ type: 'hi' }))).toBe('hi')
    expect(await stage.run(player.node.singleton(tally).ask({ type: 'hello' }))).toBeGreaterThan(0)
  }
}

const stranger: NodeIdentity = { name: 'stranger', incarnation: 77 }
const at = (path: string, uid = 0) => ({ path, uid })
const echoPlace = at('/app/echo')
const body = (value: unknown) => Buffer.from(JSON.stringify(value))
/** A frame to `b` as `from` would write it. */
function frame(from: NodeIdentity, write: (writer: FrameWriter) => void, sequence = 0, to = b.node.identity): Uint8Array {
  const writer = new FrameWriter(from, to, 1024 * 1024)
  write(writer)
  return writer.finish(sequence)
}
const sendToB = async (...frames: Uint8Array[]) => {
  for (const bytes of frames) attacker.send(b.node.identity, bytes)
  await stage.advance(10)
}
const heardByB = () => stage.run(a.node.ref('b', '/app/echo', echo).ask({ type: 'heard' }))
const refusals = (player: Player) => eventsOf(player, 'frame.refused')

describe('garbage', () => {
  it('on an inbox or as a broadcast is refused and counted', async () => {
    const noise = Array.from({ length: 200 }, (_, n) => Uint8Array.from({ length: n }, () => Math.floor(stage.env.random() * 256)))
    await sendToB(...noise)
    expect(refusals(b)).toHaveLength(200)
    for (const bytes of [...noise, body([]), body({ type: 'heartbeat' }), body({ type: 'groups', from: { name: 'b', incarnation: 1 } })]) {
      attacker.broadcast(bytes)
    }
    await stage.advance(10)
    expect(refusals(b).length).toBe(200 + 203)
  })

  it('in a good frame is dead-lettered as invalid, and its asker is told', async () => {
    await stage.run(attacker.openInbox(stranger))
    const bad = [body(1), body([]), body({}), body({ type: 5 }), Buffer.from('{'), body({ $: 'ref', v: 'nonsense' })]
    await sendToB(frame(stranger, (writer) => bad.forEach((bytes) => writer.tell(echoPlace, bytes))))
    await sendToB(frame(stranger, (writer) => bad.forEach((bytes, slot) => writer.ask(echoPlace, slot, 1000, bytes)), 1))
    await sendToB(frame(stranger, (writer) => writer.tell(echoPlace, body({ type: '__proto__' })), 2))
    await sendToB(frame(stranger, (writer) => writer.tell(echoPlace, body({ type: 'constructor' })), 3))
    expect(b.node.system.deadLetters.counts.invalid).toBe(2 * bad.length + 2)
    expect(caught.length).toBeGreaterThan(0)
    expect(await heardByB()).toEqual([])
  })

  it('a prototype is not polluted, and what looks like one arrives as data', async () => {
    const text = '{"type":"note","n":{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}}}}'
    await sendToB(frame(stranger, (writer) => writer.tell(echoPlace, Buffer.from(text))))
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined()
    const [one] = await heardByB()
    expect(Object.getPrototypeOf(one)).toBe(Object.prototype)
  })
})

describe('frames of others', () => {
  it('to another life of this node are refused', async () => {
    const { name, incarnation } = b.node.identity
    const tell = (writer: FrameWriter) => void writer.tell(echoPlace, body({ type: 'note', n: 1 }))
    await sendToB(frame(stranger, tell, 0, { name, incarnation: incarnation - 1 }), frame(stranger, tell, 1, { name, incarnation: 0 }))
    expect(refusals(b)).toHaveLength(2)
    expect(await heardByB()).toEqual([])
  })

  it('in the name of this very node, or of one that is down, are refused', async () => {
    const c = await stage.node('c', { root: app })
    stage.network.crash('c')
    await stage.until('c is down', () => b.node.members().length === 2)
    const tell = (writer: FrameWriter) => void writer.tell(echoPlace, body({ type: 'note', n: 1 }))
    await sendToB(frame(b.node.identity, tell), frame(c.node.identity, tell))
    expect(refusals(b)).toHaveLength(2)
    expect(await heardByB()).toEqual([])
  })

  it('that are played again are not handled again', async () => {
    const tells = [0, 1, 2, 3].map((n) => frame(stranger, (writer) => writer.tell(echoPlace, body({ type: 'note', n })), n))
    await sendToB(...tells)
    await sendToB(...tells.slice(1), ...tells.slice(1))
    expect(await heardByB()).toEqual([0, 1, 2, 3])
    expect(refusals(b)).toHaveLength(6)
  })

  it('answers to what was never asked are counted and do nothing', async () => {
    const asked = outcomeOf(b.node.ref('a', '/app/echo', echo).ask({ type: 'wait', ms: 500 }))
    await stage.advance(10)
    const slots = Array.from({ length: 100 }, (_, n) => n)
    await sendToB(
      frame(stranger, (writer) => slots.forEach((slot) => writer.reply(slot, body('forged')))),
      frame(stranger, (writer) => slots.forEach((slot) => writer.replyError(slot, { code: 'X', name: 'X', message: 'forged' })), 1),
    )
    expect(b.host.counters.lateReplies).toBe(200)
    await stage.advance(1000)
    expect(asked.value).toBe('waited')
  })

  it('an end that nobody watches for, an order to stop and a watch of nobody do nothing', async () => {
    await sendToB(
      frame(stranger, (writer) => {
        writer.terminated(echoPlace, at('/somewhere', 5), 'killed')
        writer.stop(at('/app'), 'killed')
        writer.stop(echoPlace, 'killed')
        writer.watch(at('/nobody'), at('/me', 1))
        writer.unwatch(at('/nobody'), at('/me', 1))
        writer.unwatch(echoPlace, at('/me', 1))
      }),
    )
    await stage.advance(100)
    expect(await heardByB()).toEqual([])
  })

  it('thousands of asks in one frame are answered or refused, and those past their deadline are not handled', async () => {
    let asked = 0
    await sendToB(
      frame(stranger, (writer) => {
        while (writer.ask(echoPlace, asked, 0, body({ type: 'note', n: asked })) === 'added') asked++
      }),
    )
    await stage.advance(100)
    expect(await heardByB()).toEqual([])
    expect(b.node.system.deadLetters.counts.expired).toBe(10_000)
    expect(b.node.system.deadLetters.counts['mailbox-full']).toBe(asked - 10_000)
  })
})

describe('memory', () => {
  const countOfPeers = (player: Player) => (player.host.remoting as Communication).peerCount

  it('thousands of invented senders do not make a node remember all of them, and are forgotten', async () => {
    const tell = (writer: FrameWriter) => void writer.tell(echoPlace, body({ type: 'note', n: 1 }))
    for (let n = 0; n < 5000; n++) attacker.send(b.node.identity, frame({ name: `x${n}`, incarnation: n }, tell))
    await stage.advance(10)
    expect(countOfPeers(b)).toBeLessThanOrEqual(2100)
    expect(refusals(b).length).toBeGreaterThan(2500)
    // A real node is served all the same.
    const c = await stage.node('c')
    expect(await stage.run(c.node.ref('b', '/app/echo', echo).ask({ type: 'heard' }))).toHaveLength(5000 - refusals(b).length)
    await stage.run(c.node.leave())
    await stage.advance(3000)
    expect(countOfPeers(b)).toBeLessThan(5)
  })

  it('senders that watch are forgotten as well, unless they are members', async () => {
    const watch = (writer: FrameWriter): void => {
      for (let uid = 1; uid < 50; uid++) writer.watch(echoPlace, at('/me', uid))
    }
    for (let n = 0; n < 1000; n++) attacker.send(b.node.identity, frame({ name: `x${n}`, incarnation: n }, watch))
    await stage.advance(10)
    expect(countOfPeers(b)).toBeGreaterThan(1000)
    await stage.advance(10_000)
    expect(countOfPeers(b)).toBeLessThan(5)
  })

  it('heartbeats and groups of nodes that are no members are not remembered', async () => {
    for (let n = 0; n < 2000; n++) {
      const from = { name: `x${n}`, incarnation: n }
      attacker.broadcast(body({ type: 'heartbeat', from, groupsVersion: 1, membersSeen: 1, ownersSeen: 1 }))
      attacker.broadcast(body({ type: 'groups', from, said: { version: 9, groups: { 'pool.worker': [['/app/echo', 0]] } } }))
    }
    await stage.advance(1000)
    expect(countOfPeers(b)).toBeLessThan(5)
    for (let n = 0; n < 20; n++) expect(await stage.run(b.node.pool(worker).ask({ type: 'hi' }))).toBe('hi')
  })

  it('a member that says nonsense of its groups is heard as far as it makes sense', async () => {
    const from = a.node.identity
    const groups = {
      'pool.worker': [1, ['/app/worker', 0], ['no path', 0], ['/app/worker', -1], null],
      other: 5,
      ['__proto__']: [['/x', 1]],
    }
    attacker.broadcast(body({ type: 'groups', from, said: { version: 1000, groups } }))
    await stage.advance(100)
    for (let n = 0; n < 4; n++) expect(await stage.run(b.node.pool(worker).ask({ type: 'hi' }))).toBe('hi')
  })
})

describe('records', () => {
  it('that are none are refused, and what they stood for is put right', async () => {
    const { store } = attacker
    const write = async (key: string, value: Uint8Array, ttlMs?: number) => {
      const revision = (await stage.run(store.read(key)))?.revision ?? 0
      await stage.run(store.write(key, value, { key, revision }, ttlMs === undefined ? {} : { ttlMs }))
    }
    for (const value of [
      body(5),
      body({}),
      Buffer.from('no'),
      body({ owner: { name: '../x', incarnation: 1 }, path: '/x', writer: 'w' }),
    ]) {
      await write('own.tally', value)
      await stage.advance(2000)
      expect(await stage.run(a.node.singleton(tally).ask({ type: 'hello' }))).toBeGreaterThan(0)
      await write('node.evil', value)
    }
    // An owner that nobody has ever seen, and a record that goes away.
    await write('own.tally', body({ owner: { name: 'ghost', incarnation: 3 }, path: '/ghost', writer: 'w' }))
    await stage.advance(2000)
    expect(await stage.run(a.node.singleton(tally).ask({ type: 'hello' }))).toBeGreaterThan(0)
    await write('own.tally', body({ owner: { name: 'ghost', incarnation: 3 }, path: '/ghost', writer: 'w' }), 1000)
    await stage.advance(5000)
    expect(await stage.run(a.node.singleton(tally).ask({ type: 'hello' }))).toBeGreaterThan(0)
    await write('own.tally', body({ owner: null, path: '/', writer: 'w' }), 1000)
    await stage.advance(5000)
    expect(await stage.run(a.node.singleton(tally).ask({ type: 'hello' }))).toBeGreaterThan(0)
  })

  it('of a node that does not exist make a member for a moment only', async () => {
    const record = { name: 'ghost', incarnation: 0, status: 'up', roles: [], singletons: [], pools: [], since: 0, writer: 'w' }
    await stage.run(attacker.store.write('node.ghost', body(record), { key: 'node.ghost', revision: 0 }))
    await stage.advance(10)
    expect(b.node.members()).toHaveLength(3)
    await stage.advance(6000)
    expect(b.node.members()).toHaveLength(2)
  })

  it("a node's own record that was overwritten with nonsense is written anew", async () => {
    const revision = (await stage.run(attacker.store.read('node.b')))!.revision
    await stage.run(attacker.store.write('node.b', Buffer.from('nonsense'), { key: 'node.b', revision }))
    await stage.advance(10_000)
    expect(b.outBecause).toBeUndefined()
    expect(a.node.members().map(({ identity }) => identity)).toContainEqual(b.node.identity)
  })
})
