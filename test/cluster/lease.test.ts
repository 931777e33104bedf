// The server hangs for longer than a lease lasts: the leader stops acting by itself, and when the server is back somebody leads again.

import type { NodeProcess } from '@understudy/actors'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { counter } from './programs/actors.ts'
import { is, type Observer, persistently, Stage } from './stage.ts'

let stage: Stage
let nodes: Map<string, NodeProcess>
let observer: Observer

beforeAll(async () => {
  stage = await Stage.open()
  nodes = new Map((await stage.launch(['a', 'b'], ['counter'])).map((node) => [node.name, node]))
  observer = await stage.observe('a', 'b')
})
afterAll(() => stage?.close())

it(
  'a leader whose lease cannot be renewed stops leading when it has run out; when the server is back somebody leads again, with the state',
  { timeout: 40_000 },
  async () => {
    const report = () => observer.singleton(counter).ask({ type: 'report' }, { timeoutMs: 500 })
    await persistently('somebody leads', report, 5000)
    await observer.singleton(counter).ask({ type: 'add', number: 1 })
    const before = await report()
    const leader = nodes.get(before.node)!

    await stage.server.pause()
    const pausedAt = performance.now()
    const lost = await leader.waitFor(is('singleton.lost'), 20_000)
    const ledOnMs = performance.now() - pausedAt
    console.info(`the leader led on for ${Math.round(ledOnMs)} ms without the server`)
    expect(lost.record).toMatchObject({ name: 'counter', epoch: before.epoch, why: "this node's lease has run out" })
    // The last renewal was sent at most 3 s before the server stopped.
    expect(ledOnMs).toBeGreaterThan(11_500)
    expect(ledOnMs).toBeLessThan(16_000)
    for (const node of nodes.values()) {
      await expect(
        node.waitFor(
          is('singleton.leading', ({ epoch }) => (epoch as number) > before.epoch),
          0,
        ),
      ).rejects.toThrow('did not write')
    }

    stage.server.resume()
    const { answer: after, tookMs } = await persistently('somebody leads again', report, 15_000)
    console.info(`somebody led again ${Math.round(tookMs)} ms after the server went on`)
    expect(after.epoch).toBeGreaterThan(before.epoch)
    await observer.singleton(counter).ask({ type: 'add', number: 2 })
    expect((await report()).numbers).toEqual([1, 2])
  },
)
