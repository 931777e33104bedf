import { expect, test } from 'vitest'
import type { ExitReason } from '../contracts/exit-reason.ts'
import { isFailure } from '../contracts/exit-reason.ts'
import { InvalidOptionError } from '../errors.ts'
import { type Boss, boss } from '../testing/boss.fixture.ts'
import { deferred, type Stage, stage } from '../testing/stage.fixture.ts'
import { actor } from './define.ts'

interface Scene extends Stage {
  readonly boss: Boss
  readonly starts: string[]
  readonly restart: (state?: 'fresh' | 'snapshot' | 'previous') => Promise<void>
  readonly count: () => Promise<number>
  readonly add: (by: number) => Promise<void>
}

async function scene(options: { readonly isBroken?: boolean } = {}): Promise<Scene> {
  const on = stage()
  const starts: string[] = []
  const counter = actor({
    name: 'counter',
    state: () => ({ count: 0, odd: options.isBroken === true ? () => {} : null }),
    started: ({ count }) => void starts.push(`begins with ${count}`),
    snapshots: { everyMs: 1_000 },
    on: {
      add: (state, { by }: { by: number }) => void (state.count += by),
      count: ({ count }) => count,
      slowly: async (state, { until }: { until: Promise<void> }) => {
        state.count += 1_000
        await until
        state.count -= 1_000
      },
      fail: () => {
        throw new Error('boom')
      },
    },
  })
  const supervisor = boss({ start: (control) => void control.spawn(counter, { name: 'counter' }) })
  on.system.spawn(supervisor.definition, { name: 'boss' })
  await on.env.settle()
  const ref = on.system.ref('/boss/counter', counter)
  const ask = async <T>(answer: Promise<T>): Promise<T> => {
    await on.env.settle()
    return answer
  }
  return {
    ...on,
    boss: supervisor,
    starts,
    restart: async (state) => {
      ref.tell({ type: 'fail' })
      await on.env.settle()
      supervisor.control.order(on.cell('/boss/counter'), { type: 'restart', ...(state !== undefined && { state }) })
      await on.env.settle()
    },
    count: () => ask(ref.ask({ type: 'count' })),
    add: (by) => ask(ref.ask({ type: 'add', by }).then(() => {})),
  }
}

const reasons = ({ told }: Boss): (ExitReason | undefined)[] => told.filter(({ what }) => what === 'down').map(({ reason }) => reason)

test('a restart begins with nothing, with the last snapshot, or with the one before, as it is ordered', async () => {
  const { env, add, count, restart, starts, boss: supervisor } = await scene()
  await add(1)
  await env.advance(1_000)
  await add(10)
  await env.advance(1_000)
  await add(100)
  await restart('snapshot')
  expect(await count()).toBe(11)
  await restart('previous')
  expect(await count()).toBe(1)
  await restart('previous')
  expect(await count()).toBe(0)
  expect(starts).toEqual(['begins with 0', 'begins with 11', 'begins with 1', 'begins with 0'])
  expect(reasons(supervisor).map((reason) => isFailure(reason!) && reason.snapshots)).toEqual([2, 2, 1])
})

test('a fresh restart keeps the snapshots for later, and a snapshot is not changed by the life that begins with it', async () => {
  const { env, add, count, restart } = await scene()
  await add(5)
  await env.advance(1_000)
  await restart()
  expect(await count()).toBe(0)
  await restart('snapshot')
  await add(1)
  await restart('snapshot')
  expect(await count()).toBe(5)
})

test('no snapshot is taken while a handler is open: it may have changed the state halfway', async () => {
  const { env, system, count, restart } = await scene()
  const gate = deferred()
  system.ref('/boss/counter').tell({ type: 'slowly', until: gate.promise } as never)
  await env.advance(1_500)
  gate.resolve()
  await env.advance(500)
  await restart('snapshot')
  expect(await count()).toBe(0)
})

test('a state that cannot be copied has no snapshots; it is said once, and nobody fails', async () => {
  const { env, lines, count, restart, events } = await scene({ isBroken: true })
  await env.advance(5_000)
  expect(lines.filter(({ text }) => text.startsWith('no more snapshots of /boss/counter'))).toHaveLength(1)
  expect(events.filter(({ type }) => type === 'actor.failed')).toEqual([])
  await restart('snapshot')
  expect(await count()).toBe(0)
})

test('the timer of snapshots ends with the actor', async () => {
  const { env, system } = await scene()
  const stopped = system.stop()
  await env.settle()
  await stopped
  expect(env.pendingTimers).toBe(0)
})

test.each([
  ['snapshots.everyMs', { everyMs: 0 }],
  ['snapshots.everyMs', {}],
  ['snapshots.take', { everyMs: 1, take: 1 }],
  ['snapshots.restore', { everyMs: 1, restore: 'x' }],
])('a wrong %s is refused', (field, snapshots) => {
  const make = (): unknown => actor({ name: 'a', snapshots: snapshots as never, on: {} })
  expect(make).toThrow(InvalidOptionError)
  expect(make).toThrow(expect.objectContaining({ field }))
})
