// The adaptive ladder in a real system, in virtual time.

import { actor, createSystem } from '@understudy/runtime'
import { ManualEnv } from '@understudy/runtime/testing'
import { expect, test } from 'vitest'
import { child } from '../../child.ts'
import { supervisor } from '../../supervisor.ts'
import { ladder } from '../library/ladder.ts'
import { adaptive } from './adaptive.ts'

test('a shop that fails on what its cache has got wrong learns to be restarted with the cache, and at once', async () => {
  const cache = { isWrong: false }
  const cacheActor = actor({
    name: 'cache',
    state: () => {
      cache.isWrong = false
      return {}
    },
    on: {},
  })
  const shop = actor({
    name: 'shop',
    on: {
      sell: () => {
        if (cache.isWrong) throw new TypeError('the price is missing')
      },
    },
  })
  const env = new ManualEnv({ seed: 2 })
  const system = createSystem({ env, log: { debug() {}, info() {}, warn() {}, error() {} } })
  const learns = ladder({ choose: adaptive({ exploration: 0 }) })
  const children = [child(cacheActor), child(shop, { recovery: learns })]
  system.spawn(supervisor({ name: 'sup', intensity: { restarts: 10, withinMs: 5_000 }, children }), { name: 'sup' })
  const states: string[] = []
  system.onEvent((event) => {
    if (event.type === 'recovery.moved' && event.event === 'FAILED') states.push(event.to)
  })
  await env.settle()

  const remedies = async (): Promise<string[]> => {
    states.length = 0
    cache.isWrong = true
    while (cache.isWrong) {
      system.ref('/sup/shop', shop).tell({ type: 'sell' })
      await env.advance(500)
    }
    await env.advance(60_000)
    return [...states]
  }

  expect(await remedies()).toEqual(['restart', 'restart', 'restart', 'group'])
  for (let n = 0; n < 30; n++) await remedies()
  expect(await remedies()).toEqual(['group'])
  await system.stop()
})
