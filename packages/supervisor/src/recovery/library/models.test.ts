// 100 000 random traces: each machine against the model written by hand, step by step, state and orders.

import { expect, test } from 'vitest'
import { seededRandom } from '../../seeded-random.fixture.ts'
import type { RecoveryEvent } from '../event.ts'
import { possibleOnOneNode } from '../kernel.ts'
import { planStep } from '../plan.ts'
import { everything, ordersOf, policies, variants } from './exam.fixture.ts'
import { rungs } from './ladder.ts'
import {
  atOnce,
  atOnceModel,
  backoffModel,
  breakerModel,
  failoverModel,
  gateModel,
  ladderModel,
  quarantineModel,
  quarantineStart,
  rejuvenateModel,
  retryModel,
  warmModel,
} from './models.fixture.ts'
import type { At, Model } from './models.fixture.ts'

interface Case {
  readonly start: At
  readonly model: Model<At>
}

function examined<S extends At>(start: S, model: Model<S>): Case {
  return { start, model: model as unknown as Model<At> }
}

const idle = { at: 'idle', n: 0, last: 0 }
const closed = { at: 'closed', fails: [], opened: 0, restMs: 0 }
const ground = { at: 'ground', i: 0, tried: 0, since: 0, trials: 0 }
const usual = { min: 100, max: 30_000 }

const cases: Readonly<Record<string, Case>> = {
  'restart-at-once': examined(atOnce, atOnceModel),
  backoff: examined(idle, backoffModel({ ...usual, free: 2, most: 3, full: false })),
  'backoff that hands over at once': examined(idle, backoffModel({ ...usual, free: 1, most: 0, full: false })),
  'backoff with full jitter': examined(idle, backoffModel({ ...usual, free: 0, most: 4, full: true })),
  'circuit-breaker that holds': examined(closed, breakerModel({ failures: 2, sheds: false, standsIn: false })),
  'circuit-breaker that sheds': examined(closed, breakerModel({ failures: 2, sheds: true, standsIn: false })),
  'circuit-breaker with a fallback': examined(closed, breakerModel({ failures: 2, sheds: false, standsIn: true })),
  'circuit-breaker with a fallback that sheds': examined(closed, breakerModel({ failures: 2, sheds: true, standsIn: true })),
  quarantine: examined(quarantineStart, quarantineModel),
  'retry-message': examined({ at: 'running', failed: {} }, retryModel),
  'dependency-gate': examined({ at: 'open', needs: new Set<string>() }, gateModel),
  'warm-restart': examined({ at: 'running' }, warmModel),
  failover: examined({ at: 'running', n: 0 }, failoverModel),
  ladder: examined(ground, ladderModel({ rungs, tries: 2 })),
  'ladder of two rungs': examined(ground, ladderModel({ rungs: ['resume', 'restart'], tries: 1 })),
  rejuvenate: examined({ at: 'young' }, rejuvenateModel),
}

const traces = Math.ceil(100_000 / Object.keys(policies).length)

test('every policy has its model', () => {
  expect(Object.keys(cases).sort()).toEqual(Object.keys(policies).sort())
})

test.each(Object.entries(cases))('%s does what its model does, on thousands of random traces', (name, { start, model }) => {
  const policy = policies[name]!
  const random = seededRandom(name.length)
  const everywhere = variants(policy, everything)
  const here = variants(policy, possibleOnOneNode)
  // Failures are what it is about, so they are half of what happens.
  const failures = [...everywhere, ...here].filter(({ type }) => type === 'FAILED')
  const others = [...everywhere, ...here].filter(({ type }) => type !== 'FAILED')
  const visited = new Set<string>()
  for (let trace = 0; trace < traces; trace++) {
    let state: { snapshot?: ReturnType<typeof planStep>['snapshot'] } = {}
    let expected = start
    let at = 0
    const length = 1 + Math.floor(random() * 14)
    for (let step = 0; step < length; step++) {
      const from = random() < 0.5 ? failures : others
      at += random() ** 8 * 100_000
      const event = { ...from[Math.floor(random() * from.length)]!, at, random: random() } as RecoveryEvent
      const plan = planStep({ policy, ...state }, event)
      const [next, orders] = model(expected, event)
      const got = `${plan.to}: ${ordersOf(plan).sort().join(', ')}`
      const wanted = `${next.at}: ${orders.sort().join(', ')}`
      if (got !== wanted) expect(`${expected.at} ${event.type} -> ${got}`).toBe(`${expected.at} ${event.type} -> ${wanted}`)
      visited.add(next.at)
      if (plan.snapshot.status !== 'active') break
      state = plan
      expected = next
    }
  }
  expect(visited.size).toBeGreaterThan(1)
})
