import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Message } from '../contracts/message.ts'
import { numbered } from '../testing/stage.fixture.ts'
import { Mailbox } from './mailbox.ts'

const [a, b, c] = numbered(3) as unknown as [Message, Message, Message]

test('a full mailbox that rejects keeps what it has and refuses the newest', () => {
  const mailbox = new Mailbox<string>()
  const bounds = { capacity: 2, overflow: 'reject' } as const
  expect([mailbox.offer(a, null, bounds), mailbox.offer(b, null, bounds)]).toEqual(['taken', 'taken'])
  expect(mailbox.isFull(bounds)).toBe(true)
  expect(mailbox.offer(c, null, bounds)).toBe('full')
  expect([mailbox.take(), mailbox.take()]).toEqual([a, b])
})

test('a full mailbox that drops the oldest hands it back with its reply address and keeps the newest', () => {
  const mailbox = new Mailbox<string>()
  const bounds = { capacity: 2, overflow: 'drop-oldest' } as const
  mailbox.offer(a, 11, bounds)
  mailbox.offer(b, 12, bounds)
  expect(mailbox.offer(c, 13, bounds)).toEqual([a, 11])
  expect(mailbox.queueLength).toBe(2)
  expect([mailbox.take(), mailbox.take()]).toEqual([b, c])
})

test('a mailbox without any room refuses whatever its policy', () => {
  expect(new Mailbox<string>().offer(a, null, { capacity: 0, overflow: 'drop-oldest' })).toBe('full')
})

test('signals are taken all at once, in order, and have a lane of their own that is never full', () => {
  const mailbox = new Mailbox<number>()
  const bounds = { capacity: 1, overflow: 'reject' } as const
  mailbox.offer(a, null, bounds)
  for (let n = 0; n < 100; n++) mailbox.pushSignal(n)
  expect(mailbox.takeSignals()).toEqual(Array.from({ length: 100 }, (_, n) => n))
  expect(mailbox.hasSignals).toBe(false)
  expect(mailbox.queueLength).toBe(1)
})

test('a signal that comes while signals are handled waits for the next taking', () => {
  const mailbox = new Mailbox<string>()
  mailbox.pushSignal('first')
  for (const signal of mailbox.takeSignals()) mailbox.pushSignal(`after ${signal}`)
  expect(mailbox.takeSignals()).toEqual(['after first'])
})

test('one place or a ring: messages come in order, what is in hand stays in hand, and what is put back comes first', () => {
  const bounds = { capacity: 6, overflow: 'drop-oldest' } as const
  const command = fc.constantFrom('offer', 'take', 'settle', 'unshift', 'burst')
  fc.assert(
    fc.property(fc.array(command, { maxLength: 40, size: 'max' }), (commands) => {
      const mailbox = new Mailbox<never>()
      const queue: number[] = []
      let inHand: number | undefined
      let last = 0
      for (const next of commands) {
        const [message] = numbered(1) as unknown as [Message]
        last++
        if (next === 'take' && queue.length > 0) {
          mailbox.take()
          inHand = queue.shift()
        } else if (next === 'settle') {
          mailbox.settle()
          inHand = undefined
        } else if (next === 'unshift') {
          mailbox.unshift(message, last)
          queue.unshift(last)
        } else if (next === 'offer') {
          const offered = mailbox.offer(message, last, bounds)
          if (queue.length < bounds.capacity) expect(offered).toBe('taken')
          else expect((offered as readonly unknown[])[1]).toBe(queue.shift())
          queue.push(last)
        } else if (next === 'burst') {
          while (queue.length < bounds.capacity) {
            expect(mailbox.offer(message, ++last, bounds)).toBe('taken')
            queue.push(last)
          }
        }
        expect(mailbox.queueLength).toBe(queue.length)
        expect(mailbox.next === undefined).toBe(queue.length === 0)
        expect(mailbox.taken === undefined).toBe(inHand === undefined)
        if (inHand !== undefined) expect(mailbox.takenReply).toBe(inHand)
      }
      for (const n of queue) {
        mailbox.take()
        expect(mailbox.takenReply).toBe(n)
      }
    }),
  )
})

test('a mailbox that one burst made large works on after it has shrunk', () => {
  const bounds = { capacity: 10_000, overflow: 'reject' } as const
  const mailbox = new Mailbox<never>()
  const messages = numbered(5000) as unknown as Message[]
  for (const message of messages) mailbox.offer(message, null, bounds)
  for (const message of messages) expect(mailbox.take()).toBe(message)
  mailbox.settle()
  expect(mailbox.offer(a, 7, bounds)).toBe('taken')
  expect([mailbox.take(), mailbox.takenReply]).toEqual([a, 7])
})
