// Tasks that are linked with nobody.

import { InvalidOptionError } from '@understudy/runtime'
import { afterEach, describe, expect, test } from 'vitest'
import { TaskFailedError, TaskStoppedError, TaskTimeoutError, TooManyTasksError } from './task-error.ts'
import { TaskStage } from './task-stage.fixture.ts'
import type { LinkedTasks, Tasks } from './tasks.ts'

let stage: TaskStage

afterEach(() => stage.close())

describe('asyncNoLink', () => {
  test('resolves with what the function returns, at once or later', async () => {
    stage = new TaskStage()
    expect(await stage.outcome(stage.work.asyncNoLink(() => 40 + 2))).toBe(42)
    expect(await stage.outcome(stage.work.asyncNoLink(async () => Promise.resolve('later')))).toBe('later')
  })

  test('each task is an actor of its own beneath its supervisor, gone when it is over', async () => {
    stage = new TaskStage()
    const paths = [stage.work.asyncNoLink(({ path }) => path), stage.work.asyncNoLink(({ path }) => path)]
    expect(await stage.outcome(Promise.all(paths))).toEqual(['/tasks/t-1', '/tasks/t-2'])
    expect(stage.of('actor.stopped').map((event) => 'path' in event && [event.path, 'reason' in event && event.reason])).toEqual([
      ['/tasks/t-1', 'normal'],
      ['/tasks/t-2', 'normal'],
    ])
  })

  test('a function that throws or rejects: TaskFailedError with the cause, an event, and nobody else is harmed', async () => {
    stage = new TaskStage()
    const cause = new Error('no luck')
    const beside = stage.work.asyncNoLink(stage.endless)
    const failed = await stage.outcome(
      stage.work.asyncNoLink(() => {
        throw cause
      }),
    )
    expect(failed).toBeInstanceOf(TaskFailedError)
    expect(failed).toMatchObject({ code: 'TASK_FAILED', path: '/tasks/t-2', cause })
    expect(await stage.outcome(stage.work.asyncNoLink(() => Promise.reject(cause)))).toMatchObject({ code: 'TASK_FAILED', cause })
    expect(stage.of('actor.failed')).toHaveLength(2)
    expect(await Promise.race([beside, Promise.resolve('goes on')])).toBe('goes on')
  })

  test('a promise that nobody looks at is no unhandled rejection', async () => {
    stage = new TaskStage({ maxChildren: 1 })
    void stage.work.asyncNoLink(() => Promise.reject(new Error('unseen')))
    void stage.work.asyncNoLink(() => 'one too many')
    void stage.work.startChild(() => 'one too many')
    await stage.env.settle()
    expect(stage.of('actor.failed')).toHaveLength(1)
  })

  test('takes longer than its time: TaskTimeoutError, and its signal is aborted; what it answers then is not heard', async () => {
    stage = new TaskStage()
    const slow = stage.outcome(stage.work.asyncNoLink(stage.endless, { timeoutMs: 1000 }))
    await stage.env.advance(999)
    expect(stage.story).toEqual(['+t-1'])
    await stage.env.advance(1)
    expect(await slow).toBeInstanceOf(TaskTimeoutError)
    expect(await slow).toMatchObject({ timeoutMs: 1000, path: '/tasks/t-1' })
    expect(stage.story).toEqual(['+t-1', '-t-1'])
    // That it gave up is not a failure.
    expect(stage.of('actor.failed')).toEqual([])
  })

  test('a signal stops it; one that is aborted already does not let it begin', async () => {
    stage = new TaskStage()
    const controller = new AbortController()
    const stopped = stage.outcome(stage.work.asyncNoLink(stage.endless, { signal: controller.signal }))
    await stage.env.settle()
    controller.abort('enough')
    expect(await stopped).toBeInstanceOf(TaskStoppedError)
    expect(await stopped).toMatchObject({ cause: 'enough', path: '/tasks/t-1' })
    await stage.env.settle()
    expect(await stage.outcome(stage.work.asyncNoLink(stage.endless, { signal: controller.signal }))).toMatchObject({
      code: 'TASK_STOPPED',
    })
    expect(stage.story).toEqual(['+t-1', '-t-1'])
  })

  test('a signal that is aborted before the supervisor has seen the task: it is never begun', async () => {
    stage = new TaskStage()
    const controller = new AbortController()
    const stopped = stage.outcome(stage.work.asyncNoLink(stage.endless, { signal: controller.signal }))
    controller.abort()
    expect(await stopped).toMatchObject({ code: 'TASK_STOPPED' })
    expect(stage.story).toEqual([])
  })

  test('what does not stop in its shutdown time is killed', async () => {
    stage = new TaskStage()
    const controller = new AbortController()
    void stage.work.asyncNoLink(() => new Promise(() => {}), { signal: controller.signal, shutdownMs: 300 })
    await stage.env.settle()
    controller.abort()
    await stage.env.advance(299)
    expect(stage.of('actor.stopped')).toEqual([])
    await stage.env.advance(1)
    expect(stage.of('actor.stopped', '/tasks/t-1')).toMatchObject([{ reason: 'killed' }])
  })

  test.each([{ own: 'brutal' as const }, { own: undefined }])(
    "'brutal' ($own for the task itself) does not wait for one that does not stop",
    async ({ own }) => {
      stage = new TaskStage({ shutdownMs: 'brutal' })
      const controller = new AbortController()
      void stage.work.asyncNoLink(() => new Promise(() => {}), { signal: controller.signal, ...(own && { shutdownMs: own }) })
      await stage.env.settle()
      controller.abort()
      await stage.env.settle()
      expect(stage.of('actor.stopped', '/tasks/t-1')).toMatchObject([{ reason: 'killed' }])
    },
  )

  test('more than maxChildren: TooManyTasksError, until one has ended', async () => {
    stage = new TaskStage({ maxChildren: 2 })
    const controller = new AbortController()
    const running = [1, 2].map(() => stage.outcome(stage.work.asyncNoLink(stage.endless, { signal: controller.signal })))
    const refused = await stage.outcome(stage.work.asyncNoLink(() => 'three'))
    expect(refused).toBeInstanceOf(TooManyTasksError)
    controller.abort()
    await Promise.all(running)
    await stage.env.settle()
    expect(await stage.outcome(stage.work.asyncNoLink(() => 'three'))).toBe('three')
  })

  test('without its supervisor the promise says so', async () => {
    stage = new TaskStage()
    const stopped = stage.system.stop()
    await stopped
    expect(await stage.outcome(stage.work.asyncNoLink(() => 1))).toMatchObject({ code: 'NO_SUCH_ACTOR', outcome: 'never-handled' })
  })

  test.each([
    { field: 'work', work: 'fn', options: {} },
    { field: 'timeoutMs', work: () => 1, options: { timeoutMs: -1 } },
    { field: 'timeoutMs', work: () => 1, options: { timeoutMs: Number.NaN } },
    { field: 'shutdownMs', work: () => 1, options: { shutdownMs: 'soon' } },
  ])('refuses a wrong $field in the caller', ({ field, work: wrong, options }) => {
    stage = new TaskStage()
    const refused = (): unknown => stage.work.asyncNoLink(wrong as never, options as never)
    expect(refused).toThrow(InvalidOptionError)
    expect(refused).toThrow(new RegExp(`^${field} `))
  })
})

describe('startChild', () => {
  test('begins a task that nobody waits for, and answers its ref', async () => {
    stage = new TaskStage()
    const started = await stage.outcome(stage.work.startChild(({ path }) => stage.story.push(path)))
    expect(String(started)).toContain('/tasks/t-1')
    await stage.env.settle()
    expect(stage.story).toEqual(['/tasks/t-1'])
  })

  test('is not restarted by default, and is after a failure when it is transient', async () => {
    stage = new TaskStage()
    let runs = 0
    const flaky = (): void => {
      runs++
      if (runs < 3) throw new Error(`run ${runs}`)
    }
    void stage.work.startChild(flaky)
    await stage.env.advance(1000)
    expect(runs).toBe(1)
    void stage.work.startChild(flaky, { restart: 'transient' })
    await stage.env.advance(1000)
    expect(runs).toBe(3)
    expect(stage.of('actor.restarted')).toMatchObject([{ path: '/tasks/t-2', incarnation: 2 }])
  })

  test('restarts that are too many make the supervisor give up', async () => {
    stage = new TaskStage({ intensity: { restarts: 1, withinMs: 60_000 } })
    const crash = (): never => {
      throw new Error('crash')
    }
    void stage.work.startChild(crash, { restart: 'transient' })
    await stage.env.advance(10_000)
    expect(stage.of('supervisor.gave-up')).toMatchObject([{ path: '/tasks', child: 't-1' }])
  })

  test('is terminated by its ref', async () => {
    stage = new TaskStage()
    const begun = await stage.outcome(stage.work.startChild(stage.endless))
    await stage.env.settle()
    expect(await stage.outcome(stage.work.terminateChild(begun as never))).toEqual({ ok: true })
    expect(stage.story).toEqual(['+t-1', '-t-1'])
    expect(await stage.outcome(stage.work.terminateChild(begun as never))).toMatchObject({ ok: false, error: 'not-found' })
  })

  test('shows among the children of its supervisor', async () => {
    stage = new TaskStage()
    void stage.work.startChild(stage.endless, { restart: 'transient' })
    expect(await stage.outcome(stage.ref.ask({ type: 'whichChildren' }))).toMatchObject([
      { id: 't-1', restart: 'transient', state: 'running' },
    ])
    expect(await stage.outcome(stage.ref.ask({ type: 'countChildren' }))).toMatchObject({ active: 1, workers: 1 })
  })

  test('counts for maxChildren', async () => {
    stage = new TaskStage({ maxChildren: 1 })
    void stage.work.startChild(stage.endless)
    expect(await stage.outcome(stage.work.startChild(stage.endless))).toBeInstanceOf(TooManyTasksError)
  })

  test('refuses a wrong restart type in the caller', () => {
    stage = new TaskStage()
    expect(() => stage.work.startChild(() => 1, { restart: 'always' as never })).toThrow(InvalidOptionError)
  })
})

test('results, outcomes and what a handle can do are typed', () => {
  const check = async (work: Tasks, mine: LinkedTasks): Promise<void> => {
    const one: number = await work.asyncNoLink(() => Promise.resolve(1))
    const two: string = await mine.async(() => 'two')
    // @ts-expect-error -- who has no context has nothing to be linked with
    void work.async(() => 1)
    for await (const outcome of mine.asyncStream(['a', 'b'], (item) => item.length)) {
      const length: number | string = outcome.ok ? outcome.value : outcome.error.code
      // @ts-expect-error -- a failed task has no value
      if (!outcome.ok) void outcome.value
      void [one, two, length, outcome.item.toUpperCase()]
    }
    const ref = await work.startChild(() => {})
    // @ts-expect-error -- tasks take no messages
    ref.tell({ type: 'anything' })
  }
  expect(check).toBeTypeOf('function')
})
