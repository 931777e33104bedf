// Streams of tasks in a real system, in virtual time.

import { actor, createSystem, InvalidOptionError } from '@understudy/runtime'
import type { ActorContext, ActorSystem, Protocol, Ref } from '@understudy/runtime'
import { expectBalanced, ManualEnv } from '@understudy/runtime/testing'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { TaskTimeoutError } from './task-error.ts'
import type { TaskContext } from './task-job.ts'
import type { TaskOutcome, TaskStreamOptions } from './task-stream.ts'
import { taskSupervisor } from './task-supervisor.ts'
import type { TaskSupervisorProtocol } from './task-supervisor.ts'
import { tasks } from './tasks.ts'
import type { LinkedTasks, Tasks } from './tasks.ts'

const quiet = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }

let env: ManualEnv
let system: ActorSystem
let ref: Ref<TaskSupervisorProtocol>
let work: Tasks
/** Items whose task runs now, and the most there ever were. */
let running: Set<number>
let most: number
/** Ends the task of an item. */
let gates: Map<number, () => void>

beforeEach(() => {
  env = new ManualEnv()
  system = createSystem({ env, log: quiet })
  ref = system.spawn(taskSupervisor({ name: 'tasks' }), { name: 'tasks' })
  work = tasks(ref)
  running = new Set()
  most = 0
  gates = new Map()
})

afterEach(async () => {
  const stopped = system.stop()
  await env.advance(60_000)
  await stopped
  expectNothingLeft()
})

function expectNothingLeft(): void {
  expectBalanced(system)
  expect(running.size).toBe(0)
  expect(env.pendingTimers).toBe(0)
}

/** Runs until its gate is opened, or it is told to end. */
async function gated(item: number, { signal }: TaskContext): Promise<number> {
  running.add(item)
  most = Math.max(most, running.size)
  await new Promise<void>((resolve) => {
    gates.set(item, resolve)
    signal.addEventListener('abort', () => resolve())
  })
  running.delete(item)
  return item * 10
}

/** Takes all there is, and writes down what came and how it ended. */
function collect<I, T>(stream: AsyncIterable<TaskOutcome<I, T>>): { seen: unknown[]; end: Promise<string> } {
  const seen: unknown[] = []
  const take = async (): Promise<string> => {
    for await (const outcome of stream) seen.push(outcome.ok ? outcome.value : outcome.error.code)
    return 'done'
  }
  return { seen, end: take().catch((error: unknown) => (error as { code?: string }).code ?? String(error)) }
}

async function open(...items: number[]): Promise<void> {
  for (const item of items) gates.get(item)!()
  await env.settle()
}

const caller = actor({
  name: 'caller',
  on: {
    act: (_state, message: { does: (mine: LinkedTasks, ctx: ActorContext<Protocol>) => unknown }, ctx: ActorContext<Protocol>) =>
      message.does(tasks(ref, ctx), ctx),
  },
})

describe('a stream of tasks', () => {
  test('gives the outcome of every item, in order, though tasks end in another one', async () => {
    const { seen, end } = collect(work.asyncStreamNoLink([1, 2, 3], gated))
    await env.settle()
    await open(3, 2)
    expect(seen).toEqual([])
    await open(1)
    expect(seen).toEqual([10, 20, 30])
    expect(await end).toBe('done')
  })

  test('gives outcomes as tasks end when it is not ordered', async () => {
    const { seen, end } = collect(work.asyncStreamNoLink([1, 2, 3], gated, { ordered: false }))
    await env.settle()
    await open(3)
    await open(1)
    expect(seen).toEqual([30, 10])
    await open(2)
    expect(await end).toBe('done')
  })

  test.each([{ ordered: true }, { ordered: false }])(
    'never runs more than maxConcurrency, and always as many ($ordered)',
    async ({ ordered }) => {
      const { seen, end } = collect(work.asyncStreamNoLink([1, 2, 3, 4, 5, 6], gated, { maxConcurrency: 2, ordered }))
      await env.settle()
      for (let item = 1; item <= 6; item++) {
        expect([...running]).toEqual(item === 6 ? [6] : [item, item + 1])
        await open(item)
      }
      expect(await end).toBe('done')
      expect(seen).toEqual([10, 20, 30, 40, 50, 60])
      expect(most).toBe(2)
    },
  )

  test('takes items only as outcomes are taken, from an endless source too', async () => {
    const taken: number[] = []
    function* endless(): Generator<number> {
      for (let n = 1; ; n++) {
        taken.push(n)
        yield n
      }
    }
    const stream = work.asyncStreamNoLink(endless(), (n) => n * 2, { maxConcurrency: 3 })
    await env.settle()
    expect(taken).toEqual([])
    const first = stream.next()
    await env.settle()
    expect(await first).toEqual({ done: false, value: { ok: true, item: 1, value: 2 } })
    expect(taken).toEqual([1, 2, 3])
    const second = stream.next()
    await env.settle()
    expect((await second).value).toMatchObject({ value: 4 })
    expect(taken).toEqual([1, 2, 3, 4])
    await stream.return?.()
  })

  test('an async source is asked for one item at a time, and does not hold up what is ready', async () => {
    let give: (n: number) => void = () => {}
    async function* slow(): AsyncGenerator<number> {
      yield 1
      yield await new Promise<number>((resolve) => (give = resolve))
    }
    const { seen, end } = collect(work.asyncStreamNoLink(slow(), (n) => n))
    await env.settle()
    expect(seen).toEqual([1])
    give(2)
    await env.settle()
    expect(seen).toEqual([1, 2])
    expect(await end).toBe('done')
  })

  test('leaving the loop stops the remaining tasks and closes the source', async () => {
    let closed = false
    function* source(): Generator<number> {
      try {
        yield* [1, 2, 3, 4, 5]
      } finally {
        closed = true
      }
    }
    const left = (async () => {
      for await (const outcome of work.asyncStreamNoLink(source(), gated, { maxConcurrency: 3 })) return outcome.item
      return undefined
    })()
    await env.settle()
    expect([...running]).toEqual([1, 2, 3])
    await open(1)
    expect(await left).toBe(1)
    await env.settle()
    expect(running.size).toBe(0)
    expect(closed).toBe(true)
  })

  test('a task that fails is the outcome of its item; the others go on', async () => {
    const { seen, end } = collect(
      work.asyncStreamNoLink([1, 2, 3], (n) => {
        if (n === 2) throw new Error('not two')
        return n
      }),
    )
    await env.settle()
    expect(seen).toEqual([1, 'TASK_FAILED', 3])
    expect(await end).toBe('done')
  })

  test("onTimeout 'exit': the iteration ends with TaskTimeoutError, and what is left is stopped", async () => {
    const { seen, end } = collect(work.asyncStreamNoLink([1, 2], gated, { timeoutMs: 100, maxConcurrency: 1 }))
    await env.advance(99)
    expect(seen).toEqual([])
    await env.advance(1)
    expect(await end).toBe(TaskTimeoutError.code)
    expect([...gates.keys()]).toEqual([1])
  })

  test("onTimeout 'kill': the task is killed and its timeout is its outcome; the default is 5 000 ms", async () => {
    const stubborn = (n: number): unknown => (n === 1 ? new Promise(() => {}) : n)
    const { seen, end } = collect(work.asyncStreamNoLink([1, 2], stubborn, { onTimeout: 'kill' }))
    await env.advance(4_999)
    expect(seen).toEqual([])
    await env.advance(1)
    expect(seen).toEqual(['TASK_TIMEOUT', 2])
    expect(await end).toBe('done')
  })

  test('a signal ends the iteration and its tasks', async () => {
    const controller = new AbortController()
    const { end } = collect(work.asyncStreamNoLink([1, 2, 3], gated, { signal: controller.signal }))
    await env.settle()
    controller.abort()
    expect(await end).toBe('TASK_STOPPED')
    await env.settle()
    expect(running.size).toBe(0)
  })

  test('a source that throws ends the iteration with what it threw, and its tasks', async () => {
    function* broken(): Generator<number> {
      yield 1
      throw new Error('no more')
    }
    async function* brokenLater(): AsyncGenerator<number> {
      yield* broken()
    }
    for (const source of [broken(), brokenLater()]) {
      const { end } = collect(work.asyncStreamNoLink(source, gated, { maxConcurrency: 2 }))
      await env.settle()
      expect(await end).toBe('Error: no more')
      await env.settle()
      expect(running.size).toBe(0)
    }
  })

  test('a supervisor that has no room ends the iteration with TooManyTasksError', async () => {
    const narrow = tasks(system.spawn(taskSupervisor({ name: 'narrow', maxChildren: 2 }), { name: 'narrow' }))
    const { end } = collect(narrow.asyncStreamNoLink([1, 2, 3], gated))
    await env.settle()
    expect(await end).toBe('TOO_MANY_TASKS')
  })

  test('linked: a caller that fails ends the iteration and its tasks', async () => {
    const one = system.spawn(caller, { name: 'caller' })
    let end: Promise<string> | undefined
    one.tell({
      type: 'act',
      does: (mine) => {
        end = collect(mine.asyncStream([1, 2, 3], gated)).end
      },
    })
    await env.settle()
    expect(running.size).toBe(3)
    one.tell({ type: 'act', does: (_mine, ctx) => ctx.stop() })
    await env.settle()
    expect(running.size).toBe(0)
    expect(await end).toBe('TASK_STOPPED')
  })

  test('linked: a task that fails takes its caller with it', async () => {
    const reasons: string[] = []
    system.onEvent('actor.stopped', ({ path, reason }) => path === '/caller' && reasons.push(reason))
    system.spawn(caller, { name: 'caller' }).tell({
      type: 'act',
      does: (mine) =>
        collect(
          mine.asyncStream([1], () => {
            throw new Error('no luck')
          }),
        ).end,
    })
    await env.settle()
    expect(reasons).toEqual([expect.stringContaining('no luck')])
  })

  test.each<{ options: TaskStreamOptions; field: string }>([
    { options: { maxConcurrency: 0 }, field: 'maxConcurrency' },
    { options: { maxConcurrency: 1.5 }, field: 'maxConcurrency' },
    { options: { onTimeout: 'ignore' as never }, field: 'onTimeout' },
    { options: { timeoutMs: Number.NaN }, field: 'timeoutMs' },
  ])('refuses a wrong $field at once', ({ options, field }) => {
    const refused = (): unknown => work.asyncStreamNoLink([1], gated, options)
    expect(refused).toThrow(InvalidOptionError)
    expect(refused).toThrow(new RegExp(`^${field} `))
  })

  test('whatever the items, their times and the options, every item has one outcome, in order, and the bound holds', async () => {
    for (let round = 0; round < 60; round++) {
      const count = Math.floor(env.random() * 12)
      const maxConcurrency = 1 + Math.floor(env.random() * 5)
      const ordered = env.random() < 0.5
      const times = Array.from({ length: count }, () => Math.floor(env.random() * 50))
      let now = 0
      let peak = 0
      const stream = work.asyncStreamNoLink(
        times,
        async (ms) => {
          peak = Math.max(peak, ++now)
          await new Promise<void>((resolve) => env.setTimer(ms, resolve))
          now--
          if (ms % 7 === 3) throw new Error('three of seven')
          return ms
        },
        { maxConcurrency, ordered },
      )
      const items: number[] = []
      const take = (async () => {
        for await (const { item, ok } of stream) {
          expect(ok).toBe(item % 7 !== 3)
          items.push(item)
        }
      })()
      await env.advance(50 * 12)
      await take
      expect(ordered ? items : items.toSorted((a, b) => a - b)).toEqual(ordered ? times : times.toSorted((a, b) => a - b))
      expect(peak).toBeLessThanOrEqual(maxConcurrency)
    }
  })
})
