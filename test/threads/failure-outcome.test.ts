// What a failure comes to: the same in a worker thread as on the main loop.

import {
  actor,
  child,
  createSystem,
  recovery,
  recoverySetup,
  restartAtOnce,
  supervisor,
  type ActorSystem,
  type RestartType,
} from '@understudy/actors'
import { expectBalanced } from '@understudy/runtime/testing'
import { describe, expect, onTestFinished, test } from 'vitest'
import { clerk, waverer } from './guests.fixture.ts'

/** It goes on with its state: at once, or when an operator says so. */
const resuming = recovery(recoverySetup().createMachine({ id: 'resuming', on: { FAILED: { actions: 'resume' } } }))
const waiting = recovery(
  recoverySetup().createMachine({
    id: 'waiting',
    initial: 'up',
    states: {
      up: { on: { FAILED: 'down' } },
      down: { entry: 'park', on: { 'OPERATOR.release': { target: 'up', actions: 'resume' } } },
    },
  }),
)

interface Stage {
  readonly system: ActorSystem
  readonly failed: string[]
  readonly stopped: string[]
}

const quiet = { debug() {}, info() {}, warn() {}, error() {} }

async function stage(isolation: 'thread' | undefined, recoveryPolicy = resuming, restart: RestartType = 'permanent'): Promise<Stage> {
  const system = createSystem({ log: quiet })
  onTestFinished(async () => {
    await system.stop()
    expectBalanced(system)
  })
  const failed: string[] = []
  const stopped: string[] = []
  system.onEvent('actor.failed', ({ cause }) => void failed.push(String(cause)))
  system.onEvent('actor.stopped', ({ path }) => void stopped.push(path))
  const options = { restart, recovery: recoveryPolicy, input: undefined, ...(isolation && { isolation }) }
  const family = supervisor({ name: 'sup', children: [child(waverer, options), child(clerk, options)] })
  await system.spawn(family, { name: 'sup' }).ask({ type: 'countChildren' })
  return { system, failed, stopped }
}

describe.each([
  ['on the main loop', undefined],
  ['in a thread', 'thread' as const],
])('%s', (_where, isolation) => {
  test('an actor that wishes to stop and then fails has failed: a transient child is restarted', async () => {
    const { system, failed } = await stage(isolation, restartAtOnce(), 'transient')
    const ref = system.ref('/sup/waverer', waverer)
    expect(await ref.ask({ type: 'life' })).toBe(1)
    await expect(ref.ask({ type: 'before' })).rejects.toThrow('wished to stop')
    expect(await ref.ask({ type: 'life' })).toBe(2)
    expect(failed).toEqual(['Error: wished to stop'])
  })

  test('a stop that an actor wishes for while it is down is forgotten: it goes on when it is resumed, and can still stop', async () => {
    const { system } = await stage(isolation, waiting)
    const wished = Promise.withResolvers<unknown>()
    const witness = system.spawn(actor({ name: 'witness', on: { note: (_state, { text }: { text: unknown }) => wished.resolve(text) } }))
    const ref = system.ref('/sup/waverer', waverer)
    await expect(ref.ask({ type: 'after', witness })).rejects.toThrow('not wish to stop yet')
    await wished.promise
    await system.ref('/sup').ask({ type: 'recoverChild', id: 'waverer', order: 'release' } as never)
    for (let n = 0; n < 3; n++) expect(await ref.ask({ type: 'life' })).toBe(1)
    const ended = Promise.withResolvers<unknown>()
    system.onEvent('actor.stopped', ({ path, reason }) => ended.resolve([path, reason]))
    ref.tell({ type: 'bye' })
    expect(await ended.promise).toEqual(['/sup/waverer', 'normal'])
  })

  test('what an actor has put aside stays there when it fails and is resumed', async () => {
    const { system } = await stage(isolation)
    const seen: number[] = []
    const witness = system.spawn(actor({ name: 'witness', on: { note: (_state, { text }: { text: number }) => void seen.push(text) } }))
    const ref = system.ref('/sup/clerk', clerk)
    const aside = ref.ask({ type: 'file', n: 1, how: 'aside', witness })
    await expect(ref.ask({ type: 'file', n: 2, how: 'fail', witness })).rejects.toThrow('on purpose')
    expect(await ref.ask({ type: 'file', n: 3, how: 'plain', witness })).toBe(3)
    expect(await aside).toBe(1)
    await expect.poll(() => seen).toEqual([3, 1])
  })

  test('an actor that wished to stop before it failed goes on when it is resumed', async () => {
    const { system, failed, stopped } = await stage(isolation)
    const ref = system.ref('/sup/waverer', waverer)
    await expect(ref.ask({ type: 'before' })).rejects.toThrow('wished to stop')
    for (let n = 0; n < 3; n++) expect(await ref.ask({ type: 'life' })).toBe(1)
    expect([failed, stopped]).toEqual([['Error: wished to stop'], []])
    ref.tell({ type: 'bye' })
    await expect.poll(() => stopped).toEqual(['/sup/waverer'])
  })
})
