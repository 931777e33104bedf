// The management calls as a table: each call in each state of its child.

import { describe, expect, test } from 'vitest'
import type { Call } from './call.ts'
import { Bench, crash, startFailed } from './engine-bench.fixture.ts'
import { defaultRecovery } from './recovery/library/restart-then-backoff.ts'
import { recovery, recoverySetup } from './recovery/machine.ts'
import type { MemberSpec } from './spec.ts'
import { oneForAll } from './strategy/one-for-all.ts'
import { restForOne } from './strategy/rest-for-one.ts'

const calls = ['startChild', 'terminateChild', 'restartChild', 'deleteChild'] as const
const spec = (id: string): MemberSpec => ({ id, restart: 'permanent', recovery: defaultRecovery, significant: false })
const request = (type: (typeof calls)[number], id: string): Call => (type === 'startChild' ? { type, spec: spec(id) } : { type, id })
const parks = recovery(
  recoverySetup().createMachine({
    id: 'parks',
    initial: 'idle',
    states: { idle: { on: { FAILED: 'parked' } }, parked: { entry: 'park', on: { STARTED: 'idle' } } },
  }),
)

/** Brings child `a`, with its sibling `b`, into a state. */
const states: Record<string, () => Bench> = {
  runs: () => Bench.booted('ab'),
  'is terminated': () => {
    const bench = Bench.booted('ab')
    bench.call(request('terminateChild', 'a'))
    bench.down('a', 'shutdown')
    return bench
  },
  'has ended and is transient': () => {
    const bench = Bench.booted('ab', { types: { a: 'transient' } })
    bench.down('a', 'normal')
    return bench
  },
  'is being restarted': () => {
    const bench = Bench.booted('ab')
    bench.down('a')
    return bench
  },
  'waits in backoff': () => {
    const bench = Bench.booted('ab', { recovery: defaultRecovery })
    bench.down('a')
    bench.down('a', startFailed)
    return bench
  },
  'is parked': () => {
    const bench = Bench.booted('ab', { recovery: parks })
    bench.down('a')
    return bench
  },
  'waits for its group': () => {
    const bench = Bench.booted('ba', { recovery: defaultRecovery, strategy: oneForAll })
    bench.down('b')
    bench.down('a', 'shutdown')
    bench.down('b', startFailed)
    return bench
  },
  'is being started by a call': () => {
    const bench = Bench.booted('b')
    bench.call(request('startChild', 'a'), 9)
    return bench
  },
  'is being terminated': () => {
    const bench = Bench.booted('ab')
    bench.call(request('terminateChild', 'a'), 9)
    return bench
  },
  'is unknown': () => Bench.booted('b'),
}

const is = (error: string): string[] => [`reply ${error}`]

/** What each call does in each state, in the order of `calls`; calls that wait are in the next table. */
const answers: Record<string, string[][]> = {
  runs: [is('already-started'), ['stop a'], is('running'), is('running')],
  'is terminated': [is('already-present'), is('ok'), ['start a'], is('ok')],
  'has ended and is transient': [is('already-present'), is('ok'), ['start a'], is('ok')],
  'is being restarted': [is('already-started'), ['stop a'], is('running'), is('running')],
  'waits in backoff': [is('already-present'), ['cancel a retry', 'remove a', 'reply ok'], is('restarting'), is('restarting')],
  'is parked': [is('already-present'), ['remove a', 'reply ok'], is('restarting'), is('restarting')],
  'waits for its group': [is('already-present'), ['remove a', 'reply ok'], is('restarting'), is('restarting')],
  'is being started by a call': [is('already-started'), ['reply terminated', 'stop a'], is('running'), is('running')],
  'is being terminated': [[], [], [], []],
  'is unknown': [['start a'], is('not-found'), is('not-found'), is('not-found')],
}

describe('each call in each state of its child', () => {
  const table = Object.entries(answers).flatMap(([state, row]) => calls.map((call, n) => ({ state, call, does: row[n]! })))

  test.each(table)('$call of a child that $state: $does', ({ state, call, does }) => {
    expect(states[state]!().call(request(call, 'a'))).toEqual(does)
  })

  test.each<{ call: (typeof calls)[number]; then: string[] }>([
    { call: 'startChild', then: ['reply already-present'] },
    { call: 'terminateChild', then: ['reply ok'] },
    { call: 'restartChild', then: ['start a'] },
    { call: 'deleteChild', then: ['reply ok'] },
  ])('$call of a child that is being terminated waits until it is: $then', ({ call, then }) => {
    const bench = states['is being terminated']!()
    bench.call(request(call, 'a'))
    expect(bench.down('a', 'shutdown')).toEqual(['remove a', 'reply ok', ...then])
  })

  test('calls that wait for the same child are answered in their order', () => {
    const bench = states['is being terminated']!()
    for (const call of ['deleteChild', 'restartChild', 'startChild'] as const) bench.call(request(call, 'a'))
    expect(bench.down('a', 'shutdown')).toEqual(['remove a', 'reply ok', 'reply ok', 'reply not-found', 'start a'])
  })

  test('when the supervisor has given up every call is refused', () => {
    const bench = Bench.booted('ab', { restarts: 0 })
    bench.down('b', crash)
    for (const call of calls) expect(bench.call(request(call, 'a'))).toEqual(is('stopping'))
  })
})

describe('management calls', () => {
  test('a started child joins at the end, a failed start by call leaves nothing behind', () => {
    const bench = Bench.booted('abc')
    bench.call(request('startChild', 'x'))
    expect(bench.started('x')).toEqual(['reply ok'])
    expect(Object.keys(bench.phases)).toEqual(['a', 'b', 'c', 'x'])
    bench.call(request('startChild', 'y'))
    expect(bench.down('y', startFailed)).toEqual(['remove y', 'reply start-failed'])
    expect(Object.keys(bench.phases)).toEqual(['a', 'b', 'c', 'x'])
  })

  test('a failed start by restartChild keeps the spec, and is no failure of the supervisor', () => {
    const bench = states['is terminated']!()
    bench.call({ type: 'restartChild', id: 'a' })
    expect(bench.down('a', startFailed)).toEqual(['remove a', 'reply start-failed'])
    expect(bench.phases).toMatchObject({ a: 'absent' })
    expect(bench.counted).toBe(0)
  })

  test('terminate answers when the child is gone, never touches siblings, never counts; a temporary spec goes with its child', () => {
    const bench = Bench.booted('ab', { strategy: oneForAll, restarts: 0, types: { b: 'temporary' } })
    expect(bench.call({ type: 'terminateChild', id: 'a' })).toEqual(['stop a'])
    expect(bench.down('a', 'shutdown')).toEqual(['remove a', 'reply ok'])
    expect(bench.call({ type: 'terminateChild', id: 'b' })).toEqual(['stop b'])
    expect(bench.down('b', 'killed')).toEqual(['remove b', 'reply ok'])
    expect(bench.phases).toEqual({ a: 'absent' })
    expect(bench.call({ type: 'restartChild', id: 'a' })).toEqual(['start a'])
    expect(bench.started('a')).toEqual(['reply ok'])
  })

  test('between a failed start and the next attempt a child is restarting; once it is let go of, the attempt does not come', () => {
    const failing = (): Bench => {
      const bench = Bench.booted('ab')
      bench.retriesAtOnce = false
      bench.down('a')
      expect(bench.down('a', startFailed)).toEqual(['retry a'])
      return bench
    }
    expect(failing().call(request('restartChild', 'a'))).toEqual(['reply restarting'])
    expect(failing().call(request('deleteChild', 'a'))).toEqual(['reply restarting'])
    expect(failing().call(request('startChild', 'a'))).toEqual(['reply already-present'])
    const bench = failing()
    expect(bench.counted).toBe(1)
    expect(bench.call(request('terminateChild', 'a'))).toEqual(['remove a', 'reply ok'])
    expect(bench.retry('a')).toEqual([])
    expect(bench.call(request('restartChild', 'a'))).toEqual(['start a'])
    expect(bench.retry('a')).toEqual([])
    expect(bench.counted).toBe(1)
  })

  test('an attempt that has its turn during a group restart waits for its end, and is not made when that has started the child', () => {
    const bench = Bench.booted('abc', { strategy: restForOne, restarts: 9 })
    bench.retriesAtOnce = false
    bench.down('c')
    expect(bench.down('c', startFailed)).toEqual(['retry c'])
    expect(bench.down('a')).toEqual(['stop b'])
    expect(bench.retry('c')).toEqual([])
    expect(bench.down('b', 'shutdown')).toEqual(['restart a'])
    expect(bench.started('a')).toEqual(['restart b'])
    expect(bench.started('b')).toEqual(['restart c'])
    expect(bench.started('c')).toEqual([])
    expect(bench.phases).toEqual({ a: 'running', b: 'running', c: 'running' })
  })

  test('a child that is being terminated when a group restart begins is waited for and not started again', () => {
    const bench = Bench.booted('ab', { strategy: oneForAll })
    expect(bench.call({ type: 'terminateChild', id: 'b' })).toEqual(['stop b'])
    expect(bench.down('a')).toEqual([])
    expect(bench.down('b', 'shutdown')).toEqual(['remove b', 'reply ok', 'restart a'])
    expect(bench.started('a')).toEqual([])
    expect(bench.phases).toEqual({ a: 'running', b: 'absent' })
  })

  test('a call during a group restart waits for its end', () => {
    const bench = Bench.booted('ab', { strategy: oneForAll })
    bench.down('a')
    expect(bench.call({ type: 'deleteChild', id: 'b' })).toEqual([])
    bench.down('b', 'shutdown')
    bench.started('a')
    expect(bench.started('b')).toEqual(['reply running'])
  })
})
