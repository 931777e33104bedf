// A singleton with outside effects: its successor waits until the old lease is over, unless it was given back.

import type { NodeProcess } from '@understudy/actors'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { keeper } from './programs/actors.ts'
import { is, type Observer, ofNode, persistently, Stage } from './stage.ts'

let stage: Stage
let nodes: Map<string, NodeProcess>
let observer: Observer

beforeAll(async () => {
  stage = await Stage.open()
  nodes = new Map((await stage.launch(['a', 'b', 'c'], ['keeper'])).map((node) => [node.name, node]))
  observer = await stage.observe('a', 'b', 'c')
})
afterAll(() => stage?.close())

const where = () => observer.singleton(keeper).ask({ type: 'where' }, { timeoutMs: 200 })

it('an exclusive leader that leaves in order hands over at once', async () => {
  const { answer: before } = await persistently('somebody leads', where, 5000)
  const begun = performance.now()
  expect(await nodes.get(before.node)!.drain()).toBe(0)
  const { answer: after } = await persistently('a successor leads', where, 2000)
  expect(after.epoch).toBeGreaterThan(before.epoch)
  expect(performance.now() - begun).toBeLessThan(3000)
})

it('an exclusive leader that was killed has no successor for at least 5 s, although its death is known', async () => {
  const before = await where()
  const heir = [...nodes.values()].find((node) => node.isRunning && node.name !== before.node)!
  const succeeds = heir.waitFor(
    is('singleton.leading', ({ epoch }) => (epoch as number) > before.epoch),
    5000,
  )
  const known = heir.waitFor(is('node.down', ofNode(before.node)), 2000)
  await nodes.get(before.node)!.kill()
  await known
  await expect(succeeds).rejects.toThrow('did not write the awaited line within 5000 ms')
})
