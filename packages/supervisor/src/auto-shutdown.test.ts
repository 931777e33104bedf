// Significant children as a table: OTP's automatic shutdown.

import type { ExitReason } from '@understudy/runtime/spi'
import { describe, expect, test } from 'vitest'
import type { AutoShutdown } from './auto-shutdown.ts'
import { Bench, crash } from './engine-bench.fixture.ts'
import { defaultRecovery } from './recovery/library/restart-then-backoff.ts'
import { recovery, recoverySetup } from './recovery/machine.ts'
import type { RestartType } from './restart-type.ts'
import { oneForAll } from './strategy/one-for-all.ts'

const reasons: Record<string, ExitReason> = { normal: 'normal', shutdown: 'shutdown', why: { shutdown: 'why' }, killed: 'killed', crash }
const orderly = ['normal', 'shutdown', 'why']

describe('a significant child that ends by itself and is not restarted', () => {
  for (const type of ['transient', 'temporary'] as const satisfies RestartType[]) {
    for (const autoShutdown of ['never', 'any-significant', 'all-significant'] as const satisfies AutoShutdown[]) {
      test.each(Object.keys(reasons))(`${type}, ${autoShutdown}, %s`, (name) => {
        const bench = Bench.booted('abc', { types: { a: type, b: type }, significant: 'ab', autoShutdown })
        const ends = type === 'temporary' || orderly.includes(name)
        const exits = (last: boolean): string[] =>
          autoShutdown === 'any-significant' || (autoShutdown === 'all-significant' && last) ? ['exit'] : []
        const expected = ends ? ['remove a', ...exits(false)] : ['restart a']
        expect(bench.down('a', reasons[name])).toEqual(expected)
        if (ends && autoShutdown !== 'any-significant') expect(bench.down('b', reasons[name])).toEqual(['remove b', ...exits(true)])
      })
    }
  }

  test('one that is not significant ends nobody but itself', () => {
    const bench = Bench.booted('ab', { types: { a: 'transient', b: 'transient' }, significant: 'b', autoShutdown: 'any-significant' })
    expect(bench.down('a', 'normal')).toEqual(['remove a'])
    expect(bench.down('b', 'normal')).toEqual(['remove b', 'exit'])
  })

  test('all-significant: one that waits for its restart still counts as alive', () => {
    const options = { types: { a: 'transient', b: 'transient' }, significant: 'ab', autoShutdown: 'all-significant' } as const
    const bench = Bench.booted('ab', { ...options, recovery: defaultRecovery })
    bench.down('a')
    bench.started('a')
    bench.down('a')
    expect(bench.phases).toMatchObject({ a: 'down' })
    expect(bench.down('b', 'normal')).toEqual(['remove b'])
    bench.now = 100
    bench.timer('a')
    bench.started('a')
    expect(bench.down('a', 'normal')).toEqual(['cancel a stable', 'remove a', 'exit'])
  })

  test('one whose recovery machine stops it has ended, too', () => {
    const stops = recovery(recoverySetup().createMachine({ id: 'stops', on: { FAILED: { actions: 'stop' } } }))
    const bench = Bench.booted('a', { types: { a: 'transient' }, significant: 'a', autoShutdown: 'any-significant', recovery: stops })
    expect(bench.down('a')).toEqual(['remove a', 'exit'])
  })

  test('while others are still starting it is looked at when all have started', () => {
    const bench = new Bench('ab', { types: { a: 'transient' }, significant: 'a', autoShutdown: 'any-significant' })
    bench.tell({ type: 'boot' })
    bench.started('a')
    expect(bench.down('a', 'normal')).toEqual([])
    expect(bench.started('b')).toEqual(['booted', 'remove a', 'exit'])
  })
})

describe('not triggered by', () => {
  const options = { types: { a: 'transient', b: 'temporary' }, significant: 'ab', autoShutdown: 'any-significant' } as const

  test('terminateChild', () => {
    const bench = Bench.booted('ab', options)
    bench.call({ type: 'terminateChild', id: 'a' })
    expect(bench.down('a', 'shutdown')).toEqual(['remove a', 'reply ok'])
    bench.call({ type: 'terminateChild', id: 'b' })
    expect(bench.down('b', 'shutdown')).toEqual(['remove b', 'reply ok'])
  })

  test('the stop of a sibling in a group restart, not even when it has ended by itself a moment before', () => {
    const bench = Bench.booted('abc', { ...options, strategy: oneForAll })
    expect(bench.down('c')).toEqual(['stop b'])
    expect(bench.down('a', 'normal')).toEqual(['remove a'])
    expect(bench.down('b', 'shutdown')).toEqual(['remove b', 'restart c'])
    expect(bench.started('c')).toEqual([])
  })

  test('a failed start by call', () => {
    const bench = Bench.booted('ab', options)
    bench.call({ type: 'terminateChild', id: 'a' })
    bench.down('a', 'shutdown')
    bench.call({ type: 'restartChild', id: 'a' })
    expect(bench.down('a', { cause: 'x', phase: 'starting', incarnation: 1, attempt: 1 })).toEqual(['remove a', 'reply start-failed'])
  })
})
