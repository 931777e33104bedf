import { expect, test } from 'vitest'
import { actor } from '../actor/define.ts'
import type { AnyRef } from '../contracts/ref.ts'
import { deferred, expectBalanced, stage } from '../testing/stage.fixture.ts'

test('an ask on behalf of one of two that wait for each other already does not go round with them for ever', async () => {
  const { env, system } = stage({ dispatch: { throughput: 1 } })
  // One object for every message: so it cannot tell one handling from another.
  const go = { type: 'go' } as const
  const gate = deferred()
  const refs = new Map<string, AnyRef>()
  const friend = (...asks: string[]) =>
    actor({
      name: 'friend',
      state: () => ({ times: 0 }),
      on: {
        go: (state): unknown => {
          if (++state.times > 1) return gate.promise
          for (const name of asks)
            refs
              .get(name)!
              .ask(go)
              .catch(() => {})
          return undefined
        },
      },
    })
  let answer: unknown
  const a = actor({
    name: 'a',
    on: {
      go: async (_s, _m, ctx) => {
        await new Promise<void>((resolve) => void env.setTimer(1, resolve))
        answer = await ctx.ask(refs.get('x')!, go)
      },
    },
  })
  refs.set('a', system.spawn(a))
  refs.set('b', system.spawn(friend('a', 'c')))
  refs.set('c', system.spawn(friend('b')))
  refs.set('z', system.spawn(actor({ name: 'z', on: { look: () => void refs.get('x')!.ask(go) } })))
  refs.set('x', system.spawn(actor({ name: 'x', on: { go: () => 'x' } })))
  for (const name of ['b', 'c']) refs.get(name)!.tell(go)
  refs.get('z')!.tell({ type: 'look' })
  await env.advance(10)
  expect(answer).toBe('x')
  gate.resolve()
  await env.settle()
  expectBalanced(system)
})

test('an actor that asked in passing waits for nobody, also when it then handles the same constant message for long', async () => {
  const { env, system } = stage()
  const go = { type: 'go' } as const
  const gate = deferred()
  const refs = new Map<string, AnyRef>()
  let answer: unknown
  const asks = actor({
    name: 'a',
    state: () => ({ times: 0 }),
    on: {
      go: (state): unknown => {
        if (++state.times > 1) return gate.promise
        refs
          .get('b')!
          .ask(go)
          .then(
            (value) => (answer = value),
            (error: unknown) => (answer = error),
          )
        return undefined
      },
      other: () => 'other',
    },
  })
  refs.set('a', system.spawn(asks))
  refs.set('b', system.spawn(actor({ name: 'b', on: { go: (_s, _m, ctx) => ctx.ask(refs.get('a')!, { type: 'other' }) } })))
  refs.get('a')!.tell(go)
  refs.get('a')!.tell(go)
  await env.settle()
  gate.resolve()
  await env.settle()
  expect(answer).toBe('other')
  expectBalanced(system)
})

test('what a listener asks while a message is refused is not asked by the handler that comes next', async () => {
  const { env, system } = stage()
  const gate = deferred()
  const refs = new Map<string, AnyRef>()
  let answer: unknown
  const slow = actor({ name: 'a', on: { wait: () => gate.promise, ok: () => 'ok' } })
  const asks = actor({
    name: 'b',
    on: {
      go: async (_s, _m, ctx) => {
        answer = await ctx.ask(refs.get('a')!, { type: 'ok' }).catch((cause: unknown) => cause)
      },
    },
  })
  refs.set('a', system.spawn(slow))
  refs.set('b', system.spawn(asks))
  const off = system.onEvent('dead-letter', () => {
    off()
    void refs.get('b')!.ask({ type: 'go' })
  })
  refs.get('a')!.tell({ type: 'unknown' })
  refs.get('a')!.tell({ type: 'wait' })
  await env.settle()
  expect(answer).toBeUndefined()
  gate.resolve()
  await env.settle()
  expect(answer).toBe('ok')
  expectBalanced(system)
})
