import { describe, expect, test } from 'vitest'
import { seededRandom } from '../seeded-random.fixture.ts'
import type { Told } from './facts.ts'
import { fireTimer, healthy, stateOf, tellRecovery } from './kernel.ts'
import type { Recovery } from './kernel.ts'
import { backoff } from './library/backoff.ts'
import { adaptiveLadder, everything, policies } from './library/exam.fixture.ts'
import { quarantine } from './library/quarantine.ts'
import { retryMessage } from './library/retry-message.ts'
import { defaultRecovery } from './library/restart-then-backoff.ts'
import { warmRestart } from './library/warm-restart.ts'
import { recovery, recoverySetup } from './machine.ts'
import type { RecoveryPolicy } from './machine.ts'
import { persistRecovery, reviveRecovery } from './persist.ts'
import { signatureOf } from './signature.ts'

const failed: Told & { readonly type: 'FAILED' } = {
  type: 'FAILED',
  phase: 'handling',
  cause: Object.assign(new TypeError('no such method'), { code: 'ODD' }),
  attempt: 2,
  random: 0.25,
  incarnation: 4,
  message: { type: 'm', idempotencyKey: 'k' },
}
function onPaper(state: Recovery, nowMs = 0, wallMs = 1_000_000): unknown {
  const paper = persistRecovery(state, { nowMs, wallMs })
  return paper === undefined ? undefined : JSON.parse(JSON.stringify(paper))
}

/** A recovery in quarantine: parked, its next trial in five minutes. */
function quarantined(policy = quarantine({ alike: 1 })): Recovery {
  return tellRecovery(healthy(policy), failed, 100)[0]
}

describe('a recovery on paper', () => {
  test('there is nothing to remember of a child in health', () => {
    expect(persistRecovery(healthy(defaultRecovery), { nowMs: 0, wallMs: 0 })).toBeUndefined()
    expect(reviveRecovery(defaultRecovery, undefined, { nowMs: 0, wallMs: 0 })).toEqual([healthy(defaultRecovery), []])
  })

  test('comes back where it was, in another process, with what is left of its timers', () => {
    const policy = quarantine({ alike: 1 })
    const [revived, commands] = reviveRecovery(policy, onPaper(quarantined(policy), 60_100), { nowMs: 5, wallMs: 1_100_000 })
    const [key] = [...revived.deadlines.keys()]
    expect(stateOf(revived)).toBe('quarantined')
    expect(commands).toEqual([{ type: 'schedule', key, delayMs: 140_000 }])
    expect(revived).toMatchObject({ standing: 'parked' })
    // The lives of the next process are counted from 1.
    expect(revived.incarnation).toBeUndefined()
    const [trial] = fireTimer(revived, key!, 140_005)
    expect(stateOf(trial)).toBe('onTrial')
  })

  test('what was due meanwhile is due at once; a clock that jumped back makes no timer longer', () => {
    const policy = quarantine({ alike: 1 })
    const paper = onPaper(quarantined(policy), 60_100)
    const left = (wallMs: number): unknown =>
      reviveRecovery(policy, paper, { nowMs: 0, wallMs })[1].map((command) => 'delayMs' in command && command.delayMs)
    expect(left(9_000_000)).toEqual([0])
    expect(left(0)).toEqual([240_000])
  })

  test('the failure that waits for a decision keeps its class, its signature and its message', () => {
    const policy = quarantine({ alike: 1 })
    const [{ undecided }] = reviveRecovery(policy, onPaper(quarantined(policy)), { nowMs: 0, wallMs: 0 })
    expect(undecided).toMatchObject({ phase: 'handling', attempt: 2, message: { type: 'm', idempotencyKey: 'k' } })
    expect(String(undecided!.cause)).toBe('TypeError: no such method')
    expect(signatureOf(undecided!, 'bug')).toBe(signatureOf(failed, 'bug'))
  })

  test('after a hand-over the heir goes on, and the child returns to its own policy', () => {
    const policy = warmRestart({ then: backoff({ restartsAtOnce: 0 }) })
    const waiting = tellRecovery(healthy(policy), failed, 0)[0]
    expect(waiting.policy.name).toBe('restart-then-backoff')
    const [revived] = reviveRecovery(policy, onPaper(waiting), { nowMs: 0, wallMs: 1_000_000 })
    expect(revived.policy).toBe(policy.then)
    expect(revived.origin).toBe(policy)
    expect([...revived.deadlines]).toEqual([...waiting.deadlines])
  })

  test('those who take part and are not in charge come back as well', () => {
    const policy = retryMessage({ then: backoff({ restartsAtOnce: 0 }) })
    const again = { ...failed, incarnation: 0 }
    const outage = { ...again, cause: Object.assign(new Error('down'), { code: 'ECONNREFUSED' }) }
    const [tried] = tellRecovery(healthy(policy), again, 0)
    const [restarted] = fireTimer(tried, [...tried.deadlines.keys()][0]!, 50)
    const [waiting] = tellRecovery(tellRecovery(restarted, { type: 'STARTED' }, 50)[0], outage, 60)
    expect(waiting.policy).toBe(policy.then)
    const [revived] = reviveRecovery(policy, onPaper(waiting), { nowMs: 60, wallMs: 1_000_000 })
    expect([...revived.kept!]).toMatchObject([[policy, { value: 'running', context: { failed: [{ times: 1 }] } }]])
    const [asked] = tellRecovery(tellRecovery(revived, { type: 'STARTED' }, 70)[0], again, 80)
    expect(asked).toMatchObject({ policy: { name: 'retry-message' }, snapshot: { context: { failed: [{ times: 2 }] } } })
  })

  test('settings are those of today, not those on paper', () => {
    const paper = onPaper(quarantined())
    const [revived] = reviveRecovery(quarantine({ alike: 9, probeMs: 77 }), paper, { nowMs: 0, wallMs: 1_000_000 })
    expect(revived.snapshot!.context).toMatchObject({ alike: 9, probeMs: 77, seen: [{ times: 1 }] })
  })

  const all: Readonly<Record<string, RecoveryPolicy>> = { ...policies, 'adaptive ladder': adaptiveLadder }
  test.each(Object.keys(all))('%s goes on from paper as it would have without', (name) => {
    const policy = all[name]!
    const random = seededRandom(7)
    for (let trace = 0; trace < 150; trace++) {
      let state = healthy(policy)
      let now = 0
      for (let step = 0; step < 8; step++) {
        now += random() * 40_000
        const due = [...state.deadlines].find(([, at]) => at <= now)
        const told = [
          { ...failed, random: random(), incarnation: 0 },
          { type: 'STARTED' },
          { type: 'OPERATOR.retry' },
          { type: 'DEPENDENCY_UP', dependency: 'a' },
        ][Math.floor(random() * 4)] as Told
        const go = (from: Recovery): ReturnType<typeof tellRecovery> =>
          due === undefined ? tellRecovery(from, told, now, everything) : fireTimer(from, due[0], now, everything)
        const [revived] = reviveRecovery(policy, onPaper(state, now, now), { nowMs: now, wallMs: now })
        if (due !== undefined) expect(revived.deadlines.has(due[0])).toBe(true)
        const [next, commands] = go(state)
        const late = go({ ...revived, deadlines: state.deadlines })
        expect(late[1]).toEqual(commands)
        expect(stateOf(late[0])).toBe(stateOf(next))
        state = next
      }
    }
  })
})

describe('what is not as it was written is refused: the built-in policy takes over, and says why', () => {
  const policy = quarantine({ alike: 1 })
  const good = onPaper(quarantined(policy)) as Record<string, unknown>
  const [timer] = Object.keys(good['timers'] as object) as [string]

  test.each<[string, unknown]>([
    ['null', null],
    ['a string', 'x'],
    ['an empty object', {}],
    ['another format', { ...good, format: 2 }],
    ['another policy', { ...good, policies: ['ladder'] }],
    ['too many policies', { ...good, policies: ['quarantine', 'restart-then-backoff', 'x'] }],
    ['another machine', { ...good, machine: 'ladder' }],
    ['an unknown state', { ...good, snapshot: { ...(good['snapshot'] as object), value: 'nowhere' } }],
    ['no context', { ...good, snapshot: { value: 'waiting' } }],
    ['a context of another shape', { ...good, snapshot: { value: 'waiting', context: { seen: 'x' } } }],
    ['a prototype', JSON.parse('{"format":1,"__proto__":{"polluted":true}}')],
    ['a timer that is no time', { ...good, timers: { [timer]: { dueAt: 'x', leftMs: 1 } } }],
    ['a negative timer', { ...good, timers: { [timer]: { dueAt: 1, leftMs: -1 } } }],
    ['too many timers', { ...good, timers: Object.fromEntries(Array.from({ length: 65 }, (_, n) => [`k${n}`, { dueAt: 1, leftMs: 1 }])) }],
    ['a failure of no phase', { ...good, undecided: { phase: 'x', attempt: 1, text: '' } }],
    ['a failure without a timer', { ...good, standing: undefined, timers: {} }],
    ['others that are no list', { ...good, kept: {} }],
    ['another without a machine', { ...good, kept: [{ policies: ['quarantine'] }] }],
    ['another of another machine', { ...good, kept: [{ policies: ['quarantine'], machine: 'ladder', snapshot: good['snapshot'] }] }],
    ['an odd standing', { ...good, standing: 'upside down' }],
  ])('%s', (_, paper) => {
    const [revived, commands] = reviveRecovery(policy, paper, { nowMs: 0, wallMs: 0 })
    expect(revived).toEqual(healthy(defaultRecovery))
    expect(commands).toEqual([expect.objectContaining({ type: 'replaced', machine: 'quarantine' })])
  })

  test('whatever is changed in it, nothing throws, neither now nor when it goes on', () => {
    const random = seededRandom(3)
    const odd = [null, -1, Number.MAX_VALUE, 'x', [], {}, true]
    for (let n = 0; n < 2_000; n++) {
      const paper = structuredClone(good)
      let place: Record<string, unknown> = paper
      for (;;) {
        const keys = Object.keys(place)
        const key = keys[Math.floor(random() * keys.length)]
        if (key === undefined) break
        const inner = place[key]
        if (typeof inner === 'object' && inner !== null && random() < 0.8) place = inner as Record<string, unknown>
        else {
          place[key] = odd[Math.floor(random() * odd.length)]
          break
        }
      }
      const [revived] = reviveRecovery(policy, paper, { nowMs: 0, wallMs: 0 })
      const [next] = tellRecovery(revived, { type: 'OPERATOR.release' }, 1)
      expect(tellRecovery(next, { ...failed, incarnation: 1 }, 2)[1].length).toBeGreaterThan(0)
    }
  })

  test('a machine that remembers what is no plain JSON is refused when it is written, and the place is named', () => {
    const machine = recoverySetup<{ readonly at: Date }>().createMachine({
      id: 'dated',
      context: { at: new Date(0) },
      initial: 'idle',
      states: { idle: { on: { FAILED: { target: 'parked' } } }, parked: { entry: 'park', on: { STARTED: 'idle' } } },
    })
    const [state] = tellRecovery(healthy(recovery(machine)), failed, 0)
    expect(() => persistRecovery(state, { nowMs: 0, wallMs: 0 })).toThrow(expect.objectContaining({ field: 'the context of dated.at' }))
  })
})
