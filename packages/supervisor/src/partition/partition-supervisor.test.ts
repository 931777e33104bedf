// Partition supervisors in a real system, in virtual time.

import { actor, createSystem, InvalidOptionError } from '@understudy/runtime'
import type { ActorContext, ActorSystem, Protocol, Ref, SystemEvent } from '@understudy/runtime'
import { expectBalanced, ManualEnv } from '@understudy/runtime/testing'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { child } from '../child.ts'
import { restartAtOnce } from '../recovery/library/restart-at-once.ts'
import { supervisor } from '../supervisor.ts'
import type { SupervisorProtocol } from '../supervisor.ts'
import { taskSupervisor } from '../task/task-supervisor.ts'
import { tasks } from '../task/tasks.ts'
import { partitionOf, partitionSupervisor } from './partition-supervisor.ts'

const quiet = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }

let env: ManualEnv
let system: ActorSystem
let events: SystemEvent[]

const shelf = actor({
  name: 'shelf',
  state: (input: string | undefined, ctx: ActorContext<Protocol>) => ({ at: ctx.path.split('/').at(-1)!, input, seen: [] as number[] }),
  on: {
    where: (state, _message: { key: string | number }) => state.at,
    input: (state, _message: { key: string | number }) => state.input,
    put: (state, message: { key: string | number; n: number }) => {
      state.seen.push(message.n)
    },
    seen: (state, _message: { key: string | number }) => state.seen,
    crash: (_state, _message: { key: string | number }) => {
      throw new Error('crash')
    },
  },
})

beforeEach(() => {
  env = new ManualEnv()
  events = []
  system = createSystem({ env, log: quiet })
  system.onEvent((event) => events.push(event))
})

afterEach(async () => {
  const stopped = system.stop()
  await env.advance(60_000)
  await stopped
  expectNothingLeft()
})

function expectNothingLeft(): void {
  expectBalanced(system)
  expect(env.pendingTimers).toBe(0)
}

async function answered<T>(promise: Promise<T>): Promise<T> {
  const outcome = promise.then(
    (value) => () => value,
    (error: unknown) => () => {
      throw error
    },
  )
  await env.settle()
  return (await outcome)()
}

describe('a partition supervisor', () => {
  test('gives each message to the partition of its key, and a key always to the same one', async () => {
    const ref = system.spawn(partitionSupervisor({ name: 'shelves', child: shelf, partitions: 3 }), { name: 'shelves' })
    await env.settle()
    const where = (key: string | number): Promise<string> => answered(ref.ask({ type: 'where', key }))
    expect(await where(3)).toBe('p-0')
    expect(await where(-1)).toBe('p-1')
    for (const key of ['anna', 'bert', 'cora']) expect(await where(key)).toBe(await where(key))
    const all = await Promise.all(Array.from({ length: 60 }, (_, n) => where(`user-${n}`)))
    expect(new Set(all)).toEqual(new Set(['p-0', 'p-1', 'p-2']))
  })

  test('has 8 partitions by default, started in order, each with its own input', async () => {
    const named = partitionSupervisor({ name: 'shelves', child: shelf, inputOf: (n) => `input ${n}` })
    const ref = system.spawn(named, { name: 'shelves' })
    await env.settle()
    const inputs = await Promise.all(Array.from({ length: 9 }, (_, key) => answered(ref.ask({ type: 'input', key }))))
    expect(inputs).toEqual(['input 0', 'input 1', 'input 2', 'input 3', 'input 4', 'input 5', 'input 6', 'input 7', 'input 0'])
  })

  test('routes by keyOf where messages have no field of that name', async () => {
    const keyOf = (message: { readonly type: string; readonly n?: number }): number => message.n ?? 0
    const ref = system.spawn(partitionSupervisor({ name: 'shelves', child: shelf, partitions: 2, keyOf }), { name: 'shelves' })
    for (let n = 0; n < 6; n++) ref.tell({ type: 'put', key: 'any', n })
    await env.settle()
    expect(await answered(partitionOf(ref, 0).ask({ type: 'seen', key: 'any' }))).toEqual([0, 2, 4])
    expect(await answered(partitionOf(ref, 1).ask({ type: 'seen', key: 'any' }))).toEqual([1, 3, 5])
  })

  test('keeps what comes before its partitions are there, and the order of each key with it', async () => {
    const ref = system.spawn(partitionSupervisor({ name: 'shelves', child: shelf, partitions: 4 }), { name: 'shelves' })
    for (let n = 0; n < 20; n++) ref.tell({ type: 'put', key: n % 4, n })
    const last = partitionOf(ref, 3)
    last.tell({ type: 'put', key: 'whatever', n: 100 })
    void Promise.resolve().then(() => ref.tell({ type: 'put', key: 3, n: 101 }))
    await env.settle()
    expect(await answered(ref.ask({ type: 'seen', key: 0 }))).toEqual([0, 4, 8, 12, 16])
    expect(await answered(last.ask({ type: 'seen', key: 0 }))).toEqual([3, 7, 11, 15, 19, 100, 101])
    expect(system.counters.deadLettered).toBe(0)
  })

  test('a failure is felt by the keys of its partition only, and their messages wait for the restart', async () => {
    const ref = system.spawn(partitionSupervisor({ name: 'shelves', child: shelf, partitions: 2 }), { name: 'shelves' })
    for (const key of [0, 1]) ref.tell({ type: 'put', key, n: 7 })
    for (let n = 0; n < 2; n++) ref.tell({ type: 'crash', key: 1 })
    ref.tell({ type: 'put', key: 1, n: 8 })
    await env.settle()
    expect(await answered(ref.ask({ type: 'seen', key: 0 }))).toEqual([7])
    expect(events.filter(({ type }) => type === 'actor.backoff')).toMatchObject([{ path: '/shelves/p-1' }])
    const late = ref.ask({ type: 'seen', key: 1 })
    await env.advance(400)
    expect(await late).toEqual([8])
  })

  test('a ref to one partition stays valid through its restart', async () => {
    const sup = partitionSupervisor({ name: 'shelves', child: shelf, partitions: 2, recovery: restartAtOnce() })
    const one = partitionOf(system.spawn(sup, { name: 'shelves' }), 1)
    one.tell({ type: 'crash', key: 'any' })
    expect(await answered(one.ask({ type: 'where', key: 'any' }))).toBe('p-1')
    expect(one.address.path).toBe('/shelves/p-1')
  })

  test('gives up by its own intensity; its supervisor starts it anew, and messages from meanwhile are kept', async () => {
    const shelves = partitionSupervisor({ name: 'shelves', child: shelf, partitions: 2, intensity: { restarts: 0, withinMs: 1 } })
    system.spawn(supervisor({ name: 'sup', children: [child(shelves, { recovery: restartAtOnce() })] }), { name: 'sup' })
    await env.settle()
    const ref = system.ref('/sup/shelves', shelves)
    ref.tell({ type: 'put', key: 0, n: 1 })
    ref.tell({ type: 'crash', key: 1 })
    await env.settle()
    expect(events.filter(({ type }) => type === 'supervisor.gave-up')).toMatchObject([{ path: '/sup/shelves', child: 'p-1' }])
    expect(await answered(ref.ask({ type: 'seen', key: 0 }))).toEqual([])
  })

  test('what has no key, and what keyOf throws at, is a dead letter that says so; nobody is harmed', async () => {
    const keyOf = (message: { readonly key: string | number }): string => {
      if (message.key === 'bad') throw new Error('no such thing')
      return undefined as unknown as string
    }
    const ref = system.spawn(partitionSupervisor({ name: 'shelves', child: shelf, partitions: 2, keyOf }), { name: 'shelves' })
    await env.settle()
    await expect(answered(ref.ask({ type: 'where', key: 'bad' }))).rejects.toThrow('keyOf threw Error: no such thing')
    await expect(answered(ref.ask({ type: 'where', key: 'none' }))).rejects.toThrow('its key is neither a text nor a number')
    expect(system.deadLetters.counts.invalid).toBe(2)
  })

  test('a partition that has ended for good makes dead letters of its messages, the others go on', async () => {
    const once = partitionSupervisor({ name: 'shelves', child: shelf, partitions: 2, restart: 'temporary' })
    const ref = system.spawn(once, { name: 'shelves' })
    ref.tell({ type: 'crash', key: 1 })
    await env.settle()
    await expect(answered(ref.ask({ type: 'where', key: 1 }))).rejects.toMatchObject({ code: 'NO_SUCH_ACTOR' })
    expect(await answered(ref.ask({ type: 'where', key: 0 }))).toBe('p-0')
  })

  test('supervisors can be partitions: each is reached by partitionOf', async () => {
    const inner = supervisor({ name: 'inner', children: [] })
    const ref: Ref<SupervisorProtocol> = system.spawn(partitionSupervisor({ name: 'many', child: inner, partitions: 2 }), { name: 'many' })
    const added = partitionOf(ref, 'anna').ask({ type: 'startChild', child: child(shelf, { id: 'anna' }) })
    expect(await answered(added)).toMatchObject({ ok: true, id: 'anna' })
    const counts = [0, 1].map((n) => answered(partitionOf(ref, n).ask({ type: 'countChildren' })))
    expect(new Set((await Promise.all(counts)).map(({ active }) => active))).toEqual(new Set([0, 1]))
  })

  test('task supervisors can be partitions: work goes to the one of its key', async () => {
    const lookups = partitionSupervisor({ name: 'lookups', child: taskSupervisor({ name: 'lookups' }), partitions: 2 })
    const ref = system.spawn(lookups, { name: 'lookups' })
    const path = (key: number): Promise<string> => tasks(partitionOf(ref, key)).asyncNoLink((task) => task.path)
    expect(await answered(Promise.all([path(0), path(1), path(3)]))).toEqual(['/lookups/p-0/t-1', '/lookups/p-1/t-1', '/lookups/p-1/t-2'])
  })

  test.each([
    { field: 'name', options: { name: 'a b', child: shelf } },
    { field: 'child', options: { name: 'x', child: 'shelf' } },
    { field: 'partitions', options: { name: 'x', child: shelf, partitions: 0 } },
    { field: 'partitions', options: { name: 'x', child: shelf, partitions: 1.5 } },
    { field: 'keyOf', options: { name: 'x', child: shelf, keyOf: 'key' } },
    { field: 'inputOf', options: { name: 'x', child: shelf, inputOf: {} } },
    { field: 'child.restart', options: { name: 'x', child: shelf, restart: 'always' } },
    { field: 'intensity.restarts', options: { name: 'x', child: shelf, intensity: { restarts: -1, withinMs: 1 } } },
    { field: 'size', options: { name: 'x', child: shelf, size: 3 } },
  ])('refuses a wrong $field, and names it', ({ field, options }) => {
    const refused = (): unknown => partitionSupervisor(options as never)
    expect(refused).toThrow(InvalidOptionError)
    expect(refused).toThrow(new RegExp(`^${field.replace('.', '\\.')} `))
  })

  test('partitionOf refuses what has no partitions', () => {
    expect(() => partitionOf(system.spawn(shelf), 'a')).toThrow(InvalidOptionError)
  })
})

test('protocol, keys and inputs are typed', () => {
  const counter = actor({ name: 'counter', state: (start: number) => ({ start }), on: { add: (_s, m: { by: number }) => m.by } })
  const check = (): void => {
    const good = partitionSupervisor({ name: 'x', child: counter, inputOf: (n) => n, keyOf: (message) => message.by })
    const ref = system.spawn(good)
    ref.tell({ type: 'add', by: 1 })
    // @ts-expect-error -- it speaks the protocol of its child
    ref.tell({ type: 'subtract', by: 1 })
    // @ts-expect-error -- the child takes an input
    partitionSupervisor({ name: 'x', child: counter })
    // @ts-expect-error -- of that type
    partitionSupervisor({ name: 'x', child: counter, inputOf: () => 'one' })
    // @ts-expect-error -- a message has no such field
    partitionSupervisor({ name: 'x', child: counter, inputOf: (n) => n, keyOf: (message) => message.account as string })
  }
  expect(check).toBeTypeOf('function')
})
