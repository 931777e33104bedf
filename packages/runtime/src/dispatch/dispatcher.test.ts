import { expect, test } from 'vitest'
import type { Env } from '../contracts/env.ts'
import { InvalidOptionError } from '../errors.ts'
import { ManualEnv } from '../testing/manual-env.ts'
import { Dispatcher, type Runnable } from './dispatcher.ts'
import { WorkEnv } from './work-env.fixture.ts'

/** Something with so many messages to handle. */
class Worker implements Runnable {
  queued = false
  left: number
  readonly turns: number[] = []
  readonly each: () => void
  constructor(left: number, each: () => void = () => {}) {
    this.left = left
    this.each = each
  }
  get ready(): boolean {
    return this.left > 0
  }
  turn(throughput: number): number {
    const count = Math.min(throughput, this.left)
    for (let n = 0; n < count; n++) this.each()
    this.left -= count
    this.turns.push(count)
    return count
  }
}

test('an actor scheduled twice stands in the queue once', async () => {
  const env = new ManualEnv()
  const dispatcher = new Dispatcher(env)
  const worker = new Worker(1)
  dispatcher.schedule(worker)
  dispatcher.schedule(worker)
  await env.settle()
  expect(worker.turns).toEqual([1])
  expect(worker.queued).toBe(false)
})

test('actors take turns, first come first served, and none has more than its throughput in one turn', async () => {
  const env = new ManualEnv()
  const dispatcher = new Dispatcher(env, { throughput: 2 })
  const order: string[] = []
  const a = new Worker(5, () => order.push('a'))
  const b = new Worker(3, () => order.push('b'))
  dispatcher.schedule(a)
  dispatcher.schedule(b)
  await env.settle()
  expect(order.join('')).toBe('aabbaaba')
})

test('a hundred actors in the queue all get their turn in order', async () => {
  const env = new ManualEnv()
  const dispatcher = new Dispatcher(env)
  const order: number[] = []
  for (let n = 0; n < 100; n++) dispatcher.schedule(new Worker(1, () => order.push(n)))
  await env.settle()
  expect(order).toEqual(Array.from({ length: 100 }, (_, n) => n))
})

test.each([
  ['of 0.001 ms', 0.001, 5.2],
  ['of 0.05 ms', 0.05, 9],
  ['of 1 ms', 1, 6],
  ['of 20 ms', 20, 100],
])('the loop is handed back soon after 5 ms of work, with messages %s each', (_, costMs, atMostMs) => {
  const env = new WorkEnv()
  const dispatcher = new Dispatcher(env as Env)
  const flood = new Worker(1_000_000, () => {
    env.clock += costMs
  })
  dispatcher.schedule(flood)
  for (let n = 0; n < 5; n++) {
    const took = env.stretch()
    expect(took).toBeGreaterThanOrEqual(5)
    expect(took).toBeLessThanOrEqual(atMostMs)
  }
})

test('turns of signals only hand the loop back, too', () => {
  const env = new WorkEnv()
  const dispatcher = new Dispatcher(env as Env)
  const restless: Runnable = {
    queued: false,
    ready: true,
    turn() {
      env.clock += 0.01
      return 0
    },
  }
  dispatcher.schedule(restless)
  expect(env.stretch()).toBeLessThan(7)
})

test('a turn that throws is heard of, and the actors behind it go on', () => {
  const env = new WorkEnv()
  const dispatcher = new Dispatcher(env as Env)
  const broken = new Worker(2, () => {
    throw new Error('a bug of the runtime')
  })
  const fine = new Worker(1)
  dispatcher.schedule(broken)
  dispatcher.schedule(fine)
  expect(() => env.stretch()).toThrow('a bug of the runtime')
  broken.left = 0
  env.stretch()
  expect(fine.turns).toEqual([1])
  const later = new Worker(1)
  dispatcher.schedule(later)
  env.stretch()
  expect(later.turns).toEqual([1])
})

test.each([
  ['dispatch.throughput', { throughput: 0 }],
  ['dispatch.throughput', { throughput: 1.5 }],
  ['dispatch.sliceMs', { sliceMs: Number.NaN }],
  ['dispatch.sliceMs', { sliceMs: -1 }],
])('an unusable %s is refused, naming the field', (field, options) => {
  expect(() => new Dispatcher(new ManualEnv(), options)).toThrow(InvalidOptionError)
  expect(() => new Dispatcher(new ManualEnv(), options)).toThrow(field)
})
