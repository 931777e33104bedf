// Random histories of one child under each policy: whatever happens, in whatever order, nothing throws, no machine is replaced, at most
// one life is under way at a time, and once faults stop the child runs, is parked, or is gone.

import { describe, expect, test } from 'vitest'
import { seededRandom } from '../../seeded-random.fixture.ts'
import type { RecoveryAbility } from '../event.ts'
import type { Told } from '../facts.ts'
import { fireTimer, healthy, possibleOnOneNode, stateOf, tellRecovery } from '../kernel.ts'
import type { Recovery, RecoveryCommand } from '../kernel.ts'
import type { RecoveryPolicy } from '../machine.ts'
import { backoff } from './backoff.ts'
import { circuitBreaker } from './circuit-breaker.ts'
import { dependencyGate } from './dependency-gate.ts'
import { adaptiveLadder, everything, policies } from './exam.fixture.ts'
import { quarantine } from './quarantine.ts'
import { retryMessage } from './retry-message.ts'

const composed = retryMessage({
  then: dependencyGate({ on: 'a', then: circuitBreaker({ then: quarantine() }) }),
})

type Standing = 'running' | 'starting' | 'down' | 'gone'

const causes = [
  new TypeError('a'),
  Object.assign(new Error('b'), { code: 'ECONNRESET' }),
  Object.assign(new Error('c'), { code: 'ENOSPC' }),
  'd',
]

/** A child as its supervisor sees it, which refuses what makes no sense. */
class World {
  recovery: Recovery
  standing: Standing = 'running'
  now = 0
  incarnation = 1
  readonly #random: () => number
  readonly #possible: ReadonlySet<RecoveryAbility>
  readonly #policies: ReadonlySet<string>

  constructor(policy: RecoveryPolicy, random: () => number, possible: ReadonlySet<RecoveryAbility>) {
    this.recovery = healthy(policy)
    this.#random = random
    this.#possible = possible
    this.#policies = statesOf(policy)
  }

  happen(): void {
    this.now += this.#random() ** 4 * 100_000
    const due = [...this.recovery.deadlines].find(([, at]) => at <= this.now)
    if (due !== undefined && this.#random() < 0.7)
      return this.#carryOut(fireTimer(this.recovery, due[0], this.now, this.#possible, this.#random()))
    const choices: Told[] = [
      ...(['OPERATOR.retry', 'OPERATOR.park', 'OPERATOR.release', 'OPERATOR.stop', 'BUDGET_EXHAUSTED'] as const).map(
        (type) => ({ type, retryInMs: 10 }) as Told,
      ),
      { type: 'DEPENDENCY_UP', dependency: 'a' },
      { type: 'DEPENDENCY_DOWN', dependency: 'b' },
      { type: 'FENCED', incarnation: this.incarnation - 1 },
    ]
    if (this.standing === 'starting') {
      choices.push(this.#failed('starting'))
      for (let n = 0; n < 20; n++) choices.push({ type: 'STARTED' })
    } else if (this.standing === 'running') {
      for (let n = 0; n < 10; n++) choices.push(this.#failed('handling'))
      choices.push({ type: 'HUNG' }, { type: 'NODE_DOWN', node: 'b' }, { type: 'LEASE_LOST' }, { type: 'FENCED' })
      choices.push(
        ...(['latency', 'heap', 'mailbox'] as const).map((resource): Told => ({ type: 'OVERLOADED', resource, ratio: 9 * this.#random() })),
      )
    } else choices.push({ type: 'STARTED' })
    const chosen = choices[Math.floor(this.#random() * choices.length)]!
    if (chosen.type === 'STARTED') {
      if (this.standing === 'down') this.incarnation++
      this.standing = 'running'
    }
    if (chosen.type === 'FAILED') this.standing = 'down'
    this.#carryOut(tellRecovery(this.recovery, { ...chosen, random: this.#random() } as Told, this.now, this.#possible))
  }

  /** Nothing fails any more: what was ordered comes true, and time goes by. */
  settle(): void {
    // A child that is renewed when it is old is so for ever.
    for (let step = 0; (step < 50 && this.standing !== 'gone') || this.standing === 'starting'; step++) {
      if (this.standing === 'starting') {
        this.standing = 'running'
        this.#carryOut(tellRecovery(this.recovery, { type: 'STARTED' }, this.now, this.#possible))
        continue
      }
      const [next] = [...this.recovery.deadlines].sort(([, a], [, b]) => a - b)
      if (next === undefined) return
      this.now = Math.max(this.now, next[1])
      this.#carryOut(fireTimer(this.recovery, next[0], this.now, this.#possible, this.#random()))
    }
  }

  #failed(phase: 'handling' | 'starting'): Told {
    return {
      type: 'FAILED',
      phase,
      cause: causes[Math.floor(this.#random() * causes.length)],
      attempt: 1,
      random: this.#random(),
      incarnation: this.incarnation,
      ...(phase === 'handling' && { message: { type: 'm', idempotencyKey: String(Math.floor(this.#random() * 3)) } }),
      ...(this.#random() < 0.3 && { waitsFor: ['a'] }),
    }
  }

  #carryOut([recovery, commands]: [Recovery, RecoveryCommand[]]): void {
    this.recovery = recovery
    for (const command of commands) this.#execute(command)
    const state = `${recovery.policy.name}/${stateOf(recovery)}`
    claim(this.#policies.has(state), `${state} is a state of its machine`)
    const { undecided, standing, deadlines } = recovery
    claim(undecided === undefined || standing === 'parked' || deadlines.size > 0, 'whoever waits for an order has a timer, or is parked')
    claim(undecided === undefined || this.standing === 'down', 'only what is down waits for an order')
  }

  #execute({ type, ...command }: RecoveryCommand): void {
    const { standing } = this
    if (type === 'replaced') throw new Error(`a machine was replaced: ${JSON.stringify(command)}`)
    if (type === 'resume' || type === 'park') claim(standing === 'down', 'only what is down is resumed or parked')
    if (type === 'resume') this.standing = 'running'
    if (type === 'stop' || type === 'failOver') this.standing = 'gone'
    if (!starts.has(type)) return
    claim(standing === 'down' || standing === 'running', 'no second life begins beside one that is on its way')
    this.standing = 'starting'
    this.incarnation++
  }
}

const starts: ReadonlySet<string> = new Set(['restart', 'probe', 'restartGroup', 'restartThread', 'restartNode', 'replace'])

/** Millions of these: an `expect` each would take most of the time. */
function claim(holds: boolean, what: string): void {
  if (!holds) throw new Error(`it does not hold that ${what}`)
}

function statesOf(policy: RecoveryPolicy): Set<string> {
  const names = new Set<string>()
  for (
    let at: RecoveryPolicy | undefined = policy;
    at !== undefined;
    at = at.then ?? (at.name === 'restart-then-backoff' ? undefined : backoff())
  ) {
    for (const state of ['healthy', ...Object.keys(at.machine.states)]) names.add(`${at.name}/${state}`)
  }
  return names
}

describe.each(Object.entries({ ...policies, composed, 'adaptive ladder': adaptiveLadder }))('%s', (_, policy) => {
  test.each([
    ['on one node', possibleOnOneNode],
    ['where everything can be done', everything],
  ])('%s: nothing throws, one life at a time, and all ends well once faults stop', (__, possible) => {
    let ended = 0
    for (let seed = 1; seed <= 40; seed++) {
      const random = seededRandom(seed)
      const world = new World(policy, random, possible)
      const length = Math.floor(random() * 200)
      for (let n = 0; n < length && world.standing !== 'gone'; n++) world.happen()
      world.settle()
      const { recovery, standing } = world
      if (standing === 'down') expect(recovery.standing).toBe('parked')
      else expect(['running', 'gone']).toContain(standing)
      if (standing === 'running' && [...recovery.deadlines.keys()].every((key) => key === 'age')) ended++
    }
    expect(ended).toBeGreaterThan(0)
  })
})
