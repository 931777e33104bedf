import { expect, test } from 'vitest'
import type { Message } from '../contracts/message.ts'
import { numbered } from '../testing/stage.fixture.ts'
import { Mailbox } from './mailbox.ts'

const [a, b, c] = numbered(3) as unknown as [Message, Message, Message]

test('a full mailbox that rejects keeps what it has and refuses the newest', () => {
  const mailbox = new Mailbox<string>({ capacity: 2, overflow: 'reject' })
  expect([mailbox.offer(a, null), mailbox.offer(b, null)]).toEqual(['taken', 'taken'])
  expect(mailbox.full).toBe(true)
  expect(mailbox.offer(c, null)).toBe('full')
  expect([mailbox.take(), mailbox.take()]).toEqual([a, b])
})

test('a full mailbox that drops the oldest hands it back with its reply address and keeps the newest', () => {
  const mailbox = new Mailbox<string>({ capacity: 2, overflow: 'drop-oldest' })
  mailbox.offer(a, 11)
  mailbox.offer(b, 12)
  expect(mailbox.offer(c, 13)).toEqual([a, 11])
  expect(mailbox.length).toBe(2)
  expect([mailbox.take(), mailbox.take()]).toEqual([b, c])
})

test('a mailbox without any room refuses whatever its policy', () => {
  expect(new Mailbox<string>({ capacity: 0, overflow: 'drop-oldest' }).offer(a, null)).toBe('full')
})

test('signals are taken all at once, in order, and have a lane of their own that is never full', () => {
  const mailbox = new Mailbox<number>({ capacity: 1, overflow: 'reject' })
  mailbox.offer(a, null)
  for (let n = 0; n < 100; n++) mailbox.signal(n)
  expect(mailbox.takeSignals()).toEqual(Array.from({ length: 100 }, (_, n) => n))
  expect(mailbox.hasSignals).toBe(false)
  expect(mailbox.length).toBe(1)
})

test('a signal that comes while signals are handled waits for the next taking', () => {
  const mailbox = new Mailbox<string>({ capacity: 1, overflow: 'reject' })
  mailbox.signal('first')
  for (const signal of mailbox.takeSignals()) mailbox.signal(`after ${signal}`)
  expect(mailbox.takeSignals()).toEqual(['after first'])
})
