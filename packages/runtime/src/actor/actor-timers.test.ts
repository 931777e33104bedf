import { expect, test } from 'vitest'
import { boss } from '../testing/boss.fixture.ts'
import { deferred, expectBalanced, stage } from '../testing/stage.fixture.ts'
import { InvalidOptionError } from '../errors.ts'
import type { Cell } from './cell.ts'
import { actor, type AnyContext } from './define.ts'

/** An actor that does with its context what a message says, and notes when its ticks arrive. */
function ticking(seen: [number, string][]) {
  return actor({
    name: 'ticking',
    on: {
      do: (_, { how }: { how: (ctx: any) => unknown }, ctx) => how(ctx),
      tick: (_, { tag }: { tag: string }, ctx) => void seen.push([ctx.now(), tag]),
      fail() {
        throw new Error('boom')
      },
    },
  })
}

test('a timer sends its message once, at its time', async () => {
  const { env, system } = stage()
  const seen: [number, string][] = []
  const ref = system.spawn(ticking(seen))
  ref.tell({ type: 'do', how: (ctx) => ctx.after('k', 30, { type: 'tick', tag: 'once' }) })
  await env.advance(29)
  expect(seen).toEqual([])
  await env.advance(1000)
  expect(seen).toEqual([[30, 'once']])
  expectBalanced(system)
})

test('a repeating timer keeps its rate, and skips the beats that it missed', async () => {
  const { env, system } = stage()
  const seen: [number, string][] = []
  const ref = system.spawn(ticking(seen))
  ref.tell({ type: 'do', how: (ctx) => ctx.every('k', 10, { type: 'tick', tag: 'beat' }) })
  await env.advance(35)
  expect(seen.map(([at]) => at)).toEqual([10, 20, 30])
  // The loop is blocked: the timer due at 40 fires at 78.
  const now = env.now.bind(env)
  env.now = () => Math.max(now(), 78)
  await env.advance(5)
  env.now = now
  await env.advance(60)
  expect(seen.map(([at]) => at)).toEqual([10, 20, 30, 78, 80, 90, 100])
  expectBalanced(system)
})

test('a timer of the same key is replaced, another key is left alone', async () => {
  const { env, system } = stage()
  const seen: [number, string][] = []
  const ref = system.spawn(ticking(seen))
  ref.tell({
    type: 'do',
    how(ctx) {
      ctx.every('k', 5, { type: 'tick', tag: 'old' })
      ctx.after('other', 7, { type: 'tick', tag: 'other' })
      ctx.after('k', 20, { type: 'tick', tag: 'new' })
    },
  })
  await env.advance(100)
  expect(seen).toEqual([
    [7, 'other'],
    [20, 'new'],
  ])
  expectBalanced(system)
})

test('a cancelled timer does not arrive, not even when its message already waits in the mailbox', async () => {
  const { env, system } = stage()
  const seen: [number, string][] = []
  const gate = deferred()
  const ref = system.spawn(ticking(seen))
  ref.tell({
    type: 'do',
    async how(ctx) {
      ctx.after('a', 5, { type: 'tick', tag: 'a' })
      ctx.every('b', 5, { type: 'tick', tag: 'b' })
      ctx.after('c', 5, { type: 'tick', tag: 'c' })
      await gate.promise
      ctx.cancel('a')
      ctx.cancel('b')
      ctx.cancel('unknown')
    },
  })
  await env.advance(12)
  expect(system.counters.waiting).toBe(5)
  gate.resolve()
  await env.advance(50)
  expect(seen).toEqual([[12, 'c']])
  expectBalanced(system)
})

test('a timer set again by its own message runs on', async () => {
  const { env, system } = stage()
  const seen: number[] = []
  const ref = system.spawn(
    actor({
      name: 'chain',
      on: {
        tick(_s, _m, ctx) {
          seen.push(ctx.now())
          if (seen.length < 3) ctx.after('k', 10, { type: 'tick' })
        },
      },
    }),
  )
  ref.tell({ type: 'tick' })
  await env.advance(100)
  expect(seen).toEqual([0, 10, 20])
})

test('timers never fire into a new incarnation, neither due ones nor those whose message already waits', async () => {
  const { env, system, cell } = stage()
  const seen: [number, string][] = []
  const supervisor = boss({ start: (control) => void control.spawn(ticking(seen), { name: 'child' }) })
  system.spawn(supervisor.definition, { name: 'boss' })
  const { ref } = cell('/boss/child')
  ref.tell({
    type: 'do',
    how(ctx: any) {
      ctx.after('late', 100, { type: 'tick', tag: 'late' })
      ctx.every('beat', 10, { type: 'tick', tag: 'beat' })
      ctx.after('due', 5, { type: 'tick', tag: 'due' })
    },
  } as never)
  ref.tell({ type: 'fail' })
  await env.advance(25)
  expect(system.counters.waiting).toBe(3)
  supervisor.control.order(cell('/boss/child'), { type: 'restart' })
  await env.advance(500)
  expect(seen).toEqual([])
  expect(cell('/boss/child').incarnation).toBe(2)
  expectBalanced(system)
})

test('a timer whose message finds the mailbox full is heard of in the log', async () => {
  const { env, system, host, lines } = stage()
  const gate = deferred()
  const ref = system.spawn(
    actor({
      name: 'full',
      mailbox: { capacity: 1 },
      on: {
        async hold(_s, _m, ctx) {
          ctx.after('a', 1, { type: 'tick' })
          ctx.after('b', 2, { type: 'tick' })
          await gate.promise
        },
        tick() {},
      },
    }),
    { name: 'full' },
  )
  ref.tell({ type: 'hold' })
  await env.advance(5)
  expect(system.deadLetters.recent()).toMatchObject([{ reason: 'mailbox-full', asked: false }])
  // What is dropped is forgotten: a full mailbox and ever new keys do not make memory grow.
  expect((host.lookup('/full', 0) as Cell).timers.size).toBe(1)
  expect(lines.some(({ text }) => text.includes("dead letter 'tick'"))).toBe(true)
  gate.resolve()
  await env.settle()
  expectBalanced(system)
})

test('a repeating timer that a listener cancels as it fires is over', async () => {
  const { env, system } = stage()
  let kept: any
  const gate = deferred()
  const ref = system.spawn(
    actor({
      name: 'full',
      mailbox: { capacity: 1 },
      on: {
        async hold(_s, _m, ctx) {
          kept = ctx
          ctx.every('k', 10, { type: 'tick' })
          await gate.promise
        },
        tick() {},
      },
    }),
  )
  system.onEvent(() => kept.cancel('k'))
  ref.tell({ type: 'hold' })
  await env.advance(100)
  expect(system.counters.sent).toBe(3)
  expect(env.pendingTimers).toBe(0)
  gate.resolve()
  await env.settle()
  expectBalanced(system)
})

test.each([Number.NaN, -1, Number.POSITIVE_INFINITY])('a timer of %s ms is refused in the caller', async (ms) => {
  const { env, system } = stage()
  const ref = system.spawn(ticking([]))
  const refused: unknown[] = []
  ref.tell({
    type: 'do',
    how(ctx) {
      for (const verb of ['after', 'every']) {
        try {
          ctx[verb]('k', ms, { type: 'tick', tag: '' })
        } catch (cause) {
          refused.push(cause)
        }
      }
    },
  })
  await env.settle()
  expect(refused).toEqual([expect.any(InvalidOptionError), expect.any(InvalidOptionError)])
})

test('a repeating timer with a fixed delay counts from the end of the handling, its promise included', async () => {
  const { env, system } = stage()
  const beats: number[] = []
  const ref = system.spawn(
    actor({
      name: 'slow',
      on: {
        start: (_s, _m, ctx) => ctx.repeat('k', 10, { type: 'beat' }),
        beat: async (_s, _m, ctx) => {
          beats.push(env.now())
          if (beats.length === 3) ctx.cancel('k')
          await new Promise<void>((resolve) => env.setTimer(25, resolve))
        },
      },
    }),
  )
  ref.tell({ type: 'start' })
  await env.advance(500)
  expect(beats).toEqual([10, 45, 80])
  expect(env.pendingTimers).toBe(0)
  expectBalanced(system)
})

test('a fixed-delay timer goes on when its message was forwarded, stashed and back, or refused', async () => {
  const { env, system } = stage()
  const seen: string[] = []
  const other = system.spawn(actor({ name: 'other', on: { beat: () => void seen.push('other') } }))
  let n = 0
  const ref = system.spawn(
    actor({
      name: 'a',
      on: {
        start: (_s, _m, ctx) => ctx.repeat('k', 10, { type: 'beat' }),
        beat: (_s, _m, ctx) => {
          n++
          if (n === 1) ctx.forward(other)
          else if (n === 2) ctx.stash()
          else seen.push('own')
        },
        back: (_s, _m, ctx) => ctx.unstashAll(),
      },
    }),
  )
  ref.tell({ type: 'start' })
  await env.advance(35)
  expect([n, seen]).toEqual([2, ['other']])
  ref.tell({ type: 'back' })
  await env.advance(9)
  expect([n, seen]).toEqual([3, ['other', 'own']])
  await env.advance(1)
  expect(n).toBe(4)
  expectBalanced(system)
})

test('100 000 timers of as many actors fire in order, each once, from one timer of the Env', async () => {
  const { env, system } = stage()
  let last = -1
  let fired = 0
  const sleeper = actor({
    name: 'sleeper',
    state: (input: { ms: number }, ctx: AnyContext): undefined => {
      ctx.after('k', input.ms, { type: 'wake', ms: input.ms })
    },
    on: {
      wake: (_s, { ms }: { ms: number }) => {
        if (ms < last || env.now() !== ms) throw new Error(`${ms} came at ${env.now()}, after ${last}`)
        last = ms
        fired++
      },
    },
  })
  for (let n = 0; n < 100_000; n++) system.spawn(sleeper, { input: { ms: 1 + ((n * 7919) % 100) } })
  expect(env.pendingTimers).toBe(1)
  await env.advance(50)
  expect(fired).toBe(50_000)
  await env.advance(50)
  expect([fired, env.pendingTimers]).toEqual([100_000, 0])
  expectBalanced(system)
})
