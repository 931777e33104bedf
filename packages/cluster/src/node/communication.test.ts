// What nodes say to each other, when all is well and when it is not: tells, asks and watches over a network that a test breaks.

import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { actor, type AnyRef, AskTimeoutError, type Ref } from '@understudy/runtime'
import {
  ActorFailedError,
  type DeliveryError,
  type ExitReason,
  MessageRefusedError,
  NodeUnreachableError,
  NoSuchActorError,
} from '@understudy/runtime/spi'
import { child, supervisor } from '@understudy/supervisor'
import { ClusterStage, eventsOf, expectBalanced, outcomeOf, type Player } from '../stage.fixture.ts'
import type { Communication } from './communication.ts'

// Tells that wait for one node while there is no connection.
const heldAtMost = 10_000

let stage: ClusterStage
let a: Player
let b: Player

/** Says what it heard, waits when told to, and ends when told to. */
const echo = actor({
  name: 'echo',
  state: () => ({ heard: [] as number[] }),
  on: {
    note: (state, message: { n: number }) => void state.heard.push(message.n),
    heard: (state) => state.heard,
    say: (_state, message: { value: unknown }) => message.value,
    throw: (_state, message: { text: string }) => {
      throw new RangeError(message.text)
    },
    wait: (_state, message: { ms: number }) => new Promise((resolve) => void stage.env.setTimer(message.ms, () => resolve('waited'))),
    end: (_state, _message, ctx) => ctx.stop(),
  },
})

interface Told {
  readonly name: string
  readonly path: string
  readonly reason: ExitReason
}
/** Watches whom it is told to watch, and writes down what it is told of them. */
const watcher = actor({
  name: 'watcher',
  state: () => ({ told: [] as Told[], refs: new Map<string, AnyRef>() }),
  on: {
    watch: (state, message: { ref: AnyRef }, ctx) => {
      state.refs.set(message.ref.address.path, message.ref)
      ctx.watch(message.ref)
    },
    unwatch: (state, message: { path: string }, ctx) => ctx.unwatch(state.refs.get(message.path)!),
    told: (state) => state.told,
  },
  terminated: (state, { address, reason }) => void state.told.push({ name: address.node.name, path: address.path, reason }),
})

const app = supervisor({
  name: 'app',
  children: [child(echo, { restart: 'temporary' }), child(watcher)],
  intensity: { restarts: 100, withinMs: 1000 },
})
const echoAt = (from: Player, name: string, path = '/app/echo') => from.node.ref(name, path, echo)
const watcherOf = (player: Player) => player.node.system.ref('/app/watcher', watcher)
/** The echo of a player as others have it who were handed its ref. */
const refTo = (from: Player, at: Player, path = '/app/echo') =>
  from.node.system.ref({ node: at.node.identity, path, uid: 0 }) as unknown as Ref<{
    note(message: { n: number }): void
    say(message: { value: unknown }): unknown
  }>
const numbers = (count: number) => Array.from({ length: count }, (_, n) => n)
const isGone = (player: Player, name: string) => !player.node.members().some(({ identity }) => identity.name === name)

beforeEach(async () => {
  stage = new ClusterStage()
  a = await stage.node('a', { root: app })
  b = await stage.node('b', { root: app })
})
afterEach(() => stage.close())

describe('asks between nodes', () => {
  it('bring back what the handler returned, and refs in it work', async () => {
    const me = a.node.system.ref('/app/watcher', watcher)
    const value = await stage.run(echoAt(a, 'b').ask({ type: 'say', value: { at: new Date(5), me, list: [1, undefined] } }))
    const { me: back, ...rest } = value as { me: Ref<{ told(): unknown }>; at: Date }
    expect(rest).toEqual({ at: new Date(5), list: [1, undefined] })
    expect(await stage.run(back.ask({ type: 'told' }))).toEqual([])
  })

  it('end with an error that keeps code and outcome of what went wrong there', async () => {
    const failed = await stage.run(
      echoAt(a, 'b')
        .ask({ type: 'throw', text: 'too far' })
        .catch((error: unknown) => error),
    )
    expect(failed).toBeInstanceOf(ActorFailedError)
    expect(failed).not.toBeInstanceOf(NoSuchActorError)
    expect(failed).toMatchObject({ code: 'ACTOR_FAILED', outcome: 'maybe-handled', undelivered: { type: 'throw' } })
    expect((failed as Error).message).toContain('too far')
    // It was temporary, so nobody is there any more.
    const nobody = await stage.run(
      echoAt(a, 'b')
        .ask({ type: 'heard' })
        .catch((error: unknown) => error),
    )
    expect(nobody).toBeInstanceOf(NoSuchActorError)
    expect(nobody).toMatchObject({ outcome: 'never-handled' })
    const unknown = await stage.run(
      a.node
        .ref<{ no(): void }>('b', '/app/watcher')
        .ask({ type: 'no' })
        .catch((error: unknown) => error),
    )
    expect(unknown).toBeInstanceOf(MessageRefusedError)
    expect(unknown).toMatchObject({ code: 'MESSAGE_REFUSED', reason: 'invalid', outcome: 'never-handled' })
  })

  it('to a node that nobody knows fail at once', async () => {
    const { error } = await settled(echoAt(a, 'nobody').ask({ type: 'heard' }))
    expect(error).toBeInstanceOf(NodeUnreachableError)
    expect(error).toMatchObject({ outcome: 'never-handled' })
  })

  it('what cannot be encoded or is too large is refused at the sender, and nothing else with it', async () => {
    const [odd, large, good] = [
      settled(echoAt(a, 'b').ask({ type: 'say', value: () => 1 })),
      settled(echoAt(a, 'b').ask({ type: 'say', value: 'x'.repeat(2_000_000) })),
      settled(echoAt(a, 'b').ask({ type: 'say', value: 'fine' })),
    ]
    expect((await odd).error).toMatchObject({ code: 'MESSAGE_REFUSED', reason: 'undeliverable-codec', outcome: 'never-handled' })
    expect((await large).error).toMatchObject({ code: 'MESSAGE_REFUSED', reason: 'too-large', outcome: 'never-handled' })
    expect((await good).value).toBe('fine')
  })

  it('an answer that comes after the deadline only counts', async () => {
    const { error } = await settled(echoAt(a, 'b').ask({ type: 'wait', ms: 300 }, { timeoutMs: 100 }))
    expect(error).toBeInstanceOf(AskTimeoutError)
    await stage.advance(500)
    expect(a.host.counters.lateReplies).toBe(1)
  })

  it('in flight to a node whose process ends fail when it is convicted, not at their deadline', async () => {
    const outcome = outcomeOf(echoAt(a, 'b').ask({ type: 'wait', ms: 60_000 }, { timeoutMs: 60_000 }))
    await stage.advance(100)
    stage.network.crash('b')
    expect(await stage.until('the ask has ended', () => outcome.error !== undefined)).toBeLessThan(300)
    expect(outcome.error).toBeInstanceOf(NodeUnreachableError)
    expect(outcome.error).toMatchObject({ reason: 'node-down', outcome: 'maybe-handled', undelivered: { type: 'wait' } })
    // And from then on at once.
    const { error } = await settled(refTo(a, b).ask({ type: 'say', value: 1 }))
    expect(error).toMatchObject({ reason: 'node-down', outcome: 'never-handled' })
  })

  it('while this node is cut off fail at once, and those in flight are maybe handled', async () => {
    const inFlight = outcomeOf(echoAt(a, 'b').ask({ type: 'wait', ms: 1000 }))
    await stage.advance(100)
    stage.network.cut('a')
    await stage.advance(5)
    expect(inFlight.error).toMatchObject({ code: 'NODE_UNREACHABLE', reason: 'unreachable', outcome: 'maybe-handled' })
    const before = stage.env.now()
    const { error } = await settled(echoAt(a, 'b').ask({ type: 'say', value: 1 }))
    expect(stage.env.now() - before).toBeLessThan(5)
    expect(error).toMatchObject({ code: 'NODE_UNREACHABLE', reason: 'unreachable', outcome: 'never-handled' })
  })

  it('whose deadline passed while the asked node stood still are not handled there', async () => {
    stage.freeze(b)
    const asked = outcomeOf(echoAt(a, 'b').ask({ type: 'note', n: 1 }, { timeoutMs: 500 }))
    const patient = outcomeOf(echoAt(a, 'b').ask({ type: 'note', n: 2 }, { timeoutMs: 5000 }))
    await stage.advance(1500)
    stage.thaw(b)
    await stage.advance(1000)
    expect(asked.error).toBeInstanceOf(AskTimeoutError)
    expect(patient).toEqual({ value: undefined })
    expect(await stage.run(echoAt(a, 'b').ask({ type: 'heard' }))).toEqual([2])
    expect(b.node.system.deadLetters.counts.expired).toBe(1)
  })
})

describe('tells between nodes', () => {
  it('arrive in order', async () => {
    for (const n of numbers(2500)) echoAt(a, 'b').tell({ type: 'note', n })
    await stage.advance(100)
    expect(await stage.run(echoAt(a, 'b').ask({ type: 'heard' }))).toEqual(numbers(2500))
  })

  it.each([
    ['for a moment', 1000],
    ['for so long that the others gave it up for dead', 8000],
    ['for longer than its lease', 30_000],
  ])('while this node is cut off %s wait, bounded, and arrive in order when it is back', async (_, ms) => {
    const ref = refTo(a, b)
    stage.network.cut('a')
    await stage.advance(10)
    for (const n of numbers(heldAtMost + 5)) ref.tell({ type: 'note', n })
    expect(ref.tryTell({ type: 'note', n: -1 })).toBe(false)
    expect(a.node.system.deadLetters.counts.shed).toBe(5)
    expect(a.host.counters.waiting).toBe(heldAtMost)
    await stage.advance(ms)
    stage.network.heal('a')
    await stage.until('nothing waits any more', () => a.host.counters.waiting === 0, 10_000)
    await stage.advance(100)
    for (const n of [heldAtMost, heldAtMost + 1]) ref.tell({ type: 'note', n })
    await stage.advance(1000)
    expect(await stage.run(echoAt(a, 'b').ask({ type: 'heard' }))).toEqual(numbers(heldAtMost + 2))
    expect(eventsOf(b, 'frame.refused')).toEqual([])
  })

  it('to a node that was cut off wait in its own queue only until it is given up', async () => {
    stage.network.cut('b')
    await stage.until('b is down', () => isGone(a, 'b'))
    refTo(a, b).tell({ type: 'note', n: 1 })
    expect(a.node.system.deadLetters.counts['node-down']).toBe(1)
  })

  it('all nodes at once without a network: everything is sent when it is back, and nobody is given up', async () => {
    stage.network.cut()
    await stage.advance(10)
    for (const n of numbers(10)) {
      echoAt(a, 'b').tell({ type: 'note', n })
      echoAt(b, 'a').tell({ type: 'note', n })
    }
    await stage.advance(10_000)
    stage.network.heal()
    await stage.advance(3000)
    for (const [from, to] of [
      [a, 'b'],
      [b, 'a'],
    ] as const) {
      expect(await stage.run(echoAt(from, to).ask({ type: 'heard' }))).toEqual(numbers(10))
      expect(eventsOf(from, 'node.down')).toEqual([])
    }
  })
})

describe('a node that leaves without a connection', () => {
  it('dead-letters what waits for it to come back', async () => {
    const ref = refTo(a, b)
    stage.network.cut('a')
    await stage.advance(10)
    for (const n of numbers(3)) ref.tell({ type: 'note', n })
    await stage.run(a.node.leave())
    expect(a.node.system.deadLetters.counts.stopped).toBe(3)
    expectBalanced(a, 'nothing waits')
  })
})

describe('watches between nodes', () => {
  const told = (player: Player) => stage.run(watcherOf(player).ask({ type: 'told' }))
  const watch = async (player: Player, ref: AnyRef) => {
    watcherOf(player).tell({ type: 'watch', ref })
    await stage.advance(50)
  }

  it('tell once how it ended', async () => {
    await watch(a, echoAt(a, 'b'))
    echoAt(a, 'b').tell({ type: 'end' })
    await stage.advance(100)
    expect(await told(a)).toEqual([{ name: 'b', path: '/app/echo', reason: 'normal' }])
    stage.network.crash('b')
    await stage.advance(1000)
    expect(await told(a)).toHaveLength(1)
  })

  it('tell of a failure what it was', async () => {
    await watch(a, refTo(a, b))
    await settled(echoAt(a, 'b').ask({ type: 'throw', text: 'too far' }))
    await stage.advance(100)
    const [one] = await told(a)
    expect(one!.reason).toMatchObject({ phase: 'handling', incarnation: 1, cause: { message: 'too far', name: 'RangeError' } })
  })

  it('tell at once of somebody who is not there', async () => {
    await watch(a, echoAt(a, 'b', '/app/nobody'))
    await watch(a, echoAt(a, 'nobody'))
    expect(await told(a)).toEqual([
      { name: 'b', path: '/app/nobody', reason: { shutdown: 'no-such-actor' } },
      { name: 'nobody', path: '/app/echo', reason: 'node-down' },
    ])
  })

  it.each([
    ['its process ends', () => stage.network.crash('b')],
    ['it stands still', () => stage.freeze(b)],
    ['it is cut off', () => stage.network.cut('b')],
  ])('tell once that the node is down, however: %s', async (_, take) => {
    await watch(a, echoAt(a, 'b'))
    await watch(a, echoAt(a, 'b', '/app'))
    take()
    await stage.until('b is down', () => isGone(a, 'b'))
    await stage.advance(20)
    expect(await told(a)).toEqual([
      { name: 'b', path: '/app/echo', reason: 'node-down' },
      { name: 'b', path: '/app', reason: 'node-down' },
    ])
    stage.network.heal('b')
    stage.thaw(b)
    await stage.advance(5000)
    expect(await told(a)).toHaveLength(2)
  })

  it('tell nothing any more once they are taken back', async () => {
    await watch(a, echoAt(a, 'b'))
    watcherOf(a).tell({ type: 'unwatch', path: '/app/echo' })
    await stage.advance(50)
    echoAt(a, 'b').tell({ type: 'end' })
    await stage.advance(50)
    stage.network.crash('b')
    await stage.advance(1000)
    expect(await told(a)).toEqual([])
  })

  it.each([
    ['the watching node', 'a', 1000],
    ['the watched node', 'b', 1000],
    ['the watching node, for so long that it is given up', 'a', 8000],
  ])('tell of an end that came while there was no connection: %s', async (_, name, ms) => {
    await watch(a, refTo(a, b))
    stage.network.cut(name)
    await stage.advance(50)
    b.node.system.ref('/app/echo', echo).tell({ type: 'end' })
    await stage.advance(ms)
    stage.network.heal(name)
    await stage.advance(5000)
    const all = await told(a)
    expect(all).toHaveLength(1)
    expect(all[0]).toMatchObject({ name: 'b', path: '/app/echo' })
  })

  it('that began while there was no connection are begun when it is back', async () => {
    stage.network.cut('a')
    await stage.advance(10)
    await watch(a, refTo(a, b))
    stage.network.heal('a')
    await stage.advance(1000)
    b.node.system.ref('/app/echo', echo).tell({ type: 'end' })
    await stage.advance(1000)
    expect(await told(a)).toEqual([{ name: 'b', path: '/app/echo', reason: 'normal' }])
  })

  it('that began while the watched node was out of reach are begun when it is heard of again', async () => {
    stage.network.cut('b')
    await stage.advance(2500)
    await watch(a, refTo(a, b))
    expect(eventsOf(a, 'node.suspect')).toHaveLength(1)
    stage.network.heal('b')
    await stage.advance(1500)
    expect(eventsOf(a, 'node.down')).toEqual([])
    b.node.system.ref('/app/echo', echo).tell({ type: 'end' })
    await stage.advance(100)
    expect(await told(a)).toMatchObject([{ name: 'b', path: '/app/echo' }])
  })

  it('of nodes that are gone are let go of, and so are those of actors that ended', async () => {
    const short = actor({ name: 'short', on: { end: (_s, _m, ctx) => ctx.stop() } })
    for (const n of numbers(50)) {
      const ref = b.node.system.spawn(short, { name: `s-${n}` })
      await watch(a, echoAt(a, 'b', `/s-${n}`))
      ref.tell({ type: 'end' })
    }
    await stage.advance(3000)
    expect(await told(a)).toHaveLength(50)
    expect(watchesOf(b, a)).toEqual({ open: 0, held: 0 })
    expect(watchesOf(a, b)).toEqual({ open: 0, held: 0 })
    await watch(a, echoAt(a, 'b'))
    expect(watchesOf(b, a)).toEqual({ open: 0, held: 1 })
    const identity = a.node.identity
    stage.network.crash('a')
    await stage.until('a is down', () => isGone(b, 'a'))
    expect(watchesOf(b, a, identity)).toEqual({ open: 0, held: 0 })
  })
})

/** How a promise ends, moving time until it does. */
async function settled(promise: Promise<unknown>): Promise<{ value?: unknown; error?: DeliveryError }> {
  return stage.run(
    promise.then(
      (value) => ({ value }),
      (error: unknown) => ({ error: error as DeliveryError }),
    ),
  )
}

function watchesOf(player: Player, other: Player, identity = other.node.identity): { open: number; held: number } {
  return (player.host.remoting as Communication).peer(identity).watches.counts
}
