// A fallback in a child's place: the order `replace` in a real system, in virtual time.

import { actor, createSystem, InvalidOptionError } from '@understudy/runtime'
import { ManualEnv } from '@understudy/runtime/testing'
import { expect, test } from 'vitest'
import { child } from './child.ts'
import { pool } from './pool/pool.ts'
import { circuitBreaker } from './recovery/library/circuit-breaker.ts'
import { recovery, recoverySetup } from './recovery/machine.ts'
import { supervisor } from './supervisor.ts'

const quiet = { debug() {}, info() {}, warn() {}, error() {} }

/** Each failure brings the fallback, which makes way for the child itself after a while, or when somebody says so. */
const standIn = recoverySetup().createMachine({
  id: 'stand-in',
  initial: 'idle',
  states: {
    idle: { on: { FAILED: 'replaced', STABLE: 'recovered', 'OPERATOR.park': 'replaced' } },
    replaced: {
      entry: 'replace',
      after: { 10_000: { target: 'idle', actions: 'restart' } },
      on: { FAILED: { target: 'replaced', reenter: true }, 'OPERATOR.release': { target: 'idle', actions: 'restart' } },
    },
    recovered: { type: 'final' },
  },
})

type Till = { sell(message: { ok: boolean }): string }

const log: string[] = []
const sell =
  (who: string) =>
  (_: unknown, { ok }: { ok: boolean }) => {
    if (!ok) throw new Error(`${who} is broken`)
    return who
  }
const till = actor({ name: 'till', state: (price: number) => void log.push(`till ${price}`), on: { sell: sell('till') } })
const drawer = actor({
  name: 'drawer',
  state: (price: number) => void log.push(`drawer ${price}`),
  stopped: () => void log.push('drawer stopped'),
  restarting: () => void log.push('drawer makes way'),
  on: { sell: sell('drawer') },
})
const other = actor({ name: 'other', on: { fail: () => Promise.reject(new Error('other')) } })
const policy = recovery(standIn, { fallback: drawer })

async function open(strategy: 'one-for-one' | 'one-for-all' = 'one-for-one') {
  log.length = 0
  const env = new ManualEnv()
  const system = createSystem({ env, log: quiet })
  const machines: string[] = []
  system.onEvent('recovery.replaced', ({ cause }) => machines.push(cause))
  const children = [child(till, { recovery: policy, input: 5 }), child(other)]
  const sup = system.spawn(supervisor({ name: 'sup', strategy, children }), { name: 'sup' })
  await env.settle()
  const ref = system.ref<Till>('/sup/till')
  const ask = async (): Promise<string> => {
    const answer = ref.ask({ type: 'sell', ok: true })
    await env.settle()
    return answer
  }
  const fail = async (): Promise<void> => {
    ref.tell({ type: 'sell', ok: false })
    await env.settle()
  }
  return { env, system, sup, ref, ask, fail, machines }
}

test('after replace the fallback runs in the place of the child: same ref, same mailbox, same input', async () => {
  const { system, ref, env, ask, machines } = await open()
  ref.tell({ type: 'sell', ok: false })
  const waiting = ref.ask({ type: 'sell', ok: true }) // behind the failure, in the same mailbox
  await env.settle()
  expect(await waiting).toBe('drawer')
  expect(await ask()).toBe('drawer')
  expect(log).toEqual(['till 5', 'drawer 5'])
  expect(machines).toEqual([])
  expect(system.counters.deadLettered).toBe(1)
})

test("a mailbox and a time to stop are the child's own, also while the fallback runs", async () => {
  const env = new ManualEnv()
  const system = createSystem({ env, log: quiet })
  const never = (): Promise<void> => new Promise(() => {})
  const fallback = actor({ name: 'fallback', on: { work: never }, mailbox: { capacity: 1 }, shutdownMs: 60_000 })
  const worker = actor({
    name: 'worker',
    on: { work: () => Promise.reject(new Error('broken')) },
    mailbox: { capacity: 3 },
    shutdownMs: 1000,
  })
  const children = [child(worker, { recovery: recovery(standIn, { fallback }) })]
  system.spawn(supervisor({ name: 'sup', children }), { name: 'sup' })
  await env.settle()
  const ref = system.ref('/sup/worker', worker)
  ref.tell({ type: 'work' })
  await env.settle()
  // One is in hand, three wait, and for one there is no room.
  for (let n = 0; n < 5; n++) {
    ref.tell({ type: 'work' })
    await env.settle()
  }
  expect(system.deadLetters.counts['mailbox-full']).toBe(1)
  const stopped = system.stop()
  await env.advance(1000)
  await stopped
})

test('the child itself is back when its machine orders a restart, be it by a timer or by hand', async () => {
  const { env, sup, ask, fail } = await open()
  await fail()
  await env.advance(9_000)
  expect(await ask()).toBe('drawer')
  await env.advance(1_000)
  expect(await ask()).toBe('till')
  expect(log).toEqual(['till 5', 'drawer 5', 'drawer makes way', 'till 5'])
  await fail()
  expect(await ask()).toBe('drawer')
  sup.tell({ type: 'recoverChild', id: 'till', order: 'release' })
  await env.settle()
  expect(await ask()).toBe('till')
})

test('a fallback that fails is replaced by itself when the machine says so again, and the child is not brought back by that', async () => {
  const { ask, fail } = await open()
  await fail()
  await fail()
  expect(await ask()).toBe('drawer')
  expect(log).toEqual(['till 5', 'drawer 5', 'drawer makes way', 'drawer 5'])
})

test('a running child can be replaced as planned', async () => {
  const { env, sup, ask, fail, machines } = await open()
  await fail()
  sup.tell({ type: 'recoverChild', id: 'till', order: 'release' })
  await env.settle()
  expect(await ask()).toBe('till')
  sup.tell({ type: 'recoverChild', id: 'till', order: 'park' })
  await env.settle()
  expect(await ask()).toBe('drawer')
  expect(machines).toEqual([])
})

test('whoever else starts it, starts the child itself: its group, or a person', async () => {
  const { env, system, sup, ask, fail } = await open('one-for-all')
  await fail()
  expect(await ask()).toBe('drawer')
  system.ref<{ fail(): void }>('/sup/other').tell({ type: 'fail' })
  await env.settle()
  expect(await ask()).toBe('till')
  await fail()
  sup.tell({ type: 'terminateChild', id: 'till' })
  await env.settle()
  expect(log.at(-1)).toBe('drawer stopped')
  sup.tell({ type: 'restartChild', id: 'till' })
  await env.settle()
  expect(await ask()).toBe('till')
})

test('replace is possible only with a fallback, and a pool is none', async () => {
  const env = new ManualEnv()
  const system = createSystem({ env, log: quiet })
  const causes: string[] = []
  system.onEvent('recovery.replaced', ({ cause }) => causes.push(cause))
  const children = [child(till, { recovery: recovery(standIn), input: 5 })]
  system.spawn(supervisor({ name: 'sup', children }), { name: 'sup' })
  await env.settle()
  system.ref<Till>('/sup/till').tell({ type: 'sell', ok: false })
  await env.settle()
  expect(causes).toEqual([expect.stringContaining("nothing here can do 'replace'")])
  expect(() => recovery(standIn, { fallback: pool(other, { size: 2 }) })).toThrow(InvalidOptionError)
})

test('a fallback that cannot start, or only later, is a failed or a slow start like any other, and may supervise children of its own', async () => {
  const env = new ManualEnv()
  const system = createSystem({ env, log: quiet })
  let failures = 2
  const helper = actor({ name: 'helper', on: { help: () => 'helped' } })
  const late = actor({
    name: 'late',
    state: async (_input: number, ctx) => {
      if (failures-- > 0) throw new Error('not yet')
      await new Promise<void>((resolve) => void env.setTimer(500, resolve))
      return ctx.spawn(helper, { name: 'helper' })
    },
    on: { sell: (aid) => aid.ask({ type: 'help' }) },
  })
  const children = [child(till, { recovery: recovery(standIn, { fallback: late }), input: 5 })]
  system.spawn(supervisor({ name: 'sup', children, intensity: { restarts: 10, withinMs: 1_000 } }), { name: 'sup' })
  await env.settle()
  const ref = system.ref<Till>('/sup/till')
  ref.tell({ type: 'sell', ok: false })
  const answer = ref.ask({ type: 'sell', ok: true }, { timeoutMs: 2_000 })
  await env.advance(1_000)
  expect(await answer).toBe('helped')
  expect(failures).toBe(-1)
  await env.advance(10_000)
  const back = ref.ask({ type: 'sell', ok: true })
  const gone = system.ref<{ help(): string }>('/sup/till/helper').ask({ type: 'help' })
  gone.catch(() => {})
  await env.settle()
  expect(await back).toBe('till')
  await expect(gone).rejects.toMatchObject({ code: 'NO_SUCH_ACTOR' })
})

test('a fallback in a group is started in the place of its child, with the others', async () => {
  const { system, ask, fail } = await open('one-for-all')
  const restarts: string[] = []
  system.onEvent('actor.restarted', ({ path }) => restarts.push(path))
  await fail()
  expect(restarts).toEqual(['/sup/till', '/sup/other'])
  expect(await ask()).toBe('drawer')
})

test('snapshots are of the child: none is taken of its fallback, and the child goes on from its own', async () => {
  const env = new ManualEnv()
  const system = createSystem({ env, log: quiet })
  const counting = (name: string, first: number) =>
    actor({
      name,
      snapshots: { everyMs: 100 },
      state: () => ({ n: first }),
      on: {
        add: (state) => ++state.n,
        fail: () => {
          throw new Error('crash')
        },
      },
    })
  const machine = recoverySetup().createMachine({
    id: 'back-from-snapshot',
    initial: 'idle',
    states: {
      idle: { on: { FAILED: { target: 'replaced', actions: 'replace' } } },
      replaced: { on: { FAILED: { target: 'idle', actions: { type: 'restart', params: { state: 'snapshot' } } } } },
    },
  })
  const original = counting('original', 0)
  const children = [child(original, { recovery: recovery(machine, { fallback: counting('double', 1_000) }) })]
  system.spawn(supervisor({ name: 'sup', children }), { name: 'sup' })
  await env.settle()
  const ref = system.ref('/sup/original', original)
  const add = async (): Promise<number> => {
    const answer = ref.ask({ type: 'add' })
    await env.advance(200)
    return answer
  }
  expect([await add(), await add()]).toEqual([1, 2])
  ref.tell({ type: 'fail' })
  expect([await add(), await add(), await add()]).toEqual([1_001, 1_002, 1_003])
  ref.tell({ type: 'fail' })
  expect(await add()).toBe(3)
})

test('circuitBreaker({ fallback }): while it is open the fallback answers, then the child itself is on trial, and is back', async () => {
  const env = new ManualEnv()
  const system = createSystem({ env, log: quiet })
  const states: string[] = []
  system.onEvent('recovery.moved', ({ from, to }) => from !== to && states.push(to))
  let isIll = true
  const live = actor({
    name: 'live',
    on: {
      read: () => {
        if (isIll) throw new Error('no answer')
        return 'live'
      },
    },
  })
  const cached = actor({ name: 'cached', on: { read: () => 'cached' } })
  const policy = circuitBreaker({ failures: 2, openMs: 1_000, probeMs: 500, fallback: cached })
  const intensity = { restarts: 20, withinMs: 5_000 }
  system.spawn(supervisor({ name: 'sup', intensity, children: [child(live, { recovery: policy })] }), { name: 'sup' })
  await env.settle()
  const ref = system.ref('/sup/live', live)
  const read = async (): Promise<string> => {
    const answer = ref.ask({ type: 'read' })
    answer.catch(() => {})
    await env.settle()
    return answer
  }
  for (let n = 0; n < 2; n++) ref.tell({ type: 'read' })
  await env.settle()
  expect(await read()).toBe('cached')
  // The first trial fails, and it is the fallback's turn again, for twice as long.
  await env.advance(1_200)
  await expect(read()).rejects.toThrow('no answer')
  expect(await read()).toBe('cached')
  await env.advance(1_200)
  expect(await read()).toBe('cached')
  isIll = false
  await env.advance(1_200)
  expect(await read()).toBe('live')
  await env.advance(500)
  expect(await read()).toBe('live')
  expect(states).toEqual(['closed', 'replacing', 'standingIn', 'halfOpen', 'replacing', 'standingIn', 'halfOpen', 'closed'])
  expect(() => circuitBreaker({ fallback: pool(live, { size: 1 }) })).toThrow('circuitBreaker.fallback')
})
