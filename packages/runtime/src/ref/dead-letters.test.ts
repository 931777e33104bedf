import { expect, test } from 'vitest'
import type { DeadLetter } from '../contracts/dead-letter.ts'
import { DeadLetterOffice } from './dead-letters.ts'

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

test('the last thousand letters are kept, oldest first', () => {
  const office = new DeadLetterOffice()
  expect(office.recent()).toEqual([])
  for (let n = 0; n < 3; n++) office.file(letter(n))
  expect(office.recent().map(({ at }) => at)).toEqual([0, 1, 2])
  for (let n = 3; n < 1500; n++) office.file(letter(n))
  expect(office.recent().map(({ at }) => at)).toEqual(Array.from({ length: 1000 }, (_, n) => n + 500))
})
