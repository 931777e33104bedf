import { actor } from '@understudy/runtime'
import { expect, test } from 'vitest'
import { testSystem } from './test-system.ts'

const gambler = actor({
  name: 'gambler',
  on: {
    play: (_state: undefined, _message: object, ctx) => {
      const ms = Math.ceil(ctx.random() * 100)
      ctx.after('again', ms, { type: 'play' })
      ctx.log.info({ ms }, 'played')
    },
  },
})

test('the same seed gives the same run, another seed another one', async () => {
  const run = async (seed: number): Promise<unknown> => {
    await using system = testSystem({ seed })
    system.spawn(gambler).tell({ type: 'play' })
    await system.advance(1000)
    return system.log.lines
  }
  expect(await run(7)).toEqual(await run(7))
  expect(await run(7)).not.toEqual(await run(8))
})

test('shutdown moves time for those that take theirs, and checks the books', async () => {
  const slow = actor({
    name: 'slow',
    shutdownMs: 500,
    on: { wait: () => new Promise<void>(() => {}) },
  })
  const system = testSystem()
  const ref = system.spawn(slow)
  ref.tell({ type: 'wait' })
  await system.settle()
  system.expectBalanced()
  await expect(system.shutdown(100)).rejects.toThrow('did not stop within 100 ms')
  await system.shutdown()
  expect(system.env.now()).toBe(500)
  expect(system.deadLetters.counts.stopped).toBe(1)
})

test('books that do not add up are said to be so', async () => {
  await using system = testSystem()
  const counters = system.counters as { sent: number }
  counters.sent++
  expect(() => system.expectBalanced()).toThrow('the books do not balance')
  counters.sent--
})

test('a test system is shut down in phases as any other, in its own time', async () => {
  const system = testSystem()
  const { phases } = await system.shutdown({ phases: [{ name: 'slow', timeoutMs: 1000, run: () => new Promise(() => {}) }] })
  expect(phases.map(({ name, outcome }) => `${name} ${outcome}`)).toEqual(['slow timed-out', 'drain done', 'stop done'])
})

test('a shutdown that is refused for its options says so, and ends nothing', async () => {
  await using system = testSystem()
  await expect(system.shutdown({ drainTimeoutMs: Number.NaN })).rejects.toMatchObject({ code: 'INVALID_OPTION', field: 'drainTimeoutMs' })
  const ref = system.spawn(actor({ name: 'alive', on: { ping: () => 'pong' } }))
  expect(await ref.ask({ type: 'ping' })).toBe('pong')
})

test('time moves only once all mailboxes are quiet, however much there is to do at one moment', async () => {
  await using system = testSystem()
  const seen: string[] = []
  const busy = actor({
    name: 'busy',
    state: (_: undefined, ctx) => {
      ctx.after('much', 10, { type: 'count', left: 5000 })
      ctx.after('next', 11, { type: 'next' })
    },
    on: {
      count: async (_state, { left }: { left: number }, ctx) => {
        if (left % 2 === 0) await Promise.resolve()
        if (left > 0) ctx.self.tell({ type: 'count', left: left - 1 })
        else seen.push(`counted at ${ctx.now()}`)
      },
      next: (_state, _message: object, ctx) => void seen.push(`next at ${ctx.now()}`),
    },
  })
  system.spawn(busy)
  await system.advance(20)
  expect(seen).toEqual(['counted at 10', 'next at 11'])
})
