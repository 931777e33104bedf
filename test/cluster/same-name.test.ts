// Two nodes of one name cannot both be members.

import type { NodeProcess } from '@understudy/actors'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { until } from '../contract/poll-until.ts'
import { counter } from './programs/actors.ts'
import { echoOf, is, type Observer, ofNode, persistently, Stage } from './stage.ts'

let stage: Stage
let older: NodeProcess
let b: NodeProcess
let observer: Observer

beforeAll(async () => {
  stage = await Stage.open()
  ;[older, b] = (await stage.launch(['a', 'b'], ['counter'])) as [NodeProcess, NodeProcess]
  observer = await stage.observe('a', 'b')
})
afterAll(() => stage?.close())

it('of two nodes of one name the newer one stays and the older one stops itself, saying why', async () => {
  const { answer: before } = await persistently('a answers', () => echoOf(observer, 'a').ask({ type: 'node' }), 2000)
  const heard = b.waitFor(
    is('node.up', (record) => ofNode('a')(record) && incarnationIn(record) > before.incarnation),
    10_000,
  )
  const [newer] = (await stage.launch(['a'], ['counter'])) as [NodeProcess]
  const incarnation = incarnationIn((await heard).record!)

  expect(await older.exited).toEqual({ code: 3, signal: null })
  const displaced = await older.waitFor(is('node.displaced'), 0)
  expect(displaced.record).toMatchObject({ node: before, why: `a newer node of the name a has joined, incarnation ${incarnation}` })
  const left = await older.waitFor(is('test.left'), 0)
  expect(left.record).toMatchObject({ why: displaced.record!['why'] })

  expect(newer.isRunning).toBe(true)
  await until('the observer knows the newer one', () => observer.members().some(({ identity }) => identity.incarnation === incarnation))
  expect(await echoOf(observer, 'a').ask({ type: 'node' })).toEqual({ name: 'a', incarnation })
})

it('the newer one and its peers go on as before', async () => {
  const { answer } = await persistently(
    'somebody leads',
    () => observer.singleton(counter).ask({ type: 'report' }, { timeoutMs: 500 }),
    5000,
  )
  expect(['a', 'b']).toContain(answer.node)
  expect(await echoOf(observer, 'b').ask({ type: 'echo', text: 'still there' })).toBe('still there')
  expect((await echoOf(observer, 'b').ask({ type: 'members' })).length).toBe(3)
})

function incarnationIn(record: Readonly<Record<string, unknown>>): number {
  return (record['node'] as { incarnation?: number } | undefined)?.incarnation ?? (record['incarnation'] as number)
}
