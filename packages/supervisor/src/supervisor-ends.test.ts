// How trees end, in a real system and in virtual time: orders and times of shutdown, giving up, and that nobody is ever orphaned.

import { actor, createSystem } from '@understudy/runtime'
import type { ActorDefinition, ActorSystem, DeadLetter, Protocol, Ref, Shutdown, SystemEvent } from '@understudy/runtime'
import { ManualEnv } from '@understudy/runtime/testing'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { child } from './child.ts'
import { dynamicSupervisor } from './dynamic/dynamic-supervisor.ts'
import { restartAtOnce } from './recovery/library/restart-at-once.ts'
import { supervisor } from './supervisor.ts'
import type { SupervisorProtocol } from './supervisor.ts'

const quiet = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }

type LeafProtocol = { crash(): void; end(): void; note(message: { text: string }): void; spawn(message: { stopMs: number }): void }

/** `+a` a start, `-a` an end in order, each with its time. */
let story: string[]
/** Which leaves live: those that have started and whose context is not aborted. */
let alive: Set<string>
let env: ManualEnv
let system: ActorSystem
let events: SystemEvent[]
let letters: DeadLetter[]

/** A child that takes so long to stop; it can have children of its own. */
function leaf(name: string, stopMs = 0): ActorDefinition<LeafProtocol> {
  const definition: ActorDefinition<LeafProtocol> = actor({
    name,
    state: (_: undefined, ctx) => {
      story.push(`${env.now()} +${name}`)
      alive.add(name)
      ctx.signal.addEventListener('abort', () => alive.delete(name))
      return {}
    },
    on: {
      crash: () => {
        throw new Error('crash')
      },
      end: (_state, _message: unknown, ctx) => ctx.stop(),
      note: (_state, { text }: { text: string }) => void story.push(`${env.now()} ${name} ${text}`),
      spawn: (_state, message: { stopMs: number }, ctx) => void ctx.spawn(leaf(`${name}-s`, message.stopMs), { name: 'own' }),
    },
    stopped: async () => {
      if (stopMs > 0) await new Promise<void>((resolve) => env.setTimer(stopMs, resolve))
      story.push(`${env.now()} -${name}`)
    },
  }) as unknown as ActorDefinition<LeafProtocol>
  return definition
}

const ref = (path: string): Ref<LeafProtocol> => system.ref<LeafProtocol>(path)
const ends = (): string[] =>
  events.flatMap((event) => (event.type === 'actor.stopped' ? [`${event.path} ${event.reason}`] : [])).filter((end) => !end.startsWith(' '))

async function answered<T>(answer: Promise<T>): Promise<T> {
  await env.settle()
  return answer
}

beforeEach(() => {
  story = []
  alive = new Set()
  events = []
  letters = []
  env = new ManualEnv({ seed: 5 })
  system = createSystem({ env, log: quiet })
  system.onEvent((event) => {
    events.push(event)
    if (event.type === 'dead-letter') letters.push(event.letter)
  })
})

afterEach(async () => {
  const stopped = system.stop()
  await env.advance(60_000)
  await stopped
  expectNothingLeft()
})

function expectNothingLeft(): void {
  const { sent, received, handled, rejected, deadLettered, forwarded, waiting } = system.counters
  expect(sent + received).toBe(handled + rejected + deadLettered + forwarded + waiting)
  expect(waiting).toBe(0)
  expect(env.pendingTimers).toBe(0)
  expect([...alive]).toEqual([])
}

describe('shutdown', () => {
  test('a static tree stops its children one after the other, last to first: their times add up', async () => {
    const children = ['a', 'b', 'c'].map((name) => child(leaf(name, 100)))
    system.spawn(supervisor({ name: 'sup', children }), { name: 'sup' })
    await env.settle()
    const stopped = system.stop()
    await env.advance(300)
    await stopped
    expect(story).toEqual(['0 +a', '0 +b', '0 +c', '100 -c', '200 -b', '300 -a'])
  })

  test.each<{ shutdownMs: Shutdown; stopMs: number; tookMs: number; reason: string }>([
    { shutdownMs: 'infinity', stopMs: 30_000, tookMs: 30_000, reason: 'shutdown' },
    { shutdownMs: 100, stopMs: 99, tookMs: 99, reason: 'shutdown' },
    { shutdownMs: 100, stopMs: 101, tookMs: 100, reason: 'killed' },
    { shutdownMs: 0, stopMs: 0, tookMs: 0, reason: 'shutdown' },
    { shutdownMs: 0, stopMs: 1, tookMs: 0, reason: 'killed' },
    { shutdownMs: 'brutal', stopMs: 0, tookMs: 0, reason: 'killed' },
    { shutdownMs: 'brutal', stopMs: 100, tookMs: 0, reason: 'killed' },
  ])('shutdownMs $shutdownMs, $stopMs ms to stop: $reason after $tookMs ms, and terminateChild answers ok', async (row) => {
    const { shutdownMs, stopMs, tookMs, reason } = row
    const sup = system.spawn(supervisor({ name: 'sup', children: [child(leaf('a', stopMs), { shutdownMs })] }), { name: 'sup' })
    await env.settle()
    const answer = sup.ask({ type: 'terminateChild', id: 'a' }, { timeoutMs: 60_000 })
    await env.advance(tookMs)
    expect(await answered(answer)).toEqual({ ok: true })
    expect(env.now()).toBe(tookMs)
    expect(ends()).toEqual([`/sup/a ${reason}`])
    await env.advance(stopMs)
  })

  test('default: 5000 ms for a worker, as long as it takes for a supervisor', async () => {
    const inner = supervisor({ name: 'inner', children: [child(leaf('slow', 50_000), { shutdownMs: 'infinity' })] })
    system.spawn(supervisor({ name: 'sup', children: [child(leaf('a', 6_000)), child(inner)] }), { name: 'sup' })
    await env.settle()
    const stopped = system.stop()
    await env.advance(54_999)
    expect(ends()).toEqual(['/sup/inner/slow shutdown', '/sup/inner shutdown'])
    await env.advance(1)
    await stopped
    expect(ends().slice(2)).toEqual(['/sup/a killed', '/sup shutdown'])
    await env.advance(10_000)
  })
})

describe('a first start that fails', () => {
  test('stops those before it in reverse order, each by its own rule, starts nobody after it, and is not tried again', async () => {
    const broken = actor({
      name: 'broken',
      state: async () => {
        story.push(`${env.now()} +broken`)
        await new Promise<void>((resolve) => env.setTimer(10, resolve))
        throw new Error('broken')
      },
      on: {},
    })
    const children = [
      child(leaf('a', 50), { shutdownMs: 'infinity' }),
      child(leaf('b', 50), { shutdownMs: 20 }),
      child(leaf('c', 50), { shutdownMs: 'brutal' }),
      child(broken, { recovery: restartAtOnce() }),
      child(leaf('d')),
    ]
    system.spawn(supervisor({ name: 'sup', children }), { name: 'sup' })
    await env.advance(10 + 20 + 50)
    expect(ends().map((end) => end.split(':')[0])).toEqual([
      '/sup/broken failed while starting',
      '/sup/c killed',
      '/sup/b killed',
      '/sup/a shutdown',
      '/sup failed while starting',
    ])
    await env.advance(1_000)
    expect(story.filter((entry) => entry.includes('+'))).toEqual(['0 +a', '0 +b', '0 +c', '0 +broken'])
  })
})

describe('nobody is orphaned', () => {
  const tree = (shutdownMs: Shutdown): ActorDefinition<SupervisorProtocol> => {
    const leaves = ['a', 'b'].map((name) => child(leaf(name, 100), { shutdownMs: 'infinity' }))
    const many = dynamicSupervisor({ name: 'many', child: leaf('d', 100), shutdownMs: 'infinity' })
    const inner = supervisor({ name: 'inner', children: [...leaves, child(many)] })
    return supervisor({ name: 'sup', children: [child(inner, { shutdownMs })] })
  }

  async function grow(shutdownMs: Shutdown): Promise<Ref<SupervisorProtocol>> {
    const sup = system.spawn(tree(shutdownMs), { name: 'sup' })
    await env.settle()
    for (const id of ['x', 'y']) await answered(system.ref('/sup/inner/many').ask({ type: 'startChild', id } as never))
    ref('/sup/inner/a').tell({ type: 'spawn', stopMs: 100 })
    await env.settle()
    expect([...alive].sort()).toEqual(['a', 'a-s', 'b', 'd'])
    return sup
  }

  test.each<{ shutdownMs: Shutdown; after: number }>([
    { shutdownMs: 'brutal', after: 0 },
    { shutdownMs: 150, after: 150 },
    { shutdownMs: 'infinity', after: 400 },
  ])('a supervisor with shutdownMs $shutdownMs takes all beneath it along, $after ms after it was told to stop', async (row) => {
    const sup = await grow(row.shutdownMs)
    const answer = sup.ask({ type: 'terminateChild', id: 'inner' }, { timeoutMs: 60_000 })
    await env.advance(row.after)
    expect(await answered(answer)).toEqual({ ok: true })
    expect(env.now()).toBe(row.after)
    expect([...alive]).toEqual([])
    const gone = ends().map((end) => end.split(' ')[0])
    const paths = ['many/x', 'many/y', 'many', 'a/own', 'a', 'b'].map((path) => `/sup/inner/${path}`)
    expect(gone).toHaveLength(paths.length + 1)
    expect(new Set(gone)).toEqual(new Set([...paths, '/sup/inner']))
    const isBeforeItsParent = (path: string | undefined, n: number): boolean =>
      path === '/sup/inner' || gone.indexOf(path!.slice(0, path!.lastIndexOf('/'))) > n
    expect(gone.filter((path, n) => !isBeforeItsParent(path, n))).toEqual([])
    await env.advance(1_000)
  })

  test('killed in the middle of its own shutdown, too', async () => {
    const sup = await grow('infinity')
    const answer = sup.ask({ type: 'terminateChild', id: 'inner' }, { timeoutMs: 60_000 })
    await env.advance(50)
    const killer = actor({ name: 'killer', state: (_: undefined, ctx) => ctx.exit(ref('/sup/inner') as never, 'killed'), on: {} })
    system.spawn(killer)
    expect(await answered(answer)).toEqual({ ok: true })
    expect(env.now()).toBe(50)
    expect([...alive]).toEqual([])
    await env.advance(1_000)
  })

  test('giving up stops the others in order, each within its own time, and leaves nobody behind', async () => {
    const children = [child(leaf('a', 100)), child(leaf('b', 100), { shutdownMs: 30 }), child(leaf('c'), { recovery: restartAtOnce() })]
    const definition = supervisor({ name: 'sup', children, intensity: { restarts: 0, withinMs: 1 } })
    system.spawn(definition, { name: 'sup' })
    await env.settle()
    ref('/sup/c').tell({ type: 'crash' })
    await env.advance(130)
    expect(ends().map((end) => end.split(':')[0])).toEqual([
      '/sup/c failed while handling',
      '/sup/b killed',
      '/sup/a shutdown',
      '/sup shutdown',
    ])
    expect(story.slice(3)).toEqual(['0 -c', '100 -b', '130 -a'])
    await env.advance(1_000)
  })
})

describe('automatic shutdown', () => {
  test('the end of a significant child ends its supervisor with shutdown, and climbs where that is significant itself', async () => {
    const worker = child(leaf('worker'), { restart: 'transient', significant: true })
    const inner = supervisor({ name: 'inner', children: [child(leaf('helper')), worker], autoShutdown: 'any-significant' })
    const middle = supervisor({
      name: 'middle',
      children: [child(inner, { restart: 'transient', significant: true })],
      autoShutdown: 'all-significant',
    })
    system.spawn(supervisor({ name: 'sup', children: [child(middle, { restart: 'temporary' })] }), { name: 'sup' })
    await env.settle()
    ref('/sup/middle/inner/worker').tell({ type: 'end' })
    await env.settle()
    expect(ends()).toEqual([
      '/sup/middle/inner/worker normal',
      '/sup/middle/inner/helper shutdown',
      '/sup/middle/inner shutdown',
      '/sup/middle shutdown',
    ])
  })
})

describe('a name that is not free yet', () => {
  test('a child that failed, was terminated, and whose own children are still stopping is started again when they are gone', async () => {
    const recovery = restartAtOnce()
    const sup = system.spawn(supervisor({ name: 'sup', children: [child(leaf('a'), { restart: 'transient', recovery })] }), { name: 'sup' })
    await env.settle()
    await answered(sup.ask({ type: 'startChild', child: child(leaf('t'), { restart: 'temporary' }) }))
    ref('/sup/t').tell({ type: 'spawn', stopMs: 100 })
    await env.settle()
    ref('/sup/t').tell({ type: 'crash' })
    await env.settle()
    const again = sup.ask({ type: 'startChild', child: child(leaf('t')) })
    await env.settle()
    expect(story).toEqual(['0 +a', '0 +t', '0 +t-s'])
    await env.advance(100)
    expect(await answered(again)).toMatchObject({ ok: true, id: 't' })
    expect(story.slice(3)).toEqual(['100 -t-s', '100 -t', '100 +t'])
  })

  test('a child that waits for its name can be terminated before it has it', async () => {
    const many = system.spawn(dynamicSupervisor({ name: 'many', child: leaf('t'), restart: 'temporary' }), { name: 'many' })
    await env.settle()
    await answered(many.ask({ type: 'startChild', id: 't' }))
    ref('/many/t').tell({ type: 'spawn', stopMs: 100 })
    await env.settle()
    ref('/many/t').tell({ type: 'crash' })
    await env.settle()
    const again = many.ask({ type: 'startChild', id: 't' })
    expect(await answered(many.ask({ type: 'terminateChild', id: 't' }))).toEqual({ ok: true })
    expect(await answered(again)).toMatchObject({ ok: false, error: 'terminated' })
    await env.advance(1_000)
    expect(story.filter((entry) => entry.endsWith('+t'))).toHaveLength(1)
    expect(await answered(many.ask({ type: 'countChildren' }))).toMatchObject({ specs: 0 })
  })
})

describe('messages that a child leaves behind when it is gone for good', () => {
  const notes = (path: string): void => {
    for (const text of ['one', 'two']) ref(path).tell({ type: 'note', text })
  }

  test('become dead letters by default', async () => {
    system.spawn(supervisor({ name: 'sup', children: [child(leaf('a'), { restart: 'temporary' })] }), { name: 'sup' })
    await env.settle()
    ref('/sup/a').tell({ type: 'crash' })
    notes('/sup/a')
    await env.settle()
    expect(letters.map(({ reason, message }) => `${reason} ${message.type}`)).toEqual(['poison crash', 'stopped note', 'stopped note'])
  })

  test('are handled by an heir, in order, when there is one; asks are answered by it', async () => {
    const heir = system.spawn(leaf('heir'), { name: 'heir' })
    const onUndelivered = { forwardTo: heir as unknown as Ref<Protocol> }
    system.spawn(supervisor({ name: 'sup', children: [child(leaf('a'), { restart: 'temporary', onUndelivered })] }), { name: 'sup' })
    await env.settle()
    ref('/sup/a').tell({ type: 'crash' })
    notes('/sup/a')
    const asked = ref('/sup/a').ask({ type: 'note', text: 'three' })
    await answered(asked)
    expect(story.slice(2)).toEqual(['0 -a', '0 heir one', '0 heir two', '0 heir three'])
    expect(letters.map(({ reason }) => reason)).toEqual(['poison'])
  })

  test('wait while it is restarted, and go to the heir when the supervisor gives up', async () => {
    const heir = system.spawn(leaf('heir'), { name: 'heir' })
    const onUndelivered = { forwardTo: heir as unknown as Ref<Protocol> }
    const children = [child(leaf('a'), { recovery: restartAtOnce(), onUndelivered })]
    system.spawn(supervisor({ name: 'sup', children, intensity: { restarts: 1, withinMs: 5_000 } }), { name: 'sup' })
    await env.settle()
    for (let n = 0; n < 2; n++) ref('/sup/a').tell({ type: 'crash' })
    notes('/sup/a')
    await env.settle()
    expect(story.filter((entry) => entry.includes('heir '))).toEqual(['0 heir one', '0 heir two'])
  })
})
