// The restart budget as a policy: what may restart when, without clock or actors.

import { expect, test } from 'vitest'
import { defaultRestartLimits, fullBudget, hasRoom, noteStart, spend, stepBudget } from './restart-budget.ts'
import type { BudgetCommand, BudgetEvent, RestartLimits } from './restart-budget.ts'
import { seededRandom } from './seeded-random.fixture.ts'

interface Restart {
  readonly supervisor: string
  readonly who: string
  readonly isAsync: boolean
}

/** A budget with a clock: asks as a supervisor does, and is woken when it wants to be. */
class Desk {
  readonly budget
  readonly gone: { readonly who: string; readonly at: number }[] = []
  readonly told: string[] = []
  readonly #held = new Map<string, Restart>()
  now = 0
  #wakeAt = Number.POSITIVE_INFINITY

  constructor(limits: Partial<RestartLimits> = {}) {
    this.budget = fullBudget<Restart>({ ...defaultRestartLimits, spreadMs: 0, ...limits })
  }

  ask(who: string, { supervisor = '/a', isAsync = false, random = 0 } = {}): void {
    if (hasRoom(this.budget, isAsync, this.now)) {
      spend(this.budget, this.now)
      if (isAsync) noteStart(this.budget, who, this.now)
      this.gone.push({ who, at: this.now })
    } else {
      const restart = { supervisor, who, isAsync }
      this.#held.set(who, restart)
      this.#tell({ type: 'hold', restart, now: this.now, random })
    }
  }

  withdraw(who: string): void {
    const restart = this.#held.get(who)
    if (restart !== undefined) this.#tell({ type: 'withdraw', restart, now: this.now })
  }

  waits(who: string): boolean {
    return this.#held.has(who) && !this.gone.some((one) => one.who === who)
  }

  started(who: string): void {
    this.#tell({ type: 'started', who, now: this.now })
  }

  limit(limits: Partial<RestartLimits>): void {
    this.#tell({ type: 'limits', limits: { ...this.budget.limits, ...limits }, now: this.now })
  }

  /** Goes on until `at`, waking the budget on the way. */
  until(at: number): void {
    while (this.#wakeAt <= at) {
      this.now = Math.max(this.now, this.#wakeAt)
      this.#wakeAt = Number.POSITIVE_INFINITY
      this.#tell({ type: 'wake', now: this.now })
    }
    this.now = at
  }

  get order(): string {
    return this.gone.map(({ who }) => who).join(' ')
  }

  get times(): number[] {
    return this.gone.map(({ at }) => at)
  }

  #tell(event: BudgetEvent<Restart>): void {
    const [, commands] = stepBudget(this.budget, event)
    for (const command of commands) this.#execute(command)
  }

  #execute(command: BudgetCommand<Restart>): void {
    if (command.type === 'wake') this.#wakeAt = command.at
    else if (command.type === 'go') this.gone.push({ who: command.restart.who, at: this.now })
    else this.told.push(command.type === 'storm-over' ? `over: ${command.held} in ${command.lastedMs}` : 'began')
  }
}

const table: { what: string; limits: Partial<RestartLimits>; play: (desk: Desk) => void; order: string; times: number[] }[] = [
  {
    what: 'a burst goes at once, the rest at the rate, in order',
    limits: { burst: 3, perSecond: 10 },
    play: (desk) => ['a', 'b', 'c', 'd', 'e', 'f'].forEach((who) => desk.ask(who)),
    order: 'a b c d e f',
    times: [0, 0, 0, 100, 200, 300],
  },
  {
    what: 'quiet time fills the bucket, and no more than that',
    limits: { burst: 2, perSecond: 10 },
    play: (desk) => {
      for (const at of [0, 5_000]) {
        desk.until(at)
        for (const who of 'abc') desk.ask(`${who}${at}`)
      }
    },
    order: 'a0 b0 c0 a5000 b5000 c5000',
    times: [0, 0, 100, 5000, 5000, 5100],
  },
  {
    what: 'supervisors take turns: one with many failed children does not keep another waiting',
    limits: { burst: 1, perSecond: 10 },
    play: (desk) => {
      for (const who of ['a1', 'a2', 'a3', 'a4', 'a5']) desk.ask(who, { supervisor: '/a' })
      for (const who of ['b1', 'b2']) desk.ask(who, { supervisor: '/b' })
      desk.ask('c1', { supervisor: '/c' })
    },
    order: 'a1 a2 b1 c1 a3 b2 a4 a5',
    times: [0, 100, 200, 300, 400, 500, 600, 700],
  },
  {
    what: 'what waits is spread by no more than those before it take',
    limits: { burst: 1, perSecond: 10, spreadMs: 2_000 },
    play: (desk) => ['a', 'b', 'c', 'd'].forEach((who, i) => desk.ask(who, { random: i === 3 ? 0 : 0.99 })),
    order: 'a b d c',
    times: [0, 100, 200, 300],
  },
  {
    what: 'one that is withdrawn takes no token',
    limits: { burst: 1, perSecond: 10 },
    play: (desk) => {
      for (const who of 'abcd') desk.ask(who)
      desk.withdraw('b')
      desk.until(150)
      desk.withdraw('b')
      desk.withdraw('d')
    },
    order: 'a c',
    times: [0, 100],
  },
  {
    what: 'nobody overtakes those who wait',
    limits: { burst: 1, perSecond: 10 },
    play: (desk) => {
      for (const who of 'abc') desk.ask(who)
      // There is a token, and the budget has not been woken yet.
      desk.now = 100
      desk.ask('d')
    },
    order: 'a b c d',
    times: [0, 100, 200, 300],
  },
  {
    what: 'asynchronous starts are bounded, and hold up no others',
    limits: { asyncStarts: 2 },
    play: (desk) => {
      for (const who of 'abcd') desk.ask(who, { isAsync: true })
      desk.ask('e')
      desk.until(30)
      desk.started('b')
      desk.until(70)
      desk.started('a')
    },
    order: 'a b e c d',
    times: [0, 0, 0, 30, 70],
  },
  {
    what: 'a start that never ends gives its place up',
    limits: { asyncStarts: 1, asyncStartMs: 400 },
    play: (desk) => ['a', 'b', 'c'].forEach((who) => desk.ask(who, { isAsync: true })),
    order: 'a b c',
    times: [0, 400, 800],
  },
  {
    what: 'synchronous and asynchronous starts take turns',
    limits: { burst: 1, perSecond: 10 },
    play: (desk) => ['a', 'b', 'c', 'D', 'E'].forEach((who) => desk.ask(who, { isAsync: who < 'a' })),
    order: 'a b D c E',
    times: [0, 100, 200, 300, 400],
  },
  {
    what: 'other limits hold from now on, for what waits already, too',
    limits: { burst: 1, perSecond: 10 },
    play: (desk) => {
      for (const who of 'abcd') desk.ask(who)
      desk.until(100)
      desk.limit({ perSecond: Infinity })
    },
    order: 'a b c d',
    times: [0, 100, 100, 100],
  },
]

test.each(table)('$what', ({ limits, play, order, times }) => {
  const desk = new Desk(limits)
  play(desk)
  desk.until(20_000)
  expect(desk.order).toBe(order)
  desk.times.forEach((at, i) => expect(at).toBeCloseTo(times[i]!, 6))
})

test('a storm is told of once, from the first that had to wait until none has had to for a second', () => {
  const desk = new Desk({ burst: 2, perSecond: 10 })
  for (const who of 'abcde') desk.ask(who)
  desk.until(900)
  // Nobody waits any more and the bucket is full, and it is not over yet: these belong to it.
  for (const who of 'fgh') desk.ask(who)
  desk.until(5_000)
  expect(desk.told).toEqual(['began', 'over: 4 in 1900'])
  desk.ask('i')
  desk.until(9_000)
  expect(desk.told).toHaveLength(2)
})

/** One random history; answers the desk, who asked when, and who withdrew. */
function randomHistory(seed: number): { desk: Desk; settings: RestartLimits; asked: Asked[]; withdrawn: Set<string> } {
  const random = seededRandom(seed)
  const upTo = (max: number): number => Math.floor(random() * (max + 1))
  const settings: RestartLimits = {
    perSecond: 1 + upTo(499),
    burst: 1 + upTo(19),
    spreadMs: upTo(3_000),
    asyncStarts: 1 + upTo(3),
    asyncStartMs: upTo(500),
  }
  const desk = new Desk(settings)
  const asked: Asked[] = []
  const withdrawn = new Set<string>()
  for (let steps = upTo(150); steps > 0; steps--) {
    const kind = upTo(11)
    const one = `${upTo(100)}`
    if (kind < 6) {
      const supervisor = `/${upTo(3)}`
      const isAsync = random() < 0.5
      const who = `${asked.length}`
      asked.push({ who, lane: `${supervisor} ${isAsync}`, at: desk.now })
      desk.ask(who, { supervisor, isAsync, random: random() })
    } else if (kind < 9) desk.until(desk.now + upTo(400))
    else if (kind < 11) desk.started(one)
    else if (desk.waits(one)) {
      withdrawn.add(one)
      desk.withdraw(one)
    }
  }
  desk.until(desk.now + 500_000)
  return { desk, settings, asked, withdrawn }
}

interface Asked {
  readonly who: string
  readonly lane: string
  readonly at: number
}

test('whatever comes: never more than the budget, nobody is forgotten, and nobody is overtaken by more than the spread', () => {
  for (let seed = 1; seed <= 500; seed++) {
    const { desk, settings, asked, withdrawn } = randomHistory(seed)
    const { gone } = desk
    const everybody = asked.filter(({ who }) => !withdrawn.has(who)).map(({ who }) => who)
    expect(
      gone.map(({ who }) => who).toSorted((a, b) => Number(a) - Number(b)),
      `seed ${seed}`,
    ).toEqual(everybody)
    expect(desk.budget.waiting.size).toBe(0)
    expect(
      desk.told
        .map((what) => what.slice(0, 4))
        .join(' ')
        .replaceAll('bega over', ''),
    ).toMatch(/^ *$/)
    // In any window: the burst, and the rate for as long as the window is.
    for (const [last, { at: to }] of gone.entries())
      for (const [first, { at: from }] of gone.slice(0, last + 1).entries())
        if (last - first + 1 > settings.burst + ((to - from) * settings.perSecond) / 1000 + 1e-6)
          expect.fail(`seed ${seed}: ${last - first + 1} restarts between ${from} and ${to}`)
    // Among those of one supervisor and one kind.
    const place = new Map(gone.map(({ who }, i) => [who, i]))
    for (const a of asked)
      for (const b of asked)
        if (a.lane === b.lane && a.at + settings.spreadMs < b.at && (place.get(a.who) ?? -1) > (place.get(b.who) ?? Infinity))
          expect.fail(`seed ${seed}: ${b.who} has overtaken ${a.who}`)
  }
})
