// Orders, signals and promises that meet at the worst moment. None may leave an actor stuck, removed twice, or a message unaccounted for.

import { expect, test } from 'vitest'
import { describeExit } from '../contracts/exit-reason.ts'
import type { Protocol } from '../contracts/message.ts'
import type { AnyRef } from '../contracts/ref.ts'
import type { SupervisingDefinition } from '../contracts/supervision.ts'
import { boss } from '../testing/boss.fixture.ts'
import { deferred, expectBalanced, stage } from '../testing/stage.fixture.ts'
import { actor } from './define.ts'

const idle = actor({ name: 'idle', on: { q: () => 1 } })

test('a hook of a past life that rejects after the kill does not make the new incarnation fail', async () => {
  const { env, system, cell } = stage()
  const goodbye = deferred()
  const supervisor = boss({
    start: (control) =>
      void control.spawn(
        actor({ name: 'child', on: { stop: (_s, _m, ctx) => ctx.stop() }, stopped: () => goodbye.promise, shutdownMs: 50 }),
        { name: 'child' },
      ),
  })
  supervisor.onDown = (child) => supervisor.control.order(child, { type: 'restart' })
  system.spawn(supervisor.definition, { name: 'boss' })
  cell('/boss/child').ref.tell({ type: 'stop' } as never)
  await env.advance(50)
  expect(cell('/boss/child')).toMatchObject({ life: 'running', incarnation: 2 })
  goodbye.reject(new Error('too late'))
  await env.settle()
  expect(cell('/boss/child')).toMatchObject({ life: 'running', incarnation: 2 })
  expect(supervisor.told.map(({ what }) => what)).toEqual(['started', 'down', 'started'])
})

test('a kill reaches an actor that is stopping already and would take for ever', async () => {
  const { env, system, cell } = stage()
  const supervisor = boss({
    start: (control) =>
      void control.spawn(actor({ name: 'child', on: {}, stopped: () => new Promise(() => {}), shutdownMs: 'infinity' }), { name: 'child' }),
  })
  system.spawn(supervisor.definition, { name: 'boss' })
  await env.settle()
  const child = cell('/boss/child')
  supervisor.control.order(child, { type: 'stop', reason: 'shutdown' })
  await env.advance(1_000_000)
  expect(child.life).toBe('stopping')
  supervisor.control.order(child, { type: 'stop', reason: 'killed' })
  await env.settle()
  expect(supervisor.told.at(-1)).toMatchObject({ what: 'down', reason: 'killed' })
  supervisor.control.order(child, { type: 'remove' })
  await system.stop()
})

test("a 'brutal' child in the middle of its own end is gone at once when its parent stops", async () => {
  const { env, system } = stage()
  const brutal = actor({
    name: 'brutal',
    on: {
      stop: (_s, _m, ctx) => ctx.stop(),
      fail() {
        throw new Error('boom')
      },
    },
    stopped: () => new Promise(() => {}),
    shutdownMs: 'brutal',
  })
  system.spawn(brutal).tell({ type: 'stop' })
  system.spawn(brutal).tell({ type: 'fail' })
  await env.settle()
  await system.stop()
  expectBalanced(system)
})

test('a stop that meets a restart under way wins, and the stopped hook is called once', async () => {
  const { env, system, cell } = stage()
  const gate = deferred()
  const log: string[] = []
  const supervisor = boss({
    start: (control) =>
      void control.spawn(
        actor({ name: 'child', on: { hold: () => gate.promise }, stopped: (_, reason) => void log.push(describeExit(reason)) }),
        { name: 'child' },
      ),
  })
  system.spawn(supervisor.definition, { name: 'boss' })
  const child = cell('/boss/child')
  child.ref.tell({ type: 'hold' } as never)
  await env.settle()
  supervisor.control.order(child, { type: 'restart' })
  supervisor.control.order(child, { type: 'stop', reason: 'shutdown' })
  gate.resolve()
  await env.settle()
  expect([child.life, child.incarnation, log]).toEqual(['suspended', 1, ['shutdown']])
  expectBalanced(system)
})

test('an end keeps its first reason when the parent joins in', async () => {
  const { env, system, events } = stage()
  const gate = deferred()
  system.spawn(actor({ name: 'child', state: (_: undefined, ctx) => ctx.stop(), on: {}, stopped: () => gate.promise }), { name: 'child' })
  await env.settle()
  const over = system.stop()
  await env.settle()
  gate.resolve()
  await over
  expect(events).toContainEqual(expect.objectContaining({ type: 'actor.stopped', path: '/child', reason: 'normal' }))
})

test('a supervisor whose hook throws fails once, however many of its hooks throw before it is dealt with', async () => {
  const { env, system, cell } = stage()
  const inner = boss({
    name: 'inner',
    start(control) {
      for (const name of ['a', 'b', 'c']) control.spawn(idle, { name })
    },
  })
  inner.onStarted = () => {
    throw new Error('a broken policy')
  }
  const outer = boss({ start: (control) => void control.spawn(inner.definition, { name: 'inner' }) })
  system.spawn(outer.definition, { name: 'boss' })
  await env.settle()
  expect(outer.told.filter(({ what }) => what === 'down')).toHaveLength(1)
  inner.onStarted = () => {}
  outer.control.order(cell('/boss/inner'), { type: 'restart' })
  await env.settle()
  expect(cell('/boss/inner')).toMatchObject({ life: 'running', incarnation: 2 })
  expect(cell('/boss/inner/c').life).toBe('running')
})

test('a supervisor that fails by a signal during its async start does not run when the start is done', async () => {
  const { env, system, cell } = stage()
  const gate = deferred()
  const inner = boss({
    name: 'inner',
    start(control) {
      control.after(5, () => {
        throw new Error('broken call')
      })
      return gate.promise
    },
  })
  const outer = boss({ start: (control) => void control.spawn(inner.definition, { name: 'inner' }) })
  system.spawn(outer.definition, { name: 'boss' })
  await env.advance(5)
  gate.resolve()
  await env.settle()
  expect(cell('/boss/inner').life).toBe('suspended')
  expect(outer.told.map(({ what }) => what)).toEqual(['down'])
  outer.control.order(cell('/boss/inner'), { type: 'remove' })
  await env.settle()
  expect(cell('/boss/inner')).toBeUndefined()
})

test('a child that fails and is stopped before its supervisor hears of it is down once, as it stands now', async () => {
  const { env, system, cell } = stage()
  const supervisor = boss({
    start: (control) =>
      void control.spawn(
        actor({
          name: 'child',
          on: {
            fail() {
              throw new Error('boom')
            },
          },
        }),
        { name: 'child' },
      ),
  })
  system.spawn(supervisor.definition, { name: 'boss' })
  await env.settle()
  const child = cell('/boss/child')
  // Its failure, told while the supervisor has not had its turn yet, and a stop that is carried out in the same turn of the loop.
  child.host.life.fail(child, new Error('boom'), 'handling', undefined, null)
  child.endNow('shutdown', 'down')
  await env.settle()
  expect(supervisor.told.filter(({ what }) => what === 'down')).toMatchObject([{ reason: 'shutdown' }])
})

test('an actor held by something that throws when waited for is not stuck, whatever held it', async () => {
  const { env, system, events } = stage()
  const evil = Promise.resolve()
  void Object.defineProperty(evil, 'then', {
    value: () => {
      throw new Error('no waiting')
    },
  }) // eslint-disable-line unicorn/no-thenable
  const ref = system.spawn(actor({ name: 'odd', on: { q: () => evil } }))
  const answer = ref.ask({ type: 'q' }).catch((cause: unknown) => cause)
  system.spawn(actor({ name: 'start', state: () => evil, on: {} }))
  system.spawn(actor({ name: 'watcher', state: (_: undefined, ctx) => ctx.watch(ref), on: {}, terminated: () => evil as never }))
  system.spawn(actor({ name: 'stopped', state: (_: undefined, ctx) => ctx.stop(), on: {}, stopped: () => evil }))
  await env.settle()
  expect(events.flatMap((event) => (event.type === 'actor.failed' ? [event.phase] : [])).toSorted()).toEqual([
    'handling',
    'signal',
    'starting',
    'stopping',
  ])
  expect(await answer).toMatchObject({ code: 'ACTOR_FAILED' })
  expectBalanced(system)
  await system.stop()
})

test('a hook that stops its own grandparent on the way takes nobody out twice', async () => {
  const { env, system, cell, events } = stage()
  const top = boss({ name: 'top' })
  const middle = boss({ name: 'middle' })
  system.spawn(top.definition, { name: 'top' })
  const mid = top.control.spawn(middle.definition, { name: 'middle' })
  const child = actor({
    name: 'child',
    on: {},
    // A hook that reaches around the tree: nobody should, and nothing may break.
    stopped: () => top.control.order(mid, { type: 'stop', reason: 'killed' }),
  })
  for (const name of ['a', 'b', 'c']) middle.control.spawn(child, { name })
  await env.settle()
  top.control.order(mid, { type: 'stop', reason: 'shutdown' })
  await env.settle()
  expect(top.told.at(-1)).toMatchObject({ what: 'down', name: 'middle', reason: 'killed' })
  const gone = events.flatMap((event) => (event.type === 'actor.stopped' ? [event.path] : []))
  expect(gone.toSorted()).toEqual(['/top/middle/a', '/top/middle/b', '/top/middle/c'])
  expect([cell('/top/middle').children?.first, cell('/top/middle').children?.last]).toEqual([null, null])
  top.control.order(mid, { type: 'restart' })
  await env.settle()
  expect(cell('/top/middle').life).toBe('running')
  await system.stop()
})

test('an abort listener that orders a kill is obeyed, and the end goes no further', async () => {
  const { env, system, cell } = stage()
  const log: string[] = []
  const supervisor = boss()
  system.spawn(supervisor.definition, { name: 'boss' })
  const child = supervisor.control.spawn(
    actor({
      name: 'child',
      state(_: undefined, ctx) {
        ctx.signal.addEventListener('abort', () => supervisor.control.order(child, { type: 'stop', reason: 'killed' }))
      },
      on: {},
      stopped: () => void log.push('stopped'),
    }),
    { name: 'child' },
  )
  await env.settle()
  supervisor.control.order(child, { type: 'stop', reason: 'shutdown' })
  await env.settle()
  expect([log, supervisor.told.at(-1)?.reason, cell('/boss/child').life]).toEqual([[], 'killed', 'suspended'])
})

test('whoever watches a child in every moment of its end is told exactly once', async () => {
  const { env, system } = stage()
  const told: string[] = []
  const gate = deferred()
  const dying = system.spawn(actor({ name: 'dying', on: { stop: (_s, _m, ctx) => ctx.stop() }, stopped: () => gate.promise }), {
    name: 'dying',
  })
  const watcher = (name: string) =>
    actor({
      name: 'watcher',
      state: (input: AnyRef, ctx) => ctx.watch(input),
      on: {},
      terminated: (_, { reason }) => void told.push(`${name} ${describeExit(reason)}`),
    })
  system.spawn(watcher('before'), { input: dying })
  dying.tell({ type: 'stop' })
  system.spawn(watcher('with the stop'), { input: dying })
  await env.settle()
  system.spawn(watcher('while stopping'), { input: dying })
  await env.settle()
  gate.resolve()
  system.spawn(watcher('with the end'), { input: dying })
  await env.settle()
  system.spawn(watcher('after'), { input: dying })
  await env.settle()
  expect(told.toSorted()).toEqual(['after normal', 'before normal', 'while stopping normal', 'with the end normal', 'with the stop normal'])
})

test('a router that throws while it is made is a failed start like any other', async () => {
  const { env, system, events } = stage()
  const broken: SupervisingDefinition<Protocol> = {
    ...boss().definition,
    route() {
      throw new Error('no route')
    },
  }
  system.spawn(broken, { name: 'routed' })
  await env.settle()
  expect(events.find(({ type }) => type === 'actor.failed')).toMatchObject({ phase: 'starting', cause: 'Error: no route' })
})

test('an ask to elsewhere that is open when the system stops is maybe handled, not never', async () => {
  const { env, system, host } = stage()
  const far = { node: { name: 'far', incarnation: 1 }, path: '/a', uid: 1 }
  host.remoting = {
    endpoint: (address) => ({
      host,
      address,
      outstanding: 0,
      post: () => void host.counters.forwarded++,
      accepts: () => true,
      signal() {},
    }),
  }
  const answer = system
    .ref<{ q(): number }>(far)
    .ask({ type: 'q' })
    .catch((cause: unknown) => cause)
  await env.settle()
  await system.stop()
  expect(await answer).toMatchObject({ code: 'NODE_UNREACHABLE', outcome: 'maybe-handled' })
  expectBalanced(system)
})

test('reentrant handlers that all fail are one failure: the first is news, and the next life fails for the second time', async () => {
  const { env, system, cell } = stage()
  const gates = Array.from({ length: 6 }, () => deferred())
  let begun = 0
  const supervisor = boss({
    start: (control) =>
      void control.spawn(actor({ name: 'child', reentrant: true, on: { slow: () => gates[begun++]!.promise } }), { name: 'child' }),
  })
  supervisor.onDown = (child) => supervisor.control.order(child, { type: 'restart' })
  system.spawn(supervisor.definition, { name: 'boss' })
  const fail = async (from: number, to: number): Promise<void> => {
    for (let n = from; n < to; n++) cell('/boss/child').ref.tell({ type: 'slow' } as never)
    await env.settle()
    for (let n = from; n < to; n++) gates[n]!.reject(new Error(`the ${n}th`))
    await env.settle()
  }
  await fail(0, 5)
  await fail(5, 6)
  const downs = supervisor.told.filter(({ what }) => what === 'down')
  expect(downs.map(({ reason }) => (reason as { attempt: number }).attempt)).toEqual([1, 2])
  expectBalanced(system)
})
