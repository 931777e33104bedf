import { FencedError, InvalidOptionError, MailboxFullError } from '@understudy/runtime/spi'
import { describe, expect, test } from 'vitest'
import { classifier, classifyFailure } from './failure-class.ts'
import type { RecoveryFailure } from './failure-class.ts'
import { signatureOf } from './signature.ts'

const failure = (cause: unknown, phase: RecoveryFailure['phase'] = 'handling'): RecoveryFailure => ({ phase, cause })
const coded = (code: string): Error => Object.assign(new Error('x'), { code })
class PaymentDown extends Error {}

describe('the built-in classification', () => {
  test.each([
    ['transient', coded('ECONNRESET')],
    ['overload', coded('MAILBOX_FULL')],
    ['deadline', coded('ASK_TIMEOUT')],
    ['deadline', new DOMException('late', 'TimeoutError')],
    ['dependency', coded('ECONNREFUSED')],
    ['invalid', new InvalidOptionError('a', 1, 'b')],
    ['fenced', coded('FENCED')],
    ['resource', coded('ENOSPC')],
    ['bug', new TypeError('x')],
    ['unknown', new Error('x')],
    ['unknown', 'a string'],
    ['unknown', null],
    ['unknown', undefined],
    ['unknown', { code: 7, name: [] }],
  ])('%s: %s', (expected, cause) => {
    expect(classifyFailure(failure(cause))).toBe(expected)
  })

  test("knows Understudy's own errors by their codes", () => {
    expect([FencedError.code, MailboxFullError.code].map((code) => classifyFailure(failure(coded(code))))).toEqual(['fenced', 'overload'])
  })

  test('an error whose fields throw is unknown, and does not throw', () => {
    const nasty = {
      get code(): string {
        throw new Error('bang')
      },
    }
    expect(classifyFailure(failure(nasty))).toBe('unknown')
    expect(signatureOf(failure(nasty), 'unknown')).toMatch(/^[0-9a-f]{8}$/)
  })
})

describe('a classifier of your own', () => {
  const own = classifier([
    { class: 'dependency', error: PaymentDown, when: ({ phase }) => phase === 'starting' },
    { class: 'poison', error: PaymentDown },
    { class: 'transient', name: ['TypeError'], code: 'SOFT' },
    { class: 'overload', code: ['A', 'B'] },
    { class: 'invalid', code: 'A' },
  ])

  test.each([
    ['the first rule of which all criteria match', failure(new PaymentDown(), 'starting'), 'dependency'],
    ['the next one when a predicate says no', failure(new PaymentDown()), 'poison'],
    ['a rule by code, the first of two', failure(coded('A')), 'overload'],
    ['code and name together', failure(Object.assign(new TypeError('x'), { code: 'SOFT' })), 'transient'],
    ['the built-in rules when none matches', failure(new TypeError('x')), 'bug'],
    ['unknown when nobody knows', failure(new Error('x')), 'unknown'],
  ])('%s', (_, found, expected) => {
    expect(own(found)).toBe(expected)
  })

  test.each([
    ['rules', {}],
    ['rules[0]', [null]],
    ['rules[0].class', [{ class: 'odd', code: 'A' }]],
    ['rules[0].code', [{ class: 'bug', code: 7 }]],
    ['rules[0].error', [{ class: 'bug', error: 'E' }]],
    [
      'rules[1].odd',
      [
        { class: 'bug', code: 'A' },
        { class: 'bug', odd: 1 },
      ],
    ],
    ['rules[0]', [{ class: 'bug' }]],
  ])('a wrong rule is refused, and named: %s', (field, rules) => {
    expect(() => classifier(rules as never)).toThrow(expect.objectContaining({ field }))
  })
})

describe('a signature', () => {
  const thrown = (text: string): Error => new Error(text)
  const elsewhere = (text: string): Error => new Error(text)

  test('is alike for what is thrown in the same place, whatever its text', () => {
    const [a, b] = ['order 17 failed', 'order 18 failed\n    at nowhere (x.ts:1:1)'].map((text) =>
      signatureOf(failure(thrown(text)), 'bug'),
    )
    expect(signatureOf(failure(thrown('order 17 failed')), 'bug')).toBe(a)
    expect(b).toMatch(/^[0-9a-f]{8}$/)
  })

  test('differs by class, phase, name, code and place', () => {
    const all = [
      signatureOf(failure(thrown('x')), 'bug'),
      signatureOf(failure(thrown('x')), 'poison'),
      signatureOf(failure(thrown('x'), 'starting'), 'bug'),
      signatureOf(failure(Object.assign(thrown('x'), { name: 'Odd' })), 'bug'),
      signatureOf(failure(Object.assign(thrown('x'), { code: 'ODD' })), 'bug'),
      signatureOf(failure(elsewhere('x')), 'bug'),
      signatureOf(failure('x'), 'bug'),
      signatureOf(failure('y'), 'bug'),
      signatureOf(failure(undefined), 'bug'),
    ]
    expect(new Set(all).size).toBe(all.length)
  })
})
