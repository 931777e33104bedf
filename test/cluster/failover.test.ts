// The leader of a singleton dies, or hangs: another node takes over, with the state.

import type { NodeProcess } from '@understudy/actors'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { until } from '../contract/poll-until.ts'
import { counter } from './programs/actors.ts'
import { is, type Observer, persistently, Stage } from './stage.ts'

let stage: Stage
let nodes: Map<string, NodeProcess>
let observer: Observer

beforeAll(async () => {
  stage = await Stage.open()
  nodes = new Map((await stage.launch(['a', 'b', 'c'], ['counter'])).map((node) => [node.name, node]))
  observer = await stage.observe('a', 'b', 'c')
  await persistently('somebody leads', report, 5000)
})
afterAll(() => stage?.close())

const report = () => observer.singleton(counter).ask({ type: 'report' }, { timeoutMs: 200 })
const incarnationOf = (name: string) => observer.members().find(({ identity }) => identity.name === name)?.identity.incarnation

it('after a SIGKILL of its node the singleton answers from another one within 1500 ms, with all it had saved, under a higher epoch', async () => {
  for (let number = 0; number < 20; number++) await observer.singleton(counter).ask({ type: 'add', number })
  const before = await report()
  const killed = nodes.get(before.node)!.kill()
  const { answer: after, tookMs } = await persistently('a successor answers', report, 10_000)
  await killed
  console.info(`takeover after SIGKILL: ${Math.round(tookMs)} ms`)
  expect(tookMs).toBeLessThanOrEqual(1500)
  expect(after.epoch).toBeGreaterThan(before.epoch)
  expect(after.node).not.toBe(before.node)
  expect(after.numbers).toEqual(before.numbers)
  const { record } = await nodes.get(after.node)!.waitFor(
    is('singleton.leading', ({ epoch }) => epoch === after.epoch),
    2000,
  )
  expect(record).toMatchObject({ name: 'counter' })
})

it('after a SIGSTOP of its node the singleton answers from another one within 6 s; the stopped node comes back under a new incarnation and leads nothing', async () => {
  const before = await report()
  const zombie = nodes.get(before.node)!
  const oldIncarnation = incarnationOf(zombie.name)!
  zombie.pause()
  const { answer: after, tookMs } = await persistently('a successor answers', report, 15_000)
  console.info(`takeover after SIGSTOP: ${Math.round(tookMs)} ms`)
  expect(tookMs).toBeLessThanOrEqual(6000)
  expect(after.epoch).toBeGreaterThan(before.epoch)
  expect(after.node).not.toBe(before.node)
  expect(after.numbers).toEqual(before.numbers)

  await observer.singleton(counter).ask({ type: 'add', number: 100 })
  zombie.resume()
  await zombie.waitFor(
    is('singleton.lost', ({ epoch }) => epoch === before.epoch),
    5000,
  )
  await until('the zombie is a member again', () => (incarnationOf(zombie.name) ?? 0) > oldIncarnation)
  await observer.singleton(counter).ask({ type: 'add', number: 101 })
  expect(await report()).toMatchObject({ epoch: after.epoch, node: after.node, numbers: [...before.numbers, 100, 101] })
})
