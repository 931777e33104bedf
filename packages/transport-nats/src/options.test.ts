import { InvalidOptionError } from '@understudy/runtime/spi'
import { describe, expect, it } from 'vitest'
import type { NatsOptions } from './options.ts'
import { settle } from './options.ts'

describe('the options of nats', () => {
  it('have defaults for everything', () => {
    expect(settle({})).toEqual({
      servers: ['nats://127.0.0.1:4222'],
      replicas: 1,
      timeoutMs: 2_000,
      connectTimeoutMs: 2_000,
      setUpTimeoutMs: 10_000,
      pingIntervalMs: 2_000,
      reconnectWaitMs: 100,
      maxStoreBytes: 128 * 1024 * 1024,
      access: {},
    })
  })

  it('take several servers as a list or as one text', () => {
    expect(settle({ servers: 'nats://a, nats://b' }).servers).toEqual(['nats://a', 'nats://b'])
    expect(settle({ servers: ['nats://a', 'nats://b'] }).servers).toEqual(['nats://a', 'nats://b'])
  })

  it('take credentials out of addresses, and prefer those given as options', () => {
    expect(settle({ servers: 'nats://me:p%40ss@a,nats://b' })).toMatchObject({
      servers: ['nats://a', 'nats://b'],
      access: { user: 'me', pass: 'p@ss' },
    })
    expect(settle({ servers: 'nats://s3cret@a' })).toMatchObject({ servers: ['nats://a'], access: { token: 's3cret' } })
    expect(settle({ servers: 'nats://me:x@a', user: 'you', pass: 'y' }).access).toEqual({ user: 'you', pass: 'y' })
  })

  it('are refused by name when they make no sense', () => {
    const odd: [string, unknown][] = [
      ['servers', []],
      ['servers', ''],
      ['servers', 'nats://%zz:x@a'],
      ['replicas', 2],
      ['timeoutMs', 0],
      ['timeoutMs', Number.NaN],
      ['maxStoreBytes', -1],
    ]
    for (const [field, value] of odd) {
      expect(() => settle({ [field]: value } as NatsOptions)).toThrow(InvalidOptionError)
      expect(() => settle({ [field]: value } as NatsOptions)).toThrow(field)
    }
  })
})
