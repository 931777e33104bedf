import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Message } from '../contracts/message.ts'
import { numbered } from '../testing/stage.fixture.ts'
import { RingQueue } from './ring-queue.ts'

test('a ring queue gives back what was pushed, first in first out, with its reply address', () => {
  const command = fc.oneof(fc.constant('take' as const), fc.integer({ min: 1, max: 40 }), fc.constant('shrink' as const))
  fc.assert(
    fc.property(fc.array(command, { maxLength: 60 }), (commands) => {
      const queue = new RingQueue()
      const model: [Message, number][] = []
      let n = 0
      for (const next of commands) {
        if (next === 'shrink') queue.shrink()
        else if (next === 'take') {
          if (model.length === 0) continue
          const [message, replyTo] = model.shift()!
          expect(queue.take()).toBe(message)
          expect(queue.takenReply).toBe(replyTo)
        } else {
          for (const message of numbered(next)) {
            queue.push(message, ++n)
            model.push([message, n])
          }
        }
        expect(queue.length).toBe(model.length)
      }
      for (const [message] of model) expect(queue.take()).toBe(message)
    }),
  )
})

test('a ring queue that one burst made large works on after it has shrunk', () => {
  const queue = new RingQueue()
  const messages = numbered(5000)
  for (const message of messages) queue.push(message, null)
  for (const message of messages) expect(queue.take()).toBe(message)
  queue.shrink()
  queue.push(messages[0]!, 7)
  expect(queue.take()).toBe(messages[0])
  expect(queue.takenReply).toBe(7)
})
