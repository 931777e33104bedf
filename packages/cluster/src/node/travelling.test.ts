// What travels with a message to another node, and on from there: the deadline of who asks, the idempotency key.

import { afterEach, beforeEach, expect, it } from 'vitest'
import { actor, type AnyRef, AskTimeoutError } from '@understudy/runtime'
import { ClusterStage, type Player } from '../stage.fixture.ts'

let stage: ClusterStage
let a: Player
let b: Player

beforeEach(async () => {
  stage = new ClusterStage()
  a = await stage.node('a')
  b = await stage.node('b')
})
afterEach(() => stage.close())

const never = new Promise<never>(() => {})

/** An actor of a player, and its ref as the other has it. */
function spawned(name: string, at: Player, isLate: boolean, waited: Map<string, unknown>): AnyRef {
  const definition = actor({
    name: 'waiting',
    on: {
      /** Asks the next of the way to do the same, and writes down until when it waited. The last one, and who was not answered, never answer. */
      wait: async (_state, { way }: { way: AnyRef[] }, ctx) => {
        if (isLate) await new Promise<void>((resolve) => void stage.env.setTimer(1, resolve))
        const [next, ...rest] = way
        if (next === undefined) return never
        const why: unknown = await ctx.ask(next, { type: 'wait', way: rest }).catch((error: { code: string }) => error.code)
        waited.set(name, [why, stage.env.now()])
        return never
      },
      key: (_state, message: { idempotencyKey?: string }) => message.idempotencyKey,
    },
  })
  const { address } = at.node.system.spawn(definition, { name })
  return (at === a ? b : a).node.system.ref(address)
}

it.each([false, true])('an ask waits no longer than the one it serves, however many nodes that came over (late: %s)', async (isLate) => {
  const waited = new Map<string, unknown>()
  const [first, second, last] = [b, a, b].map((at, n) => spawned(`waiting-${n}`, at, isLate, waited))
  const from = stage.env.now()
  const asked = first!.ask({ type: 'wait', way: [second, last] }, { timeoutMs: 300 }).catch((error: unknown) => error)
  expect(await stage.run(asked)).toBeInstanceOf(AskTimeoutError)
  await stage.advance(50)
  // By themselves they would wait for 5 seconds. A hop between two nodes takes 1 ms, which nobody counts.
  const inTime = expect.toSatisfy((ms: number) => ms - from >= 300 - 10 && ms - from <= 300 + 10)
  expect(waited).toEqual(
    new Map([
      ['waiting-0', ['ASK_TIMEOUT', inTime]],
      ['waiting-1', ['ASK_TIMEOUT', inTime]],
    ]),
  )
})

it('an idempotency key goes along', async () => {
  const there = spawned('there', b, false, new Map())
  expect(await stage.run(there.ask({ type: 'key', idempotencyKey: 'k1' }))).toBe('k1')
})
