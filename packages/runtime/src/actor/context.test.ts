import { expect, test } from 'vitest'
import type { ActorContext, RefOf } from '../contracts/behavior.ts'
import type { Protocol } from '../contracts/message.ts'
import { serviceKey } from '../contracts/service.ts'
import type { SupervisingDefinition } from '../contracts/supervision.ts'
import { InvalidOptionError, NameTakenError, ServiceMissingError } from '../errors.ts'
import { boss } from '../testing/boss.fixture.ts'
import { expectBalanced, stage } from '../testing/stage.fixture.ts'
import { actor } from './define.ts'

const leaf = actor({ name: 'leaf', on: { tick() {} } })

/** An actor that hands out its context. */
function open(contexts: ActorContext<Protocol>[]) {
  return actor({
    name: 'open',
    state: (_: undefined, ctx) => void contexts.push(ctx),
    on: {
      tick() {},
      fail() {
        throw new Error('boom')
      },
    },
    terminated: () => expect.unreachable(),
  })
}

test('a stop that a handler wishes for before it fails is not that of the next incarnation, however the restart comes', async () => {
  for (const onTheSpot of [true, false]) {
    const { env, system, cell } = stage()
    const wishful = actor({
      name: 'wishful',
      on: {
        fail(_state: undefined, _message: object, ctx) {
          ctx.stop()
          throw new Error('boom')
        },
        live: () => 'here',
      },
    })
    const { definition, ...supervisor } = boss({ start: (control) => void control.spawn(wishful, { name: 'child' }) })
    const supervise: typeof definition.supervise = (control) => ({
      ...definition.supervise!(control),
      ...(onTheSpot && { restartsOnTheSpot: () => true }),
      down: (child, reason) => {
        supervisor.told.push({ what: 'down', name: child.name, incarnation: child.incarnation, reason })
        control.order(child, { type: 'restart' })
      },
    })
    system.spawn({ ...definition, supervise } as SupervisingDefinition<Protocol>, { name: 'boss' })
    await env.settle()
    const ref = cell('/boss/child').ref as unknown as RefOf<typeof wishful>
    ref.tell({ type: 'fail' })
    await env.settle()
    const answer = ref.ask({ type: 'live' })
    await env.settle()
    expect([await answer, cell('/boss/child').incarnation]).toEqual(['here', 2])
    expect(supervisor.told.filter(({ what }) => what === 'down')).toHaveLength(onTheSpot ? 0 : 1)
    expectBalanced(system)
  }
})

test('a context of a past incarnation does nothing but count', async () => {
  const { env, system, cell } = stage()
  const contexts: ActorContext<any>[] = []
  const supervisor = boss({ start: (control) => void control.spawn(open(contexts), { name: 'child' }) })
  supervisor.onDown = (child) => supervisor.control.order(child, { type: 'restart' })
  system.spawn(supervisor.definition, { name: 'boss' })
  const target = system.spawn(leaf, { name: 'target' })
  cell('/boss/child').ref.tell({ type: 'fail' } as never)
  await env.settle()
  const [past, present] = contexts
  expect([past!.incarnation, present!.incarnation]).toEqual([1, 2])
  expect([past!.signal.aborted, present!.signal.aborted]).toEqual([true, false])

  const orphan = past!.spawn(leaf, { name: 'orphan' })
  orphan.tell({ type: 'tick' })
  past!.after('k', 1, { type: 'tick' })
  past!.every('k', 1, { type: 'tick' })
  past!.cancel('k')
  past!.watch(target)
  past!.unwatch(target)
  past!.stop()
  expect(system.counters.staleContexts).toBe(7)
  const strays: unknown[] = []
  const onStray = (cause: unknown): void => void strays.push(cause)
  process.on('unhandledRejection', onStray)
  past!.pipe(
    Promise.reject(new Error('too late')),
    () => expect.unreachable(),
    () => expect.unreachable(),
  )
  await env.settle()
  process.off('unhandledRejection', onStray)
  expect(strays).toEqual([])
  expect(system.counters.staleContexts).toBe(8)
  cell('/target').end('normal')
  await env.advance(50)
  expect([cell('/boss/child').life, cell('/boss/child').children, env.pendingTimers]).toEqual(['running', null, 0])
  expect(system.deadLetters.counts['stale-incarnation']).toBe(1)
  // What it can still do is harmless: the actor's own ref stays good through restarts.
  expect(await Promise.all([past!.self.ask({ type: 'tick' }), env.settle()])).toEqual([undefined, undefined])
  expectBalanced(system)
})

test('all contexts of one incarnation live and do the same, and after a restart all of them are dead', async () => {
  const { env, system, cell } = stage()
  const contexts: ActorContext<any>[] = []
  const ticked: number[] = []
  const definition = actor({
    name: 'child',
    state: (_: undefined, ctx) => void contexts.push(ctx),
    on: {
      keep: (_state, _message, ctx) => void contexts.push(ctx),
      tick: (_state, message: { of: number }) => void ticked.push(message.of),
      fail() {
        throw new Error('boom')
      },
    },
  })
  const supervisor = boss({ start: (control) => void control.spawn(definition, { name: 'child' }) })
  supervisor.onDown = (child) => supervisor.control.order(child, { type: 'restart' })
  system.spawn(supervisor.definition, { name: 'boss' })
  await env.settle()
  const { ref } = cell('/boss/child')
  for (let turn = 0; turn < 3; turn++) {
    ref.tell({ type: 'keep' })
    await env.settle()
  }
  expect(contexts).toHaveLength(4)
  // The one of the start, and the one of the first turn, are not kept for later turns; else there was nothing to test here.
  expect(new Set(contexts).size).toBeGreaterThan(1)
  for (const [n, ctx] of contexts.entries()) {
    ctx.spawn(leaf, { name: `leaf-${n}` })
    ctx.after(`k${n}`, 1, { type: 'tick', of: n })
  }
  // Also what one of them has begun.
  contexts[0]!.after('k1', 1, { type: 'tick', of: 10 })
  contexts[1]!.cancel('k2')
  contexts[2]!.stop(system.ref('/boss/child/leaf-0'))
  await env.advance(1)
  expect(ticked.toSorted((a, b) => a - b)).toEqual([0, 3, 10])
  expect([0, 1, 2, 3].map((n) => cell(`/boss/child/leaf-${n}`)?.life)).toEqual([undefined, 'running', 'running', 'running'])
  expect(contexts.map(({ path, incarnation, signal }) => [path, incarnation, signal.aborted])).toEqual(
    contexts.map(() => ['/boss/child', 1, false]),
  )
  expect(new Set(contexts.map(({ signal }) => signal)).size).toBe(1)
  expect(system.counters.staleContexts).toBe(0)

  ref.tell({ type: 'fail' })
  await env.settle()
  const past = contexts.splice(0, 4)
  for (const ctx of past) {
    expect([ctx.incarnation, ctx.signal.aborted]).toEqual([1, true])
    ctx.after('late', 1, { type: 'tick', of: -1 })
    ctx.stop()
  }
  await env.advance(1)
  expect(system.counters.staleContexts).toBe(8)
  expect([cell('/boss/child').incarnation, cell('/boss/child').life, ticked.includes(-1)]).toEqual([2, 'running', false])
  expectBalanced(system)
})

test('a context whose actor is gone does nothing but count', async () => {
  const { env, system } = stage()
  const contexts: ActorContext<any>[] = []
  system.spawn(open(contexts), { name: 'a' })
  contexts[0]!.stop()
  await env.settle()
  contexts[0]!.spawn(leaf).tell({ type: 'tick' })
  contexts[0]!.after('k', 1, { type: 'tick' })
  await env.advance(10)
  expect(system.counters).toMatchObject({ staleContexts: 2, sent: 1, deadLettered: 1 })
  expectBalanced(system)
})

test('a context stops its own children only; one that is gone already is fine', async () => {
  const { env, system, cell } = stage()
  const contexts: ActorContext<any>[] = []
  system.spawn(open(contexts), { name: 'a' })
  const stranger = system.spawn(leaf, { name: 'stranger' })
  const ctx = contexts[0]!
  const [named, unnamed] = [ctx.spawn(leaf, { name: 'named' }), ctx.spawn(leaf)]
  expect(() => ctx.spawn(leaf, { name: 'named' })).toThrow(NameTakenError)
  expect(() => ctx.spawn(leaf, { name: 'a/b' })).toThrow(InvalidOptionError)
  expect(() => ctx.stop(stranger)).toThrow(InvalidOptionError)
  expect(() => ctx.stop({} as never)).toThrow(InvalidOptionError)
  const elsewhere = ctx.ref({ ...named.address, node: { name: 'other', incarnation: 3 } })
  expect(() => ctx.stop(elsewhere)).toThrow(InvalidOptionError)
  ctx.stop(ctx.ref(named.address))
  ctx.stop(unnamed)
  ctx.spawn(leaf, { name: 'by-path' })
  ctx.stop(system.ref('/a/by-path'))
  await env.settle()
  expect([cell('/a').children?.first, cell('/stranger').life]).toEqual([null, 'running'])
  ctx.spawn(leaf, { name: 'named' })
  ctx.stop(named)
  ctx.stop(unnamed)
  ctx.stop(system.ref('/a/by-path'))
  await env.settle()
  expect(cell('/a/named').life).toBe('running')
  expect(cell('/a').life).toBe('running')
})

test('a service is found at the nearest ancestor that provides it, else at the system, else it is missing', async () => {
  const { env, system } = stage()
  const key = serviceKey<string>('motto')
  const missing = serviceKey<string>('nothing')
  const contexts: ActorContext<any>[] = []
  const supervisor = boss({
    start: (control) => void control.spawn(open(contexts), { name: 'child', provide: new Map([[key, 'of the boss']]) }),
  })
  system.provide(key, 'of the system')
  system.spawn(supervisor.definition)
  system.spawn(open(contexts))
  await env.settle()
  const found = contexts.map((ctx) => ctx.service(key))
  expect(found.toSorted()).toEqual(['of the boss', 'of the system'])
  expect(() => contexts[0]!.service(missing)).toThrow(ServiceMissingError)
  expect(() => contexts[0]!.tenure).toThrow(ServiceMissingError)
  expect(contexts[0]!.epoch).toBe(0)
  contexts[0]!.guard()
})

test('a context knows its actor, its path, its time and its dice', async () => {
  const { env, system } = stage()
  const contexts: ActorContext<any>[] = []
  const ref = system.spawn(open(contexts), { name: 'a' })
  await env.advance(12)
  const ctx = contexts[0]!
  expect([ctx.path, ctx.self.address, ctx.now(), ctx.incarnation]).toEqual(['/a', ref.address, 12, 1])
  expect(ctx.random()).toBeLessThan(1)
  expect(String(ref)).toBe(`us://local~0/a#${ref.address.uid}`)
})
