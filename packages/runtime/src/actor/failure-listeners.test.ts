// Listeners that meddle with an actor while its failure is being told: nothing of it gets into the next life, no end is undone, and none is
// gone twice.

import { expect, test } from 'vitest'
import type { Command } from '../contracts/command.ts'
import type { AnyRef } from '../contracts/ref.ts'
import { boss, type Boss } from '../testing/boss.fixture.ts'
import { deferred, expectBalanced, stage, type Stage } from '../testing/stage.fixture.ts'
import type { Cell } from './cell.ts'
import { actor, type AnyContext } from './define.ts'

const order = (supervisor: Boss, cell: Stage['cell'], command: Command): void => supervisor.control.order(cell('/boss/child'), command)

const idle = actor({ name: 'idle', on: { q: () => 1 } })

interface Scene extends Stage {
  readonly supervisor: Boss
  /** Those of the failing actor, one per life. */
  readonly contexts: AnyContext[]
  readonly parent: AnyContext
  readonly child: AnyRef
  /** How often its supervisor was asked for a restart on the spot. */
  readonly asked: () => number
}

/** An actor beneath a supervisor that has it restarted on the spot. */
async function scene(): Promise<Scene> {
  const on = stage()
  const contexts: AnyContext[] = []
  let parent: AnyContext | undefined
  let child: AnyRef | undefined
  let asked = 0
  const failing = actor({
    name: 'child',
    state: (_input: undefined, ctx) => void contexts.push(ctx),
    on: {
      fail: () => {
        throw new Error('boom')
      },
      life: (_state, _message, ctx) => ctx.incarnation,
    },
  })
  const supervisor = boss({
    start: (control, ctx) => {
      parent = ctx
      child = control.spawn(failing, { name: 'child' }).ref
    },
    restartsOnTheSpot: () => ++asked > 0,
  })
  on.system.spawn(supervisor.definition, { name: 'boss' })
  await on.env.settle()
  return { ...on, supervisor, contexts, parent: parent!, child: child!, asked: () => asked }
}

test('what a listener does with the context of an actor that is restarted on the spot is not left to its next life', async () => {
  const { env, system, cell, contexts, child, asked } = await scene()
  const signals: AbortSignal[] = []
  let spawned: AnyRef | undefined
  system.onEvent('dead-letter', ({ letter }) => {
    if (letter.reason !== 'poison') return
    const ctx = contexts.at(-1)!
    spawned = ctx.spawn(idle, { name: 'left' })
    signals.push(ctx.signal)
    ctx.after('left', 1, { type: 'fail' })
    ctx.watch(child)
  })
  for (const life of [2, 3]) {
    child.tell({ type: 'fail' })
    expect(await Promise.all([child.ask({ type: 'life' }), env.advance(100)])).toEqual([life, undefined])
    expect(signals.map(({ aborted }) => aborted)).toEqual(signals.map(() => true))
    expect(cell('/boss/child')).toMatchObject({ life: 'running', incarnation: life })
    expect(cell('/boss/child').children?.last ?? null).toBeNull()
    expect(spawned!.tryTell({ type: 'q' })).toBe(false)
  }
  expect(asked()).toBe(2)
  expect(contexts.at(-1)!.signal.aborted).toBe(false)
  expectBalanced(system)
})

const ends: { how: string; end: (scene: Scene) => unknown; left: 'suspended' | undefined; lives: number }[] = [
  // These have it stop in its next turn, in whichever life that is.
  { how: 'stopped by its parent', end: ({ parent, child }) => parent.stop(child), left: 'suspended', lives: 2 },
  { how: 'killed by its parent', end: ({ parent, child }) => parent.exit(child, 'killed'), left: 'suspended', lives: 2 },
  { how: 'stopped with the system', end: ({ system }) => void system.stop(), left: undefined, lives: 2 },
  // And these at once.
  {
    how: 'stopped by order',
    end: ({ supervisor, cell }) => order(supervisor, cell, { type: 'stop', reason: 'shutdown' }),
    left: 'suspended',
    lives: 1,
  },
  {
    how: 'killed by order',
    end: ({ supervisor, cell }) => order(supervisor, cell, { type: 'stop', reason: 'killed' }),
    left: 'suspended',
    lives: 1,
  },
  { how: 'removed', end: ({ supervisor, cell }) => order(supervisor, cell, { type: 'remove' }), left: undefined, lives: 1 },
]

test.each(ends)(
  'an actor that is $how while its failure is told does not run again by a restart on the spot',
  async ({ end, left, lives }) => {
    const on = await scene()
    const { env, system, events, host, supervisor, contexts, child, asked } = on
    const off = system.onEvent('dead-letter', () => {
      off()
      end(on)
    })
    child.tell({ type: 'fail' })
    await env.settle()
    await env.advance(10_000)
    expect([asked(), contexts.length]).toEqual([1, lives])
    expect((host.lookup('/boss/child', 0) as Cell | undefined)?.life).toBe(left)
    expect(supervisor.told.filter(({ what }) => what === 'down')).toHaveLength(left === undefined ? 0 : 1)
    const stops = events.filter((event) => event.type === 'actor.stopped' && event.path === '/boss/child')
    expect(stops).toHaveLength(left === undefined ? 1 : 0)
    expectBalanced(system)
  },
)

test.each(['actor.failed', 'dead-letter'] as const)(
  'a child that its parent stops at its %s is gone once, and its siblings are there',
  async (type) => {
    const { env, system, events, cell } = stage()
    const gate = deferred()
    let parent: AnyContext | undefined
    let child: AnyRef | undefined
    const failing = actor({ name: 'child', on: { fail: () => gate.promise } })
    const family = actor({
      name: 'parent',
      state: (_input: undefined, ctx) => {
        parent = ctx
        ctx.spawn(idle, { name: 'elder' })
        child = ctx.spawn(failing, { name: 'child' })
        ctx.spawn(idle, { name: 'younger' })
      },
      on: {},
    })
    system.spawn(family, { name: 'parent' })
    await env.settle()
    system.onEvent(type, () => parent!.stop(child!))
    child!.tell({ type: 'fail' })
    await env.settle()
    gate.reject(new Error('boom'))
    await env.settle()
    const names: string[] = []
    for (let one = cell('/parent').children!.first; one !== null; one = one.nextSibling) names.push(one.name)
    expect(names).toEqual(['elder', 'younger'])
    expect(events.flatMap((event) => (event.type === 'actor.stopped' ? [event.path] : []))).toEqual(['/parent/child'])
    for (const path of ['/parent/elder', '/parent/younger'])
      expect(await Promise.all([cell(path).ref.ask({ type: 'q' }), env.settle()])).toEqual([1, undefined])
    expectBalanced(system)
  },
)
