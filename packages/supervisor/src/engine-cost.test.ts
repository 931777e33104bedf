// What a child's fate costs: counted as looks at other children, so that the machine it runs on plays no part.

import { expect, test } from 'vitest'
import { crash } from './engine-bench.fixture.ts'
import { stepEngine } from './engine.ts'
import { initialEngine } from './engine-state.ts'
import type { EngineEvent, EngineState, Member } from './engine-state.ts'
import { restartAtOnce } from './recovery/library/restart-at-once.ts'
import { oneForAll } from './strategy/one-for-all.ts'
import { oneForOne } from './strategy/one-for-one.ts'
import type { Strategy } from './strategy/strategy.ts'

/** Members that count how many of them are passed by in going through them. */
class CountingMap extends Map<string, Member> {
  seen = 0;

  override *entries(): ReturnType<Map<string, Member>['entries']> {
    for (const entry of super.entries()) {
      this.seen++
      yield entry
    }
  }

  override *keys(): ReturnType<Map<string, Member>['keys']> {
    for (const [key] of this.entries()) yield key
  }

  override *values(): ReturnType<Map<string, Member>['values']> {
    for (const [, value] of this.entries()) yield value
  }

  override [Symbol.iterator](): ReturnType<Map<string, Member>['entries']> {
    return this.entries()
  }
}

interface Scene {
  readonly members: CountingMap
  readonly tell: (event: EngineEvent) => void
}

const spec = (id: string) => ({ id, restart: 'permanent', recovery: restartAtOnce(), significant: false }) as const

function scene(ids: readonly string[], strategy: Strategy, maxChildren?: number): Scene {
  const settings = { path: '/sup', strategy, intensity: { restarts: Infinity, withinMs: 5_000 }, children: ids.map(spec) }
  const plain = initialEngine(maxChildren === undefined ? settings : { ...settings, maxChildren })
  const members = new CountingMap(plain.members)
  members.seen = 0
  let state: EngineState = { ...plain, members }
  return {
    members,
    tell(event) {
      ;[state] = stepEngine(state, event)
    },
  }
}

const names = (count: number): string[] => Array.from({ length: count }, (_, n) => `c${n}`)
const down = (id: string): EngineEvent => ({ type: 'down', id, reason: crash, now: 0, random: 0 })
const started = (id: string): EngineEvent => ({ type: 'started', id, now: 0 })

test('among 100 000 dynamic children none is looked at for the sake of another: start, failure, restart, termination', () => {
  const { members, tell } = scene([], oneForOne, 100_000)
  tell({ type: 'boot' })
  const all = names(100_000)
  all.forEach((id, call) => {
    tell({ type: 'call', call, request: { type: 'startChild', spec: spec(id) }, now: 0 })
    tell(started(id))
  })
  for (const id of all) tell(down(id))
  for (const id of all) tell(started(id))
  all.forEach((id, call) => {
    tell({ type: 'call', call, request: { type: 'terminateChild', id }, now: 0 })
    tell({ type: 'down', id, reason: 'shutdown', now: 0, random: 0 })
  })
  expect(members.size).toBe(0)
  expect(members.seen).toBe(0)
})

test('one-for-one: a child among 100 000 static ones fails and lives again without a look at the others', () => {
  const all = names(100_000)
  const { members, tell } = scene(all, oneForOne)
  tell({ type: 'boot' })
  for (const id of all) tell(started(id))
  members.seen = 0
  for (const id of all) tell(down(id))
  for (const id of all) tell(started(id))
  expect(members.seen).toBe(0)
})

test('one-for-all: a group restart looks a few times at each child, not at each for the sake of each', () => {
  const all = names(20_000)
  const { members, tell } = scene(all, oneForAll)
  tell({ type: 'boot' })
  for (const id of all) tell(started(id))
  members.seen = 0
  // Half of them fail before they can be stopped: they wait their turn, and are then found without a search.
  for (const id of all.slice(0, 10_000)) tell(down(id))
  for (const id of all.slice(10_000).reverse()) tell({ type: 'down', id, reason: 'shutdown', now: 0, random: 0 })
  for (const id of all) tell(started(id))
  expect([...members.values()].every(({ phase }) => phase === 'running')).toBe(true)
  expect(members.seen).toBeLessThanOrEqual(4 * all.length)
})
