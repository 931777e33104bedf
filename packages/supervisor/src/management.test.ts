// The management calls as a table: each call in each state of its child.

import { describe, expect, test } from 'vitest'
import type { Call } from './call.ts'
import { Bench, startFailed } from './engine-bench.fixture.ts'
import { defaultRecovery } from './recovery/library/restart-then-backoff.ts'
import { oneForAll } from './strategy/one-for-all.ts'

describe('management calls', () => {
  /** A child in each state: a runs, b was terminated, c waits in backoff. */
  function states(): Bench {
    const bench = Bench.booted('abc', { recovery: defaultRecovery })
    bench.call({ type: 'terminateChild', id: 'b' })
    bench.down('b', 'shutdown')
    bench.down('c')
    bench.down('c', startFailed)
    return bench
  }
  const spec = (id: string): Call => ({ type: 'startChild', spec: { id, restart: 'permanent', recovery: defaultRecovery } })

  test.each<{ call: Call; does: string[] }>([
    { call: spec('a'), does: ['reply already-started'] },
    { call: spec('b'), does: ['reply already-present'] },
    { call: spec('c'), does: ['reply already-present'] },
    { call: spec('x'), does: ['start x'] },
    { call: { type: 'terminateChild', id: 'a' }, does: ['stop a'] },
    { call: { type: 'terminateChild', id: 'b' }, does: ['reply ok'] },
    { call: { type: 'terminateChild', id: 'c' }, does: ['cancel c retry', 'remove c', 'reply ok'] },
    { call: { type: 'terminateChild', id: 'x' }, does: ['reply not-found'] },
    { call: { type: 'restartChild', id: 'a' }, does: ['reply running'] },
    { call: { type: 'restartChild', id: 'b' }, does: ['start b'] },
    { call: { type: 'restartChild', id: 'c' }, does: ['reply restarting'] },
    { call: { type: 'restartChild', id: 'x' }, does: ['reply not-found'] },
    { call: { type: 'deleteChild', id: 'a' }, does: ['reply running'] },
    { call: { type: 'deleteChild', id: 'b' }, does: ['reply ok'] },
    { call: { type: 'deleteChild', id: 'c' }, does: ['reply restarting'] },
    { call: { type: 'deleteChild', id: 'x' }, does: ['reply not-found'] },
  ])('$call.type $call.id $call.spec.id (a runs, b is terminated, c is restarting, x is unknown): $does', ({ call, does }) => {
    expect(states().call(call)).toEqual(does)
  })

  test('a started child joins at the end, a failed start by call leaves nothing behind', () => {
    const bench = states()
    bench.call(spec('x'))
    expect(bench.started('x')).toEqual(['reply ok'])
    expect(Object.keys(bench.phases)).toEqual(['a', 'b', 'c', 'x'])
    bench.call(spec('y'))
    expect(bench.down('y', startFailed)).toEqual(['remove y', 'reply start-failed'])
    expect(Object.keys(bench.phases)).toEqual(['a', 'b', 'c', 'x'])
  })

  test('a failed start by restartChild keeps the spec, and is no failure of the supervisor', () => {
    const bench = states()
    const counted = bench.counted
    bench.call({ type: 'restartChild', id: 'b' })
    expect(bench.down('b', startFailed)).toEqual(['remove b', 'reply start-failed'])
    expect(bench.phases).toMatchObject({ b: 'absent' })
    expect(bench.counted).toBe(counted)
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
