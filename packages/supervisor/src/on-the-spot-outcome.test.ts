// The short way and the long one come to the same: one script, played by a child that may be restarted on the spot and by one whose
// `ctx.signal` somebody holds, which sends every failure through its supervisor's turn.

import { actor, createSystem } from '@understudy/runtime'
import type { SystemEvent } from '@understudy/runtime'
import { expectBalanced, ManualEnv } from '@understudy/runtime/testing'
import { expect, test, vi } from 'vitest'
import { child } from './child.ts'
import { Executor } from './executor.ts'
import { limitRestarts } from './node-budget.ts'
import { restartAtOnce } from './recovery/library/restart-at-once.ts'
import { seededRandom } from './seeded-random.fixture.ts'
import { supervisor } from './supervisor.ts'

type Step = 'ok' | 'fail' | 'ask' | 'ask-fail' | 'stash' | 'settle'

const quiet = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }

/** Plays the script; answers what the child saw, what was told of it, and what became of the asks. */
async function play(steps: readonly Step[], isHeld: boolean): Promise<readonly unknown[]> {
  const env = new ManualEnv()
  const system = createSystem({ env, log: quiet })
  const story: unknown[] = []
  const worker = actor({
    name: 'worker',
    state: (_input: undefined, ctx) => {
      if (isHeld) void ctx.signal
      story.push(`life ${ctx.incarnation}`)
      return { handled: 0 }
    },
    on: {
      ok: (state: { handled: number }, { n }: { n: number }, ctx) => {
        story.push(`${n} in life ${ctx.incarnation} after ${state.handled++}`)
        return n
      },
      fail: (_state, { n }: { n: number }) => {
        throw new Error(`bad ${n}`)
      },
      stash: (_state, _message: { n: number }, ctx) => ctx.stash(),
    },
  })
  const boss = supervisor({
    name: 'boss',
    intensity: { restarts: 1000, withinMs: 1000 },
    children: [child(worker, { recovery: restartAtOnce() })],
  })
  const root = system.spawn(boss, { name: 'boss' })
  await env.settle()
  system.onEvent((event: SystemEvent) => {
    if (event.type === 'dead-letter') story.push(`dead ${event.letter.reason} ${(event.letter.message as { n?: number }).n}`)
    else if (event.type.startsWith('actor.')) story.push(event)
  })
  const ref = system.ref('/boss/worker', worker)
  for (const [n, step] of steps.entries()) {
    if (step === 'settle') await env.settle()
    else if (step === 'ask' || step === 'ask-fail') {
      void ref.ask({ type: step === 'ask' ? 'ok' : 'fail', n }).then(
        (value) => story.push(`${n} answered ${value as number}`),
        (error: Error & { outcome?: string }) => story.push(`${n} refused ${error.name} ${error.outcome}`),
      )
    } else ref.tell({ type: step, n })
  }
  await env.settle()
  const [info] = await root.ask({ type: 'whichChildren' })
  story.push([info!.state, info!.incarnation, { ...system.counters }])
  expectBalanced(system)
  await Promise.all([system.stop(), env.advance(10_000)])
  return story
}

const mix: readonly Step[] = ['ok', 'ok', 'fail', 'ask', 'ask-fail', 'stash', 'settle']

test('a restart on the spot and one by the supervisor’s turn tell the same story, whatever waits', async () => {
  const asked = vi.spyOn(Executor.prototype, 'restartsOnTheSpot')
  for (let seed = 1; seed <= 100; seed++) {
    const random = seededRandom(seed)
    const steps = Array.from({ length: Math.floor(random() * 30) }, () => mix[Math.floor(random() * mix.length)]!)
    const short = await play(steps, false)
    const answers = asked.mock.results.map(({ value }) => value as unknown)
    asked.mockClear()
    expect(answers).toEqual(steps.filter((step) => step.endsWith('fail')).map(() => true))
    expect(short, `seed ${seed}: ${steps.join(' ')}`).toEqual(await play(steps, true))
    expect(asked.mock.results).toEqual([])
  }
  asked.mockRestore()
})

test('the context of a life that has ended on the spot is as dead as any other, and its signal says so', async () => {
  const env = new ManualEnv()
  const system = createSystem({ env, log: quiet })
  const contexts: { readonly signal: AbortSignal; readonly incarnation: number }[] = []
  const worker = actor({
    name: 'worker',
    state: (_input: undefined, ctx) => void contexts.push(ctx),
    on: {
      fail: () => {
        throw new Error('bad')
      },
    },
  })
  system.spawn(supervisor({ name: 'boss', children: [child(worker, { recovery: restartAtOnce() })] }), { name: 'boss' })
  await env.settle()
  system.ref('/boss/worker', worker).tell({ type: 'fail' })
  await env.settle()
  expect(contexts.map(({ incarnation, signal }) => [incarnation, signal.aborted])).toEqual([
    [1, true],
    [2, false],
  ])
})

test('an actor that fails at each message, and is restarted on the spot each time, has no longer a turn than any other', async () => {
  const throughput = 8
  const env = new ManualEnv()
  const system = createSystem({ env, log: quiet, dispatch: { throughput } })
  limitRestarts(system, { burst: 1000 })
  const asked = vi.spyOn(Executor.prototype, 'restartsOnTheSpot')
  let failures = 0
  const seenBy: number[] = []
  const failing = actor({
    name: 'failing',
    on: {
      fail: () => {
        failures++
        throw new Error('bad')
      },
    },
  })
  const other = actor({
    name: 'other',
    on: {
      look: (_state, _message, ctx) => {
        seenBy.push(failures)
        if (failures < 200) ctx.self.tell({ type: 'look' })
      },
    },
  })
  const intensity = { restarts: 1000, withinMs: 1000 }
  system.spawn(supervisor({ name: 'boss', intensity, children: [child(failing, { recovery: restartAtOnce() })] }), { name: 'boss' })
  await env.settle()
  const ref = system.ref('/boss/failing', failing)
  for (let n = 0; n < 200; n++) ref.tell({ type: 'fail' })
  system.spawn(other).tell({ type: 'look' })
  await env.settle()
  const answers = asked.mock.results.map(({ value }) => value as unknown)
  asked.mockRestore()
  expect([failures, answers]).toEqual([200, Array.from({ length: 200 }, () => true)])
  const turns = [...new Set(seenBy)].map((seen, n, all) => seen - (all[n - 1] ?? 0))
  expect(Math.max(...turns)).toBeLessThanOrEqual(throughput)
  expectBalanced(system)
})
