import { actor, InvalidOptionError } from '@understudy/runtime'
import { machineActor } from '@understudy/runtime/machine'
import { describe, expect, expectTypeOf, test } from 'vitest'
import { createMachine } from 'xstate'
import { child } from './child.ts'
import { backoff } from './recovery/library/backoff.ts'
import { defaultRecovery } from './recovery/library/restart-then-backoff.ts'
import { restartAtOnce } from './recovery/library/restart-at-once.ts'
import { supervisor } from './supervisor.ts'

const worker = actor({ name: 'worker', on: {} })
const counter = actor({ name: 'counter', state: (input: { start: number }) => input.start, on: { value: (state: number) => state } })

test('a child has its defaults', () => {
  expect(child(worker)).toEqual({
    id: 'worker',
    definition: worker,
    input: undefined,
    restart: 'permanent',
    shutdownMs: 5_000,
    type: 'worker',
    significant: false,
    recovery: defaultRecovery,
    onUndelivered: 'dead-letter',
  })
  expect(child(supervisor({ name: 's', children: [] }))).toMatchObject({ type: 'supervisor', shutdownMs: 'infinity' })
  expect(child(worker, { type: 'supervisor' })).toMatchObject({ type: 'supervisor', shutdownMs: 'infinity' })
})

test('a definition says how it is supervised, and the parent may say otherwise', () => {
  const recovery = restartAtOnce()
  const supervision = { restart: 'transient', significant: true, recovery } as const
  const own = actor({ name: 'own', on: {}, shutdownMs: 70, supervision })
  expect(child(own)).toMatchObject({ restart: 'transient', significant: true, recovery, shutdownMs: 70 })
  expect(child(own, { restart: 'permanent', significant: false, shutdownMs: 'brutal' })).toMatchObject({
    restart: 'permanent',
    significant: false,
    recovery,
    shutdownMs: 'brutal',
  })
  const machine = machineActor(createMachine({ id: 'machine' }), { supervision: { restart: 'transient' } })
  expect(child(machine, { input: undefined })).toMatchObject({ restart: 'transient', type: 'worker', shutdownMs: 5_000 })
  const inner = supervisor({ name: 'inner', children: [], supervision: { restart: 'temporary' } })
  expect(child(inner)).toMatchObject({ restart: 'temporary', type: 'supervisor', shutdownMs: 'infinity' })
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
    ['children[1].shutdownMs', () => supervisor({ name: 's', children: [good, { ...good, id: 'x', shutdownMs: -1 }] })],
    ['child.definition', () => child({} as never)],
    ['child.id', () => child(worker, { id: 'a/b' })],
    ['child.restart', () => child(worker, { restart: 'always' as never })],
    ['child.shutdownMs', () => child(worker, { shutdownMs: Number.NaN })],
    ['child.type', () => child(worker, { type: 'boss' as never })],
    ['child.recovery', () => child(worker, { recovery: {} as never })],
    ['child.onUndelivered', () => child(worker, { onUndelivered: 'drop' as never })],
    ['child.onUndelivered', () => child(worker, { onUndelivered: { forwardTo: '/heir' as never } })],
    ['child.retries', () => child(worker, { retries: 3 } as never)],
    ['child.retries', () => child(actor({ name: 'w', on: {}, supervision: { retries: 3 } as never }))],
    ['child.significant', () => child(worker, { significant: 1 as never })],
    ['child.significant', () => child(worker, { significant: true, restart: 'permanent' })],
    ['children[0].significant', () => supervisor({ name: 's', children: [child(worker, { significant: true, restart: 'transient' })] })],
    ['autoShutdown', () => supervisor({ name: 's', children: [], autoShutdown: 'sometimes' as never })],
    ['reviveStopped', () => supervisor({ name: 's', children: [], reviveStopped: 'yes' as never })],
    ['children[0].retries', () => supervisor({ name: 's', children: [{ ...good, retries: 1 } as never] })],
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
