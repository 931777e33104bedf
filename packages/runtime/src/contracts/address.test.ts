import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type Address, formatAddress, isActorName, isNodeName, isPath, maxPathLength, parseAddress, sameNode } from './address.ts'

const nodeChars = 'ABCXYZabcxyz0189_-'
const pathChars = `${nodeChars}.~$@:`
const text = (chars: string, maxLength: number) =>
  fc.array(fc.constantFrom(...chars.split('')), { minLength: 1, maxLength }).map((letters) => letters.join(''))

test('every address comes back from its text', () => {
  const address = fc.record({
    node: fc.record({ name: text(nodeChars, 64), incarnation: fc.nat() }),
    path: fc.array(text(pathChars, 20), { minLength: 1, maxLength: 8 }).map((names) => `/${names.join('/')}`),
    uid: fc.nat(),
  })
  fc.assert(
    fc.property(address, (at: Address) => {
      expect(parseAddress(formatAddress(at))).toEqual(at)
    }),
  )
})

test('reading an address never throws, and what it reads it would write the same', () => {
  const hostile = fc.oneof(
    fc.string(),
    fc.string({ unit: 'binary' }),
    fc.anything(),
    fc.string().map((s) => `us://n~1/${s}#1`),
  )
  fc.assert(
    fc.property(hostile, (input) => {
      const read = parseAddress(input)
      if (read !== undefined) expect(parseAddress(formatAddress(read))).toEqual(read)
    }),
    { numRuns: 2000 },
  )
})

test.each([
  '',
  'us://',
  'us://n~1/a',
  'us://n~1#1',
  'us://n~1/#1',
  'us://n~1//a#1',
  'us://n~1/a/#1',
  'us://n~-1/a#1',
  'us://n~1/a#-1',
  'us://n~1/a#1.5',
  'us://n~1/a#1 ',
  ' us://n~1/a#1',
  'us://n~1/a#1\n',
  'us://n~1/a b#1',
  'us://n~1/ä#1',
  'us://n~1/a#9999999999999999',
  'us://n.x~1/a#1',
  'us://n*~1/a#1',
  `us://${'n'.repeat(65)}~1/a#1`,
  `us://n~1/${'a'.repeat(129)}#1`,
  `us://n~1/${'a/'.repeat(maxPathLength / 2)}a#1`,
  'http://n~1/a#1',
])('%j is no address', (input) => {
  expect(parseAddress(input)).toBeUndefined()
})

test('an address of a megabyte is refused at a glance', () => {
  const started = performance.now()
  expect(parseAddress(`us://n~1/${'a/'.repeat(500_000)}#1`)).toBeUndefined()
  expect(isPath(`/${'a/'.repeat(500_000)}`)).toBe(false)
  expect(performance.now() - started).toBeLessThan(100)
})

test('names that would mean something to a subject, a path or an object are no names, or harmless', () => {
  for (const bad of ['', 'a/b', 'a b', 'a*', 'a>', 'a#', '\u0000', 'a\n', 'a'.repeat(129)]) expect(isActorName(bad)).toBe(false)
  for (const bad of ['', 'a.b', 'a*', 'a>', 'a b', 'n\n', 'a'.repeat(65)]) expect(isNodeName(bad)).toBe(false)
  expect(isPath('/__proto__/w-2.~$@:')).toBe(true)
  expect(isPath('a/b')).toBe(false)
})

test('a node is the same only in the same life', () => {
  expect(sameNode({ name: 'a', incarnation: 1 }, { name: 'a', incarnation: 1 })).toBe(true)
  expect(sameNode({ name: 'a', incarnation: 1 }, { name: 'a', incarnation: 2 })).toBe(false)
})
