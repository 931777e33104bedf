import { expect, test } from 'vitest'
import { describeExit } from '../contracts/exit-reason.ts'
import type { AnyRef } from '../contracts/ref.ts'
import { deferred, expectBalanced, stage } from '../testing/stage.fixture.ts'
import type { Cell } from './cell.ts'
import { actor } from './define.ts'

const target = actor({
  name: 'target',
  on: {
    stop: (_s, _m, ctx) => ctx.stop(),
    fail() {
      throw new Error('boom')
    },
  },
})

function watching(told: string[]) {
  return actor({
    name: 'watching',
    on: {
      watch: (_, { ref }: { ref: AnyRef }, ctx) => ctx.watch(ref),
      unwatch: (_, { ref }: { ref: AnyRef }, ctx) => ctx.unwatch(ref),
      hold: (_, { until }: { until: Promise<unknown> }) => until,
    },
    terminated: (_, { address, reason }) => void told.push(`${address.path} ${describeExit(reason)}`),
  })
}

// OTP's monitors, row by row. ≠ Watches of one actor by another do not stack: the second changes nothing, and one notice comes.
test.each<[reason: string, end: (ref: AnyRef, cell: Cell) => void, told: string]>([
  ['normal', (ref) => ref.tell({ type: 'stop' }), 'normal'],
  ['a failure', (ref) => ref.tell({ type: 'fail' }), 'failed while handling: Error: boom'],
  ['shutdown', (_, cell) => cell.end('shutdown'), 'shutdown'],
  ['{ shutdown }', (_, cell) => cell.end({ shutdown: 'enough' }), 'shutdown: enough'],
  ['killed', (_, cell) => cell.end('killed'), 'killed'],
])('a watcher is told once, with the exit reason, and lives on: %s (OTP: one DOWN)', async (_reason, end, reason) => {
  const { env, system, cell } = stage()
  const told: string[] = []
  const ref = system.spawn(target, { name: 'target' })
  const watcher = system.spawn(watching(told), { name: 'watcher' })
  watcher.tell({ type: 'watch', ref })
  watcher.tell({ type: 'watch', ref })
  await env.settle()
  end(ref, cell('/target'))
  await env.settle()
  expect(told).toEqual([`/target ${reason}`])
  expect(cell('/watcher').life).toBe('running')
})

test('a watched actor is told nothing of its watchers (OTP: monitors are one-way)', async () => {
  const { env, system, cell } = stage()
  const told: string[] = []
  const ref = system.spawn(watching(told), { name: 'watched' })
  const watcher = system.spawn(watching([]), { name: 'watcher' })
  watcher.tell({ type: 'watch', ref })
  await env.settle()
  cell('/watcher').end('killed')
  await env.settle()
  expect(told).toEqual([])
  expect(cell('/watched').life).toBe('running')
})

test('a watcher of an actor that is gone already is told, with its reason if it is still known', async () => {
  const { env, system } = stage()
  const told: string[] = []
  const ref = system.spawn(target, { name: 'target' })
  ref.tell({ type: 'stop' })
  await env.settle()
  const watcher = system.spawn(watching(told))
  watcher.tell({ type: 'watch', ref })
  watcher.tell({ type: 'watch', ref: system.ref('/target') })
  watcher.tell({ type: 'watch', ref: system.ref('/nobody') })
  await env.settle()
  expect(told).toEqual(['/target normal', '/target shutdown: no-such-actor', '/nobody shutdown: no-such-actor'])
})

test('an actor is watched by path and by address as by its ref', async () => {
  const { env, system } = stage()
  const told: string[] = []
  const ref = system.spawn(target, { name: 'target' })
  const unnamed = system.spawn(target)
  const watcher = system.spawn(watching(told))
  watcher.tell({ type: 'watch', ref: system.ref('/target') })
  watcher.tell({ type: 'watch', ref: system.ref(unnamed.address) })
  await env.settle()
  ref.tell({ type: 'stop' })
  unnamed.tell({ type: 'stop' })
  await env.settle()
  expect(told).toEqual(['/target normal', `${unnamed.address.path} normal`])
})

test('a watcher that has unwatched is not told, not even when the notice was under way', async () => {
  const { env, system } = stage()
  const told: string[] = []
  const ref = system.spawn(target, { name: 'target' })
  const other = system.spawn(target, { name: 'other' })
  const gate = deferred()
  const watcher = system.spawn(watching(told))
  watcher.tell({ type: 'watch', ref })
  watcher.tell({ type: 'watch', ref: other })
  watcher.tell({ type: 'unwatch', ref: other })
  watcher.tell({ type: 'hold', until: gate.promise })
  watcher.tell({ type: 'unwatch', ref: other })
  await env.settle()
  other.tell({ type: 'stop' })
  ref.tell({ type: 'stop' })
  await env.settle()
  expect(told).toEqual([])
  gate.resolve()
  await env.settle()
  expect(told).toEqual(['/target normal'])
})

test('a watcher that is in the middle of an async handler is told after it, before its next message', async () => {
  const { env, system } = stage()
  const log: string[] = []
  const gate = deferred()
  const ref = system.spawn(target, { name: 'target' })
  const watcher = system.spawn(
    actor({
      name: 'watcher',
      state: (_: undefined, ctx) => ctx.watch(ref),
      on: {
        async hold() {
          await gate.promise
          log.push('held')
        },
        next: () => void log.push('next'),
      },
      terminated: () => void log.push('terminated'),
    }),
  )
  watcher.tell({ type: 'hold' })
  watcher.tell({ type: 'next' })
  await env.settle()
  ref.tell({ type: 'stop' })
  await env.settle()
  gate.resolve()
  await env.settle()
  expect(log).toEqual(['held', 'terminated', 'next'])
  expectBalanced(system)
})

test('a watch set in an async start is answered when the start is over', async () => {
  const { env, system } = stage()
  const told: string[] = []
  const gate = deferred()
  const ref = system.spawn(target, { name: 'target' })
  system.spawn(
    actor({
      name: 'watcher',
      state(_: undefined, ctx) {
        ctx.watch(ref)
        return gate.promise
      },
      on: {},
      terminated: (_, { reason }) => void told.push(describeExit(reason)),
    }),
  )
  ref.tell({ type: 'stop' })
  await env.settle()
  expect(told).toEqual([])
  gate.resolve()
  await env.settle()
  expect(told).toEqual(['normal'])
})

test('an async terminated hook holds the actor, and its rejection is a failure like any other', async () => {
  const { env, system, events } = stage()
  const gate = deferred()
  const log: string[] = []
  const [first, second] = [system.spawn(target), system.spawn(target)]
  const watcher = system.spawn(
    actor({
      name: 'watcher',
      state(_: undefined, ctx) {
        ctx.watch(first)
        ctx.watch(second)
      },
      on: { next: () => void log.push('next') },
      // eslint-disable-next-line typescript/no-misused-promises
      async terminated() {
        log.push('terminated')
        await gate.promise
        throw new Error('too late')
      },
    }),
  )
  await env.settle()
  first.tell({ type: 'stop' })
  second.tell({ type: 'stop' })
  await env.settle()
  watcher.tell({ type: 'next' })
  await env.settle()
  expect(log).toEqual(['terminated'])
  gate.resolve()
  await env.settle()
  expect(log).toEqual(['terminated'])
  expect(events.some((event) => event.type === 'actor.failed' && event.phase === 'signal')).toBe(true)
  expectBalanced(system)
})

test('an actor may watch itself, and a watcher that is gone is not told', async () => {
  const { env, system } = stage()
  const ref = system.spawn(
    actor({
      name: 'self',
      on: {
        watch: (_s, _m, ctx) => ctx.watch(ctx.self),
        stop: (_s, _m, ctx) => ctx.stop(),
      },
      terminated: () => expect.unreachable(),
    }),
  )
  ref.tell({ type: 'watch' })
  ref.tell({ type: 'stop' })
  await env.settle()
  await system.stop()
  expectBalanced(system)
})
