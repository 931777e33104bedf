// Mistakes that schoolbook code on high availability makes with detectors, elections and locks: each is a promise here that we do not make
// it. Whole clusters in virtual time.

import {
  actor,
  child,
  type ClusterNode,
  memoryNetwork,
  type MemoryNetwork,
  singleton,
  startNode,
  supervisor,
  type SystemEvent,
} from '@understudy/actors'
import { ManualEnv } from '@understudy/runtime/testing'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'

const silent = { debug() {}, info() {}, warn() {}, error() {} }
const echo = actor({ name: 'echo', on: { hello: () => 'hello' } })

let env: ManualEnv
let network: MemoryNetwork
let nodes: Map<string, ClusterNode>
/** What each node has said, and when. */
let said: { readonly by: string; readonly at: number; readonly event: SystemEvent }[]

beforeEach(() => {
  env = new ManualEnv({ seed: 1 })
  network = memoryNetwork({ env, latencyMs: 1 })
  nodes = new Map()
  said = []
})
afterEach(async () => {
  network.heal()
  for (const name of nodes.keys()) network.thaw(name)
  await run(Promise.all([...nodes.values()].map((node) => node.leave())))
})

/** Moves time until a promise is settled. */
async function run<T>(promise: Promise<T>): Promise<T> {
  let isSettled = false
  const settled = (): void => void (isSettled = true)
  promise.then(settled, settled)
  if (!(await env.advanceUntil(() => isSettled, 120_000))) throw new Error('it was waited for in vain')
  return promise
}

async function start(names: string, root = supervisor({ name: 'app', children: [child(echo)] })): Promise<ClusterNode[]> {
  for (const name of names) {
    const node = await run(startNode({ cluster: 'c', name, transport: network.transport(), env, log: silent, root }))
    node.onEvent((event) => said.push({ by: name, at: env.now(), event }))
    nodes.set(name, node)
    await env.advance(50)
  }
  return [...nodes.values()]
}

/** What `by` has said about another node since a moment: the times, in milliseconds since then. */
function verdicts(by: string, type: 'node.suspect' | 'node.trusted' | 'node.down', about: string, since = 0): number[] {
  return said
    .filter((it) => it.by === by && it.at >= since && it.event.type === type && it.event.node.name === about)
    .map(({ at }) => at - since)
}

describe('detection', () => {
  test('a node that stands still behind an open connection is suspected after two seconds of silence, not sooner and not never', async () => {
    await start('ab')
    await env.advance(10_000)
    const from = env.now()
    network.freeze('b')
    await env.advance(10_000)
    const [suspectedAfterMs, ...again] = verdicts('a', 'node.suspect', 'b', from)
    expect(suspectedAfterMs).toBeGreaterThan(1_400)
    expect(suspectedAfterMs).toBeLessThan(2_600)
    expect(again).toEqual([])
    expect(verdicts('a', 'node.down', 'b', from)).toEqual([expect.toSatisfy((ms: number) => ms > 3_000 && ms < 4_500)])
  })

  test('talking to a node does not keep it alive: only what comes from it does', async () => {
    const [a] = await start('ab')
    const far = a!.ref('b', '/app/echo', echo)
    expect(await run(far.ask({ type: 'hello' }))).toBe('hello')
    const from = env.now()
    network.freeze('b')
    for (let n = 0; n < 50; n++) {
      far.tell({ type: 'hello' })
      await env.advance(100)
    }
    expect(verdicts('a', 'node.suspect', 'b', from)).toHaveLength(1)
    expect(verdicts('a', 'node.down', 'b', from)).toHaveLength(1)
  })

  test('a detector is fed by success and says each thing once: no alarm in health, one for one silence, and trust again after it', async () => {
    await start('ab')
    await env.advance(600_000)
    expect([verdicts('a', 'node.suspect', 'b'), verdicts('b', 'node.suspect', 'a')]).toEqual([[], []])
    network.freeze('b')
    await env.advance(2_700)
    network.thaw('b')
    await env.advance(600_000)
    expect(verdicts('a', 'node.suspect', 'b')).toHaveLength(1)
    expect(verdicts('a', 'node.trusted', 'b')).toHaveLength(1)
    expect(verdicts('a', 'node.down', 'b')).toEqual([])
    network.crash('b')
    await env.advance(600_000)
    expect(verdicts('a', 'node.down', 'b')).toHaveLength(1)
    nodes.delete('b')
  })
})

describe('ownership', () => {
  const written: { readonly by: string; readonly at: number; readonly n: number }[] = []
  const ledger = actor({
    name: 'ledger',
    state: async (_input: undefined, ctx) => (await ctx.tenure.load<{ total: number }>()) ?? { total: 0 },
    on: {
      add: async (state, { n }: { n: number }, ctx) => {
        await ctx.tenure.save({ total: state.total + n })
        state.total += n
        return { total: state.total, by: ctx.self.address.node.name }
      },
      // An effect on the world outside, that nothing but the lock protects.
      write: (_state, { n }: { n: number }, ctx) => {
        ctx.guard()
        written.push({ by: ctx.self.address.node.name, at: env.now(), n })
      },
    },
  })
  const app = (takeover: 'fenced' | 'exclusive') => supervisor({ name: 'app', children: [child(singleton(ledger, { takeover }))] })
  const leadings = () => said.filter(({ event }) => event.type === 'singleton.leading')

  beforeEach(() => {
    written.length = 0
  })

  test.each(['abcd', 'abc', 'ab'])(
    'an election has one winner, also among an even number, and one again when it dies: %s',
    async (names) => {
      await start(names, app('fenced'))
      await env.advance(60_000)
      expect(leadings()).toHaveLength(1)
      const [first] = leadings()
      network.crash(first!.by)
      nodes.delete(first!.by)
      await env.advance(60_000)
      expect(leadings()).toHaveLength(2)
      expect(leadings()[1]!.by).not.toBe(first!.by)
    },
  )

  test('who takes over from a dead node asks nothing of it, and has all that it had acknowledged', async () => {
    await start('abc', app('fenced'))
    await env.advance(1_000)
    const [any] = [...nodes.values()]
    let last = { total: 0, by: '' }
    for (let n = 1; n <= 5; n++) last = await run(any!.singleton(ledger).ask({ type: 'add', n }))
    network.crash(last.by)
    nodes.delete(last.by)
    await env.advance(5_000)
    const [other] = [...nodes.values()]
    const next = await run(other!.singleton(ledger).ask({ type: 'add', n: 100 }))
    expect(next.total).toBe(115)
    expect(next.by).not.toBe(last.by)
  })

  test('a lock is held in all nodes at once, and until its use is over: nobody writes while another may', async () => {
    await start('abc', app('exclusive'))
    await env.advance(2_000)
    const holder = leadings()[0]!.by
    const from = env.now()
    // Its own node still reaches it, and its clock goes on; the others hear nothing of it.
    network.cut(holder)
    for (let n = 0; n < 300; n++) {
      for (const node of nodes.values()) node.singleton(ledger).tell({ type: 'write', n })
      await env.advance(100)
    }
    const byHolder = written.filter(({ by }) => by === holder)
    const byOthers = written.filter(({ by }) => by !== holder)
    expect(byHolder.at(-1)!.at - from).toBeGreaterThan(5_000)
    expect(byOthers.length).toBeGreaterThan(0)
    expect(new Set(byOthers.map(({ by }) => by)).size).toBe(1)
    expect(byOthers[0]!.at).toBeGreaterThan(byHolder.at(-1)!.at)
  })
})
