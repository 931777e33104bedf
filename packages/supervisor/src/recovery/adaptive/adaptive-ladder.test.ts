import { describe, expect, test } from 'vitest'
import type { AnyMachineSnapshot, AnyStateNode } from 'xstate'
import { getShortestPaths } from 'xstate/graph'
import { seededRandom } from '../../seeded-random.fixture.ts'
import type { RecoveryEvent } from '../event.ts'
import type { Told } from '../facts.ts'
import { fireTimer, healthy, possibleOnOneNode, tellRecovery } from '../kernel.ts'
import type { Recovery, RecoveryCommand } from '../kernel.ts'
import { everything, ordersOf, variants } from '../library/exam.fixture.ts'
import { ladder } from '../library/ladder.ts'
import type { LadderOptions } from '../library/ladder.ts'
import { persistRecovery, reviveRecovery } from '../persist.ts'
import { planStep } from '../plan.ts'
import { adaptive } from './adaptive.ts'
import { adaptiveLadderMachine } from './adaptive-ladder.ts'
import type { Memory } from './evidence.ts'

const onThisNode = new Set([...everything].filter((ability) => ability !== 'failOver'))
const policy = ladder({ choose: adaptive({ exploration: 0 }) })

/** A child that fails, and for whom all that is ordered is done at once. */
class Child {
  recovery: Recovery
  now = 0
  #incarnation = 1
  readonly #random: () => number

  constructor(recovery = healthy(policy), random = (): number => 0.5) {
    this.recovery = recovery
    this.#random = random
  }

  get memory(): Memory {
    return (this.recovery.snapshot!.context as { memory: Memory }).memory
  }

  /** Fails until one of these is ordered, or it is let go of; what was ordered. */
  failUntil(mends: readonly string[], place = 'here'): string[] {
    const orders: string[] = []
    for (;;) {
      this.now += 10
      const failed: Told = {
        type: 'FAILED',
        phase: 'handling',
        cause: place,
        attempt: 1,
        random: this.#random(),
        incarnation: this.#incarnation,
      }
      const [state, commands] = tellRecovery(this.recovery, failed, this.now, onThisNode)
      this.recovery = state
      const order = nameOfOrder(commands)
      orders.push(order)
      if (order === 'park') return orders
      this.now += 1
      this.#incarnation++
      this.#hear({ type: 'STARTED', incarnation: this.#incarnation })
      if (mends.includes(order)) return orders
    }
  }

  /** Goes on for an hour without a failure. */
  rest(): void {
    const end = this.now + 3_600_000
    for (;;) {
      const due = [...this.recovery.deadlines].find(([, at]) => at <= end)
      if (due === undefined) break
      const [state, commands] = fireTimer(this.recovery, due[0], due[1], onThisNode)
      this.recovery = state
      if (commands.some(({ type }) => type === 'probe')) this.#hear({ type: 'STARTED', incarnation: ++this.#incarnation })
    }
    this.now = end
  }

  #hear(told: Told): void {
    this.recovery = tellRecovery(this.recovery, told, this.now, onThisNode)[0]
  }
}

function nameOfOrder(commands: readonly RecoveryCommand[]): string {
  const order = commands.find(({ type }) => type !== 'moved' && type !== 'schedule' && type !== 'cancel')
  return order?.type === 'restart' ? `restart ${order.state ?? 'fresh'}` : (order?.type ?? 'nothing')
}

function taught(times: number, mends: string, child = new Child()): Child {
  for (let n = 0; n < times; n++) {
    child.failUntil([mends])
    child.rest()
  }
  return child
}

describe('the adaptive ladder', () => {
  test.each<[string, LadderOptions]>([
    ['up to where that one is at its end', {}],
    ['also there, where nothing can have been left out', { rungs: ['restart', 'node', 'quarantine'] }],
  ])('knowing nothing, does what the fixed ladder does, whatever happens: %s', (_, options) => {
    const fixed = ladder(options)
    const ignorant = ladder({ ...options, choose: adaptive() })
    const events = [everything, possibleOnOneNode, onThisNode].flatMap((possible) => variants(fixed, possible))
    const afters = events.filter(({ type }) => type.startsWith('xstate.after.'))
    const failures = events.filter(({ type }) => type === 'FAILED')
    const others = events.filter(({ type }) => type !== 'FAILED' && !type.startsWith('xstate.after.'))
    const random = seededRandom(11)
    const seen = new Set<string>()
    for (let trace = 0; trace < 3_000; trace++) {
      let [one, other]: [object, object] = [{}, {}]
      let at = 0
      for (let step = 0; step < 30; step++) {
        at += random() ** 8 * 100_000
        const from = [afters, failures, failures, failures, failures, others][Math.floor(random() * 6)]!
        const drawn = from[Math.floor(random() * from.length)]!
        const event = { ...drawn, at, random: random(), ...('signature' in drawn && { signature: `${trace}.${step}` }) } as RecoveryEvent
        const plan = planStep({ policy: fixed, ...one }, event)
        // Here the adaptive one first tries what the classes of earlier failures have made the other one leave out.
        if (options.rungs === undefined && ['node', 'quarantine', 'passed'].includes(plan.to)) break
        // Timers of a machine bear its name.
        const type = event.type.replace('.ladder.', '.adaptive-ladder.')
        const learning = planStep({ policy: ignorant, ...other }, { ...event, type } as RecoveryEvent)
        expect(ordersOf(learning).join()).toBe(ordersOf(plan).join())
        seen.add(plan.to)
        if (plan.snapshot.status !== 'active') break
        ;[one, other] = [plan, learning]
      }
    }
    expect(seen.size).toBeGreaterThan(6)
  })

  test('passes over what has not helped, for the same failure only', () => {
    const child = taught(12, 'restartThread')
    expect(child.failUntil(['restartThread'])).toEqual(['restartThread'])
    child.rest()
    expect(child.failUntil(['restartThread'], 'there')).toEqual([
      ...Array.from({ length: 3 }, () => 'restart fresh'),
      ...Array.from({ length: 3 }, () => 'restart previous'),
      ...Array.from({ length: 3 }, () => 'restartGroup'),
      'restartThread',
    ])
  })

  test('tries everything before it puts a child into quarantine, whatever it has learned to pass over', () => {
    const tries = ['restart fresh', 'restart previous', 'restartGroup', 'restartThread', 'restartNode']
    for (const mends of tries) {
      for (const share of [0, 1]) {
        const random = seededRandom(5)
        const start = healthy(ladder({ choose: adaptive({ exploration: share }) }))
        const orders = taught(15, mends, new Child(start, random)).failUntil([])
        const counts = tries.map((order) => orders.filter((each) => each === order).length)
        expect(counts).toEqual([3, 3, 3, 3, 3])
        expect(orders).toHaveLength(16)
        expect(orders.at(-1)).toBe('park')
      }
    }
  })

  test('goes back to what helps again when the cause has changed', () => {
    const child = taught(40, 'restartThread', new Child(healthy(ladder({ choose: adaptive() })), seededRandom(3)))
    let recoveries = 0
    for (let order = ''; order !== 'restart fresh'; recoveries++) {
      order = child.failUntil(['restart fresh', 'restartThread'])[0]!
      child.rest()
    }
    expect(recoveries).toBeGreaterThan(1)
    expect(recoveries).toBeLessThan(400)
    expect(taught(100, 'restart fresh', child).failUntil(['restart fresh'])[0]).toBe('restart fresh')
  })

  test('decides alike on the same events', () => {
    const lived = (seed: number): unknown => {
      const random = seededRandom(seed)
      const child = new Child(healthy(ladder({ choose: adaptive({ exploration: 0.5 }) })), random)
      return Array.from({ length: 60 }, () => {
        const orders = child.failUntil([random() < 0.5 ? 'restartThread' : 'restart previous'])
        child.rest()
        return orders
      })
    }
    expect(lived(1)).toEqual(lived(1))
    expect(lived(1)).not.toEqual(lived(2))
  })

  test('what was learned can be persisted with the recovery, and holds in the next process, whose clock begins anew', () => {
    const child = taught(12, 'restartThread')
    const paper: unknown = JSON.parse(JSON.stringify(persistRecovery(child.recovery, { nowMs: child.now, wallMs: 1_000_000 })))
    const [revived] = reviveRecovery(policy, paper, { nowMs: 3, wallMs: 2_000_000 })
    expect(new Child(revived).failUntil(['restartThread'])).toEqual(['restartThread'])
  })

  test('remembers so many failures and no more, the latest, and goes into a record of the store', () => {
    const child = new Child(healthy(ladder({ tries: 5, choose: adaptive() })), seededRandom(9))
    for (let n = 0; n < 100; n++) {
      child.failUntil([], `place ${n % 40}`)
      child.rest()
    }
    expect(child.memory).toHaveLength(24)
    const paper = persistRecovery(child.recovery, { nowMs: child.now, wallMs: 1_000_000 })
    expect(JSON.stringify(paper).length).toBeLessThan(50_000)
  })

  test('a run as long as a trial counts as mended, though the next failure finds the ladder where it stood', () => {
    const child = new Child()
    child.failUntil(['restart fresh'])
    child.now += 2_000
    child.failUntil(['restart fresh'])
    child.rest()
    const once = { mended: 1, failed: 0 }
    expect(child.memory[0]!.tries).toMatchObject({ 'restart 1': once, 'restart 2': once })
  })

  test('every transition is on a path, and no state but the final ones is without a way out', () => {
    const left = new Map<unknown, string>()
    const visit = (node: AnyStateNode): void => {
      for (const [event, transitions] of node.transitions) for (const each of transitions) left.set(each, `${node.key} --${event}`)
      for (const each of node.always ?? []) left.set(each, `${node.key} --always ${String(each.target?.[0]?.key)}`)
      Object.values(node.states).forEach(visit)
    }
    visit(adaptiveLadderMachine.root)
    const entered = new Set<string>()
    for (const rungs of [undefined, ['retry', 'resume', 'restart'] as const]) {
      const examined = ladder({ tries: 1, choose: adaptive(), ...(rungs !== undefined && { rungs }) })
      const events = [everything, onThisNode].flatMap((possible) => variants(examined, possible))
      const paths = getShortestPaths(adaptiveLadderMachine, {
        events: events as never,
        input: examined.input as never,
        serializeState: ({ value, context, status }) => {
          const { rung, tried, trials, sweeps, nth } = context
          return JSON.stringify([value, status, rung, tried, Math.min(trials, 2), sweeps, nth])
        },
        serializeEvent: (event) => JSON.stringify({ ...event, possible: (event as unknown as RecoveryEvent).possible.size }),
        limit: 50_000,
      })
      for (const { state } of paths) {
        const snapshot = state as unknown as AnyMachineSnapshot
        entered.add(snapshot.value as string)
        if (snapshot.status !== 'active') continue
        const taken = events.flatMap((event) => adaptiveLadderMachine.getTransitionData(snapshot as never, event as never))
        expect(taken.length).toBeGreaterThan(0)
        taken.forEach((each) => left.delete(each))
      }
    }
    // Those that it chooses by itself are taken within a step: they lead to the states that were entered.
    for (const [each, name] of left) if (entered.has(name.split('--always ')[1] ?? '')) left.delete(each)
    expect([...left.values()]).toEqual([])
  })

  test.each<[string, () => unknown]>([
    ['adaptive.exploration', () => adaptive({ exploration: 2 })],
    ['adaptive.exploration', () => adaptive({ exploration: '1' as never })],
    ['adaptive.halfLifeMs', () => adaptive({ halfLifeMs: 0 })],
    ['adaptive.often', () => adaptive({ often: true } as never)],
    ['ladder.choose', () => ladder({ choose: 'adaptive' as never })],
    ['ladder.choose', () => ladder({ choose: {} as never })],
  ])('%s that makes no sense is refused by its name', (field, make) => {
    expect(make).toThrow(expect.objectContaining({ code: 'INVALID_OPTION', field }))
  })
})
