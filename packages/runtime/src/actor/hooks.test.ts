import { expect, test } from 'vitest'
import { describeExit } from '../contracts/exit-reason.ts'
import { boss } from '../testing/boss.fixture.ts'
import { deferred, expectBalanced, stage } from '../testing/stage.fixture.ts'
import { actor } from './define.ts'

test('the hooks of a life are called in order, each with the state of its own incarnation', async () => {
  const { env, system, cell } = stage()
  const calls: string[] = []
  let made = 0
  const child = actor({ name: 'child', on: {}, stopped: () => void calls.push('child stopped') })
  const definition = actor({
    name: 'a',
    state: () => ({ n: ++made }),
    started: ({ n }, ctx) => {
      calls.push(`started ${n}`)
      ctx.spawn(child)
    },
    on: {
      go: ({ n }) => void calls.push(`go ${n}`),
      fail() {
        throw new Error('boom')
      },
    },
    restarting: ({ n }) => void calls.push(`restarting ${n}`),
    stopping: ({ n }, reason) => void calls.push(`stopping ${n} ${describeExit(reason)}`),
    stopped: ({ n }) => void calls.push(`stopped ${n}`),
  })
  const supervisor = boss({ start: (control) => void control.spawn(definition, { name: 'a' }) })
  supervisor.onDown = (down, reason) => supervisor.control.order(down, { type: reason === 'shutdown' ? 'remove' : 'restart' })
  system.spawn(supervisor.definition, { name: 'boss' })
  const { ref } = cell('/boss/a')
  for (const type of ['go', 'fail', 'go']) ref.tell({ type } as never)
  await env.settle()
  cell('/boss/a').end('shutdown')
  await env.settle()
  expect(calls).toEqual([
    'started 1',
    'go 1',
    'child stopped',
    'restarting 1',
    'started 2',
    'go 2',
    'stopping 2 shutdown',
    'child stopped',
    'stopped 2',
  ])
  expectBalanced(system)
})

test('messages wait for an async started hook, and what it throws is a failed start', async () => {
  const { env, system, cell } = stage()
  const gate = deferred()
  const supervisor = boss({
    start: (control) =>
      void control.spawn(actor({ name: 'a', state: async () => 7, started: () => gate.promise, on: { get: (n) => n } }), { name: 'a' }),
  })
  system.spawn(supervisor.definition, { name: 'boss' })
  const value = cell('/boss/a').ref.ask({ type: 'get' } as never)
  await env.settle()
  expect(supervisor.told).toEqual([])
  gate.resolve()
  await env.settle()
  expect(await value).toBe(7)

  const failing = actor({
    name: 'b',
    started() {
      throw new Error('no')
    },
    on: {},
  })
  supervisor.control.spawn(failing, { name: 'b' })
  await env.settle()
  expect(supervisor.told.at(-1)).toMatchObject({ what: 'down', name: 'b', reason: { phase: 'starting' } })
})

test('children live until an async stopping hook is through; one that never ends is killed in time', async () => {
  for (const ends of [true, false]) {
    const { env, system, cell } = stage()
    const gate = deferred()
    const child = actor({ name: 'child', on: {} })
    const parent = actor({
      name: 'a',
      shutdownMs: 100,
      state: (_: undefined, ctx) => void ctx.spawn(child, { name: 'child' }),
      stopping: () => gate.promise,
      on: {},
    })
    system.spawn(parent, { name: 'a' })
    cell('/a').end('shutdown')
    await env.settle()
    expect(cell('/a/child').life).toBe('running')
    if (ends) gate.resolve()
    await env.advance(ends ? 0 : 100)
    expect(cell('/a')).toBeUndefined()
  }
})

test('a hook that throws while stopping is reported and stops nothing', async () => {
  const { env, system, cell, events } = stage()
  const oops = (): never => {
    throw new Error('oops')
  }
  const definition = actor({ name: 'a', on: {}, stopping: oops, stopped: oops })
  system.spawn(definition, { name: 'a' })
  cell('/a').end('normal')
  await env.settle()
  expect(cell('/a')).toBeUndefined()
  expect(events.filter(({ type }) => type === 'actor.failed')).toHaveLength(2)
})

test('a stop that meets a slow restart waits for it, and the goodbye hooks are called after all', async () => {
  const { env, system, cell } = stage()
  const calls: string[] = []
  const gate = deferred()
  const definition = actor({
    name: 'a',
    on: {
      fail() {
        throw new Error('boom')
      },
    },
    restarting: () => {
      calls.push('restarting')
      return gate.promise
    },
    stopping: () => void calls.push('stopping'),
    stopped: () => void calls.push('stopped'),
  })
  const supervisor = boss({ start: (control) => void control.spawn(definition, { name: 'a' }) })
  supervisor.onDown = (child) => supervisor.control.order(child, { type: 'restart' })
  system.spawn(supervisor.definition, { name: 'boss' })
  cell('/boss/a').ref.tell({ type: 'fail' } as never)
  await env.settle()
  cell('/boss/a').endNow('shutdown', 'remove')
  gate.resolve()
  await env.settle()
  expect(calls).toEqual(['restarting', 'stopping', 'stopped'])
  expect(cell('/boss/a')).toBeUndefined()
})

test('a receive timeout comes when nothing was handled for its time, again and again, until cancelled', async () => {
  const { env, system } = stage()
  const beats: number[] = []
  const gate = deferred()
  const ref = system.spawn(
    actor({
      name: 'a',
      on: {
        watch: (_state, message: { ms: number }, ctx) => ctx.setReceiveTimeout(message.ms, { type: 'quiet' }),
        quiet: () => void beats.push(env.now()),
        work() {},
        slow: () => gate.promise,
        rest: (_state, _message, ctx) => ctx.cancelReceiveTimeout(),
      },
    }),
  )
  ref.tell({ type: 'watch', ms: 100 })
  await env.advance(60)
  ref.tell({ type: 'work' })
  await env.advance(90)
  expect(beats).toEqual([])
  await env.advance(200)
  expect(beats).toEqual([160, 260])
  // A handler that is under way is no silence.
  ref.tell({ type: 'slow' })
  await env.advance(500)
  expect(beats).toHaveLength(2)
  gate.resolve()
  await env.advance(199)
  expect(beats).toHaveLength(3)
  ref.tell({ type: 'rest' })
  await env.advance(1000)
  expect([beats.length, env.pendingTimers]).toEqual([3, 0])
  expectBalanced(system)
})
