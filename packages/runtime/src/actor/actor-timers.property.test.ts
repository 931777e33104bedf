// Timers against a model that knows a clock, a list of deadlines and a queue: when each message is handled, and that cancelled ones
// and those of a past incarnation are not.

import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { ActorContext } from '../contracts/behavior.ts'
import { boss } from '../testing/boss.fixture.ts'
import { expectBalanced, stage } from '../testing/stage.fixture.ts'
import { actor } from './define.ts'

type Verb = 'after' | 'every' | 'repeat'
type Key = 'a' | 'b' | 'c'
type Step =
  | { readonly do: Verb; readonly key: Key; readonly ms: number }
  | { readonly do: 'cancel'; readonly key: Key }
  | { readonly do: 'pass'; readonly ms: number }
  | { readonly do: 'restart' }

/** One timer as set, until it is cancelled, replaced or over. */
interface Timer {
  readonly verb: Verb
  readonly key: Key
  readonly name: string
  readonly ms: number
  /** `undefined`: it waits for its message to be handled. */
  due: number | undefined
  /** Of two deadlines at one time, the one that was set first comes first. */
  order: number
}

/** When what is handled, said in the plainest way. */
class Model {
  readonly handled: string[] = []
  readonly workMs: number
  now = 0
  timers = new Map<Key, Timer>()
  queue: Timer[] = []
  /** The message in hand, and when it is through. */
  inHand: { readonly timer: Timer; readonly until: number } | undefined
  restarts = false
  incarnation = 1
  /** Two things at one time whose order nobody promises: no telling what is right. */
  isAmbiguous = false
  #orders = 0

  constructor(workMs: number) {
    this.workMs = workMs
  }

  set(verb: Verb, key: Key, ms: number, name: string): void {
    this.timers.set(key, { verb, key, name, ms, due: this.now + ms, order: this.#orders++ })
  }

  restart(): void {
    this.restarts = true
    this.#work()
  }

  pass(ms: number): void {
    const until = this.now + ms
    for (;;) {
      const due = [...this.timers.values()].filter((timer) => timer.due !== undefined)
      const next = Math.min(...due.map((timer) => timer.due!), this.inHand?.until ?? Infinity)
      if (next > until) break
      this.now = next
      const fired = due.filter((timer) => timer.due === next).sort((one, other) => one.order - other.order)
      if (fired.length > 0 && this.inHand?.until === next) this.isAmbiguous = true
      for (const timer of fired) {
        this.queue.push(timer)
        if (timer.verb === 'every') {
          timer.due = next + timer.ms
          timer.order = this.#orders++
        } else timer.due = undefined
      }
      this.#work()
    }
    this.now = until
  }

  /** Works off the queue as far as it goes without time passing. */
  #work(): void {
    for (;;) {
      if (this.inHand !== undefined) {
        if (this.inHand.until > this.now) return
        this.#through(this.inHand.timer)
        this.inHand = undefined
      }
      if (this.restarts) {
        this.restarts = false
        this.incarnation++
        this.timers.clear()
        this.queue = []
      }
      const timer = this.queue.shift()
      if (timer === undefined) return
      // Cancelled or replaced meanwhile: it is as if it had never been sent.
      if (this.timers.get(timer.key) !== timer) continue
      this.handled.push(`${this.now} ${timer.name} in ${this.incarnation}`)
      if (this.workMs > 0) this.inHand = { timer, until: this.now + this.workMs }
      else this.#through(timer)
    }
  }

  #through(timer: Timer): void {
    if (this.timers.get(timer.key) !== timer || timer.verb !== 'repeat') return
    timer.due = this.now + timer.ms
    timer.order = this.#orders++
  }
}

const key = fc.constantFrom<Key>('a', 'b', 'c')
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constantFrom<Verb>('after', 'every', 'repeat'), key, ms: fc.integer({ min: 1, max: 60 }) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('cancel' as const), key }) },
  { weight: 5, arbitrary: fc.record({ do: fc.constant('pass' as const), ms: fc.nat({ max: 150 }) }) },
  { weight: 1, arbitrary: fc.constant({ do: 'restart' as const }) },
)

test('whatever is set, replaced, cancelled and restarted, and however long handling takes, timers are handled when the model says so', async () => {
  let compared = 0
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(0, 0, 7, 31), fc.array(step, { maxLength: 40, size: 'max' }), async (workMs, steps) => {
      const model = new Model(workMs)
      const { env, system, cell } = stage()
      const handled: string[] = []
      let context!: ActorContext<{ tick(message: { name: string }): void }>
      const definition = actor({
        name: 'a',
        shutdownMs: 'infinity',
        state: (_: undefined, ctx) => void (context = ctx),
        on: {
          tick: (_s, { name }: { name: string }, ctx) => {
            handled.push(`${ctx.now()} ${name} in ${ctx.incarnation}`)
            return workMs === 0 ? undefined : new Promise<void>((resolve) => void env.setTimer(workMs, resolve))
          },
        },
      })
      const supervisor = boss({ start: (control) => void control.spawn(definition, { name: 'a' }) })
      system.spawn(supervisor.definition, { name: 'boss' })
      for (const [n, what] of steps.entries()) {
        if (what.do === 'pass') {
          model.pass(what.ms)
          fc.pre(!model.isAmbiguous)
          await env.advance(what.ms)
          expect(handled).toEqual(model.handled)
          expect(env.now()).toBe(model.now)
          expectBalanced(system)
        } else if (what.do === 'restart') {
          model.restart()
          supervisor.control.order(cell('/boss/a'), { type: 'restart' })
          await env.settle()
        } else if (what.do === 'cancel') {
          model.timers.delete(what.key)
          context.cancel(what.key)
        } else {
          const name = `${what.do} ${what.key} #${n}`
          model.set(what.do, what.key, what.ms, name)
          context[what.do](what.key, what.ms, { type: 'tick', name })
        }
      }
      compared += handled.length
      // Once all are cancelled nothing is left: not of the actor, and not of the system.
      for (const one of ['a', 'b', 'c'] as const) context.cancel(one)
      await env.advance(workMs)
      expect([env.pendingTimers, system.counters.waiting]).toEqual([0, 0])
      expectBalanced(system)
    }),
    { numRuns: 300 },
  )
  expect(compared).toBeGreaterThan(200)
})
