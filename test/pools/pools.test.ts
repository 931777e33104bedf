// Pools in a tree, in virtual time.

import { actor, type ActorContext, child, type InvalidOptionError, pool, type Protocol, supervisor } from '@understudy/actors'
import { testSystem, type TestSystem } from '@understudy/testkit'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'

let system: TestSystem
let gate: Promise<void>
let open: () => void

const worker = actor({
  name: 'worker',
  state: (_: undefined, ctx: ActorContext<Protocol>) => ({ name: ctx.path.split('/').at(-1)!, handled: 0 }),
  on: {
    who: (state) => state.name,
    work: (state) => {
      state.handled++
    },
    wait: async () => {
      await gate
    },
    handled: (state) => state.handled,
    crash: () => {
      throw new Error('crash')
    },
  },
})

beforeEach(() => {
  system = testSystem()
  gate = new Promise((resolve) => {
    open = resolve
  })
})

afterEach(async () => {
  open()
  await system.shutdown()
  expectNothingLeft()
})

function expectNothingLeft(): void {
  expect([system.counters.waiting, system.env.pendingTimers]).toEqual([0, 0])
}

async function settled<T>(promises: Promise<T>[]): Promise<T[]> {
  await system.settle()
  return Promise.all(promises)
}

describe('a pool', () => {
  test('speaks the protocol of its workers and gives each its turn', async () => {
    const ref = system.spawn(pool(worker, { size: 3, routing: 'round-robin' }), { name: 'pool' })
    await system.settle()
    expect(await settled(Array.from({ length: 6 }, () => ref.ask({ type: 'who' })))).toEqual(['w-1', 'w-2', 'w-3', 'w-1', 'w-2', 'w-3'])
  })

  test('takes messages from the first moment, also while its workers are still starting', async () => {
    const ref = system.spawn(pool(worker, { size: 2 }), { name: 'pool' })
    const answers = [ref.ask({ type: 'who' }), ref.ask({ type: 'who' })]
    expect(await settled(answers)).toEqual(['w-1', 'w-1'])
  })

  test('least-outstanding leaves a busy worker alone', async () => {
    const ref = system.spawn(pool(worker, { size: 2, routing: 'least-outstanding' }), { name: 'pool' })
    await system.settle()
    ref.tell({ type: 'wait' })
    await system.settle()
    for (let n = 0; n < 4; n++) expect(await settled([ref.ask({ type: 'who' })])).toEqual(['w-2'])
  })

  test('a worker in backoff is skipped while others are there, and takes its share again afterwards', async () => {
    const ref = system.spawn(pool(worker, { size: 2 }), { name: 'pool' })
    await system.settle()
    for (let n = 0; n < 2; n++) system.ref<{ crash(): void }>('/pool/w-1').tell({ type: 'crash' })
    await system.settle()
    expect(await settled([ref.ask({ type: 'who' }), ref.ask({ type: 'who' })])).toEqual(['w-2', 'w-2'])
    await system.advance(400)
    expect(new Set(await settled([ref.ask({ type: 'who' }), ref.ask({ type: 'who' })]))).toEqual(new Set(['w-1', 'w-2']))
  })

  test('while no worker is there messages wait, in order, and are handled when one is back', async () => {
    const ref = system.spawn(pool(worker, { size: 1 }), { name: 'pool' })
    await system.settle()
    ref.tell({ type: 'crash' })
    ref.tell({ type: 'crash' })
    await system.settle()
    ref.tell({ type: 'work' })
    const handled = ref.ask({ type: 'handled' })
    await system.advance(400)
    expect(await handled).toBe(1)
    expect(system.events.filter((event) => event.type === 'actor.backoff')).toHaveLength(1)
  })

  test('loses no message but the failing ones when workers fail on a share of them', async () => {
    const ref = system.spawn(pool(worker, { size: 3, intensity: { restarts: Infinity, withinMs: 5_000 } }), { name: 'pool' })
    await system.settle()
    for (let n = 0; n < 300; n++) ref.tell({ type: n % 30 === 7 ? 'crash' : 'work' })
    await system.advance(120_000)
    expect(system.counters.handled).toBe(290)
    expect(system.deadLetters.counts.poison).toBe(10)
    expect(system.counters.waiting).toBe(0)
  })

  test('gives up when its workers fail too often, and its messages become dead letters instead of nothing', async () => {
    const ref = system.spawn(pool(worker, { size: 1, intensity: { restarts: 0, withinMs: 1 } }), { name: 'pool' })
    await system.settle()
    ref.tell({ type: 'crash' })
    await system.settle()
    expect(system.events.filter((event) => event.type === 'supervisor.gave-up')).toHaveLength(1)
    ref.tell({ type: 'work' })
    expect(ref.tryTell({ type: 'work' })).toBe(false)
    expect(system.deadLetters.counts.stopped).toBe(1)
  })

  test('restarted by its supervisor it serves again behind the same ref', async () => {
    const tree = supervisor({
      name: 'sup',
      children: [child(pool(worker, { size: 2, name: 'pool', intensity: { restarts: 0, withinMs: 1 } }))],
    })
    system.spawn(tree, { name: 'sup' })
    await system.settle()
    const ref = system.ref<{ crash(): void; who(): string }>('/sup/pool')
    ref.tell({ type: 'crash' })
    await system.settle()
    expect(new Set(await settled([ref.ask({ type: 'who' }), ref.ask({ type: 'who' })]))).toEqual(new Set(['w-1', 'w-2']))
  })

  test('a pool of pools works', async () => {
    const ref = system.spawn(pool(pool(worker, { size: 2 }), { size: 2, name: 'outer' }), { name: 'outer' })
    await system.settle()
    expect(await settled(Array.from({ length: 4 }, () => ref.ask({ type: 'who' })))).toEqual(['w-1', 'w-1', 'w-2', 'w-2'])
  })

  test.each<[field: string, options: object]>([
    ['size', { size: 0 }],
    ['size', { size: 2.5 }],
    ['size.min', { size: { min: 0, max: 2 } }],
    ['size.max', { size: { min: 1, max: 2 } }],
    ['routing', { size: 1, routing: 'random' }],
    ['name', { size: 1, name: '' }],
    ['recovery', { size: 1, recovery: 1 }],
    ['shards', { size: 1, shards: 2 }],
  ])('a wrong %s is refused in the caller: %j', (field, options) => {
    expect(() => pool(worker, options as never)).toThrow(expect.objectContaining({ field }) as InvalidOptionError)
  })
})
