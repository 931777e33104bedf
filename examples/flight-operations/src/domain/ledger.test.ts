import { expect, test } from 'vitest'
import { emptyLedger, has, highest, missing, record, size } from './ledger.ts'

test('ids in any order, twice or in parts, become the fewest runs', () => {
  const ledger = record(record(emptyLedger, [5, 3, 4, 9, 5]), [8, 0, 3, 11])
  expect(ledger).toEqual([
    [0, 0],
    [3, 5],
    [8, 9],
    [11, 11],
  ])
  expect(record(ledger, [1, 2, 6, 7, 10])).toEqual([[0, 11]])
})

test('it knows what it has, how much, the highest, and what is missing', () => {
  const ledger = record(emptyLedger, [0, 1, 2, 5, 6, 9])
  expect([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, -1].filter((id) => has(ledger, id))).toEqual([0, 1, 2, 5, 6, 9])
  expect(size(ledger)).toBe(6)
  expect(highest(ledger)).toBe(9)
  expect(highest(emptyLedger)).toBe(-1)
  expect(missing(ledger, 10)).toBe(4)
  expect(missing(ledger, 6)).toBe(2)
  expect(missing(emptyLedger, 3)).toBe(3)
})

test('recording leaves the old ledger as it was, so a batch that is not stored has not happened', () => {
  const before = record(emptyLedger, [1, 2])
  record(before, [3])
  expect(before).toEqual([[1, 2]])
})
