// When the short way may be taken: only where the long one would do nothing but count and restart.

import { expect, test } from 'vitest'
import { Bench, startFailed } from './engine-bench.fixture.ts'
import type { BenchOptions } from './engine-bench.fixture.ts'
import { restartsOnTheSpot } from './on-the-spot.ts'
import { dependencyGate } from './recovery/library/dependency-gate.ts'
import { restartAtOnce } from './recovery/library/restart-at-once.ts'
import { defaultRecovery } from './recovery/library/restart-then-backoff.ts'
import { oneForAll } from './strategy/one-for-all.ts'
import { oneForOne } from './strategy/one-for-one.ts'

const table: { when: string; options?: BenchOptions; before?: (bench: Bench) => unknown; takes: boolean }[] = [
  { when: 'nothing else is to do', takes: true },
  { when: 'the child is transient', options: { types: { a: 'transient' } }, takes: true },
  { when: 'the child is temporary', options: { types: { a: 'temporary' } }, takes: false },
  { when: 'its recovery has to be asked', options: { recovery: defaultRecovery }, takes: false },
  { when: 'others are restarted with it', options: { strategy: oneForAll }, takes: false },
  { when: 'it would be one restart too many', options: { restarts: 0 }, takes: false },
  { when: 'it is being restarted', before: (bench) => bench.down('a'), takes: false },
  { when: 'it waits for its next attempt', before: (bench) => bench.down('a', startFailed), takes: false },
  { when: 'it is being terminated', before: (bench) => bench.call({ type: 'terminateChild', id: 'a' }), takes: false },
  {
    when: 'the supervisor has given up',
    options: { restarts: 1 },
    before: (bench) => [bench.down('b'), bench.down('b', startFailed)],
    takes: false,
  },
]

test.each(table)('when $when: $takes', ({ options, before, takes }) => {
  const bench = Bench.booted('ab', options)
  before?.(bench)
  const counted = bench.counted
  expect(restartsOnTheSpot(bench.state, 'a', bench.now)).toBe(takes)
  expect(bench.counted).toBe(counted + (takes ? 1 : 0))
})

test('not when a sibling waits to hear of its health', () => {
  const bench = new Bench('')
  const spec = (id: string, recovery = restartAtOnce()) => ({ id, restart: 'permanent', recovery, significant: false }) as const
  expect(bench.state.strategy).toBe(oneForOne)
  bench.tell({ type: 'boot' })
  for (const one of [spec('a'), spec('b', dependencyGate({ on: ['a'] }))]) {
    bench.tell({ type: 'call', call: 1, request: { type: 'startChild', spec: one }, now: 0 })
    bench.started(one.id)
  }
  expect(restartsOnTheSpot(bench.state, 'a', 0)).toBe(false)
})
