import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ManualEnv } from '../testing/manual-env.ts'
import { TimerHeap } from './timer-heap.ts'

test('a timer heap fires what a sorted list of deadlines would fire, in its order, whatever is set and cancelled', async () => {
  const command = fc.oneof(
    fc.record({ type: fc.constant('set' as const), delayMs: fc.integer({ min: -5, max: 50 }) }),
    fc.record({ type: fc.constant('cancel' as const), which: fc.nat(30) }),
    fc.record({ type: fc.constant('advance' as const), ms: fc.nat(20) }),
  )
  await fc.assert(
    fc.asyncProperty(fc.array(command, { maxLength: 60 }), async (commands) => {
      const env = new ManualEnv()
      const heap = new TimerHeap(env)
      const fired: number[] = []
      const expected: number[] = []
      let model: { at: number; id: number }[] = []
      const handles: unknown[] = []
      for (const next of commands) {
        if (next.type === 'set') {
          const id = handles.length
          handles.push(heap.set(next.delayMs, () => fired.push(id)))
          model.push({ at: env.now() + Math.max(0, next.delayMs), id })
        } else if (next.type === 'cancel') {
          if (handles.length === 0) continue
          const id = next.which % handles.length
          heap.cancel(handles[id])
          model = model.filter((timer) => timer.id !== id)
        } else {
          await env.advance(next.ms)
          const due = model.filter((timer) => timer.at <= env.now()).toSorted((x, y) => x.at - y.at || x.id - y.id)
          expected.push(...due.map((timer) => timer.id))
          model = model.filter((timer) => timer.at > env.now())
        }
        expect(heap.size).toBe(model.length)
        expect(env.pendingTimers).toBe(model.length === 0 ? 0 : 1)
      }
      expect(fired).toEqual(expected)
    }),
    { numRuns: 60 },
  )
})

test('a timer without delay that a callback sets waits for the next firing', async () => {
  const env = new ManualEnv()
  const heap = new TimerHeap(env)
  let fired = 0
  const again = (): void => {
    fired++
    if (fired < 5) heap.set(0, again)
  }
  heap.set(0, again)
  await env.advance(0)
  expect(fired).toBe(5)
})

test('a callback that throws does not keep the other timers from firing', async () => {
  const env = new ManualEnv()
  const heap = new TimerHeap(env)
  let fired = false
  heap.set(1, () => {
    throw new Error('broken')
  })
  heap.set(1, () => {
    fired = true
  })
  await expect(env.advance(1)).rejects.toThrow('broken')
  await env.advance(1)
  expect(fired).toBe(true)
})

test('a timer with a delay that is no number fires at once instead of disordering the others', async () => {
  const env = new ManualEnv()
  const heap = new TimerHeap(env)
  const fired: string[] = []
  heap.set(5, () => fired.push('five'))
  heap.set(Number.NaN, () => fired.push('nan'))
  heap.set(1, () => fired.push('one'))
  heap.set(Number.POSITIVE_INFINITY, () => fired.push('never'))
  await env.advance(10)
  expect(fired).toEqual(['nan', 'one', 'five'])
})

test('a cleared heap fires nothing and arms nothing', async () => {
  const env = new ManualEnv()
  const heap = new TimerHeap(env)
  let fired = 0
  const handle = heap.set(1, () => fired++)
  heap.set(2, () => fired++)
  heap.clear()
  heap.cancel(handle)
  await env.advance(10)
  expect([fired, heap.size, env.pendingTimers]).toEqual([0, 0, 0])
})
