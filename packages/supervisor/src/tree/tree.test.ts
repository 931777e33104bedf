// What is declared and what runs: described, compared, drawn.

import { actor, createSystem } from '@understudy/runtime'
import type { ActorSystem, Ref } from '@understudy/runtime'
import { expectBalanced, ManualEnv } from '@understudy/runtime/testing'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { child } from '../child.ts'
import { dynamicSupervisor } from '../dynamic/dynamic-supervisor.ts'
import { partitionSupervisor } from '../partition/partition-supervisor.ts'
import { pool } from '../pool/pool.ts'
import { backoff } from '../recovery/library/backoff.ts'
import { supervisor } from '../supervisor.ts'
import type { SupervisorProtocol } from '../supervisor.ts'
import { taskSupervisor } from '../task/task-supervisor.ts'
import { tasks } from '../task/tasks.ts'
import { describeTree } from './describe-tree.ts'
import { toDot, toMermaid } from './tree-chart.ts'
import { diffTrees } from './tree-diff.ts'
import type { RunningNode, TreeNode } from './tree-node.ts'

const quiet = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }

const worker = (name: string) =>
  actor({
    name,
    on: {
      crash: () => {
        throw new Error('crash')
      },
      end: (_state, _message: object, ctx) => ctx.stop(),
    },
  })
const session = worker('session')

const orders = supervisor({ name: 'orders', strategy: 'one-for-all', children: [child(worker('desk'), { restart: 'transient' })] })
const shop = supervisor({
  name: 'shop',
  strategy: 'rest-for-one',
  intensity: { restarts: Infinity, withinMs: 1000 },
  children: [
    child(worker('gateway'), { recovery: backoff({ minMs: 1000, restartsAtOnce: 0 }) }),
    child(orders, { id: 'orders-eu' }),
    child(pool(worker('packer'), { size: 2 })),
    child(dynamicSupervisor({ name: 'sessions', child: session, maxChildren: 10 })),
    child(partitionSupervisor({ name: 'carts', child: worker('cart'), partitions: 2 })),
    child(taskSupervisor({ name: 'lookups' })),
  ],
})

let env: ManualEnv
let system: ActorSystem
let root: Ref<SupervisorProtocol>

beforeEach(async () => {
  env = new ManualEnv()
  system = createSystem({ env, log: quiet })
  root = system.spawn(shop, { name: 'shop' })
  await env.settle()
})

afterEach(async () => {
  const stopped = system.stop()
  await env.advance(60_000)
  await stopped
  expectBalanced(system)
})

async function running(): Promise<RunningNode> {
  const described = root.ask({ type: 'describe' })
  await env.settle()
  return described
}

const tell = async (path: string, type: 'crash' | 'end'): Promise<void> => {
  system.ref(path, session).tell({ type })
  await env.settle()
}

function at(tree: RunningNode, path: string): RunningNode {
  const stack = [tree]
  for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
    if (node.path === path) return node
    stack.push(...node.children)
  }
  throw new Error(`${path} is not there`)
}

describe('describeTree', () => {
  test('reads the whole tree off its definition, as plain JSON', () => {
    const tree = describeTree(shop)
    expect(JSON.parse(JSON.stringify(tree))).toEqual(tree)
    expect(tree).toMatchObject({
      kind: 'supervisor',
      id: 'shop',
      strategy: 'rest-for-one',
      intensity: { restarts: 'infinity', withinMs: 1000 },
    })
    expect(tree.children.map(({ kind, id, name }) => [kind, id, name])).toEqual([
      ['worker', 'gateway', 'gateway'],
      ['supervisor', 'orders-eu', 'orders'],
      ['pool', 'packer', 'packer'],
      ['dynamic-supervisor', 'sessions', 'sessions'],
      ['partition-supervisor', 'carts', 'carts'],
      ['task-supervisor', 'lookups', 'lookups'],
    ])
    expect(tree.children[1]!.children).toEqual([
      { kind: 'worker', id: 'desk', name: 'desk', shutdownMs: 5000, restart: 'transient', recovery: 'restart-then-backoff', children: [] },
    ])
    expect(tree.children[3]).toMatchObject({ template: 'session', maxChildren: 10, children: [] })
    expect(tree.children.map(({ children }) => children.map(({ id }) => id))).toEqual([
      [],
      ['desk'],
      ['w-1', 'w-2'],
      [],
      ['p-0', 'p-1'],
      [],
    ])
  })

  test('a worker alone is a tree, too', () => {
    expect(describeTree(session)).toEqual({ kind: 'worker', id: 'session', name: 'session', shutdownMs: 5000, children: [] })
  })
})

describe('the call describe', () => {
  test('shows what runs: paths, lives and states, through every kind of supervisor', async () => {
    const started = system
      .ref('/shop/sessions', dynamicSupervisor({ name: 'sessions', child: session }))
      .ask({ type: 'startChild', id: 'anna' })
    void tasks(system.ref('/shop/lookups', taskSupervisor({ name: 'lookups' }))).startChild(() => new Promise(() => {}))
    await env.settle()
    expect(await started).toMatchObject({ ok: true })
    await tell('/shop/carts/p-1', 'crash')
    await tell('/shop/gateway', 'crash')
    const tree = await running()
    expect(JSON.parse(JSON.stringify(tree))).toEqual(tree)
    expect(at(tree, '/shop')).toMatchObject({ state: 'running', life: 'running', incarnation: 1 })
    expect(at(tree, '/shop/gateway')).toMatchObject({ state: 'restarting', life: 'suspended', incarnation: 1 })
    expect(at(tree, '/shop/orders-eu/desk')).toMatchObject({ state: 'running', incarnation: 1 })
    expect(at(tree, '/shop/sessions/anna')).toMatchObject({ state: 'running', name: 'session' })
    expect(at(tree, '/shop/carts/p-1')).toMatchObject({ state: 'running', incarnation: 2 })
    expect(at(tree, '/shop/lookups/t-1')).toMatchObject({ kind: 'worker', name: 'task' })
    expect(at(tree, '/shop/packer/w-2')).toMatchObject({ state: 'running' })
  })
})

describe('diffTrees', () => {
  const texts = async (declared: TreeNode = describeTree(shop)): Promise<string[]> =>
    diffTrees(declared, await running()).map(({ text }) => text)

  test('finds nothing in a tree that runs as it was declared, dynamic children and tasks included', async () => {
    system.ref('/shop/sessions', dynamicSupervisor({ name: 'sessions', child: session })).tell({ type: 'startChild', id: 'anna' })
    await env.settle()
    expect(await texts()).toEqual([])
  })

  test('finds what does not run, is missing, or is there undeclared', async () => {
    await tell('/shop/orders-eu/desk', 'end')
    await tell('/shop/gateway', 'crash')
    root.tell({ type: 'startChild', child: child(worker('helper')) })
    root.tell({ type: 'terminateChild', id: 'packer' })
    await env.settle()
    expect(await texts()).toEqual([
      '/shop/gateway is not running: it is restarting',
      '/shop/orders-eu/desk is not running: it is absent',
      '/shop/packer is not running: it is absent',
      '/shop/helper is there, a worker that is not declared',
    ])
    root.tell({ type: 'deleteChild', id: 'packer' })
    await env.settle()
    expect(diffTrees(describeTree(shop), await running())).toContainEqual({
      type: 'missing',
      path: '/shop/packer',
      text: '/shop/packer is declared, a pool, and not there',
    })
  })

  test('finds what runs otherwise than it is declared now', async () => {
    const next = supervisor({
      name: 'shop',
      strategy: 'one-for-one',
      intensity: { restarts: 1, withinMs: 1000 },
      children: [child(worker('gateway'), { restart: 'transient', shutdownMs: 100 }), child(worker('orders'), { id: 'orders-eu' })],
    })
    const differences = diffTrees(describeTree(next), await running())
    expect(differences[0]).toEqual({
      type: 'changed',
      path: '/shop',
      field: 'strategy',
      declared: 'one-for-one',
      running: 'rest-for-one',
      text: '/shop has strategy "rest-for-one", declared is "one-for-one"',
    })
    expect(differences.map(({ text }) => text)).toEqual(
      expect.arrayContaining([
        '/shop has intensity {"restarts":"infinity","withinMs":1000}, declared is {"restarts":1,"withinMs":1000}',
        '/shop/gateway has restart "permanent", declared is "transient"',
        '/shop/gateway has shutdownMs 5000, declared is 100',
        '/shop/orders-eu has kind "supervisor", declared is "worker"',
        '/shop/packer is there, a pool that is not declared',
      ]),
    )
  })

  test('a tree may run as part of a larger one, under another name', async () => {
    system.spawn(supervisor({ name: 'outer', children: [child(shop, { id: 'inner', shutdownMs: 7 })] }), { name: 'outer' })
    await env.settle()
    const inner = system.ref('/outer/inner', shop).ask({ type: 'describe' })
    await env.settle()
    expect(diffTrees(describeTree(shop), await inner)).toEqual([])
  })
})

describe('drawing', () => {
  test('Mermaid: supervisors, workers, and what does not run', async () => {
    await tell('/shop/gateway', 'crash')
    const tree = await running()
    expect(toMermaid({ ...tree, children: tree.children.slice(0, 2) })).toBe(`flowchart TD
  n0["shop<br/>supervisor, rest-for-one<br/>running, incarnation 1"]
  n1(["gateway<br/>permanent<br/>restarting, incarnation 1"])
  n0 --> n1
  n2["orders-eu: orders<br/>supervisor, one-for-all, permanent<br/>running, incarnation 1"]
  n0 --> n2
  n3(["desk<br/>transient<br/>running, incarnation 1"])
  n2 --> n3
  classDef down stroke-dasharray: 4 4
  class n1 down
`)
  })

  test('Dot: the declared tree', () => {
    expect(toDot(describeTree(orders))).toBe(`digraph tree {
  n0 [shape=box, label="orders\\nsupervisor, one-for-all"]
  n1 [shape=ellipse, label="desk\\ntransient"]
  n0 -> n1
}
`)
  })

  test.each([
    '"]; click n0 "javascript:alert(1)"',
    '\\" ]\n n9 -> n0',
    '<img src=x onerror=alert(1)>',
    '%%{init: {}}%%',
    '`#quot;`',
    'end',
    '\u2028x\u0000',
  ])('a name draws nothing but its own box: %j', (name) => {
    const node: TreeNode = { kind: 'worker', id: name, name, shutdownMs: 1, children: [] }
    const mermaid = toMermaid(node)
    expect(mermaid.split('\n')).toHaveLength(3)
    expect(mermaid).toMatch(/^flowchart TD\n {2}n0\(\["(?:[\p{L}\p{N} ,.:_~@$-]|#\d+;)*"\]\)\n$/u)
    expect(mermaid.replaceAll(/#(\d+);/g, (_, code: string) => String.fromCodePoint(Number(code)))).toContain(name)
    const dot = toDot(node)
    expect(dot.split('\n')).toHaveLength(4)
    expect(dot).toMatch(/^digraph tree \{\n {2}n0 \[shape=ellipse, label="(?:[^"\\]|\\["\\])*"\]\n\}\n$/)
  })

  test('a tree of any depth can be drawn', () => {
    let node: TreeNode = { kind: 'worker', id: 'x', name: 'x', shutdownMs: 1, children: [] }
    for (let n = 0; n < 50_000; n++) node = { ...node, children: [node] }
    expect(toMermaid(node).split('\n')).toHaveLength(100_003)
    expect(toDot(node)).toContain('n49999 -> n50000')
  })
})
