// The gate against a hand-written system, in which a decision takes time.

import type { Child, ExitReason, Host, SupervisionControl } from '@understudy/runtime/spi'
import { expect, test } from 'vitest'
import { RestartGate } from './restart-gate.ts'

const failure: ExitReason = { cause: new Error('crash'), phase: 'handling', incarnation: 1, attempt: 1 }

class FakeSystem {
  now = 0
  readonly timers: { readonly at: number; readonly callback: () => void }[] = []
  readonly decided: string[] = []
  readonly gate: RestartGate

  constructor() {
    const env = { now: () => this.now, random: () => 0 }
    const after = (delayMs: number, callback: () => void): object => {
      const timer = { at: this.now + delayMs, callback }
      this.timers.push(timer)
      return timer
    }
    const host = { env, after, cancel: () => {}, report: () => {} } as unknown as Host
    const control = { env, path: '/sup', after, shared: <T>(_key: unknown, make: (of: Host) => T): T => make(host) }
    this.gate = new RestartGate(control as unknown as SupervisionControl, () => {})
  }

  /** A child is down, and the decision on it takes 2 ms. */
  decide(name: string, reason: ExitReason = failure): { life: string; incarnation: number } {
    const child = { name, life: 'suspended', incarnation: 1, definition: {} }
    this.gate.decide(child as unknown as Child, reason, () => {
      this.now += 2
      this.decided.push(name)
    })
    return child
  }

  fire(): void {
    for (const { at, callback } of this.timers.splice(0)) {
      this.now = Math.max(this.now, at)
      callback()
    }
  }
}

/** One that knows that decisions take 2 ms. */
function seasoned(): FakeSystem {
  const system = new FakeSystem()
  for (let i = 0; i < 200; i++) {
    system.decide('earlier')
    system.now += 100
  }
  system.decided.length = 0
  return system
}

test('decisions on failures that come one by one are made at once', () => {
  const system = seasoned()
  for (const name of ['a', 'b', 'c']) {
    system.decide(name)
    system.now += 10
  }
  expect(system.decided).toEqual(['a', 'b', 'c'])
  expect(system.timers).toEqual([])
})

test('of many at once a few are made, and the others in order, with as much time between them as they take', () => {
  const system = seasoned()
  const names = Array.from({ length: 20 }, (_, i) => `${i}`)
  for (const name of names) system.decide(name)
  const atOnce = system.decided.length
  expect(atOnce).toBeGreaterThan(0)
  expect(atOnce).toBeLessThan(5)
  expect(system.timers).toHaveLength(20 - atOnce)
  const times = system.timers.map(({ at }) => at)
  for (let i = 1; i < times.length; i++) expect(times[i]! - times[i - 1]!).toBeCloseTo(4, 1)
  system.fire()
  expect(system.decided).toEqual(names)
})

test('an end that was ordered is told at once, whatever waits', () => {
  const system = seasoned()
  for (let i = 0; i < 20; i++) system.decide(`${i}`)
  system.decide('ordered', 'shutdown')
  expect(system.decided.at(-1)).toBe('ordered')
})

test('a decision that has become needless while it waited is not made', () => {
  const system = seasoned()
  for (let i = 0; i < 20; i++) system.decide(`${i}`)
  system.decide('gone').life = 'stopped'
  system.decide('back').life = 'running'
  system.decide('again').incarnation++
  system.decide('down')
  system.fire()
  expect(system.decided.slice(-2)).toEqual(['19', 'down'])
})
