// Watches and links among a few actors against a model: who hears of whose end, with which reason, once; who goes down with whom.
// First step by step, where the model says exactly what happens; then all at once, where only what must hold in any order is checked.

import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { ActorContext } from '../contracts/behavior.ts'
import { describeExit, type ExitReason } from '../contracts/exit-reason.ts'
import type { AnyRef } from '../contracts/ref.ts'
import { type Deferred, deferred, expectBalanced, type Stage, stage } from '../testing/stage.fixture.ts'
import { actor } from './define.ts'

const count = 6
/** These trap exits. */
const traps = (who: number): boolean => who >= 4

const reasons = ['normal', 'shutdown', { shutdown: 'enough' }, 'killed'] as const satisfies readonly ExitReason[]
type Step =
  | { readonly do: 'watch' | 'unwatch' | 'link' | 'unlink'; readonly who: number; readonly whom: number }
  | { readonly do: 'exit'; readonly who: number; readonly whom: number; readonly reason: ExitReason }
  | { readonly do: 'stop' | 'fail' | 'hold' | 'release'; readonly who: number }

/** One notice: a watcher's, or a trapped exit. */
type Heard = `${number} ${'watched' | 'trapped'} ${number}: ${string}`

interface Member {
  /** `leaving`: it ends as soon as its handler is through. */
  life: 'free' | 'held' | 'leaving' | 'gone'
  reason: string
  /** Whom it watches. */
  readonly watches: Set<number>
  readonly links: Set<number>
  /** What it has not heard yet, because it is held. */
  unheard: { readonly what: 'watched' | 'trapped'; readonly of: number; readonly reason: string; readonly isDirect: boolean }[]
  /** What it is told to do once it is free again. */
  later: ('fail' | 'hold')[]
}

/** OTP's rules, one actor at a time. */
class Model {
  readonly heard: Heard[] = []
  readonly members: Member[] = Array.from({ length: count }, () => ({
    life: 'free',
    reason: '',
    watches: new Set(),
    links: new Set(),
    unheard: [],
    later: [],
  }))

  isActing(who: number): boolean {
    return this.members[who]!.life !== 'gone'
  }

  watch(who: number, whom: number): void {
    const { watches, life } = this.members[who]!
    watches.add(whom)
    const target = this.members[whom]!
    // One that is leaving hears of nothing, but will be told of if others watch it.
    if (target.life === 'gone' && life !== 'leaving')
      this.#notify(who, { what: 'watched', of: whom, reason: target.reason, isDirect: false })
  }

  unwatch(who: number, whom: number): void {
    this.members[who]!.watches.delete(whom)
  }

  link(who: number, whom: number): void {
    if (who === whom) return
    const target = this.members[whom]!
    if (target.life === 'gone') {
      this.#exitSignal(who, whom, 'shutdown: no-such-actor', true)
      return
    }
    this.members[who]!.links.add(whom)
    target.links.add(who)
  }

  unlink(who: number, whom: number): void {
    const me = this.members[who]!
    me.links.delete(whom)
    this.members[whom]!.links.delete(who)
    me.unheard = me.unheard.filter(({ what, of, isDirect }) => what !== 'trapped' || of !== whom || isDirect)
  }

  exit(who: number, whom: number, reason: ExitReason): void {
    if (reason === 'killed') {
      if (this.isActing(whom)) this.#gone(whom, 'killed')
    } else if (reason === 'normal' && who === whom && !traps(who)) this.#end(who, 'normal')
    else this.#exitSignal(whom, who, describeExit(reason), true)
  }

  stop(who: number): void {
    this.#end(who, 'normal')
  }

  fail(who: number): void {
    const me = this.members[who]!
    if (me.life === 'free') this.#gone(who, 'failed while handling: Error: boom')
    else if (me.life === 'held') me.later.push('fail')
  }

  hold(who: number): void {
    const me = this.members[who]!
    if (me.life === 'free') me.life = 'held'
    else if (me.life === 'held') me.later.push('hold')
  }

  release(who: number): void {
    const me = this.members[who]!
    if (me.life === 'leaving') this.#gone(who, me.reason)
    if (me.life !== 'held') return
    me.life = 'free'
    for (const notice of me.unheard.splice(0)) this.#hear(who, notice)
    while (me.later.length > 0 && me.life === 'free') this[me.later.shift()!](who)
  }

  #notify(who: number, notice: Member['unheard'][number]): void {
    const me = this.members[who]!
    if (me.life === 'held') me.unheard.push(notice)
    else if (me.life === 'free') this.#hear(who, notice)
  }

  #hear(who: number, { what, of, reason }: Member['unheard'][number]): void {
    if (what === 'watched' && !this.members[who]!.watches.delete(of)) return
    this.heard.push(`${who} ${what} ${of}: ${reason}`)
  }

  #exitSignal(who: number, from: number, reason: string, isDirect: boolean): void {
    if (traps(who)) this.#notify(who, { what: 'trapped', of: from, reason, isDirect })
    else if (reason !== 'normal') this.#end(who, reason)
  }

  #end(who: number, reason: string): void {
    const me = this.members[who]!
    if (me.life === 'free') this.#gone(who, reason)
    else if (me.life === 'held') {
      me.life = 'leaving'
      me.reason = reason
      // Killed with a peer is killed: it does not wait for its handler.
      if (reason === 'killed') this.#gone(who, reason)
    }
  }

  #gone(who: number, reason: string): void {
    const me = this.members[who]!
    Object.assign(me, { life: 'gone', reason })
    me.watches.clear()
    for (const peer of [...me.links]) {
      me.links.delete(peer)
      this.members[peer]!.links.delete(who)
      if (this.members[peer]!.life !== 'leaving') this.#exitSignal(peer, who, reason, false)
    }
    for (const [watcher, { watches, life }] of this.members.entries())
      if (watches.has(who) && life !== 'leaving') this.#notify(watcher, { what: 'watched', of: who, reason, isDirect: false })
  }
}

/** The same actors, alive. */
class Cast {
  readonly on: Stage = stage()
  readonly heard: Heard[] = []
  /** What is done when somebody hears of something. */
  onHeard: (who: number, what: 'watched' | 'trapped', of: number, reason: string) => void = () => {}
  readonly contexts: ActorContext<any>[] = []
  readonly refs: AnyRef[] = []
  readonly gates = new Map<number, Deferred<void>>()

  constructor() {
    for (let who = 0; who < count; who++) {
      const hear =
        (what: 'watched' | 'trapped') =>
        (_state: unknown, { address, reason }: { address: { path: string }; reason: ExitReason }): void => {
          const of = Number(address.path.slice(1))
          this.heard.push(`${who} ${what} ${of}: ${describeExit(reason)}`)
          this.onHeard(who, what, of, describeExit(reason))
        }
      const definition = actor({
        name: 'member',
        trapExit: traps(who),
        shutdownMs: 'infinity',
        state: (_: undefined, ctx) => void (this.contexts[who] = ctx),
        on: {
          hold: () => {
            this.gates.set(who, deferred())
            return this.gates.get(who)!.promise
          },
          fail() {
            throw new Error('boom')
          },
        },
        terminated: hear('watched'),
        exited: hear('trapped'),
      })
      this.refs.push(this.on.system.spawn(definition, { name: `${who}` }))
    }
  }

  do(step: Step): void {
    const ctx = this.contexts[step.who]!
    switch (step.do) {
      case 'watch':
      case 'unwatch':
      case 'link':
      case 'unlink':
        ctx[step.do](this.refs[step.whom]!)
        return
      case 'exit':
        ctx.exit(this.refs[step.whom]!, step.reason)
        return
      case 'stop':
        ctx.stop()
        return
      case 'fail':
      case 'hold':
        this.refs[step.who]!.tell({ type: step.do })
        return
      case 'release':
        this.gates.get(step.who)?.resolve()
    }
  }

  lives(who: number): boolean {
    return this.on.cell(`/${who}`) !== undefined
  }
}

const who = fc.nat({ max: count - 1 })
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ do: fc.constantFrom('watch' as const, 'link' as const), who, whom: who }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constantFrom('unwatch' as const, 'unlink' as const), who, whom: who }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('exit' as const), who, whom: who, reason: fc.constantFrom(...reasons) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom('stop' as const, 'fail' as const), who }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constantFrom('hold' as const, 'release' as const), who }) },
)

test('step by step, whatever the watches and links, each hears of what the model says, with its reason, and the same ones live', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 50, size: 'max' }), async (steps) => {
      const model = new Model()
      const cast = new Cast()
      for (const what of steps) {
        if (!model.isActing(what.who)) continue
        cast.do(what)
        await cast.on.env.settle()
        if ('reason' in what) model.exit(what.who, what.whom, what.reason)
        else if ('whom' in what) model[what.do](what.who, what.whom)
        else model[what.do](what.who)
        // Who of those that hear of one end hears first is nobody's promise, nor whether one hears of it that goes down in the same wave.
        const isAlive = (heard: Heard): boolean => model.isActing(Number(heard.split(' ')[0]))
        expect(cast.heard.splice(0).filter(isAlive).sort()).toEqual(model.heard.splice(0).filter(isAlive).sort())
        expect(cast.refs.map((_, name) => cast.lives(name))).toEqual(model.members.map(({ life }) => life !== 'gone'))
      }
      expectBalanced(cast.on.system)
    }),
    { numRuns: 300 },
  )
})

test('all at once, whoever lives to hear it is told once of every end that it watches or is linked with, and never again', async () => {
  let told = 0
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.oneof({ weight: 5, arbitrary: step }, { weight: 1, arbitrary: fc.constant('settle' as const) }), {
        maxLength: 80,
        size: 'max',
      }),
      async (steps) => {
        const cast = new Cast()
        const { env, system } = cast.on
        const ends = new Map<number, string>()
        system.onEvent('actor.stopped', ({ path, reason }) => ends.set(Number(path.slice(1)), reason))
        // Pairs: who is to be told of whom.
        const watches = new Set<string>()
        const links = new Set<string>()
        // A link to one that is gone is an exit signal each time.
        const toNobody: string[] = []
        const wrong: string[] = []
        cast.onHeard = (who, what, of, reason) => {
          told++
          const pair = `${who} ${of}`
          if (what === 'trapped' && reason === 'shutdown: no-such-actor' && toNobody.includes(pair))
            toNobody.splice(toNobody.indexOf(pair), 1)
          // A link breaks before its actor is all gone.
          else if (!(what === 'watched' ? watches : links).delete(pair) || (ends.has(of) ? ends.get(of) !== reason : what === 'watched'))
            wrong.push(`${pair} ${what}: ${reason}`)
        }
        for (const what of steps) {
          if (what === 'settle') await env.settle()
          else if (cast.lives(what.who) && !(what.do === 'exit' && traps(what.whom))) {
            const { who } = what
            if (what.do === 'watch') watches.add(`${who} ${what.whom}`)
            if (what.do === 'unwatch') watches.delete(`${who} ${what.whom}`)
            const pairs = 'whom' in what && who !== what.whom ? [`${who} ${what.whom}`, `${what.whom} ${who}`] : []
            if (what.do === 'link' && pairs.length > 0 && !cast.lives(what.whom)) toNobody.push(pairs[0]!)
            else if (what.do === 'link') for (const pair of pairs) links.add(pair)
            if (what.do === 'unlink') for (const pair of pairs) links.delete(pair)
            cast.do(what)
          }
        }
        for (let round = 0; round < 80; round++) {
          for (const gate of cast.gates.values()) gate.resolve()
          await env.settle()
        }
        expect(wrong).toEqual([])
        const living = cast.refs.map((_, name) => name).filter((name) => cast.lives(name))
        const missed = [...watches].filter((pair) => living.includes(Number(pair[0])) && ends.has(Number(pair[2])))
        expect(missed).toEqual([])
        expect(toNobody.filter((pair) => living.includes(Number(pair[0])))).toEqual([])
        for (const pair of links) {
          const [one, other] = pair.split(' ').map(Number) as [number, number]
          // What is left of a link: both live, or the other ended in order and this one did not have to follow.
          if (living.includes(one) && ends.has(other)) expect([traps(one), ends.get(other)]).toEqual([false, 'normal'])
        }
        expectBalanced(system)
      },
    ),
    { numRuns: 300 },
  )
  expect(told).toBeGreaterThan(500)
})
