import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeOwnRecord, encodeOwnRecord } from './own-record.ts'

const bytes = (text: string) => new TextEncoder().encode(text)

describe('ownership record', () => {
  it.each([
    { owner: { name: 'a', incarnation: 7 }, path: '/shop/operations', writer: 'own.operations.a.1' },
    { owner: null, path: '/shop/operations', writer: 'own.operations.a.2' },
  ])('comes back as it was written: %j', (record) => {
    expect(decodeOwnRecord(encodeOwnRecord(record))).toEqual(record)
  })

  it.each([
    '',
    'null',
    '[]',
    '{"path":"/a","writer":"w"}',
    '{"owner":null,"writer":"w"}',
    '{"owner":null,"path":"/a"}',
    '{"owner":null,"path":"a b","writer":"w"}',
    '{"owner":{"name":"a.b","incarnation":1},"path":"/a","writer":"w"}',
    '{"owner":{"name":"a","incarnation":-1},"path":"/a","writer":"w"}',
    '{"owner":{"name":"a","incarnation":"1"},"path":"/a","writer":"w"}',
    `{"owner":null,"path":"/a","writer":"w","more":"${'x'.repeat(5000)}"}`,
  ])('is none, and says why: %.60s', (text) => {
    expect(decodeOwnRecord(bytes(text))).toEqual(expect.any(String))
  })

  it('takes from a record what it knows and nothing else', () => {
    const text = '{"__proto__":{"x":1},"owner":{"name":"a","incarnation":1,"__proto__":{"y":1},"more":2},"path":"/a","writer":"w","more":1}'
    expect(decodeOwnRecord(bytes(text))).toStrictEqual({ owner: { name: 'a', incarnation: 1 }, path: '/a', writer: 'w' })
  })

  it('never throws', () => {
    fc.assert(fc.property(fc.oneof(fc.uint8Array(), fc.json().map(bytes)), (input) => void decodeOwnRecord(input)))
  })
})
