import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createMachine, fromCallback } from 'xstate'
import { type AnyContext, actor } from '../actor/define.ts'
import type { StrayErrors } from '../actor/attribution.ts'
import type { ActorDefinition } from '../contracts/behavior.ts'
import type { SystemEvent } from '../contracts/event.ts'
import type { Protocol } from '../contracts/message.ts'
import type { Ref } from '../contracts/ref.ts'
import { ownersAreFree } from '../dispatch/owner.ts'
import { InvalidOptionError } from '../errors.ts'
import { machineActor } from '../machine/machine-actor.ts'
import { boss } from '../testing/boss.fixture.ts'
import { type ActorSystem, createSystem, type SystemOptions } from './system.ts'

const origins = ['unhandledRejection', 'uncaughtException'] as const
type Listener = (...args: unknown[]) => void

// The test runner listens, too, and would call each of these errors a failed test: here a listener of ours stands in its place.
let theirs: Map<string, Listener[]>
/** What a program's own listeners were told. Node tells them of what an actor is blamed for, too. */
let heard: string[]
const systems: ActorSystem[] = []

beforeEach(() => {
  theirs = new Map(origins.map((origin) => [origin, process.listeners(origin as 'exit') as Listener[]]))
  for (const origin of origins) process.removeAllListeners(origin)
  heard = []
})

afterEach(async () => {
  for (const system of systems.splice(0)) await system.stop()
  for (const origin of origins) {
    process.removeAllListeners(origin)
    for (const listener of theirs.get(origin)!) process.on(origin, listener)
  }
})

function listen(...to: (typeof origins)[number][]): void {
  for (const at of to) {
    process.on(at, (cause: Error, origin: unknown) => heard.push(`${at} (${typeof origin === 'string' ? origin : at}): ${cause.message}`))
  }
}

interface Stage {
  readonly system: ActorSystem
  readonly events: SystemEvent[]
  /** Spawns beneath a parent that restarts whatever fails. */
  supervised: <P extends Protocol>(definition: ActorDefinition<P>) => Ref<P>
  /** Which actors have failed by a stray error. */
  readonly strays: string[]
}

function stage(options: SystemOptions = {}): Stage {
  const events: SystemEvent[] = []
  const strays: string[] = []
  const quiet = { debug() {}, info() {}, warn() {}, error() {} }
  const system = createSystem({ log: quiet, ...options })
  systems.push(system)
  system.onEvent((event) => {
    events.push(event)
    if (event.type === 'actor.failed' && event.phase === 'stray') strays.push(`${event.path}#${event.incarnation} ${event.cause}`)
  })
  return {
    system,
    events,
    strays,
    supervised(definition) {
      const above = boss({
        start: (control) => void control.spawn(definition as unknown as ActorDefinition<Protocol>, { name: definition.name }),
      })
      above.onDown = (child) => above.control.order(child, { type: 'restart' })
      system.spawn(above.definition, { name: 'boss' })
      return system.ref('/boss/' + definition.name)
    },
  }
}

async function until(what: () => boolean): Promise<void> {
  const deadline = performance.now() + 10_000
  while (!what()) {
    if (performance.now() > deadline) throw new Error('it did not come')
    await new Promise((resolve) => {
      setTimeout(resolve, 2)
    })
  }
}

function fail(): never {
  throw new Error('left')
}

function reject(): void {
  void Promise.reject(new Error('left'))
}

describe('what a handler leaves behind', () => {
  it.each<[string, () => void]>([
    ['a promise that is rejected', reject],
    ['an async function that goes on and throws', () => void Promise.resolve().then(fail)],
    ['a timer that throws', () => void setTimeout(fail, 1)],
    ['an immediate that throws', () => void setImmediate(fail)],
    ['a next tick that throws', () => process.nextTick(fail)],
    ['a timer that leaves a promise behind', () => void setTimeout(reject, 1)],
  ])('is its actor’s failure, where the definition says so: %s', async (_what, leave) => {
    listen(...origins)
    const { supervised, strays } = stage()
    const ref = supervised(actor({ name: 'clumsy', strayErrors: 'all', on: { go: () => leave(), hello: () => 'here' } }))
    ref.tell({ type: 'go' })
    await until(() => strays.length > 0)
    expect(strays).toEqual(['/boss/clumsy#1 Error: left'])
    expect(await ref.ask({ type: 'hello' })).toBe('here')
  })

  it('is its actor’s failure from a `receive`, beneath middleware, after an await, and in what it became', async () => {
    listen(...origins)
    const { supervised, strays } = stage()
    const received = supervised(
      actor({
        name: 'one',
        strayErrors: 'all',
        receive: (_s, message: { type: 'go' } | { type: 'no' }) => message.type === 'go' && reject(),
      }),
    )
    received.tell({ type: 'go' })
    await until(() => strays.length === 1)
    const { supervised: other, strays: more } = stage()
    const late = {
      go: async (): Promise<void> => {
        await Promise.resolve()
        reject()
      },
    }
    const changing = actor({
      name: 'two',
      strayErrors: 'all',
      middleware: [(next) => (state, message, ctx) => next(state, message, ctx)],
      on: { become: (_s, _m, ctx) => ctx.become(late), go: () => undefined },
    })
    const ref = other(changing)
    ref.tell({ type: 'become' })
    ref.tell({ type: 'go' })
    await until(() => more.length === 1)
    expect([...strays, ...more]).toEqual(['/boss/one#1 Error: left', '/boss/two#1 Error: left'])
  })

  it('belongs to nobody by default, as knowing it would cost every message', async () => {
    listen(...origins)
    const { system, strays } = stage()
    const ref = system.spawn(actor({ name: 'plain', on: { go: () => reject(), hello: () => 'here' } }))
    ref.tell({ type: 'go' })
    await until(() => heard.length > 0)
    expect(await ref.ask({ type: 'hello' })).toBe('here')
    expect(strays).toEqual([])
  })

  it('is never another’s: not of an actor that woke this one, nor of the parent that spawned it', async () => {
    listen(...origins)
    const { system, strays } = stage()
    const plain = actor({ name: 'plain', strayErrors: 'none', on: { go: () => reject() } })
    const born = actor({ name: 'born', strayErrors: 'none', state: () => reject(), on: {} })
    const waking = actor({
      name: 'waking',
      strayErrors: 'all',
      on: {
        wake: async (_s, message: { whom: Ref<Protocol> }, ctx): Promise<void> => {
          // Whatever the system plans from here on is planned for all its actors.
          await new Promise((resolve) => {
            setTimeout(resolve, 1)
          })
          message.whom.tell({ type: 'go' })
          ctx.after('later', 5, { type: 'again' })
        },
        again: () => undefined,
        spawn: (_s, _m, ctx) => void ctx.spawn(born, { name: 'born' }),
      },
    })
    const ref = system.spawn(waking, { name: 'waking' })
    ref.tell({ type: 'wake', whom: system.spawn(plain, { name: 'plain' }) as unknown as Ref<Protocol> })
    await until(() => heard.length === 1)
    expect(strays).toEqual([])
    ref.tell({ type: 'spawn' })
    await until(() => strays.length === 1)
    expect(strays).toEqual(['/waking/born#1 Error: left'])
  })

  it('is told and counted, not a failure of the next incarnation, when its own is over', async () => {
    listen(...origins)
    const { system, supervised, strays, events } = stage()
    let late = (): void => undefined
    const ref = supervised(
      actor({
        name: 'twice',
        strayErrors: 'all',
        on: {
          leave: () => {
            void new Promise<void>((resolve) => {
              late = resolve
            }).then(fail)
          },
          fail,
          hello: (_s, _m, ctx) => ctx.incarnation,
        },
      }),
    )
    ref.tell({ type: 'leave' })
    ref.tell({ type: 'fail' })
    expect(await ref.ask({ type: 'hello' })).toBe(2)
    const before = system.counters.staleContexts
    late()
    await until(() => events.some(({ type }) => type === 'stray.late'))
    expect(events.filter(({ type }) => type === 'stray.late')).toMatchObject([
      { path: '/boss/twice', incarnation: 1, cause: 'Error: left' },
    ])
    expect(system.counters.staleContexts - before).toBe(1)
    expect(strays).toEqual([])
    expect(await ref.ask({ type: 'hello' })).toBe(2)
  })
})

describe('what a hook leaves behind', () => {
  const hooks: StrayErrors = 'hooks'

  it.each<[string, Partial<Parameters<typeof actor>[0]>]>([
    ['started', { started: () => reject() }],
    ['an async state', { state: async () => reject() }],
    [
      'terminated',
      {
        started: (_s: unknown, ctx: AnyContext) => ctx.watch(ctx.ref({ ...ctx.self.address, path: '/nobody' })),
        terminated: () => reject(),
      },
    ],
  ])('is its actor’s failure: %s', async (_what, traits) => {
    listen(...origins)
    const { system, strays } = stage()
    system.spawn(actor({ ...traits, name: 'hooked', strayErrors: hooks, on: {} } as never), { name: 'hooked' })
    await until(() => strays.length > 0)
    expect(strays).toEqual(['/hooked#1 Error: left'])
  })

  it('is told of, and ends nothing, when it was left while the actor ended', async () => {
    listen(...origins)
    const { system, strays, events } = stage()
    const ref = system.spawn(
      actor({ name: 'ending', strayErrors: hooks, stopped: () => reject(), on: { end: (_s, _m, ctx) => ctx.stop() } }),
      { name: 'ending' },
    )
    ref.tell({ type: 'end' })
    await until(() => events.some(({ type }) => type === 'stray.late'))
    expect(strays).toEqual([])
  })
})

describe('an ask that nobody waits for', () => {
  it('is, when it fails, a failure of whoever asked, without any option, where Node carries contexts by itself', async () => {
    listen(...origins)
    const { system, strays } = stage()
    const deaf = system.spawn(actor({ name: 'deaf', on: { hello: () => new Promise<void>(() => undefined) }, shutdownMs: 'brutal' }), {
      name: 'deaf',
    })
    const asking = actor({ name: 'asking', on: { go: () => void deaf.ask({ type: 'hello' }, { timeoutMs: 1 }) } })
    system.spawn(asking, { name: 'asking' }).tell({ type: 'go' })
    await until(() => heard.length > 0)
    expect(strays.length).toBe(ownersAreFree ? 1 : 0)
    for (const stray of strays) expect(stray).toMatch(/^\/asking#1 AskTimeoutError/)
  })
})

describe('what a machine leaves behind', () => {
  it('is its actor’s failure when its start did it, and an invoked callback’s when that did', async () => {
    listen(...origins)
    const { system, strays } = stage()
    const entering = createMachine({ entry: () => reject() })
    system.spawn(machineActor(entering, { name: 'entering', strayErrors: 'hooks' }), { name: 'entering' })
    await until(() => strays.length === 1)
    const invoking = createMachine({ invoke: { id: 'ticker', src: fromCallback(() => void setTimeout(fail, 1)) } })
    system.spawn(machineActor(invoking, { name: 'invoking', strayErrors: 'hooks' }), { name: 'invoking' })
    await until(() => strays.length === 2)
    expect(strays[0]).toBe('/entering#1 Error: left')
    expect(strays[1]).toMatch(/^\/invoking\/.+#1 Error: left$/)
  })

  it('is its actor’s failure from an action, where the option says so', async () => {
    listen(...origins)
    const { system, strays } = stage()
    const machine = createMachine({ on: { GO: { actions: () => void setTimeout(fail, 1) } } })
    system.spawn(machineActor(machine, { name: 'acting', strayErrors: 'all' }), { name: 'acting' }).tell({ type: 'GO' })
    await until(() => strays.length === 1)
    expect(strays).toEqual(['/acting#1 Error: left'])
  })
})

describe('the listeners of the process', () => {
  const count = (): number[] => origins.map((origin) => process.listenerCount(origin))

  it('are one pair for all systems, gone with the last one', async () => {
    const [one, two] = [stage().system, stage().system]
    expect(count()).toEqual([1, 1])
    await one.stop()
    expect(count()).toEqual([1, 1])
    await two.stop()
    expect(count()).toEqual([0, 0])
  })

  it('are not there for a system with `off`', () => {
    stage({ strayErrors: 'off' })
    expect(count()).toEqual([0, 0])
  })

  it('leave the decision on what belongs to nobody to whoever else listens', async () => {
    const { system, events } = stage()
    listen('unhandledRejection', 'uncaughtException')
    reject()
    setTimeout(fail, 1)
    await until(() => heard.length === 2)
    expect(heard).toEqual(['unhandledRejection (unhandledRejection): left', 'uncaughtException (uncaughtException): left'])
    expect(events).toEqual([])
    expect(await system.spawn(actor({ name: 'alive', on: { hello: () => 'here' } })).ask({ type: 'hello' })).toBe('here')
  })

  it('hand a rejection on to one who listens for exceptions only, as Node would', async () => {
    const { events } = stage()
    listen('uncaughtException')
    reject()
    await until(() => heard.length > 0)
    expect(heard).toEqual(['uncaughtException (unhandledRejection): left'])
    expect(events).toEqual([])
  })
})

it('an option that is none is refused', () => {
  expect(() => createSystem({ strayErrors: 'maybe' as never })).toThrow(InvalidOptionError)
  expect(() => actor({ name: 'x', strayErrors: 'some' as never, on: {} })).toThrow(InvalidOptionError)
  expect(() => machineActor(createMachine({}), { name: 'x', strayErrors: 'some' as never })).toThrow(InvalidOptionError)
})
