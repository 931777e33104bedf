import { describe, expect, test } from 'vitest'
import { backoff } from './backoff.ts'
import { circuitBreaker } from './circuit-breaker.ts'
import { dependencyGate } from './dependency-gate.ts'
import { failover } from './failover.ts'
import { ladder } from './ladder.ts'
import { quarantine } from './quarantine.ts'
import { rejuvenate } from './rejuvenate.ts'
import { restartAtOnce } from './restart-at-once.ts'
import { retryMessage } from './retry-message.ts'
import { warmRestart } from './warm-restart.ts'

describe('a wrong option is refused, and named', () => {
  test.each<[string, () => unknown]>([
    ['backoff.minMs', () => backoff({ minMs: -1 })],
    ['backoff.minMs', () => backoff({ minMs: 10, maxMs: 5 })],
    ['backoff.jitter', () => backoff({ jitter: 'much' as never })],
    ['backoff.odd', () => backoff({ odd: 1 } as never)],
    ['backoff.constructor', () => backoff({ constructor: 1 } as never)],
    ['backoff.then', () => backoff({ then: {} as never })],
    ['backoff.classify', () => backoff({ classify: 'x' as never })],
    ['backoff.resetAfterMs', () => backoff({ resetAfterMs: Number.NaN })],
    ['backoff', () => backoff(null as never)],
    ['circuitBreaker.failures', () => circuitBreaker({ failures: 0 })],
    ['circuitBreaker.openMs', () => circuitBreaker({ openMs: 10, maxOpenMs: 5 })],
    ['circuitBreaker.whileOpen', () => circuitBreaker({ whileOpen: 'x' as never })],
    ['circuitBreaker.slowRatio', () => circuitBreaker({ slowRatio: 1 })],
    ['dependencyGate.on', () => dependencyGate({ on: [] })],
    ['dependencyGate.on', () => dependencyGate(undefined as never)],
    ['dependencyGate.maxWaitMs', () => dependencyGate({ on: 'a', maxWaitMs: Infinity })],
    ['failover.restarts', () => failover({ restarts: 1.5 })],
    ['ladder.rungs', () => ladder({ rungs: [] })],
    ['ladder.rungs', () => ladder({ rungs: ['up' as never] })],
    ['ladder.tries', () => ladder({ tries: 0 })],
    ['quarantine.probesAfterMs', () => quarantine({ probesAfterMs: [] })],
    ['quarantine.alike', () => quarantine({ alike: 0 })],
    ['rejuvenate.maxAgeMs', () => rejuvenate({ maxAgeMs: -1 })],
    ['rejuvenate.heapRatio', () => rejuvenate({ heapRatio: 0.5 })],
    ['retryMessage.attempts', () => retryMessage({ attempts: 0 })],
    ['warmRestart.odd', () => warmRestart({ odd: 1 } as never)],
  ])('%s', (field, make) => {
    expect(make).toThrow(expect.objectContaining({ field }))
  })
})

test('what is left out, or undefined, has its default, and common options reach the policy', () => {
  const then = restartAtOnce()
  const policy = circuitBreaker({ failures: 7, then, resetAfterMs: 5, ...({ openMs: undefined } as object) })
  expect(policy).toMatchObject({ name: 'circuit-breaker', then, stableAfterMs: 5 })
  expect(policy.input).toEqual({
    failures: 7,
    withinMs: 10_000,
    openMs: 5_000,
    maxOpenMs: 60_000,
    probeMs: 1_000,
    slowRatio: 5,
    whileOpen: 'hold',
  })
})

test('the rungs of a ladder are in the order of cost, whatever the order they were given in', () => {
  expect(ladder({ rungs: ['quarantine', 'restart', 'resume'] }).input).toMatchObject({ rungs: ['resume', 'restart', 'quarantine'] })
})
