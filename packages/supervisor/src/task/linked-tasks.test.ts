// Tasks that share the fate of their caller, and that of their supervisor.

import { actor, describeExit } from '@understudy/runtime'
import type { ActorContext, Protocol } from '@understudy/runtime'
import { afterEach, describe, expect, test } from 'vitest'
import { child } from '../child.ts'
import { restartAtOnce } from '../recovery/library/restart-at-once.ts'
import { supervisor } from '../supervisor.ts'
import { TaskStage } from './task-stage.fixture.ts'
import { tasks } from './tasks.ts'

let stage: TaskStage

afterEach(() => stage.close())

describe('async, linked', () => {
  test('gives the result to the handler that awaits it', async () => {
    stage = new TaskStage()
    let seen: unknown
    stage.act(async (mine) => {
      seen = await mine.async(() => 42)
    })
    await stage.env.settle()
    expect(seen).toBe(42)
    expect(stage.of('actor.stopped', '/caller')).toEqual([])
  })

  test('a task that fails takes its caller with it, even if that catches the rejection', async () => {
    stage = new TaskStage()
    stage.act(async (mine) => {
      await mine.async(() => Promise.reject(new Error('no luck'))).catch(() => stage.story.push('caught'))
    })
    await stage.env.settle()
    expect(stage.of('actor.stopped', '/caller')).toMatchObject([{ reason: expect.stringContaining('no luck') as string }])
  })

  test('a caller that traps exits is told, and goes on', async () => {
    stage = new TaskStage()
    const { ref, system, env, story } = stage
    const trapper = actor({
      name: 'trapper',
      trapExit: true,
      state: (_: undefined, ctx: ActorContext<Protocol>) => tasks(ref, ctx),
      on: {
        work: async (mine) => {
          await mine.async(() => Promise.reject(new Error('no luck'))).catch(() => story.push('caught'))
        },
      },
      exited: (_mine, { address, reason }) => story.push(`${address.path} ${describeExit(reason)}`),
    })
    system.spawn(trapper, { name: 'trapper' }).tell({ type: 'work' })
    await env.settle()
    expect(story).toEqual(['caught', '/tasks/t-1 failed while handling: Error: no luck'])
    expect(stage.of('actor.stopped', '/trapper')).toEqual([])
  })

  test('with asyncNoLink the same caller goes on', async () => {
    stage = new TaskStage()
    stage.act(async (mine) => {
      await mine.asyncNoLink(() => Promise.reject(new Error('no luck'))).catch(() => stage.story.push('caught'))
    })
    await stage.env.settle()
    expect(stage.story).toEqual(['caught'])
    expect(stage.of('actor.stopped', '/caller')).toEqual([])
  })

  test.each<{ how: string; ends: (ctx: ActorContext<Protocol>) => void; reason: string }>([
    {
      how: 'fails',
      ends: () => {
        throw new Error('crash')
      },
      reason: 'failed while handling: Error: crash',
    },
    { how: 'ends in order', ends: (ctx) => ctx.stop(), reason: 'shutdown' },
  ])('a caller that $how takes its tasks with it', async ({ ends, reason }) => {
    stage = new TaskStage()
    stage.act((mine) => {
      void mine.async(stage.endless)
      void mine.async(stage.endless)
    })
    await stage.env.settle()
    stage.system.ref('/caller', stage.caller).tell({ type: 'act', does: (_mine, ctx) => ends(ctx) })
    await stage.env.settle()
    expect(stage.story).toEqual(['+t-1', '+t-2', '-t-1', '-t-2'])
    expect(stage.of('actor.stopped', '/tasks/t-1')).toMatchObject([{ reason }])
  })

  test('a restart of the caller ends the tasks of its past life', async () => {
    stage = new TaskStage()
    const boss = supervisor({ name: 'boss', children: [child(stage.caller, { recovery: restartAtOnce() })] })
    stage.system.spawn(boss, { name: 'boss' })
    await stage.env.settle()
    const one = stage.system.ref('/boss/caller', stage.caller)
    one.tell({ type: 'act', does: (mine) => void mine.async(stage.endless) })
    await stage.env.settle()
    one.tell({
      type: 'act',
      does: () => {
        throw new Error('crash')
      },
    })
    await stage.env.settle()
    expect(stage.story).toEqual(['+t-1', '-t-1'])
    expect(stage.of('actor.restarted', '/boss/caller')).toHaveLength(1)
  })

  test('a task that is done leaves its caller alone from then on', async () => {
    stage = new TaskStage()
    let context: ActorContext<Protocol> | undefined
    stage.act(async (mine, ctx) => {
      context = ctx
      await mine.async(() => 1)
    })
    await stage.env.settle()
    expect(context!.signal.aborted).toBe(false)
    expect(stage.of('actor.stopped', '/caller')).toEqual([])
  })
})

describe('the end of a task supervisor', () => {
  test('aborts its tasks; those that do not stop in their time are killed, and every promise is settled', async () => {
    stage = new TaskStage({ shutdownMs: 400 })
    const good = stage.outcome(stage.work.asyncNoLink(stage.endless))
    const stubborn = stage.outcome(stage.work.asyncNoLink(() => new Promise(() => {})))
    await stage.env.settle()
    const stopped = stage.system.stop()
    await stage.env.advance(400)
    await stopped
    expect(await good).toMatchObject({ code: 'TASK_STOPPED', reason: 'shutdown' })
    expect(await stubborn).toMatchObject({ code: 'TASK_STOPPED', reason: 'killed' })
    expect(stage.story).toEqual(['+t-1', '-t-1'])
  })

  test('a task that finishes while it is told to stop has its result', async () => {
    stage = new TaskStage()
    const done = stage.outcome(
      stage.work.asyncNoLink(({ signal }) => new Promise((resolve) => signal.addEventListener('abort', () => resolve('saved')))),
    )
    await stage.env.settle()
    await Promise.all([stage.system.stop(), stage.env.settle()])
    expect(await done).toBe('saved')
  })

  test('tasks stop side by side: all together take no longer than the slowest', async () => {
    stage = new TaskStage({ shutdownMs: 400 })
    for (let n = 0; n < 5; n++) void stage.work.asyncNoLink(() => new Promise(() => {}))
    await stage.env.settle()
    const stopped = stage.system.stop()
    await stage.env.advance(400)
    await stopped
    expect(stage.env.now()).toBe(400)
  })

  test("'brutal' does not wait", async () => {
    stage = new TaskStage({ shutdownMs: 'brutal' })
    const stubborn = stage.outcome(stage.work.asyncNoLink(() => new Promise(() => {})))
    await stage.env.settle()
    await stage.system.stop()
    expect(await stubborn).toMatchObject({ code: 'TASK_STOPPED', reason: 'killed' })
    expect(stage.env.now()).toBe(0)
  })
})
