import { expect, test } from 'vitest'
import type { DeadLetter } from '../contracts/dead-letter.ts'
import { DeadLetterOffice, type DeadLetterQuery } from './dead-letters.ts'

const letter = (at: number, reason: DeadLetter['reason'] = 'stopped'): DeadLetter => ({
  message: { type: `m${at}` },
  reason,
  target: 'us://local~0/a#1',
  at,
  asked: false,
})

test('a reason is spoken of at most once a second, and then with how many there were', () => {
  const office = new DeadLetterOffice()
  expect([0, 10, 999].map((at) => office.file(letter(at)))).toEqual([1, 0, 0])
  expect(office.file(letter(500, 'invalid'))).toBe(1)
  expect(office.file(letter(1000))).toBe(3)
  expect(office.file(letter(1001))).toBe(0)
  expect(office.counts).toMatchObject({ stopped: 5, invalid: 1, poison: 0 })
})

test('the last ten thousand letters are kept, oldest first', () => {
  const office = new DeadLetterOffice()
  expect(office.recent()).toEqual([])
  for (let n = 0; n < 3; n++) office.file(letter(n))
  expect(office.recent().map(({ at }) => at)).toEqual([0, 1, 2])
  for (let n = 3; n < 15_000; n++) office.file(letter(n))
  expect(office.recent().map(({ at }) => at)).toEqual(Array.from({ length: 10_000 }, (_, n) => n + 5000))
})

test('letters are found by reason, type, target, sender, age and number', () => {
  const office = new DeadLetterOffice()
  for (let n = 0; n < 6; n++) {
    const reason = n % 2 === 0 ? 'stopped' : 'expired'
    office.file({ ...letter(n, reason), target: n < 3 ? 'us://local~0/a#1' : '/b', ...(n === 4 && { sender: '/s' }) })
  }
  const at = (query: DeadLetterQuery): number[] => office.query(query).map((found) => found.at)
  expect(at({})).toEqual([0, 1, 2, 3, 4, 5])
  expect(at({ reason: 'expired' })).toEqual([1, 3, 5])
  expect(at({ type: 'm2' })).toEqual([2])
  expect(at({ target: '/a' })).toEqual([0, 1, 2])
  expect(at({ target: 'us://local~0/a#1', since: 1 })).toEqual([1, 2])
  expect(at({ target: '/b', limit: 2 })).toEqual([4, 5])
  expect(at({ sender: '/s' })).toEqual([4])
  expect(at({ limit: 0 })).toEqual([])
})

test('letters that are taken out are gone, and the others stay in order', () => {
  const office = new DeadLetterOffice()
  for (let n = 0; n < 12_000; n++) office.file(letter(n))
  const odd = office.query({ since: 11_000 }).filter(({ at }) => at % 2 === 1)
  expect(office.take([...odd, letter(1)])).toEqual(odd)
  expect(office.recent()).toHaveLength(9500)
  office.file(letter(12_000))
  expect(
    office
      .recent()
      .slice(-3)
      .map(({ at }) => at),
  ).toEqual([11_996, 11_998, 12_000])
})
