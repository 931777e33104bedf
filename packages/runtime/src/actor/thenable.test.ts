import { expect, test } from 'vitest'
import { deferred, expectBalanced, stage } from '../testing/stage.fixture.ts'
import { actor } from './define.ts'

test.each(['settled', 'open'] as const)(
  'a promise (%s) whose `constructor` throws when it is looked at fails its handler once, and nothing is left behind',
  async (when) => {
    const { env, system, events } = stage()
    const gate = deferred<string>()
    const mean = () =>
      Object.defineProperty(when === 'open' ? gate.promise : Promise.resolve('fine'), 'constructor', {
        get() {
          throw new Error('mean')
        },
      })
    const ref = system.spawn(actor({ name: 'odd', on: { q: mean } }))
    const answer = ref.ask({ type: 'q' }).catch((cause: unknown) => (cause as Error).message)
    await env.settle()
    gate.resolve('fine')
    await env.settle()
    await env.advance(10_000)
    expect(await answer).toContain('mean')
    expect(events.flatMap((event) => (event.type === 'actor.failed' ? [[event.phase, String(event.cause)]] : []))).toEqual([
      ['handling', 'Error: mean'],
    ])
    expect(system.counters).toMatchObject({ handled: 0, deadLettered: 1, waiting: 0 })
    expectBalanced(system)
  },
)
