import { actor, InvalidOptionError } from '@understudy/runtime'
import { describe, expect, expectTypeOf, test } from 'vitest'
import { child } from './child.ts'
import { backoff } from './recovery/library/backoff.ts'
import { defaultRecovery } from './recovery/library/restart-then-backoff.ts'
import { supervisor } from './supervisor.ts'

const worker = actor({ name: 'worker', on: {} })
const counter = actor({ name: 'counter', state: (input: { start: number }) => input.start, on: { value: (state: number) => state } })

test('a child has its defaults', () => {
  expect(child(worker)).toEqual({
    id: 'worker',
    definition: worker,
    restart: 'permanent',
    shutdownMs: undefined,
    input: undefined,
    recovery: defaultRecovery,
    significant: false,
  })
})

test('input is required exactly when the definition takes one', () => {
  expectTypeOf(child(counter, { input: { start: 1 } })).toBeObject()
  expectTypeOf(child(worker)).toBeObject()
  // @ts-expect-error -- counter needs an input
  expectTypeOf(child(counter)).toBeObject()
  // @ts-expect-error -- the input has another type
  expectTypeOf(child(counter, { input: { start: 'x' } })).toBeObject()
})

describe('a wrong spec is refused in the caller, naming the field', () => {
  const good = child(worker)
  const bad: [field: string, make: () => unknown][] = [
    ['name', () => supervisor({ name: 'a b', children: [] })],
    ['strategy', () => supervisor({ name: 's', strategy: 'simple-one-for-one' as never, children: [] })],
    ['intensity.restarts', () => supervisor({ name: 's', intensity: { restarts: -1, withinMs: 1 }, children: [] })],
    ['intensity.withinMs', () => supervisor({ name: 's', intensity: { restarts: 1, withinMs: 0 }, children: [] })],
    ['children', () => supervisor({ name: 's', children: good as never })],
    ['children[1]', () => supervisor({ name: 's', children: [good, null as never] })],
    ['children[0].definition', () => supervisor({ name: 's', children: [worker as never] })],
    ['children[1].id', () => supervisor({ name: 's', children: [good, child(worker)] })],
    ['children[0].id', () => supervisor({ name: 's', children: [child(worker, { id: 'a/b' })] })],
    ['children[0].restart', () => supervisor({ name: 's', children: [child(worker, { restart: 'always' as never })] })],
    ['children[1].shutdownMs', () => supervisor({ name: 's', children: [good, child(worker, { id: 'x', shutdownMs: -1 })] })],
    ['children[0].recovery', () => supervisor({ name: 's', children: [child(worker, { recovery: {} as never })] })],
    ['autoShutdown', () => supervisor({ name: 's', children: [], autoShutdown: 'any-significant' } as never)],
    ['backoff.minMs', () => backoff({ minMs: 200, maxMs: 100 })],
    ['backoff.maxMs', () => backoff({ maxMs: Number.NaN })],
    ['backoff.restartsAtOnce', () => backoff({ restartsAtOnce: 0.5 })],
    ['backoff.jitter', () => backoff({ jitter: 1 } as never)],
  ]

  test.each(bad)('%s', (field, make) => {
    let error: unknown
    try {
      make()
    } catch (thrown) {
      error = thrown
    }
    expect(error).toBeInstanceOf(InvalidOptionError)
    expect(error).toMatchObject({ field, code: 'INVALID_OPTION' })
  })
})
