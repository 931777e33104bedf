import { expect, test } from 'vitest'
import { acknowledge, isDone, openOutbox, takeRound } from './outbox.ts'

const round = { now: 0, allowance: 100, mostInFlight: 100, resendAfterMs: 1_000 }

test('flights go out in order, no faster than the pace and no more in flight than the bound', () => {
  const first = takeRound(openOutbox(10, []), { ...round, allowance: 3 })
  expect(first.ids).toEqual([0, 1, 2])
  const second = takeRound(first.outbox, { ...round, mostInFlight: 5 })
  expect(second.ids).toEqual([3, 4])
  expect(takeRound(second.outbox, { ...round, mostInFlight: 5 }).ids).toEqual([])
})

test('a flight that is not acknowledged in time goes out again, before any new one, until it is', () => {
  const first = takeRound(openOutbox(4, []), { ...round, allowance: 3 })
  const { outbox, ids } = takeRound(acknowledge(first.outbox, [1]), { ...round, now: 1_000 })
  expect(ids).toEqual([0, 2, 3])
  expect(outbox.redelivered).toBe(2)
  expect(takeRound(outbox, { ...round, now: 1_999 }).ids).toEqual([])
  expect(takeRound(outbox, { ...round, now: 2_000 }).ids).toEqual([0, 2, 3])
})

test('it is done when all are acknowledged, whoever sent them', () => {
  const outbox = acknowledge(openOutbox(3, [[0, 0]]), [2])
  expect(isDone(outbox)).toBe(false)
  expect(isDone(acknowledge(outbox, [1]))).toBe(true)
  expect(isDone(openOutbox(0, []))).toBe(true)
})

test('a new feed sends what operations does not have, and counts as redelivered what the old one must have sent', () => {
  const { outbox, ids } = takeRound(openOutbox(8, [[0, 1], [4, 4]]), round) // prettier-ignore
  expect(ids).toEqual([2, 3, 5, 6, 7])
  expect(outbox.redelivered).toBe(2)
})
