// What the tests of all policies share: the policies under examination, and events of every kind that makes a difference to one of them.

import { actor } from '@understudy/runtime'
import { adaptive } from '../adaptive/adaptive.ts'
import type { RecoveryCommand } from '../command.ts'
import type { RecoveryAbility, RecoveryEvent } from '../event.ts'
import type { FailureClass, RecoveryFailure } from '../failure-class.ts'
import { possibleOnOneNode } from '../kernel.ts'
import type { RecoveryPolicy } from '../machine.ts'
import type { Plan } from '../plan.ts'
import { backoff } from './backoff.ts'
import { circuitBreaker } from './circuit-breaker.ts'
import { dependencyGate } from './dependency-gate.ts'
import { failover } from './failover.ts'
import { ladder, rungs } from './ladder.ts'
import { quarantine } from './quarantine.ts'
import { rejuvenate } from './rejuvenate.ts'
import { restartAtOnce } from './restart-at-once.ts'
import { retryMessage } from './retry-message.ts'
import { warmRestart } from './warm-restart.ts'

/** Every ability there is. */
export const everything: ReadonlySet<RecoveryAbility> = new Set<RecoveryAbility>([
  ...possibleOnOneNode,
  'restartThread',
  'restartNode',
  'replace',
  'failOver',
  'snapshots',
])

const { alwaysRestarts: _, ...askedAtOnce } = restartAtOnce()

/** Every policy of the library, in settings that let each transition happen soon. */
export const policies: Readonly<Record<string, RecoveryPolicy>> = {
  'restart-at-once': askedAtOnce,
  backoff: backoff({ maxRestarts: 3, restartsAtOnce: 2 }),
  'backoff that hands over at once': backoff({ maxRestarts: 0 }),
  'backoff with full jitter': backoff({ jitter: 'full', restartsAtOnce: 0, maxRestarts: 4 }),
  'circuit-breaker that holds': circuitBreaker({ failures: 2 }),
  'circuit-breaker that sheds': circuitBreaker({ failures: 2, whileOpen: 'shed' }),
  'circuit-breaker with a fallback': circuitBreaker({ failures: 2, fallback: actor({ name: 'fallback', on: {} }) }),
  'circuit-breaker with a fallback that sheds': circuitBreaker({
    failures: 2,
    fallback: actor({ name: 'fallback', on: {} }),
    whileOpen: 'shed',
  }),
  quarantine: quarantine(),
  'retry-message': retryMessage(),
  'dependency-gate': dependencyGate({ on: ['a', 'b'] }),
  'warm-restart': warmRestart(),
  failover: failover(),
  ladder: ladder({ tries: 2 }),
  'ladder of two rungs': ladder({ tries: 1, rungs: ['restart', 'resume'] }),
  rejuvenate: rejuvenate({ maxAgeMs: 1_000 }),
}

/** A ladder that learns: what it does is not known from a chart alone, so it has a model only as long as it knows nothing. */
export const adaptiveLadder = ladder({ tries: 2, choose: adaptive() })

/** Ladders of two rungs each, for every step from one rung to another. */
export const shortLadders: readonly RecoveryPolicy[] = rungs.flatMap((low, index) =>
  rungs.slice(index + 1).map((high) => ladder({ tries: 1, rungs: [low, high] })),
)

interface Variation {
  readonly class?: FailureClass
  readonly signature?: string
  readonly messageKey?: string
  readonly phase?: RecoveryFailure['phase']
  readonly waitsFor?: readonly string[]
}

const stamp = { at: 0, random: 0.5, possible: everything }

/** A failure as machines see it. */
function failedEvent(variation: Variation = {}, type: 'FAILED' | 'PROBE_FAILED' = 'FAILED'): RecoveryEvent {
  const { class: named = 'transient', signature = 's1', messageKey = 'm#1', phase = 'handling', waitsFor = [] } = variation
  const failure = { phase, cause: 'x', ...(messageKey !== '' && { message: { type: 'm' } }) }
  return { ...stamp, type, failure, class: named, signature, messageKey, attempt: 1, waitsFor }
}

/** Events of every kind that makes a difference to some policy; `possible` is what the place can do. */
export function variants(policy: RecoveryPolicy, possible: ReadonlySet<RecoveryAbility> = everything): RecoveryEvent[] {
  const failures: Variation[] = [
    {},
    { signature: 's2' },
    { class: 'unknown', messageKey: 'm#2' },
    { class: 'bug', messageKey: '', phase: 'starting' },
    { class: 'invalid' },
    { class: 'poison' },
    { class: 'fenced' },
    { class: 'resource' },
    { class: 'overload' },
    { class: 'deadline' },
    { class: 'dependency', waitsFor: ['a', 'b'] },
  ]
  const plain = [
    'STARTED',
    'STABLE',
    'HUNG',
    'PROBE_OK',
    'OPERATOR.retry',
    'OPERATOR.park',
    'OPERATOR.release',
    'OPERATOR.stop',
    'LEASE_LOST',
    'FENCED',
    'TIMER.retry',
    'TIMER.age',
  ] as const
  const afters = policy.machine.events.filter((type) => String(type).startsWith('xstate.after.')) as unknown as RecoveryEvent['type'][]
  return [
    ...failures.map((variation) => failedEvent(variation)),
    failedEvent({}, 'PROBE_FAILED'),
    ...plain.map((type) => ({ ...stamp, type })),
    { ...stamp, type: 'NODE_DOWN' as const, node: 'b' },
    ...(['latency', 'heap', 'loop-lag'] as const).map((resource) => ({ ...stamp, type: 'OVERLOADED' as const, resource, ratio: 9 })),
    { ...stamp, type: 'OVERLOADED' as const, resource: 'heap' as const, ratio: 1.1 },
    ...(['a', 'b'] as const).flatMap((dependency) => [
      { ...stamp, type: 'DEPENDENCY_UP' as const, dependency },
      { ...stamp, type: 'DEPENDENCY_DOWN' as const, dependency },
    ]),
    ...afters.map((type) => ({ ...stamp, type }) as RecoveryEvent),
  ].map((event) => ({ ...event, possible }))
}

/** What a step orders, in words; timers by their time, as their keys are nobody's business. */
export function ordersOf({ commands, passes }: Plan): string[] {
  const words = commands.flatMap((command) => (command.type === 'cancel' ? [] : [wordFor(command)]))
  return passes === undefined ? words : [...words, { over: 'handOver', once: 'delegate', keeping: 'delegate retry' }[passes]]
}

function wordFor(command: RecoveryCommand): string {
  switch (command.type) {
    case 'schedule':
      return `wait ${command.delayMs.toFixed(3)}`
    case 'probe':
      return `probe ${command.probeMs}`
    case 'restart':
      return ['restart', command.state, command.message].filter((part) => part !== undefined).join(' ')
    case 'resume':
      return ['resume', command.message].filter((part) => part !== undefined).join(' ')
    case 'restartGroup':
      return `group ${command.scope}`
    default:
      return command.type
  }
}
