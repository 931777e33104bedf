import { expect, test } from 'vitest'
import { deadLetterReasons } from './contracts/dead-letter.ts'
import { UnderstudyError } from './contracts/error.ts'
import * as errors from './errors.ts'
import { undelivered } from './ref/undelivered.ts'

const message = { type: 'add', by: 1 }
const { ActorFailedError, AskTimeoutError, DeliveryError, InvalidOptionError, MailboxFullError, NoSuchActorError, StartFailedError } =
  errors

async function secondCopy(): Promise<{ errors: typeof errors; UnderstudyError: typeof UnderstudyError }> {
  // The modules again, as a second copy of the package in the same process would have them.
  const vitest = await import('vitest')
  vitest.vi.resetModules()
  return { errors: await import('./errors.ts'), UnderstudyError: (await import('./contracts/error.ts')).UnderstudyError }
}

test('errors are recognised across two copies of the package', async () => {
  const other = await secondCopy()
  expect(other.errors.AskTimeoutError).not.toBe(AskTimeoutError)
  const error = new other.errors.AskTimeoutError('us://n~0/a#1', message, 100)
  expect(error).toBeInstanceOf(AskTimeoutError)
  expect(error).toBeInstanceOf(DeliveryError)
  expect(error).toBeInstanceOf(UnderstudyError)
  expect(error).toBeInstanceOf(Error)
  expect(error).not.toBeInstanceOf(MailboxFullError)
  expect(new MailboxFullError('a', message)).toBeInstanceOf(other.errors.MailboxFullError)
  expect(new InvalidOptionError('f', 1, 'x')).not.toBeInstanceOf(other.errors.DeliveryError)
  expect(new InvalidOptionError('f', 1, 'x')).toBeInstanceOf(other.UnderstudyError)
})

test('what is no error of Understudy is not taken for one', () => {
  for (const other of [null, undefined, 1, 'ASK_TIMEOUT', {}, new Error('x'), { code: 'ASK_TIMEOUT' }]) {
    expect(other instanceof UnderstudyError).toBe(false)
    expect(other instanceof AskTimeoutError).toBe(false)
    expect(other instanceof DeliveryError).toBe(false)
  }
})

test('every class has a code of its own', () => {
  const codes = Object.values(errors)
    .filter((value) => typeof value === 'function')
    .map((each) => (each as typeof UnderstudyError).code)
    .filter((code) => code !== 'UNDERSTUDY')
  expect(new Set(codes).size).toBe(codes.length)
  for (const code of codes) expect(code).toMatch(/^[A-Z][A-Z_]+$/)
})

test('every reason of a dead letter has an error that carries the message back and says whether it was handled', () => {
  for (const reason of deadLetterReasons) {
    const error = undelivered(reason, 'us://n~0/a#1', message, reason === 'poison' ? new Error('boom') : undefined)
    expect(error.undelivered).toBe(message)
    expect(error.outcome).toBe(reason === 'poison' ? 'maybe-handled' : 'never-handled')
    expect(error.message).toContain("'add'")
    expect(error.message).toContain('us://n~0/a#1')
  }
  expect(undelivered('stopped', 'a', message)).toBeInstanceOf(NoSuchActorError)
})

test('a failure carries its cause, also through a duplicated class', () => {
  const cause = new RangeError('boom')
  const error = new ActorFailedError('a', message, cause)
  expect(error.cause).toBe(cause)
  expect(error.message).toContain('RangeError: boom')
})

const unprintable = Object.create(null) as object
const odd = Object.assign(new Error('x'), { message: Symbol('s') })
test.each([
  ['an object without prototype', unprintable],
  ['an error whose message is a symbol', odd],
  ['a symbol', Symbol('s')],
  ['undefined', undefined],
  ['null', null],
  [
    'a proxy that throws',
    new Proxy(
      {},
      {
        get: () => {
          throw new Error('trap')
        },
        getPrototypeOf: () => {
          throw new Error('trap')
        },
      },
    ),
  ],
])('an error can be made of whatever was thrown: %s', (_, cause) => {
  expect(new ActorFailedError('a', message, cause).message).toContain('failed while handling')
  expect(new StartFailedError('/a', cause).message).toContain('could not be started')
})

test('an error can be made of what is no message', () => {
  for (const odd of [undefined, null, 1, { type: Symbol('s') }, { type: unprintable }]) {
    expect(new NoSuchActorError('a', odd as never, 'stopped').message).toContain('a (stopped)')
  }
})

test('an invalid option is shown as it is, whatever it is', () => {
  const circular: Record<string, unknown> = {}
  circular['self'] = circular
  expect(new InvalidOptionError('f', Number.NaN, 'x').message).toBe('f is NaN; it must be x')
  expect(new InvalidOptionError('f', undefined, 'x').message).toBe('f is undefined; it must be x')
  expect(new InvalidOptionError('f', 10n, 'x').message).toBe('f is bigint; it must be x')
  expect(new InvalidOptionError('f', circular, 'x').message).toBe('f is object; it must be x')
  expect(new InvalidOptionError('f', () => 1, 'x').message).toBe('f is a function; it must be x')
  expect(new InvalidOptionError('f', 'a'.repeat(1000), 'x').message).toBe(`f is "${'a'.repeat(99)}…; it must be x`)
})
