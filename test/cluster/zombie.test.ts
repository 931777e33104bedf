// A leader that was deposed while it slept wakes up and writes: the server itself refuses.

import type { NodeProcess } from '@understudy/actors'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { until } from '../contract/poll-until.ts'
import { ticker } from './programs/actors.ts'
import { is, type Observer, ofNode, persistently, Stage } from './stage.ts'

let stage: Stage
let nodes: Map<string, NodeProcess>
let observer: Observer

beforeAll(async () => {
  // Patient pings: the zombie's connection is to outlive its sleep, so that its write arrives.
  stage = await Stage.open({ pingIntervalMs: 60_000 })
  nodes = new Map((await stage.launch(['a', 'b'], ['ticker'])).map((node) => [node.name, node]))
  observer = await stage.observe('a', 'b')
})
afterAll(() => stage?.close())

const report = () => observer.singleton(ticker).ask({ type: 'report' }, { timeoutMs: 200 })

it('what a deposed leader writes when it wakes up is refused by the server, and the new leader’s state stays as it is', async () => {
  const { answer: before } = await persistently('somebody leads', report, 5000)
  const zombie = nodes.get(before.node)!
  const other = [...nodes.values()].find((node) => node !== zombie)!
  // It stops between the decision to write and the write, as a long garbage collection or a frozen machine would have it.
  observer.singleton(ticker).tell({ type: 'freeze', value: -1_000_000 })
  const leading = await other.waitFor(is('singleton.leading'), 10_000)
  expect(leading.record!['epoch']).toBeGreaterThan(before.epoch)
  const meanwhile = (await persistently('the successor answers', report, 2000)).answer
  expect(meanwhile.node).toBe(other.name)
  expect(meanwhile.value).toBeGreaterThanOrEqual(before.value)

  const rejoins = other.waitFor(is('node.up', ofNode(zombie.name)), 10_000, { from: 'now' })
  zombie.resume()
  const refused = await zombie.waitFor(is('test.refused'), 5000)
  expect(refused.record).toMatchObject({
    epoch: before.epoch,
    causes: [
      { name: 'FencedError', code: 'FENCED' },
      { name: 'RevisionConflictError', code: 'REVISION_CONFLICT' },
      { name: 'JetStreamRefusal', errCode: 10071 },
    ],
  })
  const fenced = await zombie.waitFor(is('singleton.fenced'), 1000)
  expect(fenced.record).toMatchObject({ name: 'ticker', epoch: before.epoch, why: `revision ${meanwhile.epoch} has another owner` })
  await zombie.waitFor(is('singleton.lost'), 5000)

  const after = await report()
  expect(after).toMatchObject({ node: other.name, epoch: meanwhile.epoch, incarnation: 1 })
  expect(after.value).toBeGreaterThanOrEqual(meanwhile.value)
  const { record } = await rejoins
  expect((record!['node'] as { incarnation: number }).incarnation).toBeGreaterThan(before.epoch)
})

it('the state that the zombie tried to overwrite is what the next leader finds', async () => {
  const { epoch, value, node } = await report()
  await nodes.get(node)!.kill()
  const { answer: after } = await persistently('the former zombie leads', report, 10_000)
  expect(after.epoch).toBeGreaterThan(epoch)
  expect(after.value).toBeGreaterThanOrEqual(value)
  await until('it ticks on', async () => (await report()).value > after.value)
})
