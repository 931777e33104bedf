// Nodes come, see each other, and leave in order while the work goes on.

import type { NodeProcess } from '@understudy/actors'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { until } from '../contract/poll-until.ts'
import { counter } from './programs/actors.ts'
import { echoOf, is, type Observer, ofNode, persistently, sees, Stage } from './stage.ts'

let stage: Stage
let nodes: Map<string, NodeProcess>
let observer: Observer

beforeAll(async () => {
  stage = await Stage.open()
  nodes = new Map((await stage.launch(['a', 'b', 'c'], ['counter'])).map((node) => [node.name, node]))
  observer = await stage.observe('a', 'b', 'c')
})
afterAll(() => stage?.close())

const report = () => observer.singleton(counter).ask({ type: 'report' }, { timeoutMs: 1000 })

it('every node sees every other node', async () => {
  const all = ['a', 'b', 'c', 'observer']
  for (const name of nodes.keys()) {
    await until(`${name} sees them all`, async () => {
      const members = await echoOf(observer, name).ask({ type: 'members' })
      return all.every((other) => members.some((member) => member.startsWith(`${other}~`))) && members.length === all.length
    })
  }
})

it('a leader that is told to leave hands over within 200 ms, and no message that was told to it is lost or doubled', async () => {
  const { answer: before } = await persistently('somebody leads', report, 5000)
  const leader = nodes.get(before.node)!
  const others = [...nodes.values()].filter((node) => node !== leader)

  const target = observer.singleton(counter)
  let sent = 0
  const stream = setInterval(() => target.tell({ type: 'add', number: sent++, sentAt: Date.now() }), 2)
  try {
    await until('the stream flows', async () => (await report()).value > 50)
    const code = await leader.drain()
    expect(code).toBe(0)
    const { value, epoch } = (await persistently('somebody else leads', report, 2000)).answer
    expect(epoch).toBeGreaterThan(before.epoch)
    await until('the stream flows again', async () => (await report()).value > value + 50)
  } finally {
    clearInterval(stream)
  }
  // One second of nothing to hear would be a loss: what is under way needs milliseconds.
  await until('all is handled', async () => (await report()).value >= sent, 1000).catch(() => {})
  const after = await report()
  console.info(`planned hand-over: a tell waited ${after.longestWaitMs} ms at most, of ${sent} tells`)
  // Sorted: what was under way to the old leader is passed on, and may come after what waited for the new one.
  expect(after.numbers.toSorted((one, other) => one - other)).toEqual(Array.from({ length: sent }, (_, number) => number))
  expect(after.longestWaitMs).toBeLessThanOrEqual(200)
  expect(after.node).not.toBe(before.node)
  expect(observer.system.counters.deadLettered).toBe(0)

  // A departure is told as one, not as a death.
  for (const other of others) {
    await other.waitFor(is('node.left', ofNode(leader.name)), 2000)
    await expect(other.waitFor(is('node.down', ofNode(leader.name)), 0)).rejects.toThrow('did not write')
  }
  await until('it is no member any more', () => !sees(observer, leader.name))
})

it('the last node to leave ends in order, too', async () => {
  const left = [...nodes.values()].filter((node) => node.isRunning)
  expect(await Promise.all(left.map((node) => node.drain()))).toEqual([0, 0])
  await until('nobody is left', () => observer.members().length === 1)
})
