// The nats-server dies and comes back while actors run: nothing is restarted, and what was lost is on the books.

import { type Counters, NodeUnreachableError, type NodeProcess } from '@understudy/actors'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { until } from '../contract/poll-until.ts'
import { type Books, books, counter, mortal } from './programs/actors.ts'
import { echoOf, is, type Observer, persistently, refusal, Stage } from './stage.ts'

let stage: Stage
let a: NodeProcess
let b: NodeProcess
let observer: Observer

beforeAll(async () => {
  stage = await Stage.open()
  ;[a, b] = (await stage.launch(['a', 'b'], ['counter'])) as [NodeProcess, NodeProcess]
  observer = await stage.observe('a', 'b')
})
afterAll(() => stage?.close())

const report = () => observer.singleton(counter).ask({ type: 'report' }, { timeoutMs: 500 })
const happened = (type: string) => observer.events.filter((event) => event.type === type).length
const restoredEverywhere = async (cause: () => Promise<unknown>): Promise<void> => {
  const before = happened('link.restored')
  const restored = [a, b].map((node) => node.waitFor(is('link.restored'), 15_000, { from: 'now' }))
  await cause()
  await Promise.all(restored)
  await until('the observer is connected again', () => happened('link.restored') > before)
}

/** Asks until there is an answer: a connection that is back is used once this node knows that it still is who it was. */
const lifeOf = async (node: string) =>
  (await persistently(`${node} answers`, () => echoOf(observer, node).ask({ type: 'life' }), 5000)).answer
const lives = async () => ({
  echoes: [await lifeOf('a'), await lifeOf('b')],
  nodes: [await echoOf(observer, 'a').ask({ type: 'node' }), await echoOf(observer, 'b').ask({ type: 'node' })],
  counter: (await persistently('the counter answers', report, 5000)).answer,
})

it('while the server is dead asks fail fast; when it is back messages flow again, and no actor was restarted', async () => {
  await persistently('somebody leads', report, 5000)
  echoOf(observer, 'a').tell({ type: 'note', number: 1 })
  await observer.singleton(counter).ask({ type: 'add', number: 1 })
  const before = await lives()
  expect(before.echoes).toEqual([
    { incarnation: 1, noted: 1 },
    { incarnation: 1, noted: 0 },
  ])

  const lost = [a, b].map((node) => node.waitFor(is('link.lost'), 5000, { from: 'now' }))
  const inFlight = refusal(observer.ref('a', '/app/silent').ask({ type: 'hold' }, { timeoutMs: 20_000 }))
  await a.waitFor(is('test.held'), 5000)
  await stage.server.kill()
  await Promise.all(lost)
  await until('the observer has noticed', () => happened('link.lost') === 1)

  expect((await inFlight).error).toMatchObject({ outcome: 'maybe-handled', reason: 'unreachable' })
  const { error, tookMs } = await refusal(echoOf(observer, 'a').ask({ type: 'echo', text: 'are you there?' }))
  expect(error).toBeInstanceOf(NodeUnreachableError)
  expect(error).toMatchObject({ outcome: 'never-handled', reason: 'unreachable' })
  expect(tookMs).toBeLessThan(100)
  // A tell can wait: it is sent when the connection is back.
  echoOf(observer, 'a').tell({ type: 'note', number: 2 })

  await restoredEverywhere(() => stage.server.restart())
  await until('the tell has arrived', async () => (await lifeOf('a')).noted === 2)
  await observer.singleton(counter).ask({ type: 'add', number: 2 })
  const after = await lives()
  expect(after.nodes).toEqual(before.nodes)
  expect(after.echoes[0]).toEqual({ incarnation: 1, noted: 2 })
  expect(after.counter).toMatchObject({ numbers: [1, 2], epoch: before.counter.epoch, node: before.counter.node, incarnation: 1 })
  for (const node of [a, b]) await expect(node.waitFor(is('actor.restarted'), 0)).rejects.toThrow('did not write')
})

it('the end of a watched actor that ends while the server is dead is told when it is back', async () => {
  observer.ref('a', '/app/watcher').tell({ type: 'watch', node: 'b', path: '/app/mortal' })
  await echoOf(observer, 'a').ask({ type: 'echo', text: 'watching' })
  const told = a.waitFor(is('test.terminated'), 15_000)
  const ended = b.waitFor(is('test.ending'), 5000)
  await observer.ref('b', '/app/mortal', mortal).ask({ type: 'endWhenCutOff' })
  await stage.server.kill()
  await ended
  expect(a.isRunning).toBe(true)
  await restoredEverywhere(() => stage.server.restart())
  expect((await told).record).toMatchObject({ node: 'b', path: '/app/mortal', reason: 'normal' })
})

it('what is lost with the server is reported as a gap by its receiver, and the books of all nodes show how many messages that was', async () => {
  await quiet()
  expect(lossOf(await allBooks())).toBe(0)
  const notedBefore = (await lifeOf('b')).noted

  // The server takes nothing in any more, but this node cannot know yet: what it sends now goes to the grave with the server.
  await stage.server.pause()
  for (let number = 0; number < 25; number++) {
    echoOf(observer, 'b').tell({ type: 'note', number })
    await new Promise((resolve) => setImmediate(resolve)) // one frame each
  }
  await stage.server.kill()
  await restoredEverywhere(() => stage.server.restart())

  echoOf(observer, 'b').tell({ type: 'note', number: 25 })
  await until('it has arrived', async () => (await lifeOf('b')).noted === notedBefore + 1)
  // At least as many frames: those that only ask whether anybody is there are lost as well.
  await b.waitFor(
    is('frames.lost', ({ from, missing }) => (from as { name: string }).name === 'observer' && (missing as number) >= 25),
    5000,
  )
  await quiet()
  expect(lossOf(await allBooks())).toBe(25)
})

/** Every node's books, the observer's last: those that are asked for must have sent for the others' before. */
async function allBooks(): Promise<readonly Counters[]> {
  const definition = books(() => ({}) as Books)
  const read = (node: string) =>
    persistently('the books are shown', () => observer.ref(node, '/app/books', definition).ask({ type: 'read' }), 5000)
  const remote = [await read('a'), await read('b')]
  return [...remote.map(({ answer }) => answer.counters), { ...observer.system.counters }]
}

/** Waits until nothing is under way: two looks show no change but the looking itself. */
async function quiet(): Promise<void> {
  let last: string | undefined
  await until('all is quiet', async () => {
    const all = await allBooks()
    const now = String(lossOf(all))
    const isQuiet = now === last
    last = now
    return isQuiet
  })
}

/** How many messages left a node and reached none. */
function lossOf(all: readonly Counters[]): number {
  return all.reduce((loss, { forwarded, received }) => loss + forwarded - received, 0)
}
