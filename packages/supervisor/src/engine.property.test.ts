// Random histories against a simple model of the runtime: it carries out commands as the contract says and refuses what makes no sense.

import type { ExitReason } from '@understudy/runtime/spi'
import { expect, test } from 'vitest'
import type { Call } from './call.ts'
import { stepEngine } from './engine.ts'
import { initialEngine } from './engine-state.ts'
import type { EngineCommand, EngineEvent, EngineSettings, EngineState, Member } from './engine-state.ts'
import { restartAtOnce } from './recovery/library/restart-at-once.ts'
import { defaultRecovery } from './recovery/library/restart-then-backoff.ts'
import type { RestartType } from './restart-type.ts'
import { seededRandom } from './seeded-random.fixture.ts'
import type { MemberSpec } from './spec.ts'
import { oneForAll } from './strategy/one-for-all.ts'
import { oneForOne } from './strategy/one-for-one.ts'
import { restForOne } from './strategy/rest-for-one.ts'

const types: readonly RestartType[] = ['permanent', 'transient', 'temporary', 'permanent']
const specOf = (restart: RestartType, n: number): MemberSpec => {
  return { id: `c${n}`, restart, recovery: n === 3 ? restartAtOnce() : defaultRecovery, significant: restart === 'transient' }
}

type Life = 'starting' | 'running' | 'down' | 'stopping'

/** Children that start, run, fail and stop at random, one supervisor engine over them, and a clock. */
class World {
  now = 0
  state: EngineState
  readonly lives = new Map<string, Life>()
  readonly timers = new Map<string, number>()
  readonly retries: string[] = []
  booted = false
  exited = false
  replies = 0
  readonly #random: () => number

  constructor(random: () => number, restarts: number, settings: Partial<EngineSettings>) {
    this.#random = random
    const intensity = { restarts, withinMs: 5_000 }
    this.state = initialEngine({ path: '/sup', strategy: oneForOne, intensity, children: types.map(specOf), ...settings })
    this.#tell({ type: 'boot' })
  }

  /** One thing happens: a start or a stop completes or fails, a running child fails or ends, a timer is due. */
  happen(faulty: boolean): void {
    const due = [...this.timers].filter(([, at]) => at <= this.now)
    const moving = [...this.lives].filter(([, life]) => life === 'starting' || life === 'stopping' || (faulty && life === 'running'))
    const count = due.length + moving.length + this.retries.length
    if (count === 0) return this.#wait()
    const chosen = Math.floor(this.#random() * count)
    if (chosen >= due.length + moving.length) return this.#tell({ type: 'retry', id: this.retries.shift()!, now: this.now })
    const timer = due[chosen]
    if (timer !== undefined) {
      const [id, key] = timer[0].split('/') as [string, string]
      this.timers.delete(timer[0])
      return this.#tell({ type: 'timer', id, key, now: this.now })
    }
    const [id, life] = moving[chosen - due.length]!
    this.now += this.#random() * 1_500
    if (life === 'stopping') this.#down(id, 'shutdown')
    else if (life === 'running') this.#down(id, this.#random() < 0.7 ? failure('handling') : 'normal')
    else if (faulty && this.booted && this.#random() < 0.3) this.#down(id, failure('starting'))
    else {
      this.lives.set(id, 'running')
      this.#tell({ type: 'started', id, now: this.now })
    }
  }

  call(): void {
    const n = Math.floor(this.#random() * 4)
    const id = `c${n}`
    const type = (['startChild', 'terminateChild', 'restartChild', 'deleteChild'] as const)[Math.floor(this.#random() * 4)]!
    const request: Call = type === 'startChild' ? { type, spec: specOf(types[n]!, n) } : { type, id }
    this.#tell({ type: 'call', call: 1, request, now: this.now })
  }

  /** What the engine has counted as it went is what a recount says, and each child stands where its life does. */
  #audit(): void {
    const { members, held, undecided, significant, procedure, deferred } = this.state
    const all = [...members.values()]
    const count = (holds: (member: Member) => boolean): number => all.filter(holds).length
    const isDown = ({ phase }: Member): boolean => phase === 'down'
    const isHeld = ({ recovery: decision, retry }: Member): boolean => decision.undecided === undefined && retry === null
    must(held === count((member) => isDown(member) && isHeld(member)), `held is not ${held}`)
    must(undecided === count((member) => isDown(member) && !isHeld(member)), `undecided is not ${undecided}`)
    must(significant === count(({ spec, phase }) => spec.significant && phase !== 'absent'), `significant is not ${significant}`)
    if (this.exited) return
    must(procedure !== undefined || (deferred.length === 0 && all.every(({ toStop }) => !toStop)), 'nothing is left over of a procedure')
    must(procedure !== undefined || held === 0 || undecided > 0, 'nobody waits for nobody')
    for (const { spec, phase, unseen } of all) {
      const life = this.lives.get(spec.id) ?? 'absent'
      must((unseen === undefined ? phase : 'down') === life, `${spec.id} is ${life}, not ${phase}`)
    }
  }

  #wait(): void {
    const next = Math.min(...this.timers.values())
    if (next !== Infinity) this.now = Math.max(this.now, next)
  }

  #down(id: string, reason: ExitReason): void {
    this.lives.set(id, 'down')
    this.#tell({ type: 'down', id, reason, now: this.now, random: this.#random() })
  }

  #tell(event: EngineEvent): void {
    const [state, commands] = stepEngine(this.state, event)
    this.state = state
    for (const command of commands) this.#execute(command)
    this.#audit()
  }

  #execute(command: EngineCommand): void {
    must(!this.exited || command.type === 'reply', `nothing after the exit, but ${JSON.stringify(command)}`)
    switch (command.type) {
      case 'start':
        must(!this.lives.has(command.id), `start of ${command.id}, which is there`)
        this.lives.set(command.id, 'starting')
        return
      case 'order': {
        const { id } = command
        const life = this.lives.get(id)
        if (command.command.type === 'restart') {
          must(life === 'down', `restart of ${id}, which is ${life}`)
          this.lives.set(id, 'starting')
        } else if (command.command.type === 'stop') {
          must(life === 'starting' || life === 'running', `stop of ${id}, which is ${life}`)
          this.lives.set(id, 'stopping')
        } else {
          must(command.command.type === 'remove' && life === 'down', `${command.command.type} of ${id}, which is ${life}`)
          this.lives.delete(id)
        }
        return
      }
      case 'schedule':
        this.timers.set(`${command.id}/${command.key}`, this.now + command.delayMs)
        return
      case 'cancel':
        this.timers.delete(`${command.id}/${command.key}`)
        return
      case 'retry':
        this.retries.push(command.id)
        return
      case 'booted':
        this.booted = true
        return
      case 'exit':
        this.exited = true
        return
      case 'outside':
        throw new Error('nobody is there to do it')
      case 'reply':
        this.replies++
        return
      case 'report':
      case 'persist':
        return
      case 'boot-failed':
        must(false, 'no start fails during the boot of this model')
    }
  }
}

/** Fails the test of which this world is a part. */
function must(holds: boolean, otherwise: string): void {
  if (!holds) throw new Error(otherwise)
}

function failure(phase: 'handling' | 'starting'): ExitReason {
  return { cause: 'x', phase, incarnation: 1, attempt: 1 }
}

test.each([
  { name: 'one-for-one', strategy: oneForOne },
  { name: 'one-for-all', strategy: oneForAll },
  { name: 'rest-for-one', strategy: restForOne },
])(
  '$name: whatever fails in whatever order, no order is senseless, and when the faults stop all permanent children run',
  ({ strategy }) => {
    for (let seed = 1; seed <= 150; seed++) {
      const random = seededRandom(seed)
      const world = new World(random, Infinity, { strategy })
      for (let n = 0; n < 120; n++) world.happen(random() < 0.5)
      for (let n = 0; n < 300; n++) world.happen(false)
      expect(world.exited).toBe(false)
      expect(world.lives.get('c0'), `seed ${seed}`).toBe('running')
      expect(world.lives.get('c3'), `seed ${seed}`).toBe('running')
      expect(
        [...world.lives.values()].every((life) => life === 'running'),
        `seed ${seed}`,
      ).toBe(true)
      expect([...world.state.members.values()].filter((member) => member.phase === 'running').length, `seed ${seed}`).toBe(world.lives.size)
    }
  },
)

test.each([
  { name: 'one-for-one', strategy: oneForOne },
  { name: 'one-for-all', strategy: oneForAll },
  { name: 'rest-for-one', strategy: restForOne },
  { name: 'one-for-all that revives', strategy: oneForAll, reviveStopped: true },
  { name: 'one-for-one with a significant child', strategy: oneForOne, autoShutdown: 'any-significant' as const },
  { name: 'dynamic', strategy: oneForOne, maxChildren: 3, children: [] },
])('$name: with an intensity and with calls from outside, it ends in calm or has ended, and every call is answered', (settings) => {
  let gaveUp = 0
  for (let seed = 1; seed <= 150; seed++) {
    const random = seededRandom(seed * 7)
    const world = new World(random, 3, settings)
    let calls = 0
    for (let n = 0; n < 120 && !world.exited; n++) {
      if (random() < 0.15) {
        calls++
        world.call()
      } else world.happen(random() < 0.5)
    }
    for (let n = 0; n < 300 && !world.exited; n++) world.happen(false)
    if (world.exited) gaveUp++
    else {
      expect(
        [...world.lives.values()].every((life) => life === 'running'),
        `seed ${seed}`,
      ).toBe(true)
      expect(world.replies, `seed ${seed}`).toBe(calls)
    }
  }
  expect(gaveUp).toBeGreaterThan(0)
})
