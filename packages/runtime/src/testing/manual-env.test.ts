import { expect, test } from 'vitest'
import { ManualEnv } from './manual-env.ts'

test('time stands still until it is moved, and then timers fire in the order of their deadlines', async () => {
  const env = new ManualEnv()
  const fired: [string, number][] = []
  const note = (name: string) => () => fired.push([name, env.now()])
  env.setTimer(20, note('b'))
  env.setTimer(10, note('a'))
  env.setTimer(20, note('c'))
  await env.settle()
  expect(fired).toEqual([])
  await env.advance(19)
  expect(fired).toEqual([['a', 10]])
  await env.advance(1)
  expect(fired).toEqual([
    ['a', 10],
    ['b', 20],
    ['c', 20],
  ])
  expect(env.pendingTimers).toBe(0)
})

test('what a timer sets in motion happens before the next timer fires, and timers set on the way fire in the same advance', async () => {
  const env = new ManualEnv()
  const seen: string[] = []
  env.setTimer(1, () => {
    void Promise.resolve().then(() => {
      seen.push('promise')
      env.afterIo(() => seen.push('io'))
      env.setTimer(1, () => seen.push(`nested at ${env.now()}`))
    })
  })
  env.setTimer(3, () => seen.push('three'))
  await env.advance(3)
  expect(seen).toEqual(['promise', 'io', 'nested at 2', 'three'])
  expect(env.now()).toBe(3)
})

test('a cleared timer does not fire', async () => {
  const env = new ManualEnv()
  const handle = env.setTimer(1, () => expect.unreachable())
  env.clearTimer(handle)
  env.clearTimer(handle)
  await env.advance(10)
})

test('the same seed gives the same random numbers and ids, another seed others', () => {
  const draw = (seed: number): unknown[] => {
    const env = new ManualEnv({ seed })
    return [env.random(), env.random(), env.id()]
  }
  expect(draw(7)).toEqual(draw(7))
  expect(draw(7)).not.toEqual(draw(8))
  const env = new ManualEnv()
  for (let n = 0; n < 1000; n++) {
    const x = env.random()
    expect(x >= 0 && x < 1).toBe(true)
  }
  expect(env.id()).toMatch(/^[0-9a-z]{16}$/)
})

test('the wall clock goes with time, and can jump without it', async () => {
  const env = new ManualEnv()
  const wall = env.wallNow()
  await env.advance(5)
  expect(env.wallNow() - wall).toBe(5)
  env.jumpWallClock(-1000)
  expect([env.wallNow() - wall, env.now()]).toEqual([-995, 5])
})

test('time moves from timer to timer until something is so, and stops there; or as far as it may', async () => {
  const env = new ManualEnv()
  let fired = 0
  for (const at of [10, 20, 30]) env.setTimer(at, () => void fired++)
  expect(await env.advanceUntil(() => fired === 2, 100)).toBe(true)
  expect([env.now(), fired]).toEqual([20, 2])
  expect(await env.advanceUntil(() => fired === 2, 100)).toBe(true)
  expect(env.now()).toBe(20)
  expect(await env.advanceUntil(() => false, 5)).toBe(false)
  expect([env.now(), fired]).toEqual([25, 2])
})

test('time does not move while there is work that was put off, however often', async () => {
  const env = new ManualEnv()
  const seen: string[] = []
  const again = (left: number): void => {
    seen.push(`${left}`)
    if (left > 0) env.afterIo(() => again(left - 1))
  }
  env.setTimer(1, () => seen.push('timer'))
  again(5)
  await env.advance(1)
  expect(seen).toEqual(['5', '4', '3', '2', '1', '0', 'timer'])
})
