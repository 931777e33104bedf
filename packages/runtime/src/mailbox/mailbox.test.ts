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
