// Ten thousand children that fail at once, in virtual time: what the budget of the node lets through, and what becomes of the others.

import { actor, createSystem } from '@understudy/runtime'
import type { ActorSystem, EventOf, Ref } from '@understudy/runtime'
import { expectBalanced, ManualEnv } from '@understudy/runtime/testing'
import { expect, test } from 'vitest'
import { assign } from 'xstate'
import { child } from './child.ts'
import { dynamicSupervisor } from './dynamic/dynamic-supervisor.ts'
import { limitRestarts } from './node-budget.ts'
import { recovery, recoverySetup } from './recovery/machine.ts'
import { restartAtOnce } from './recovery/library/restart-at-once.ts'
import type { RecoveryPolicy } from './recovery/machine.ts'
import type { RestartLimits } from './restart-budget.ts'
import { supervisor } from './supervisor.ts'
import type { SupervisorOptions } from './supervisor.ts'

type WorkerProtocol = { crash(): void; work(): number }
type Storm = EventOf<'storm.began' | 'storm.over'>

const quiet = { debug() {}, info() {}, warn() {}, error() {} }
const patient = { restarts: Infinity, withinMs: 1 }

class Stage {
  readonly env = new ManualEnv({ seed: 7 })
  readonly system: ActorSystem = createSystem({ env: this.env, log: quiet })
  readonly storms: Storm[] = []
  /** When each restart began, and of whom. */
  readonly restarts: { readonly at: number; readonly path: string }[] = []
  handled = 0
  /** How many start at this moment, and how many have done so at most. */
  starting = 0
  most = 0

  constructor(limits: Partial<RestartLimits> = {}) {
    limitRestarts(this.system, limits)
    this.system.onEvent(['storm.began', 'storm.over'], (event) => this.storms.push(event))
  }

  /** An actor that takes so long to start again, and a moment the first time; 0: it starts at once. */
  worker(startMs = 0) {
    return actor({
      name: 'worker',
      state: (_input: undefined, ctx) => {
        if (ctx.incarnation > 1) this.restarts.push({ at: this.env.now(), path: ctx.self.address.path })
        if (startMs === 0) return {}
        if (ctx.incarnation > 1) this.most = Math.max(this.most, ++this.starting)
        return new Promise<object>((resolve) => {
          this.env.setTimer(ctx.incarnation > 1 ? startMs : 1, () => {
            if (ctx.incarnation > 1) this.starting--
            resolve({})
          })
        })
      },
      on: {
        crash: () => {
          throw crash
        },
        work: () => ++this.handled,
      },
    })
  }

  async supervisor(
    name: string,
    ids: readonly string[],
    recovery: RecoveryPolicy = restartAtOnce(),
    options: Partial<SupervisorOptions> = {},
  ) {
    const children = ids.map((id) => child(this.worker(), { id, recovery }))
    const ref = this.system.spawn(supervisor({ name, intensity: patient, children, ...options }), { name })
    await this.env.settle()
    return ref
  }

  async many(name: string, count: number, startMs = 0): Promise<Ref<WorkerProtocol>[]> {
    const options = { name, child: this.worker(startMs), recovery: restartAtOnce(), intensity: patient }
    const ref = this.system.spawn(dynamicSupervisor(options), { name })
    const answers = Promise.all(Array.from({ length: count }, () => ref.ask({ type: 'startChild' })))
    await this.env.advance(1)
    return (await answers).map((answer) => (answer.ok ? (answer.ref as unknown as Ref<WorkerProtocol>) : expect.fail(answer.error)))
  }

  at(path: string): Ref<WorkerProtocol> {
    return this.system.ref(path) as unknown as Ref<WorkerProtocol>
  }

  async stop(): Promise<void> {
    const stopped = this.system.stop()
    await this.env.advance(60_000)
    await stopped
    expectBalanced(this.system)
    if (this.env.pendingTimers > 0) throw new Error(`${this.env.pendingTimers} timers are left behind`)
  }
}

const crash = new Error('crash')

test('10 000 children that fail at once come back at the pace of the budget, none is forgotten, and no message is lost', async () => {
  const stage = new Stage({ perSecond: 500 })
  const groups = []
  for (const name of ['a', 'b', 'c', 'd']) groups.push(await stage.many(name, 2_500))
  const lone = await stage.many('lone', 1)
  const all = [...groups.flat(), ...lone]
  for (const ref of all) {
    ref.tell({ type: 'crash' })
    ref.tell({ type: 'work' })
  }
  await stage.env.settle()
  expect(stage.restarts).toHaveLength(50)
  expect(stage.handled).toBe(50)
  expect(stage.system.counters.waiting).toBe(all.length - 50)
  expect(stage.storms).toMatchObject([{ type: 'storm.began', perSecond: 500, burst: 50 }])
  await stage.env.advance(5_000)
  const some = stage.restarts.length
  expect(some).toBeGreaterThan(50 + 4.5 * 500)
  expect(some).toBeLessThanOrEqual(50 + 5 * 500)
  // Supervisors take turns: the one with a single child was not behind those with thousands.
  expect(stage.restarts.find(({ path }) => path.startsWith('/lone/'))!.at).toBeLessThanOrEqual(2_050)
  const counts = ['a', 'b', 'c', 'd'].map((name) => stage.restarts.filter(({ path }) => path.startsWith(`/${name}/`)).length)
  // The first fifty went before anybody had to wait.
  expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(51)
  await stage.env.advance(16_000)
  expect(stage.restarts).toHaveLength(all.length)
  expect(stage.handled).toBe(all.length)
  // One line when it begins and one when it is over, however many had to wait.
  expect(stage.storms).toMatchObject([{ type: 'storm.began' }, { type: 'storm.over', held: all.length - 50 }])
  const times = stage.restarts.map(({ at }) => at)
  for (let i = 60; i < times.length; i++) expect(times[i]! - times[i - 60]!).toBeGreaterThanOrEqual(20)
  await stage.stop()
})

test('with the default budget 10 000 failures settle at once into an orderly queue, and the system can be stopped at any time', async () => {
  const stage = new Stage()
  const refs = await stage.many('a', 10_000)
  for (const ref of refs) ref.tell({ type: 'crash' })
  await stage.env.settle()
  await stage.env.advance(10_000)
  expect(stage.restarts).toHaveLength(50 + 10 * 20)
  await stage.stop()
  expect(stage.storms).toHaveLength(1)
})

test('fewer failures than the burst restart on the spot, and nothing is told of', async () => {
  const stage = new Stage()
  const refs = await stage.many('a', 50)
  for (const ref of refs) ref.tell({ type: 'crash' })
  await stage.env.settle()
  expect(stage.restarts).toHaveLength(50)
  await stage.stop()
  expect(stage.storms).toEqual([])
})

test('one child that fails again and again spends the same budget as many', async () => {
  const stage = new Stage({ perSecond: 10, burst: 2 })
  await stage.supervisor('sup', ['a', 'b'])
  for (let i = 0; i < 3; i++) stage.at('/sup/a').tell({ type: 'crash' })
  stage.at('/sup/b').tell({ type: 'crash' })
  await stage.env.settle()
  expect(stage.restarts).toHaveLength(2)
  await stage.env.advance(200)
  expect(stage.restarts.map(({ path }) => path).toSorted()).toEqual(['/sup/a', '/sup/a', '/sup/a', '/sup/b'])
  await stage.stop()
})

test('asynchronous starts are bounded: 8 at a time, and synchronous ones do not wait for them', async () => {
  const stage = new Stage({ perSecond: 1_000, burst: 1_000 })
  const slow = await stage.many('slow', 30, 500)
  const quick = await stage.many('quick', 30)
  for (const ref of [...slow, ...quick]) ref.tell({ type: 'crash' })
  await stage.env.settle()
  expect(stage.starting).toBe(8)
  expect(stage.restarts).toHaveLength(8 + 30)
  await stage.env.advance(3_000)
  expect(stage.restarts).toHaveLength(60)
  expect(stage.most).toBe(8)
  await stage.stop()
})

test('a start that never ends gives its place up after 10 s', async () => {
  const stage = new Stage({ asyncStarts: 1 })
  const slow = await stage.many('slow', 2, 60_000)
  for (const ref of slow) ref.tell({ type: 'crash' })
  await stage.env.settle()
  await stage.env.advance(9_999)
  expect(stage.restarts).toHaveLength(1)
  await stage.env.advance(1)
  expect(stage.restarts).toHaveLength(2)
  await stage.stop()
})

test('a supervisor that stops gives back what its children had or waited for', async () => {
  const stage = new Stage({ asyncStarts: 2, perSecond: 1_000 })
  const team = (name: string) => {
    const children = ['a', 'b'].map((id) => child(stage.worker(4_000), { id, recovery: restartAtOnce() }))
    return child(supervisor({ name, intensity: patient, children }))
  }
  const boss = stage.system.spawn(supervisor({ name: 'boss', children: [team('first'), team('second'), team('third')] }), { name: 'boss' })
  await stage.env.advance(10)
  const paths = ['first/a', 'first/b', 'second/a', 'second/b', 'third/a', 'third/b']
  for (const path of paths) stage.at(`/boss/${path}`).tell({ type: 'crash' })
  await stage.env.settle()
  const restarted = () => stage.restarts.map(({ path }) => path.slice(6))
  expect(restarted()).toEqual(['first/a', 'first/b'])
  // One of them waits for the places, the other has them.
  const stopped = Promise.all(['second', 'first'].map((id) => boss.ask({ type: 'terminateChild', id })))
  await stage.env.advance(100)
  expect(restarted().slice(2).toSorted()).toEqual(['third/a', 'third/b'])
  await stage.env.advance(9_000)
  expect(await stopped).toEqual([{ ok: true }, { ok: true }])
  expect(restarted()).toHaveLength(4)
  await stage.stop()
})

test('a child whose restart is held shows as restarting, and can be terminated; its place goes to the next', async () => {
  const stage = new Stage({ perSecond: 1, burst: 1 })
  const sup = await stage.supervisor('sup', ['a', 'b', 'c'])
  for (const id of ['a', 'b', 'c']) stage.at(`/sup/${id}`).tell({ type: 'crash' })
  await stage.env.settle()
  expect((await sup.ask({ type: 'whichChildren' })).map(({ state }) => state)).toEqual(['running', 'restarting', 'restarting'])
  expect(await sup.ask({ type: 'countChildren' })).toMatchObject({ specs: 3, active: 1 })
  expect(await sup.ask({ type: 'restartChild', id: 'b' })).toMatchObject({ ok: false, error: 'restarting' })
  expect(await sup.ask({ type: 'terminateChild', id: 'b' })).toEqual({ ok: true })
  expect(await sup.ask({ type: 'deleteChild', id: 'b' })).toEqual({ ok: true })
  await stage.env.advance(1_000)
  expect(stage.restarts.map(({ path }) => path)).toEqual(['/sup/a', '/sup/c'])
  await stage.stop()
})

test('the members of a group count one by one, and wait in the order of their starts', async () => {
  const stage = new Stage({ perSecond: 1, burst: 2 })
  const sup = await stage.supervisor('sup', ['a', 'b', 'c', 'd'], restartAtOnce(), { strategy: 'one-for-all' })
  stage.at('/sup/b').tell({ type: 'crash' })
  await stage.env.settle()
  expect((await sup.ask({ type: 'whichChildren' })).map(({ life }) => life)).toEqual(['running', 'running', 'suspended', 'suspended'])
  // Another one of the group, while it is being restarted: it begins anew when it is up.
  stage.at('/sup/a').tell({ type: 'crash' })
  await stage.env.advance(7_000)
  expect(stage.restarts.map(({ path }) => path.at(-1)).join('')).toBe('abcdabcd')
  await stage.stop()
})

test('a restart that is held has counted: the supervisor gives up exactly when it would without', async () => {
  const stage = new Stage({ perSecond: 1, burst: 1 })
  const gaveUp: number[] = []
  stage.system.onEvent('supervisor.gave-up', ({ at }) => gaveUp.push(at))
  await stage.supervisor('sup', ['a', 'b', 'c'], restartAtOnce(), { intensity: { restarts: 2, withinMs: 100 } })
  for (const id of ['a', 'b', 'c']) stage.at(`/sup/${id}`).tell({ type: 'crash' })
  await stage.env.settle()
  expect(gaveUp).toHaveLength(1)
  await stage.stop()
  expect(stage.restarts.map(({ path }) => path)).toEqual(['/sup/a'])
})

test('a recovery machine that knows the event is told that the budget is spent, and may stop the child', async () => {
  const machine = recoverySetup<{ told: number }>().createMachine({
    id: 'hurried',
    context: { told: 0 },
    initial: 'down',
    states: {
      down: { on: { FAILED: 'restarting' } },
      restarting: {
        entry: 'restart',
        on: {
          STARTED: 'well',
          BUDGET_EXHAUSTED: [
            { guard: ({ event }) => event.retryInMs > 1_500, target: 'over', actions: assign({ told: ({ context }) => context.told + 1 }) },
          ],
        },
      },
      over: { entry: 'stop', type: 'final' },
      well: { type: 'final' },
    },
  })
  const stage = new Stage({ perSecond: 1, burst: 1 })
  const sup = await stage.supervisor('sup', ['a', 'b', 'c'], recovery(machine))
  for (const id of ['a', 'b', 'c']) stage.at(`/sup/${id}`).tell({ type: 'crash' })
  await stage.env.settle()
  expect((await sup.ask({ type: 'whichChildren' })).map(({ state }) => state)).toEqual(['running', 'restarting', 'absent'])
  await stage.env.advance(10_000)
  expect(stage.restarts.map(({ path }) => path)).toEqual(['/sup/a', '/sup/b'])
  await stage.stop()
})

test.each([
  [{ perSecond: 0 }, /perSecond/],
  [{ burst: 0 }, /burst/],
  [{ burst: Infinity }, /burst/],
  [{ spreadMs: -1 }, /spreadMs/],
  [{ asyncStarts: 1.5 }, /asyncStarts/],
  [{ asyncStartMs: Number.NaN }, /asyncStartMs/],
  [{ perMinute: 3 } as never, /perMinute/],
])('wrong limits %o are refused by name', (limits, message) => {
  expect(() => limitRestarts(createSystem({ env: new ManualEnv(), log: quiet }), limits)).toThrow(message)
})
