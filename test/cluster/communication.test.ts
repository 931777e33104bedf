// Messages, questions and watches between processes.

import { MessageRefusedError, NoSuchActorError, type NodeProcess } from '@understudy/actors'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { until } from '../contract/poll-until.ts'
import { worker } from './programs/actors.ts'
import { echoOf, is, type Observer, refusal, Stage } from './stage.ts'

let stage: Stage
let a: NodeProcess
let b: NodeProcess
let observer: Observer

beforeAll(async () => {
  stage = await Stage.open()
  ;[a, b] = (await stage.launch(['a', 'b'])) as [NodeProcess, NodeProcess]
  observer = await stage.observe('a', 'b')
})
afterAll(() => stage?.close())

it('an ask to an actor in another process is answered with the handler’s value', async () => {
  expect(await echoOf(observer, 'a').ask({ type: 'echo', text: 'hello' })).toBe('hello')
  expect(await echoOf(observer, 'b').ask({ type: 'echo', text: { at: new Date(5), size: 3n } })).toEqual({ at: new Date(5), size: 3n })
})

it('10 000 tells arrive in the order in which they were sent', async () => {
  const target = echoOf(observer, 'a')
  for (let number = 0; number < 10_000; number++) {
    target.tell({ type: 'note', number })
    // What waits for one node in one turn of the loop is bounded.
    if (number % 1000 === 999) await new Promise((resolve) => setImmediate(resolve))
  }
  expect(await target.ask({ type: 'noted' })).toEqual(Array.from({ length: 10_000 }, (_, number) => number))
})

it('an ask to a path where nobody lives is answered with NoSuchActorError', async () => {
  const { error } = await refusal(observer.ref('a', '/app/nobody').ask({ type: 'anything' }))
  expect(error).toBeInstanceOf(NoSuchActorError)
  expect(error).toMatchObject({ outcome: 'never-handled', reason: 'no-such-actor' })
})

it('a message too large for the wire is refused at the sender, and its neighbours arrive', async () => {
  const target = echoOf(observer, 'b')
  const before = target.ask({ type: 'echo', text: 'before' })
  const tooLarge = refusal(target.ask({ type: 'echo', text: 'x'.repeat(2 * 1024 * 1024) }))
  const after = target.ask({ type: 'echo', text: 'after' })
  expect(await Promise.all([before, after])).toEqual(['before', 'after'])
  const { error } = await tooLarge
  expect(error).toBeInstanceOf(MessageRefusedError)
  expect(error).toMatchObject({ reason: 'too-large', outcome: 'never-handled' })
})

it('a message that cannot be encoded is refused at the sender, and its neighbours arrive', async () => {
  const target = echoOf(observer, 'b')
  const before = target.ask({ type: 'echo', text: 'before' })
  const odd = refusal(target.ask({ type: 'echo', text: () => 'a function' }))
  const after = target.ask({ type: 'echo', text: 'after' })
  expect(await Promise.all([before, after])).toEqual(['before', 'after'])
  const { error } = await odd
  expect(error).toBeInstanceOf(MessageRefusedError)
  expect(error).toMatchObject({ reason: 'undeliverable-codec', outcome: 'never-handled' })
  const lettersBefore = observer.system.deadLetters.counts['undeliverable-codec']
  target.tell({ type: 'echo', text: Symbol('odd') })
  await until('the tell is a dead letter', () => observer.system.deadLetters.counts['undeliverable-codec'] === lettersBefore + 1)
})

it('the end of a watched actor in another process is told, also when it is over already', async () => {
  observer.ref('a', '/app/watcher').tell({ type: 'watch', node: 'b', path: '/app/mortal' })
  // Answered after the watch: messages and signals between two nodes keep their order.
  await echoOf(observer, 'a').ask({ type: 'echo', text: 'watching' })
  observer.ref('b', '/app/mortal').tell({ type: 'end' })
  const ended = is('test.terminated', ({ node, path }) => node === 'b' && path === '/app/mortal')
  const line = await a.waitFor(ended, 5000)
  expect(line.record).toMatchObject({ reason: 'normal' })
  const again = a.waitFor(ended, 5000, { from: 'now' })
  observer.ref('a', '/app/watcher').tell({ type: 'watch', node: 'b', path: '/app/mortal' })
  await again
})

it('work for a cluster pool is done on every node that has a part of it', async () => {
  await until(
    'both parts are known',
    async () => {
      const done = await Promise.all(Array.from({ length: 8 }, (_, number) => observer.pool(worker).ask({ type: 'work', number })))
      expect(done.map(({ number }) => number)).toEqual([0, 1, 2, 3, 4, 5, 6, 7])
      return new Set(done.map(({ node }) => node)).size === 2
    },
    1000,
  )
  expect(b.isRunning).toBe(true)
})
