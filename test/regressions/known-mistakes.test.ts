// Mistakes that schoolbook code on high availability makes again and again: each is a promise here that we do not make it. On one node,
// in virtual time; what takes several nodes is in known-mistakes-of-clusters.test.ts.

import { execFileSync } from 'node:child_process'
import {
  actor,
  backoff,
  child,
  ladder,
  partitionSupervisor,
  place,
  pool,
  rank,
  recoveryOf,
  supervisor,
  warmRestart,
} from '@understudy/actors'
import { testSystem, type TestSystem } from '@understudy/testkit'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'

const neverGivesUp = { restarts: Infinity, withinMs: 5_000 }

let system: TestSystem
beforeEach(() => {
  system = testSystem({ hangMs: 1_000 })
})
afterEach(() => system.shutdown())

async function answered<T>(promise: Promise<T>): Promise<T> {
  await system.settle()
  return promise
}

describe('restart', () => {
  const service = actor({
    name: 'service',
    on: {
      fail: () => {
        throw new Error('it fails')
      },
      life: (_state, _message, ctx) => ctx.incarnation,
      hang: () => new Promise<void>(() => {}),
    },
  })

  test('a restart does not only kill: a new life is there at once, and handles what waited', async () => {
    system.spawn(supervisor({ name: 'app', children: [child(service)] }), { name: 'app' })
    await system.settle()
    const ref = system.ref('/app/service', service)
    ref.tell({ type: 'fail' })
    expect(await answered(Promise.all([ref.ask({ type: 'life' }), ref.ask({ type: 'life' })]))).toEqual([2, 2])
  })

  test("a backoff's counter is reset by health, not by the start alone", async () => {
    const recovery = backoff({ minMs: 100, maxMs: 1_000, resetAfterMs: 60_000 })
    system.spawn(supervisor({ name: 'app', intensity: neverGivesUp, children: [child(service, { recovery })] }), { name: 'app' })
    await system.settle()
    const ref = system.ref('/app/service', service)
    const failAndWait = async (): Promise<number> => {
      ref.tell({ type: 'fail' })
      await system.settle()
      const waitMs = recoveryOf(system, '/app/service')!.timers.find(({ key }) => key === 'retry')?.dueInMs ?? 0
      await system.advance(waitMs + 1)
      // It starts without fault, and answers, each time.
      expect(await answered(ref.ask({ type: 'life' }))).toBeGreaterThan(1)
      return waitMs
    }
    expect(await failAndWait()).toBe(0)
    for (let n = 0; n < 10; n++) {
      expect(await failAndWait()).toBeGreaterThanOrEqual(100)
      await system.advance(50_000)
    }
    await system.advance(10_001)
    expect(recoveryOf(system, '/app/service')).toMatchObject({ state: 'healthy', timers: [] })
    expect(await failAndWait()).toBe(0)
  })

  test('a mailbox that takes messages is no proof of health: an actor that does not come to an end with one is found, once for each time', async () => {
    system.spawn(supervisor({ name: 'app', children: [child(service, { recovery: ladder(), shutdownMs: 10 })] }), { name: 'app' })
    await system.settle()
    const ref = system.ref('/app/service', service)
    ref.tell({ type: 'hang' })
    for (let n = 0; n < 5; n++) expect(ref.tryTell({ type: 'life' })).toBe(true)
    await system.advance(10_000)
    expect(await answered(ref.ask({ type: 'life' }))).toBe(2)
    expect(system.events.filter((event) => event.type === 'recovery.moved' && event.event === 'HUNG')).toHaveLength(1)
  })
})

describe('balancing', () => {
  const worker = actor({
    name: 'worker',
    state: (): number[] => [],
    on: { work: (done, { n }: { n: number }) => void done.push(n), done: (done) => done },
  })

  test.each(['round-robin', 'least-outstanding'] as const)(
    'a balancer sends each message to one worker, not to all: %s',
    async (routing) => {
      const ref = system.spawn(pool(worker, { size: 4, routing }), { name: 'pool' })
      await system.settle()
      for (let n = 0; n < 100; n++) ref.tell({ type: 'work', n })
      await system.settle()
      const done = await answered(Promise.all([1, 2, 3, 4].map((id) => system.ref(`/pool/w-${id}`, worker).ask({ type: 'done' }))))
      expect(done.flat().toSorted((a, b) => a - b)).toEqual(Array.from({ length: 100 }, (_, n) => n))
    },
  )

  test('a balancer goes on to the next worker with each message', async () => {
    const ref = system.spawn(pool(worker, { size: 4 }), { name: 'pool' })
    await system.settle()
    for (let n = 0; n < 8; n++) ref.tell({ type: 'work', n })
    await system.settle()
    const done = await answered(Promise.all([1, 2, 3, 4].map((id) => system.ref(`/pool/w-${id}`, worker).ask({ type: 'done' }))))
    expect(done).toEqual([
      [0, 4],
      [1, 5],
      [2, 6],
      [3, 7],
    ])
  })

  test('where a key belongs is the same in every process', async () => {
    const home = actor({ name: 'home', on: { where: (_state, _message: { key: string }, ctx) => ctx.path } })
    const keys = ['user-1', 'user-2', 'Ω', '']
    const homes = system.spawn(partitionSupervisor({ name: 'homes', child: home, partitions: 16 }))
    await system.settle()
    const here = await answered(Promise.all(keys.map((key) => homes.ask({ type: 'where', key }))))
    const nodes = ['a', 'b', 'c', 'd', 'e']
    const program = `
      import { actor, createSystem, partitionSupervisor, place } from '@understudy/actors'
      const system = createSystem()
      const home = actor({ name: 'home', on: { where: (_state, _message, ctx) => ctx.path } })
      const homes = system.spawn(partitionSupervisor({ name: 'homes', child: home, partitions: 16 }))
      const keys = ${JSON.stringify(keys)}
      const paths = await Promise.all(keys.map((key) => homes.ask({ type: 'where', key })))
      console.log(JSON.stringify([paths, keys.map((key) => place(key, ${JSON.stringify(nodes)}))]))
      await system.stop()`
    const elsewhere = execFileSync(process.execPath, ['--conditions=understudy-source', '--input-type=module', '--eval', program], {
      cwd: import.meta.dirname,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    expect(JSON.parse(elsewhere.trim().split('\n').at(-1)!)).toEqual([here, keys.map((key) => place(key, nodes))])
    // Nor may a release move what is placed already.
    expect(keys.map((key) => place(key, nodes))).toEqual(['a', 'd', 'c', 'a'])
  })

  test('every key has a home, and a new node takes its share of keys from the others and moves no other', () => {
    const nodes = Array.from({ length: 10 }, (_, n) => `node-${n}`)
    const keys = Array.from({ length: 10_000 }, (_, n) => `key-${n}`)
    const before = keys.map((key) => place(key, nodes))
    for (const node of nodes) expect(before.filter((home) => home === node).length).toBeGreaterThan(800)
    expect(new Set(before)).toEqual(new Set(nodes))
    const after = keys.map((key) => place(key, [...nodes, 'new']))
    const moved = after.filter((home, n) => home !== before[n])
    expect(new Set(moved)).toEqual(new Set(['new']))
    expect(moved.length).toBeGreaterThan(800)
    expect(moved.length).toBeLessThan(1_000)
  })

  test('who is asked for a choice leaves the candidates as they were', () => {
    const nodes = Object.freeze(['d', 'a', 'c', 'b'])
    const [first, ...rest] = rank('key', nodes)
    expect(first).toBe(place('key', nodes))
    expect(new Set([first, ...rest])).toEqual(new Set(nodes))
    expect(nodes).toEqual(['d', 'a', 'c', 'b'])
  })
})

describe('copies', () => {
  test('a copy of the state has what was changed and lacks what was removed since the last one, at any depth', async () => {
    const files = actor({
      name: 'files',
      state: (): Map<string, unknown> => new Map(),
      snapshots: { everyMs: 1_000 },
      on: {
        put: (state, { path, value }: { path: string; value: unknown }) => void state.set(path, value),
        remove: (state, { path }: { path: string }) => void state.delete(path),
        add: (state, { path, value }: { path: string; value: number }) => void (state.get(path) as number[]).push(value),
        list: (state) => Object.fromEntries(state),
        fail: () => {
          throw new Error('it fails')
        },
      },
    })
    system.spawn(supervisor({ name: 'app', children: [child(files, { recovery: warmRestart() })] }), { name: 'app' })
    await system.settle()
    const ref = system.ref('/app/files', files)
    for (const path of ['a', 'one/a', 'two/a']) ref.tell({ type: 'put', path, value: [1] })
    await system.advance(1_001)
    ref.tell({ type: 'remove', path: 'a' })
    ref.tell({ type: 'put', path: 'one/a', value: [2] })
    ref.tell({ type: 'add', path: 'two/a', value: 2 })
    ref.tell({ type: 'put', path: 'two/b', value: [3] })
    await system.advance(1_000)
    // What comes after the copy does not change it.
    ref.tell({ type: 'add', path: 'two/a', value: 99 })
    ref.tell({ type: 'fail' })
    expect(await answered(ref.ask({ type: 'list' }))).toEqual({ 'one/a': [2], 'two/a': [1, 2], 'two/b': [3] })
  })
})
