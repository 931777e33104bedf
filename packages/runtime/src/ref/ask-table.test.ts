import { expect, test } from 'vitest'
import type { Address } from '../contracts/address.ts'
import { AskTimeoutError, OverloadedError } from '../errors.ts'
import { ManualEnv } from '../testing/manual-env.ts'
import { AskTable, noAsk, scanMs } from './ask-table.ts'

const address: Address = { node: { name: 'local', incarnation: 0 }, path: '/a', uid: 1 }
const message = { type: 'q' }

function table(): { env: ManualEnv; asks: AskTable; late: () => number } {
  const env = new ManualEnv()
  let late = 0
  return { env, asks: new AskTable(env, () => late++), late: () => late }
}

function open(asks: AskTable, ...ask: Parameters<AskTable['add']>): { slot: number; promise: Promise<unknown> } {
  const promise = asks.add(...ask)
  return { slot: asks.lastSlot, promise }
}

test('an ask resolves with its own reply, in whatever order replies come', async () => {
  const { asks, late } = table()
  const opened = Array.from({ length: 50 }, () => open(asks, 1000, { address }, message))
  for (const [n, { slot }] of [...opened.entries()].toReversed()) asks.resolve(slot, n)
  expect(await Promise.all(opened.map(({ promise }) => promise))).toEqual(Array.from({ length: 50 }, (_, n) => n))
  expect([asks.open, late()]).toEqual([0, 0])
})

test('an ask ends at its deadline or at most two scans later, and never before', async () => {
  const { env, asks } = table()
  const ends: number[] = []
  for (const timeoutMs of [0, 1, 40, 100, 5000]) {
    const { promise } = open(asks, timeoutMs, { address }, message)
    promise.catch((error: unknown) => {
      expect(error).toBeInstanceOf(AskTimeoutError)
      expect(env.now()).toBeGreaterThanOrEqual(timeoutMs)
      expect(env.now()).toBeLessThanOrEqual(timeoutMs + 2 * scanMs)
      ends.push(timeoutMs)
    })
  }
  await env.advance(6000)
  expect(ends).toEqual([0, 1, 40, 100, 5000])
  expect(env.pendingTimers).toBe(0)
})

test('a late, doubled or foreign reply only counts', async () => {
  const { env, asks, late } = table()
  const first = open(asks, 10, { address }, message)
  const second = open(asks, 1000, { address }, message)
  const ended = first.promise.catch((cause: unknown) => cause)
  await env.advance(100)
  expect(await ended).toBeInstanceOf(AskTimeoutError)
  asks.resolve(first.slot, 'late')
  asks.resolve(second.slot, 'in time')
  asks.resolve(second.slot, 'again')
  for (const foreign of [-1, 0.5, Number.NaN, 12_345_678, 2 ** 53]) asks.reject(foreign, new Error('foreign'))
  expect(await second.promise).toBe('in time')
  expect(late()).toBe(7)
})

test('a late reply never reaches another ask, however often its slot has been used since', async () => {
  const { asks, late } = table()
  const old = open(asks, 1000, { address }, message)
  asks.resolve(old.slot, 'first')
  for (let n = 0; n < 5000; n++) {
    const { slot, promise } = open(asks, 1000, { address }, message)
    expect(slot).not.toBe(old.slot)
    asks.resolve(old.slot, 'wrong')
    asks.resolve(slot, n)
    expect(await promise).toBe(n)
  }
  expect(late()).toBe(5000)
  expect(Number.isSafeInteger(open(asks, 1000, { address }, message).slot)).toBe(true)
})

test('what remains of an ask shrinks with time and is nothing once it has ended', async () => {
  const { env, asks } = table()
  const { slot, promise } = open(asks, 1000, { address }, message)
  await env.advance(400)
  expect(asks.remainingMs(slot)).toBeGreaterThanOrEqual(600)
  expect(asks.remainingMs(slot)).toBeLessThanOrEqual(600 + scanMs)
  asks.resolve(slot, 1)
  await promise
  expect(asks.remainingMs(slot)).toBe(0)
})

test('a system that stops ends all open asks, each with its own error', async () => {
  const { env, asks } = table()
  const opened = [open(asks, 1000, { address }, { type: 'x' }), open(asks, 1000, { address }, { type: 'y' })]
  const ended = Promise.allSettled(opened.map(({ promise }) => promise))
  asks.rejectAll((target, asked) => new Error(`${target.address.path} ${asked.type}`))
  const results = await ended
  expect(results.map((result) => (result.status === 'rejected' ? (result.reason as Error).message : ''))).toEqual(['/a x', '/a y'])
  expect([asks.open, env.pendingTimers]).toEqual([0, 0])
})

test('with 2^20 asks open one more is refused, not sent and not thrown; when one has ended there is room again', async () => {
  const { asks } = table()
  const settled: unknown[] = []
  for (let n = 0; n < 2 ** 20; n++) void asks.add(5000, { address }, message)
  const last = asks.lastSlot
  const { slot, promise } = open(asks, 5000, { address }, message)
  await promise.catch((error: unknown) => settled.push(error))
  expect(slot).toBe(noAsk)
  expect(settled).toEqual([expect.any(OverloadedError)])
  expect(settled[0]).toMatchObject({ code: 'OVERLOADED', outcome: 'never-handled', undelivered: message })
  asks.resolve(last, 'done')
  const again = open(asks, 5000, { address }, message)
  asks.resolve(again.slot, 'room')
  expect(await again.promise).toBe('room')
})
