// The engine as a table: a script of events in, the commands out.

import type { ExitReason } from '@understudy/runtime/spi'
import { describe, expect, test } from 'vitest'
import { setup } from 'xstate'
import { Bench, crash, startFailed } from './engine-bench.fixture.ts'
import type { BenchOptions } from './engine-bench.fixture.ts'
import { defaultRecovery } from './recovery/library/restart-then-backoff.ts'
import { recoveryActions } from './recovery/machine.ts'
import type { RecoveryEvent } from './recovery/machine.ts'
import { oneForAll } from './strategy/one-for-all.ts'
import { restForOne } from './strategy/rest-for-one.ts'

describe('start', () => {
  test('starts the children in order, each when the one before has started', () => {
    const bench = new Bench('abc')
    expect(bench.tell({ type: 'boot' })).toEqual(['start a'])
    expect(bench.started('a')).toEqual(['start b'])
    expect(bench.started('b')).toEqual(['start c'])
    expect(bench.started('c')).toEqual(['booted'])
  })

  test('without children it is complete at once', () => {
    expect(new Bench('').tell({ type: 'boot' })).toEqual(['booted'])
  })

  test('a start that fails is undone in reverse order, one child at a time, and no later child is started', () => {
    const bench = new Bench('abcd')
    bench.tell({ type: 'boot' })
    bench.started('a')
    bench.started('b')
    expect(bench.down('c', startFailed)).toEqual(['remove c', 'stop b'])
    expect(bench.down('b', 'shutdown')).toEqual(['remove b', 'stop a'])
    expect(bench.down('a', 'shutdown')).toEqual(['remove a', 'boot-failed c'])
    expect(bench.counted).toBe(0)
  })

  test('a child that fails while later ones are still starting is looked at when all have started', () => {
    const bench = new Bench('ab')
    bench.tell({ type: 'boot' })
    bench.started('a')
    expect(bench.down('a')).toEqual([])
    expect(bench.started('b')).toEqual(['booted', 'restart a'])
  })

  test('a child that started and failed before anybody was told is no failed start', () => {
    const bench = new Bench('ab')
    bench.tell({ type: 'boot' })
    expect(bench.down('a', crash)).toEqual(['start b'])
    expect(bench.started('b')).toEqual(['booted', 'restart a'])
  })

  test('a child that had failed before a later start fails is part of the rollback', () => {
    const bench = new Bench('abc')
    bench.tell({ type: 'boot' })
    bench.started('a')
    bench.started('b')
    bench.down('a')
    expect(bench.down('c', startFailed)).toEqual(['remove c', 'stop b'])
    expect(bench.down('b', 'shutdown')).toEqual(['remove b', 'remove a', 'boot-failed c'])
  })
})

describe('restart type against exit reason', () => {
  const reasons: Record<string, ExitReason> = {
    normal: 'normal',
    shutdown: 'shutdown',
    why: { shutdown: 'why' },
    killed: 'killed',
    'node-down': 'node-down',
    crash,
  }
  const orderly = ['normal', 'shutdown', 'why']
  for (const type of ['permanent', 'transient', 'temporary'] as const) {
    test.each(Object.keys(reasons))(`a ${type} child that ends by %s`, (name) => {
      const bench = Bench.booted('ab', { types: { a: type } })
      const commands = bench.down('a', reasons[name])
      const lives = type === 'permanent' || (type === 'transient' && !orderly.includes(name))
      expect(commands).toEqual([lives ? 'restart a' : 'remove a'])
      expect(bench.phases).toEqual(
        lives ? { a: 'starting', b: 'running' } : type === 'temporary' ? { b: 'running' } : { a: 'absent', b: 'running' },
      )
      expect(bench.counted).toBe(lives ? 1 : 0)
    })
  }
})

describe('intensity', () => {
  test('the restart after the last allowed one gives up, and nothing more is done', () => {
    const bench = Bench.booted('ab', { restarts: 2 })
    for (const now of [0, 1]) {
      bench.now = now
      expect(bench.down('a')).toEqual(['restart a'])
      bench.started('a')
    }
    bench.now = 5_000
    expect(bench.down('b')).toEqual(['supervisor.gave-up', 'remove b', 'exit'])
    expect(bench.down('a')).toEqual([])
    expect(bench.call({ type: 'restartChild', id: 'a' })).toEqual(['reply stopping'])
  })

  test('a restart outside the window does not count', () => {
    const bench = Bench.booted('a', { restarts: 1 })
    expect(bench.down('a')).toEqual(['restart a'])
    bench.started('a')
    bench.now = 5_000.5
    expect(bench.down('a')).toEqual(['restart a'])
  })

  test('each failed start during a restart counts: a child that never starts again uses it up', () => {
    const bench = Bench.booted('a')
    expect(bench.down('a')).toEqual(['restart a'])
    expect(bench.down('a', startFailed)).toEqual(['restart a'])
    expect(bench.down('a', startFailed)).toEqual(['restart a'])
    expect(bench.down('a', startFailed)).toEqual(['supervisor.gave-up', 'remove a', 'exit'])
  })

  test('a restart that waits in backoff counts when it happens', () => {
    const bench = Bench.booted('a', { recovery: defaultRecovery, restarts: 1 })
    bench.down('a')
    expect(bench.down('a', startFailed)).toEqual(['schedule a retry 100'])
    expect(bench.counted).toBe(1)
    bench.now = 100
    expect(bench.timer('a')).toEqual(['supervisor.gave-up', 'remove a', 'exit'])
  })

  test('intensity 0 gives up at the first failure, but not for a child that was not to be restarted', () => {
    expect(Bench.booted('a', { restarts: 0 }).down('a')).toEqual(['supervisor.gave-up', 'remove a', 'exit'])
    expect(Bench.booted('a', { restarts: 0, types: { a: 'transient' } }).down('a', 'normal')).toEqual(['remove a'])
  })
})

describe('one-for-one', () => {
  test('children fail and recover side by side', () => {
    const bench = Bench.booted('abc', { recovery: defaultRecovery, restarts: 9 })
    expect(bench.down('a')).toEqual(['restart a'])
    expect(bench.down('b')).toEqual(['restart b'])
    expect(bench.down('a', startFailed)).toEqual(['schedule a retry 100'])
    expect(bench.started('b')).toEqual(['schedule b stable 60000'])
    bench.now = 100
    expect(bench.timer('a')).toEqual(['restart a'])
    expect(bench.phases).toEqual({ a: 'starting', b: 'running', c: 'running' })
  })
})

describe('one-for-all', () => {
  const options = { strategy: oneForAll }

  test('stops the others in reverse order, then starts all in order, one at a time, and counts once', () => {
    const bench = Bench.booted('abc', options)
    expect(bench.down('b')).toEqual(['stop c'])
    expect(bench.down('c', 'shutdown')).toEqual(['stop a'])
    expect(bench.down('a', 'shutdown')).toEqual(['restart a'])
    expect(bench.started('a')).toEqual(['restart b'])
    expect(bench.started('b')).toEqual(['restart c'])
    expect(bench.started('c')).toEqual([])
    expect(bench.counted).toBe(1)
    expect(bench.phases).toEqual({ a: 'running', b: 'running', c: 'running' })
  })

  test('a sibling that fails before its stop is part of the same restart', () => {
    const bench = Bench.booted('abc', options)
    bench.down('b')
    expect(bench.down('a')).toEqual([])
    expect(bench.down('c', 'shutdown')).toEqual(['restart a'])
    expect(bench.counted).toBe(1)
  })

  test('temporary siblings are stopped and forgotten; those that ended or were terminated stay so', () => {
    const bench = Bench.booted('abcd', { ...options, types: { a: 'temporary', c: 'transient' } })
    bench.down('c', 'normal')
    bench.call({ type: 'terminateChild', id: 'd' })
    bench.down('d', 'shutdown')
    expect(bench.down('b')).toEqual(['stop a'])
    expect(bench.down('a', 'shutdown')).toEqual(['remove a', 'restart b'])
    expect(bench.started('b')).toEqual([])
    expect(bench.phases).toEqual({ b: 'running', c: 'absent', d: 'absent' })
  })

  test('reviveStopped: those that had ended or were terminated are started with the group, but no temporary one', () => {
    const bench = Bench.booted('abcd', { ...options, types: { a: 'temporary', c: 'transient' }, reviveStopped: true })
    bench.down('c', 'normal')
    bench.call({ type: 'terminateChild', id: 'd' })
    bench.down('d', 'shutdown')
    expect(bench.down('b')).toEqual(['stop a'])
    expect(bench.down('a', 'shutdown')).toEqual(['remove a', 'restart b'])
    expect(bench.started('b')).toEqual(['start c'])
    expect(bench.started('c')).toEqual(['start d'])
    expect(bench.started('d')).toEqual([])
    expect(bench.phases).toEqual({ b: 'running', c: 'running', d: 'running' })
  })

  test('a sibling that ended in order before its turn to be stopped is not started again', () => {
    const bench = Bench.booted('abc', { ...options, types: { a: 'transient' } })
    bench.down('b')
    expect(bench.down('a', 'normal')).toEqual(['remove a'])
    expect(bench.down('c', 'shutdown')).toEqual(['restart b'])
    bench.started('b')
    expect(bench.started('c')).toEqual([])
    expect(bench.phases).toEqual({ a: 'absent', b: 'running', c: 'running' })
  })

  test('an end that came during a group restart of others is looked at when that is through', () => {
    const bench = Bench.booted('abc', { strategy: restForOne, types: { a: 'transient' } })
    bench.down('b')
    // Not of this group, so it is looked at when that is through.
    expect(bench.down('a', 'normal')).toEqual([])
    bench.down('c', 'shutdown')
    bench.started('b')
    expect(bench.started('c')).toEqual(['remove a'])
  })

  test('a start that fails within the group begins all anew and counts again', () => {
    const bench = Bench.booted('ab', { ...options, restarts: 2 })
    expect(bench.down('b')).toEqual(['stop a'])
    expect(bench.down('a', 'shutdown')).toEqual(['restart a'])
    expect(bench.started('a')).toEqual(['restart b'])
    expect(bench.down('b', startFailed)).toEqual(['stop a'])
    expect(bench.down('a', 'shutdown')).toEqual(['restart a'])
    expect(bench.started('a')).toEqual(['restart b'])
    expect(bench.down('b', startFailed)).toEqual(['supervisor.gave-up', 'remove b', 'exit'])
  })

  test('while the failed one waits in backoff, the others that wait for it are shown as restarting, and its timer starts all', () => {
    const bench = Bench.booted('ab', { ...options, recovery: defaultRecovery })
    bench.down('a')
    bench.down('b', 'shutdown')
    expect(bench.down('a', startFailed)).toEqual(['schedule a retry 100'])
    expect(bench.phases).toEqual({ a: 'down', b: 'down' })
    bench.now = 100
    expect(bench.timer('a')).toEqual(['restart a'])
    expect(bench.started('a')).toEqual(['schedule a stable 60000', 'restart b'])
  })

  test('when the one the others wait for is terminated, they go on', () => {
    const bench = Bench.booted('ab', { ...options, recovery: defaultRecovery })
    bench.down('a')
    bench.down('b', 'shutdown')
    bench.down('a', startFailed)
    expect(bench.call({ type: 'terminateChild', id: 'a' })).toEqual(['cancel a retry', 'remove a', 'reply ok', 'restart b'])
  })

  test('a child that fails again while the group is still starting is looked at when the group has started', () => {
    const bench = Bench.booted('ab', options)
    bench.down('b')
    bench.down('a', 'shutdown')
    bench.started('a')
    expect(bench.down('a')).toEqual([])
    expect(bench.started('b')).toEqual(['stop b'])
    expect(bench.counted).toBe(2)
  })
})

describe('rest-for-one', () => {
  const options = { strategy: restForOne }

  test('leaves those before the failed one alone', () => {
    const bench = Bench.booted('abc', options)
    expect(bench.down('b')).toEqual(['stop c'])
    expect(bench.down('c', 'shutdown')).toEqual(['restart b'])
    expect(bench.started('b')).toEqual(['restart c'])
    expect(bench.started('c')).toEqual([])
  })

  test('goes on from the one whose start failed', () => {
    const bench = Bench.booted('abc', options)
    expect(bench.down('a')).toEqual(['stop c'])
    expect(bench.down('c', 'shutdown')).toEqual(['stop b'])
    expect(bench.down('b', 'shutdown')).toEqual(['restart a'])
    expect(bench.started('a')).toEqual(['restart b'])
    expect(bench.down('b', startFailed)).toEqual(['restart b'])
    expect(bench.started('b')).toEqual(['restart c'])
  })
})

describe('a recovery machine may', () => {
  const machine = (action: 'resume' | 'stop' | 'escalate'): BenchOptions => ({
    recovery: {
      name: 'test',
      machine: setup({ types: { events: {} as RecoveryEvent }, actions: recoveryActions }).createMachine({
        on: { FAILED: { actions: action } },
      }),
    },
  })

  test('resume: no restart, nothing counted', () => {
    const bench = Bench.booted('a', machine('resume'))
    expect(bench.down('a')).toEqual(['resume a'])
    expect(bench.phases).toEqual({ a: 'running' })
    expect(bench.counted).toBe(0)
  })

  test('stop: the child goes, its spec stays', () => {
    const bench = Bench.booted('a', machine('stop'))
    expect(bench.down('a')).toEqual(['remove a'])
    expect(bench.phases).toEqual({ a: 'absent' })
  })

  test('escalate: the supervisor gives up', () => {
    expect(Bench.booted('a', machine('escalate')).down('a')).toEqual(['supervisor.gave-up', 'remove a', 'exit'])
  })

  test('break: it is replaced, once, and the child is restarted by the built-in policy', () => {
    const bench = Bench.booted('a', { recovery: { name: 'test', machine: setup({ actions: recoveryActions }).createMachine({}) } })
    expect(bench.down('a')).toEqual(['recovery.replaced', 'restart a'])
    bench.started('a')
    expect(bench.down('a')).toEqual(['cancel a stable', 'schedule a retry 100'])
  })
})
