import { expect, test } from 'vitest'
import { oneForAll } from './one-for-all.ts'
import { oneForOne } from './one-for-one.ts'
import { restForOne } from './rest-for-one.ts'

const ids = ['a', 'b', 'c', 'd']

test.each([
  { name: 'one-for-one restarts the failed child alone', strategy: oneForOne, failed: 'b', stop: [], start: ['b'] },
  { name: 'one-for-all stops the others backwards and starts all', strategy: oneForAll, failed: 'b', stop: ['d', 'c', 'a'], start: ids },
  {
    name: 'rest-for-one stops those after it and starts it and them',
    strategy: restForOne,
    failed: 'b',
    stop: ['d', 'c'],
    start: ['b', 'c', 'd'],
  },
  { name: 'rest-for-one of the first child is all', strategy: restForOne, failed: 'a', stop: ['d', 'c', 'b'], start: ids },
  { name: 'rest-for-one of the last child is it alone', strategy: restForOne, failed: 'd', stop: [], start: ['d'] },
])('$name', ({ strategy, failed, stop, start }) => {
  expect(strategy(ids, failed)).toEqual({ stop, start })
})
