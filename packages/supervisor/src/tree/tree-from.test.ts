// Trees as data: what is built, and what is refused.

import { actor, createSystem, InvalidOptionError } from '@understudy/runtime'
import { ManualEnv } from '@understudy/runtime/testing'
import { describe, expect, test } from 'vitest'
import { child } from '../child.ts'
import { dynamicSupervisor } from '../dynamic/dynamic-supervisor.ts'
import { partitionSupervisor } from '../partition/partition-supervisor.ts'
import { pool } from '../pool/pool.ts'
import { backoff } from '../recovery/library/backoff.ts'
import { circuitBreaker } from '../recovery/library/circuit-breaker.ts'
import { ladder } from '../recovery/library/ladder.ts'
import { quarantine } from '../recovery/library/quarantine.ts'
import { restartAtOnce } from '../recovery/library/restart-at-once.ts'
import { seededRandom } from '../seeded-random.fixture.ts'
import { supervisor } from '../supervisor.ts'
import { taskSupervisor } from '../task/task-supervisor.ts'
import { blueprintOf } from './blueprint.ts'
import { describeTree } from './describe-tree.ts'
import type { TreeData } from './tree-data.ts'
import { treeFrom } from './tree-from.ts'

const echo = actor({ name: 'echo', state: (input: unknown) => input, on: { input: (state) => state } })
const gateway = actor({ name: 'gateway', on: { open: () => true } })
const definitions = { echo, gateway }

const shop: TreeData = {
  supervisor: 'shop',
  strategy: 'rest-for-one',
  intensity: { restarts: 5, withinMs: 30_000 },
  children: [
    { actor: 'gateway', restart: 'transient', shutdownMs: 'brutal', recovery: 'restartAtOnce' },
    { actor: 'echo', id: 'settings', input: { currency: 'CHF', taxes: [7.7, 2.5] } },
    {
      supervisor: 'orders',
      autoShutdown: 'any-significant',
      restart: 'temporary',
      children: [{ actor: 'echo', restart: 'transient', significant: true, recovery: { backoff: { minMs: 10 } } }],
    },
    { dynamic: 'sessions', template: { actor: 'echo', restart: 'temporary', recovery: 'mine' }, maxChildren: 100 },
    { pool: 'packers', template: { actor: 'echo', input: 1 }, size: 2, routing: 'least-outstanding' },
    { partitions: 'carts', template: { actor: 'echo', input: 'cart', shutdownMs: 50 }, count: 3 },
    { tasks: 'lookups', maxChildren: 'infinity', intensity: { restarts: 'infinity', withinMs: 1 } },
  ],
}
const mine = backoff({ minMs: 1 })

test('the tree that data declares is the tree that code would declare', () => {
  const significant = { restart: 'transient', significant: true, recovery: backoff({ minMs: 10 }) } as const
  const inCode = supervisor({
    name: 'shop',
    strategy: 'rest-for-one',
    intensity: { restarts: 5, withinMs: 30_000 },
    children: [
      child(gateway, { restart: 'transient', shutdownMs: 'brutal', recovery: restartAtOnce() }),
      child(echo, { id: 'settings', input: undefined }),
      child(supervisor({ name: 'orders', autoShutdown: 'any-significant', children: [child(echo, significant as never)] }), {
        restart: 'temporary',
      }),
      child(dynamicSupervisor({ name: 'sessions', child: echo, restart: 'temporary', recovery: mine, maxChildren: 100 })),
      child(pool(echo, { name: 'packers', size: 2, input: 1, routing: 'least-outstanding' })),
      child(partitionSupervisor({ name: 'carts', child: echo, inputOf: () => 'cart', shutdownMs: 50, partitions: 3 })),
      child(taskSupervisor({ name: 'lookups', intensity: { restarts: Infinity, withinMs: 1 } })),
    ],
  })
  const fromData = treeFrom(JSON.parse(JSON.stringify(shop)) as TreeData, definitions, { recoveries: { mine } })
  expect(describeTree(fromData)).toEqual(describeTree(inCode))
})

test('it runs, and inputs arrive as they were written', async () => {
  const env = new ManualEnv()
  const quiet = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }
  const system = createSystem({ env, log: quiet })
  const root = system.spawn(treeFrom(shop, definitions, { recoveries: { mine } }), { name: 'shop' })
  await env.settle()
  const counted = root.ask({ type: 'countChildren' })
  const inputs = ['settings', 'packers', 'carts/p-2'].map((path) => system.ref(`/shop/${path}`, echo).ask({ type: 'input' }))
  await env.settle()
  expect(await counted).toMatchObject({ active: 7, supervisors: 5, workers: 2 })
  expect(await Promise.all(inputs)).toEqual([{ currency: 'CHF', taxes: [7.7, 2.5] }, 1, 'cart'])
  const stopped = system.stop()
  await env.advance(10_000)
  await stopped
})

test('recoveries of the library are named, have options, and follow on each other', () => {
  const recovery = { circuitBreaker: { failures: 5, then: { ladder: { then: 'mine' } } } }
  const data: TreeData = {
    supervisor: 'a',
    children: [
      { actor: 'echo', recovery },
      { actor: 'gateway', recovery: 'quarantine' },
    ],
  }
  const specs = blueprintOf(treeFrom(data, definitions, { recoveries: { mine } }))!.children
  const written = circuitBreaker({ failures: 5, then: ladder({ then: mine }) })
  expect(specs.map((spec) => spec.recovery)).toEqual([written, quarantine()])
})

test('an actor may be put into a thread', () => {
  const data: TreeData = {
    supervisor: 'a',
    children: [
      { actor: 'echo', isolation: 'thread' },
      { actor: 'gateway', isolation: { thread: 'io', hangMs: 100 } },
    ],
  }
  expect(describeTree(treeFrom(data, definitions)).children.map(({ isolation }) => isolation)).toEqual(['thread', 'io'])
})

describe('what is refused, by its place', () => {
  const one = (node: unknown): unknown => ({ supervisor: 'root', children: [{ actor: 'echo', id: 'ok' }, node] })
  const deep = (levels: number): unknown => (levels === 0 ? { actor: 'echo' } : { supervisor: 's', children: [deep(levels - 1)] })
  const nested = (levels: number): unknown => JSON.parse(`${'['.repeat(levels)}${']'.repeat(levels)}`) as unknown
  const cycle: { supervisor: string; children: unknown[] } = { supervisor: 'again', children: [] }
  cycle.children.push(cycle)

  test.each<{ data: unknown; field: string; wanted: string }>([
    { data: undefined, field: 'tree', wanted: 'an object that describes a supervisor' },
    { data: '{}', field: 'tree', wanted: 'an object that describes a supervisor' },
    { data: [], field: 'tree', wanted: 'an object that describes a supervisor' },
    { data: new Map(), field: 'tree', wanted: 'an object that describes a supervisor' },
    { data: {}, field: 'tree.supervisor', wanted: 'a name of 1 to 128 characters' },
    { data: { supervisor: 'a/b', children: [] }, field: 'tree.supervisor', wanted: 'a name' },
    { data: { supervisor: 'a' }, field: 'tree.children', wanted: 'an array of nodes' },
    { data: { supervisor: 'a', children: [], restart: 'permanent' }, field: 'tree.restart', wanted: 'left out: there is no such field' },
    { data: { supervisor: 'a', children: [], strategy: 'all' }, field: 'tree.strategy', wanted: 'one of one-for-one, one-for-all' },
    { data: { supervisor: 'a', children: [], autoShutdown: true }, field: 'tree.autoShutdown', wanted: 'one of never' },
    { data: { supervisor: 'a', children: [], reviveStopped: 'yes' }, field: 'tree.reviveStopped', wanted: 'true or false' },
    { data: { supervisor: 'a', children: [], intensity: 3 }, field: 'tree.intensity', wanted: 'an object' },
    {
      data: { supervisor: 'a', children: [], intensity: { restarts: 1.5, withinMs: 1 } },
      field: 'tree.intensity.restarts',
      wanted: 'a whole number',
    },
    { data: { supervisor: 'a', children: [], intensity: { restarts: 1 } }, field: 'tree.intensity.withinMs', wanted: 'milliseconds' },
    { data: { supervisor: 'a', children: [], intensity: { restarts: 1, period: 5 } }, field: 'tree.intensity.period', wanted: 'left out' },
    { data: one(null), field: 'tree.children[1]', wanted: 'an object with one of the fields actor, supervisor' },
    { data: one({}), field: 'tree.children[1]', wanted: 'an object with one of the fields actor, supervisor' },
    { data: one({ actor: 'nobody' }), field: 'tree.children[1].actor', wanted: 'given: echo, gateway' },
    { data: one({ actor: 'toString' }), field: 'tree.children[1].actor', wanted: 'given: echo, gateway' },
    { data: one({ actor: '__proto__' }), field: 'tree.children[1].actor', wanted: 'given: echo, gateway' },
    { data: one({ actor: 'echo', supervisor: 'x' }), field: 'tree.children[1].supervisor', wanted: 'left out' },
    { data: one({ actor: 'echo', id: 'ok' }), field: 'tree.children[1].id', wanted: 'unique; tree.children[0] has it already' },
    { data: one({ actor: 'echo', id: '' }), field: 'tree.children[1].id', wanted: 'a name' },
    { data: one({ actor: 'echo', restart: 'always' }), field: 'tree.children[1].restart', wanted: 'one of permanent' },
    { data: one({ actor: 'echo', shutdownMs: -1 }), field: 'tree.children[1].shutdownMs', wanted: 'milliseconds' },
    { data: one({ actor: 'echo', restart: 'transient', significant: true }), field: 'tree.children[1].significant', wanted: 'false where' },
    { data: one({ actor: 'echo', recovery: 'hope' }), field: 'tree.children[1].recovery', wanted: 'one of restartAtOnce, backoff' },
    { data: one({ actor: 'echo', recovery: { hope: 1 } }), field: 'tree.children[1].recovery.hope', wanted: 'left out' },
    {
      data: one({ actor: 'echo', recovery: { backoff: { minMs: -1 } } }),
      field: 'tree.children[1].recovery.backoff.minMs',
      wanted: 'not negative',
    },
    { data: one({ actor: 'echo', recovery: {} }), field: 'tree.children[1].recovery', wanted: 'a recovery with its options' },
    { data: one({ actor: 'echo', recovery: { backoff: {}, ladder: {} } }), field: 'tree.children[1].recovery', wanted: 'a recovery with' },
    {
      data: one({ actor: 'echo', recovery: { backoff: null } }),
      field: 'tree.children[1].recovery.backoff',
      wanted: 'called with an object',
    },
    {
      data: one({ actor: 'echo', recovery: { backoff: { classify: 'x' } } }),
      field: 'tree.children[1].recovery.backoff.classify',
      wanted: 'a function',
    },
    {
      data: one({ actor: 'echo', recovery: { backoff: { then: { ladder: { rungs: 1 } } } } }),
      field: 'tree.children[1].recovery.backoff.then.ladder.rungs',
      wanted: 'an array',
    },
    { data: one({ actor: 'echo', recovery: 'dependencyGate' }), field: 'tree.children[1].recovery.dependencyGate.on', wanted: 'the id' },
    { data: one({ actor: 'echo', isolation: 'elsewhere' }), field: 'tree.children[1].isolation', wanted: 'thread' },
    { data: one({ dynamic: 'd' }), field: 'tree.children[1].template', wanted: 'an object that names an actor' },
    { data: one({ dynamic: 'd', template: { actor: 'echo', id: 'x' } }), field: 'tree.children[1].template.id', wanted: 'left out' },
    { data: one({ dynamic: 'd', template: { actor: 'echo', restart: 1 } }), field: 'tree.children[1].template.restart', wanted: 'one of' },
    {
      data: one({ dynamic: 'd', template: { actor: 'echo' }, maxChildren: -1 }),
      field: 'tree.children[1].maxChildren',
      wanted: 'a whole number',
    },
    { data: one({ pool: 'p', template: { actor: 'echo' } }), field: 'tree.children[1].size', wanted: 'a whole number from 1 to 10000' },
    {
      data: one({ pool: 'p', template: { actor: 'echo' }, size: 1e9 }),
      field: 'tree.children[1].size',
      wanted: 'a whole number from 1 to 10000',
    },
    {
      data: one({ pool: 'p', template: { actor: 'echo' }, size: 1, routing: 'mine' }),
      field: 'tree.children[1].routing',
      wanted: 'one of round-robin',
    },
    { data: one({ partitions: 'p', template: { actor: 'no' } }), field: 'tree.children[1].template.actor', wanted: 'given' },
    { data: one({ partitions: 'p', template: { actor: 'echo', id: 'x' } }), field: 'tree.children[1].template.id', wanted: 'left out' },
    {
      data: one({ partitions: 'p', template: { actor: 'echo' }, count: 0 }),
      field: 'tree.children[1].count',
      wanted: 'a whole number from 1',
    },
    { data: one({ tasks: 't', maxChildren: 'many' }), field: 'tree.children[1].maxChildren', wanted: 'a whole number' },
    { data: one({ supervisor: 's', children: [{ actor: 'no' }] }), field: 'tree.children[1].children[0].actor', wanted: 'given' },
    { data: one({ actor: 'echo', input: { at: Number.NaN } }), field: 'tree.children[1].input.at', wanted: 'JSON' },
    { data: one({ actor: 'echo', input: () => 1 }), field: 'tree.children[1].input', wanted: 'JSON' },
    {
      data: one({ actor: 'echo', input: nested(100_000) }),
      field: `tree.children[1].input${'[0]'.repeat(32)}`,
      wanted: 'at most 32 levels',
    },
    { data: deep(33), field: `tree${'.children[0]'.repeat(33)}`, wanted: 'at most 32 levels deep' },
    { data: cycle, field: `tree${'.children[0]'.repeat(33)}`, wanted: 'at most 32 levels deep' },
  ])('$field: $wanted', ({ data, field, wanted }) => {
    const refused = (): unknown => treeFrom(data as TreeData, definitions)
    expect(refused).toThrow(InvalidOptionError)
    expect(refused).toThrow(`${field} is `)
    expect(refused).toThrow(wanted)
  })

  test.each(['__proto__', 'constructor', 'prototype', 'toString'])('the key %s, wherever it stands; and nothing is polluted', (key) => {
    const texts = [
      `{ "supervisor": "a", "children": [], "${key}": { "polluted": true } }`,
      `{ "supervisor": "a", "children": [{ "actor": "echo", "${key}": { "polluted": true } }] }`,
      ...(key === 'toString'
        ? []
        : [`{ "supervisor": "a", "children": [{ "actor": "echo", "input": { "x": { "${key}": { "polluted": true } } } }] }`]),
    ]
    for (const text of texts) expect(() => treeFrom(JSON.parse(text) as TreeData, definitions)).toThrow(`.${key} is {"polluted"`)
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined()
  })

  test('more actors than anybody may have meant, before any of them is made', () => {
    const pools = Array.from({ length: 11 }, (_, n) => ({ pool: `p${n}`, template: { actor: 'echo' }, size: 10_000 }))
    expect(() => treeFrom({ supervisor: 'a', children: pools }, definitions)).toThrow('such that the tree has at most 100000 actors')
    const template = { partitions: 'inner', count: 1000, template: { actor: 'echo' } }
    const partitions = { partitions: 'outer', count: 1000, template }
    expect(() => treeFrom({ supervisor: 'a', children: [partitions] }, definitions)).toThrow('at most 100000 actors')
  })

  test('errors stay short, whatever was found', () => {
    try {
      treeFrom({ supervisor: 'a', children: [], strategy: 'x'.repeat(1_000_000) as never }, definitions)
    } catch (error) {
      expect((error as Error).message.length).toBeLessThan(300)
    }
    expect.assertions(1)
  })

  test('32 levels are fine', () => {
    expect(describeTree(treeFrom(deep(32) as TreeData, definitions)).kind).toBe('supervisor')
  })

  test('definitions and recoveries that are none are named', () => {
    expect(() => treeFrom(shop, { echo, gateway: {} as never })).toThrow('definitions.gateway')
    expect(() => treeFrom(shop, definitions, { recoveries: { mine: 3 as never } })).toThrow('recoveries.mine')
  })

  test('whatever is changed in a good tree, it is built, or refused by its place; nothing else is ever thrown', () => {
    const random = seededRandom(7)
    const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)]!
    const junk = [
      null,
      true,
      -1,
      0.5,
      1e308,
      '',
      'a/b',
      'echo',
      '__proto__',
      [],
      {},
      [[]],
      { actor: 'echo' },
      { then: 1 },
      { restarts: 'infinity' },
    ]
    const keys = [
      'actor',
      'supervisor',
      'children',
      'template',
      'pool',
      'id',
      'restart',
      'recovery',
      'input',
      'size',
      'count',
      'then',
      '__proto__',
    ]
    let built = 0
    for (let round = 0; round < 4000; round++) {
      const data = JSON.parse(JSON.stringify(shop)) as Record<string, unknown>
      for (let change = 0; change <= round % 3; change++) {
        const places = placesIn(data)
        const place = pick(places)
        const key = random() < 0.5 ? pick(Object.keys(place)) : pick(keys)
        if (random() < 0.2) Reflect.deleteProperty(place, key)
        else Object.defineProperty(place, key, { value: structuredClone(pick(junk)), enumerable: true, configurable: true, writable: true })
      }
      try {
        describeTree(treeFrom(data as unknown as TreeData, definitions, { recoveries: { mine } }))
        built++
      } catch (error) {
        if (!(error instanceof InvalidOptionError)) throw error
        expect(error.field).toMatch(/^tree($|[.[])/)
      }
    }
    expect(built).toBeGreaterThan(100)
  })
})

/** All records and arrays in some data. */
function placesIn(data: object): object[] {
  const inside = Object.values(data).filter((value): value is object => typeof value === 'object' && value !== null)
  return [data, ...inside.flatMap(placesIn)]
}
