import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Message } from '../contracts/message.ts'
import { numbered } from '../testing/stage.fixture.ts'
import { RingQueue } from './ring-queue.ts'

test('a ring queue gives back what was pushed, first in first out, with its reply address', () => {
  const command = fc.oneof(fc.constant('take' as const), fc.integer({ min: 1, max: 40 }), fc.constant('settle' as const))
  fc.assert(
    fc.property(fc.array(command, { maxLength: 60, size: 'max' }), (commands) => {
      const queue = new RingQueue()
      const model: [Message, number][] = []
      let n = 0
      for (const next of commands) {
        if (next === 'settle') queue.settle()
        else if (next === 'take') {
          if (model.length === 0) continue
          const [message, replyTo] = model.shift()!
          expect(queue.next).toBe(message)
          expect(queue.take()).toBe(message)
          expect(queue.takenReply).toBe(replyTo)
        } else {
          for (const message of numbered(next)) {
            queue.push(message, ++n)
            model.push([message, n])
          }
        }
        expect(queue.queueLength).toBe(model.length)
        if (model.length === 0) expect(queue.next).toBeUndefined()
      }
      for (const [message] of model) expect(queue.take()).toBe(message)
    }),
  )
})

test('a message put before all others is the next one, also when the ring is full or wraps around', () => {
  const queue = new RingQueue()
  const messages = numbered(40)
  for (const message of messages.slice(20)) queue.push(message, null)
  for (const message of messages.slice(0, 20).reverse()) queue.unshift(message, message.n)
  expect(messages.map(() => queue.take())).toEqual(messages)
})

test('the message last taken is known until handling is over, and not kept after', () => {
  const queue = new RingQueue()
  const [message] = numbered(1)
  queue.push(message!, 3)
  queue.take()
  expect([queue.taken, queue.takenReply]).toEqual([message, 3])
  queue.settle()
  expect([queue.taken, queue.takenReply]).toEqual([undefined, null])
})

test('the message last taken stays it while others come, go and are put before it', () => {
  const queue = new RingQueue()
  const [current, oldest, ...others] = numbered(50)
  queue.push(current!, 3)
  queue.push(oldest!, 4)
  queue.take()
  for (const message of others) {
    queue.push(message, null)
    queue.unshift(message, null)
    expect([queue.taken, queue.takenReply]).toEqual([current, 3])
  }
  while (queue.queueLength > 1) queue.evict()
  expect([queue.taken, queue.takenReply]).toEqual([current, 3])
})
