import { expect, onTestFinished, test, vi } from 'vitest'
import { actor } from '../actor/define.ts'
import type { SystemEvent } from '../contracts/event.ts'
import type { Protocol } from '../contracts/message.ts'
import type { AnyRef } from '../contracts/ref.ts'
import type { Child, SupervisingDefinition, SupervisionControl } from '../contracts/supervision.ts'
import { systemEnv } from '../dispatch/system-env.ts'
import { InvalidOptionError } from '../errors.ts'
import { boss } from '../testing/boss.fixture.ts'
import { ManualEnv } from '../testing/manual-env.ts'
import { type ActorSystem, createSystem, type SystemOptions } from './system.ts'

const quiet = { debug() {}, info() {}, warn() {}, error() {} }
const told = (system: ActorSystem): SystemEvent[] => {
  const events: SystemEvent[] = []
  system.onEvent(['actor.hung', 'loop.blocked'], (event) => void events.push(event))
  return events
}

const sleeper = actor({
  name: 'sleeper',
  reentrant: ['nap'],
  on: {
    sleep: () => new Promise<void>(() => {}),
    doze: (_state, message: { until: Promise<void> }) => message.until,
    nap: () => new Promise<void>(() => {}),
    spin: (_state, message: { ms: number }) => {
      const until = systemEnv.now() + message.ms
      while (systemEnv.now() < until);
    },
  },
})

test('an actor that is in one message for too long is told of once, within a quarter more than its time', async () => {
  const env = new ManualEnv()
  const system = createSystem({ env, log: quiet, hangMs: 1000 })
  const events = told(system)
  const busy = system.spawn(sleeper, { name: 'busy' })
  const fine = system.spawn(sleeper, { name: 'fine' })
  busy.tell({ type: 'sleep' })
  fine.tell({ type: 'nap' })
  fine.tell({ type: 'doze', until: new Promise((resolve) => env.setTimer(900, resolve)) })
  await env.advance(1000)
  expect(events).toEqual([])
  await env.advance(250)
  expect(events).toMatchObject([{ type: 'actor.hung', path: '/busy', incarnation: 1, messageType: 'sleep', terminated: false }])
  await env.advance(10_000)
  expect(events.length).toBe(1)
})

test('nobody looks unless asked to, and nobody once the system has stopped', async () => {
  const env = new ManualEnv()
  const idle = createSystem({ env, log: quiet })
  expect(env.pendingTimers).toBe(0)
  await idle.stop()
  const watched = createSystem({ env, log: quiet, hangMs: 100 })
  expect(env.pendingTimers).toBe(1)
  const stopped = watched.stop()
  await env.advance(1000)
  await stopped
  expect(env.pendingTimers).toBe(0)
})

/** Its time also passes while a handler works. */
class BusyEnv extends ManualEnv {
  #worked = 0
  override now(): number {
    return super.now() + this.#worked
  }
  readonly work = (ms: number): void => {
    this.#worked += ms
  }
}

const worker = actor({
  name: 'worker',
  state: (env: BusyEnv) => env,
  reentrant: ['reenter'],
  on: {
    work: (env, message: { ms: number }) => env.work(message.ms),
    fail(env, message: { ms: number }) {
      env.work(message.ms)
      throw new Error('worked in vain')
    },
    sleep(env, message: { ms: number }) {
      env.work(message.ms)
      return new Promise<void>(() => {})
    },
    reenter(env, message: { ms: number }) {
      env.work(message.ms)
      return new Promise<void>(() => {})
    },
    quit: (_env, _message: {}, ctx) => ctx.stop(),
    watch: (_env, message: { target: AnyRef }, ctx) => ctx.watch(message.target),
  },
  terminated: (env) => env.work(1500),
})

/** A system that is watched, with `hangMs: 1000`, and a worker in it. */
function watched(options: Pick<SystemOptions, 'dispatch'> = {}) {
  const env = new BusyEnv()
  const texts: string[] = []
  const log = { ...quiet, warn: (fields: object, text: string) => void ('ms' in fields && texts.push(text)) }
  const system = createSystem({ env, log, hangMs: 1000, ...options })
  const events = told(system)
  return { env, system, events, texts, ref: system.spawn(worker, { name: 'worker', input: env }) }
}

test('an actor that kept the loop for too long is named once it has let go, with its message, and nobody speaks of a stall besides', async () => {
  const { env, events, texts, ref } = watched()
  for (const ms of [5, 500, 3000, 5]) ref.tell({ type: 'work', ms })
  await env.settle()
  const hung = { type: 'actor.hung', path: '/worker', incarnation: 1, messageType: 'work', ms: 3000, terminated: false }
  expect(events).toEqual([{ ...hung, at: 3505 }])
  await env.advance(10_000)
  expect(events.length).toBe(1)
  expect(texts).toEqual(["/worker has been in 'work' for 3000 ms. Nothing else ran meanwhile: split the work, or give the actor a thread"])
})

test('many short messages of one turn are not one long one: the loop stood still, and no actor is blamed', async () => {
  // So that the whole turn is one slice of the loop, whatever its messages take.
  const { env, events, ref } = watched({ dispatch: { sliceMs: 1_000_000 } })
  for (let n = 0; n < 64; n++) ref.tell({ type: 'work', ms: 50 })
  await env.advance(250)
  expect(events).toMatchObject([{ type: 'loop.blocked', ms: 3200 }])
})

test('the long message is found among the short ones of its turn', async () => {
  const { env, events, ref } = watched({ dispatch: { sliceMs: 1_000_000 } })
  for (let n = 0; n < 40; n++) ref.tell({ type: n === 30 ? 'reenter' : 'work', ms: n === 30 ? 1000 : 10 })
  await env.advance(250)
  expect(events).toMatchObject([{ type: 'actor.hung', messageType: 'reenter', ms: 1000 }])
})

test('what else made the loop stand still is told of besides what an actor did', async () => {
  const { env, events, ref } = watched()
  ref.tell({ type: 'work', ms: 2000 })
  await env.settle()
  env.work(1200)
  await env.advance(250)
  expect(events).toMatchObject([
    { type: 'actor.hung', ms: 2000 },
    { type: 'loop.blocked', ms: 1200 },
  ])
})

test('a supervisor hears of a child that is still in its message, not of one that has let go; each is told of as the life that it was', async () => {
  const { env, events, system } = watched()
  const hung: string[] = []
  const plain = boss({ start: (_control, ctx) => ['fails', 'sleeps'].map((name) => ctx.spawn(worker, { name, input: env })) })
  const supervise = (control: SupervisionControl) => ({
    ...plain.definition.supervise!(control),
    restartsOnTheSpot: () => true,
    hung: ({ name }: Child) => void hung.push(name),
  })
  system.spawn({ ...plain.definition, supervise } as SupervisingDefinition<Protocol>, { name: 'boss' })
  await env.settle()
  system.ref('/boss/fails', worker).tell({ type: 'fail', ms: 1000 })
  system.ref('/boss/sleeps', worker).tell({ type: 'sleep', ms: 2000 })
  system.ref('/boss/fails', worker).tell({ type: 'work', ms: 3000 })
  await env.settle()
  expect(events).toMatchObject([
    { path: '/boss/fails', incarnation: 1, messageType: 'fail', ms: 1000 },
    { path: '/boss/fails', incarnation: 2, messageType: 'work', ms: 3000 },
    { path: '/boss/sleeps', incarnation: 1, messageType: 'sleep', ms: 2000 },
  ])
  expect(hung).toEqual(['sleeps'])
})

test.each(['sleep', 'reenter'] as const)(
  'an async handler (%s) that kept the loop before it waits is told of once, not twice',
  async (type) => {
    const { env, events, ref } = watched()
    ref.tell({ type, ms: 1200 })
    await env.advance(10_000)
    expect(events).toMatchObject([{ type: 'actor.hung', messageType: type, ms: 1200 }])
  },
)

test('an async handler that waits meanwhile is not blamed for it', async () => {
  const { env, system, events, ref } = watched()
  system.spawn(sleeper).tell({ type: 'doze', until: new Promise((resolve) => env.setTimer(1100, resolve)) })
  await env.advance(250)
  ref.tell({ type: 'work', ms: 3000 })
  await env.advance(2000)
  expect(events).toMatchObject([{ type: 'actor.hung', path: '/worker' }])
})

test('an actor that kept the loop by its hooks is named, too, without a message', async () => {
  const { env, system, events, texts, ref } = watched()
  const target = system.spawn(worker, { input: env })
  ref.tell({ type: 'watch', target })
  target.tell({ type: 'quit' })
  await env.advance(1000)
  expect(events).toEqual([{ type: 'actor.hung', path: '/worker', incarnation: 1, ms: 1500, terminated: false, at: 1500 }])
  expect(texts[0]).toMatch(/^\/worker has been in its signals/)
})

test('a handler that held up the real loop is named', async () => {
  const system = createSystem({ log: quiet, hangMs: 40 })
  onTestFinished(() => system.stop())
  const events = told(system)
  const ref = system.spawn(sleeper, { name: 'spinner' })
  await ref.ask({ type: 'spin', ms: 120 })
  expect(events).toContainEqual(expect.objectContaining({ type: 'actor.hung', path: '/spinner', messageType: 'spin' }))
})

test('what held up the real loop outside of all actors is noticed', async () => {
  const system = createSystem({ log: quiet, hangMs: 40 })
  onTestFinished(() => system.stop())
  const events = told(system)
  const until = systemEnv.now() + 120
  while (systemEnv.now() < until);
  await vi.waitFor(() => expect(events.some((event) => event.type === 'loop.blocked' && event.ms >= 80)).toBe(true))
})

test.each([0, -1, Number.NaN, Infinity, 'soon'])('a hangMs of %s is refused', (hangMs) => {
  expect(() => createSystem({ log: quiet, hangMs: hangMs as number })).toThrow(InvalidOptionError)
})
