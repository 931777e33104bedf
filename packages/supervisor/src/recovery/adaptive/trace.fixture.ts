// Traces of faults, and a child under a recovery policy that lives through them: how long is it down? What the faults need, and what each
// remedy costs, is the same for every policy; the policy itself is asked through the kernel, as it is in a system.

import { seededRandom } from '../../seeded-random.fixture.ts'
import type { Told } from '../facts.ts'
import { fireTimer, healthy, tellRecovery } from '../kernel.ts'
import type { Recovery, RecoveryCommand } from '../kernel.ts'
import { everything } from '../library/exam.fixture.ts'
import type { Rung } from '../library/rung.ts'
import type { RecoveryPolicy } from '../machine.ts'

/** What each remedy costs, in milliseconds, each time between half and one and a half times as much. */
export type Costs = Readonly<Record<Exclude<Rung, 'node' | 'quarantine'>, number>>

/** A cause of failures: under which class it shows, and what mends it. */
interface Cause {
  /** An error of the class that this cause has; its text differs from place to place, and so its signature. */
  readonly error: (place: string) => unknown
  /** These mend it nearly always, nothing else ever does; `any` try will do for what passes by itself. */
  readonly mendedBy: readonly Rung[] | 'any'
}

const unknown = (place: string): string => place

/** The kinds of fault. A thread or a process begins with the snapshot that is there, so neither mends a snapshot that is bad. */
export const causes = {
  transient: { error: (place) => ({ name: place, code: 'ECONNRESET' }), mendedBy: 'any' },
  'transient, not known as such': { error: unknown, mendedBy: 'any' },
  'poison message': {
    error: (place) => ({ name: place, code: 'MESSAGE_REFUSED' }),
    mendedBy: ['resume', 'restart', 'previous', 'group', 'thread', 'process'],
  },
  'poison state': { error: unknown, mendedBy: ['restart', 'previous', 'group', 'thread', 'process'] },
  'bad snapshot': { error: unknown, mendedBy: ['previous'] },
  group: { error: unknown, mendedBy: ['group', 'process'] },
  thread: { error: unknown, mendedBy: ['thread', 'process'] },
  process: { error: unknown, mendedBy: ['process'] },
  resource: { error: (place) => ({ name: place, code: 'EMFILE' }), mendedBy: ['process'] },
  hopeless: { error: unknown, mendedBy: [] },
} satisfies Record<string, Cause>

/** See `causes`. */
export type CauseName = keyof typeof causes

/** One fault: when it strikes after the one before has been mended, where it shows, and what is wrong. */
export interface Fault {
  readonly afterMs: number
  readonly place: string
  /** Whose class the failure shows. */
  readonly looksLike: CauseName
  readonly cause: CauseName
  /** Of its own luck. */
  readonly seed: number
}

const meanTimeBetweenMs = 600_000
const mends = 0.95
const passes = 0.9

/** A trace in which each of these causes has some places of its own, and is what is wrong there but for some share of the faults. */
export function mixedTrace(kinds: readonly CauseName[], length: number, seed: number, share = 0.1, placesEach = 2): Fault[] {
  const random = seededRandom(seed)
  const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)]!
  return Array.from({ length }, () => {
    const looksLike = pick(kinds)
    const cause = random() < share ? pick(kinds) : looksLike
    return fault(random, `${looksLike} ${Math.floor(random() * placesEach)}`, looksLike, cause)
  })
}

/** A trace in which what is wrong at one and the same place changes after so many faults. */
export function alternatingTrace(kinds: readonly CauseName[], block: number, length: number, seed: number): Fault[] {
  const random = seededRandom(seed)
  return Array.from({ length }, (_, n) => fault(random, 'here', kinds[0]!, kinds[Math.floor(n / block) % kinds.length]!))
}

function fault(random: () => number, place: string, looksLike: CauseName, cause: CauseName): Fault {
  return { afterMs: -Math.log(1 - random()) * meanTimeBetweenMs, place, looksLike, cause, seed: Math.floor(random() * 2 ** 32) }
}

const rungOf: Readonly<Partial<Record<RecoveryCommand['type'], keyof Costs>>> = {
  restartGroup: 'group',
  restartThread: 'thread',
  restartNode: 'process',
  probe: 'restart',
}

/** One child that lives through a trace. */
class Life {
  downMs = 0
  #now = 0
  #incarnation = 1
  #recovery: Recovery
  readonly #costs: Costs
  readonly #failsAgainMs: number

  constructor(policy: RecoveryPolicy, costs: Costs, failsAgainMs: number) {
    this.#recovery = healthy(policy)
    this.#costs = costs
    this.#failsAgainMs = failsAgainMs
  }

  suffer({ afterMs, place, looksLike, cause, seed }: Fault): void {
    const random = seededRandom(seed)
    this.#runUntil(this.#now + afterMs)
    const since = this.#now
    const failure = causes[looksLike].error(place)
    for (let isOver = false; ; this.#now += -Math.log(1 - random()) * this.#failsAgainMs) {
      const rung = this.#fail(failure, random)
      // What nobody can mend is over when somebody has looked at it: that is what quarantine is for.
      if (rung === 'quarantine') isOver = this.#leaveQuarantine()
      else isOver = this.#does(rung, cause, random)
      if (isOver) break
    }
    this.downMs += this.#now - since
  }

  #does(rung: Rung, cause: CauseName, random: () => number): boolean {
    const { mendedBy } = causes[cause] as Cause
    // Drawn in any case, so that luck is the same at the same try under every policy.
    const luck = random()
    return mendedBy === 'any' ? luck < passes : mendedBy.includes(rung) && luck < mends
  }

  #fail(cause: unknown, random: () => number): Rung {
    const told: Told = {
      type: 'FAILED',
      phase: 'handling',
      cause,
      attempt: 1,
      random: random(),
      incarnation: this.#incarnation,
      message: { type: 'm', idempotencyKey: 'k' },
    }
    const rung = this.#decision(tellRecovery(this.#recovery, told, this.#now, onThisNode))
    if (rung === undefined) throw new Error('nothing was decided')
    if (rung === 'quarantine') return rung
    this.#now += this.#costs[rung as keyof Costs] * (0.5 + random())
    if (rung !== 'retry' && rung !== 'resume') this.#start()
    return rung
  }

  #start(): void {
    this.#incarnation++
    this.#decision(tellRecovery(this.#recovery, { type: 'STARTED', incarnation: this.#incarnation }, this.#now, onThisNode))
  }

  #leaveQuarantine(): true {
    const [[key, due]] = [...this.#recovery.deadlines] as [[string, number]]
    this.#now = due
    if (this.#decision(fireTimer(this.#recovery, key, due, onThisNode)) !== 'restart') throw new Error('no trial was ordered')
    this.#now += this.#costs.restart
    this.#start()
    return true
  }

  #runUntil(moment: number): void {
    for (;;) {
      const due = [...this.#recovery.deadlines].find(([, at]) => at <= moment)
      if (due === undefined) break
      this.#decision(fireTimer(this.#recovery, due[0], due[1], onThisNode))
    }
    this.#now = moment
  }

  #decision([recovery, commands]: [Recovery, RecoveryCommand[]]): Rung | undefined {
    this.#recovery = recovery
    let rung: Rung | undefined
    for (const command of commands) {
      if (command.type === 'replaced') throw new Error(command.cause)
      if (command.type === 'park') rung = 'quarantine'
      else if (command.type === 'resume') rung = command.message === 'retry' ? 'retry' : 'resume'
      else if (command.type === 'restart') rung = command.state === 'previous' ? 'previous' : 'restart'
      else rung = rungOf[command.type] ?? rung
    }
    return rung
  }
}

// One that fails over is somebody else's from there on.
const onThisNode = new Set([...everything].filter((ability) => ability !== 'failOver'))

/** How long a child is down on average, from a failure until what was wrong is mended, in milliseconds. */
export function meanDownMs(policy: RecoveryPolicy, trace: readonly Fault[], costs: Costs, failsAgainMs: number): number {
  const life = new Life(policy, costs, failsAgainMs)
  for (const each of trace) life.suffer(each)
  return life.downMs / trace.length
}
