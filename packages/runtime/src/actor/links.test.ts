import { expect, test } from 'vitest'
import type { ActorContext } from '../contracts/behavior.ts'
import { describeExit, type ExitReason } from '../contracts/exit-reason.ts'
import type { AnyRef } from '../contracts/ref.ts'
import { InvalidOptionError } from '../errors.ts'
import { boss } from '../testing/boss.fixture.ts'
import { deferred, expectBalanced, type Stage, stage } from '../testing/stage.fixture.ts'
import { actor } from './define.ts'

interface Pair extends Stage {
  readonly contexts: Map<string, ActorContext<any>>
  /** What was trapped, as text. */
  readonly trapped: string[]
  readonly ref: (name: string) => AnyRef
}

/** Actors by name; those whose names begin with `t` trap exits. */
function cast(...names: string[]): Pair {
  const on = stage()
  const contexts = new Map<string, ActorContext<any>>()
  const trapped: string[] = []
  for (const name of names) {
    const definition = actor({
      name,
      trapExit: name.startsWith('t'),
      state: (_: undefined, ctx) => void contexts.set(name, ctx),
      on: {
        tick() {},
        fail() {
          throw new Error('boom')
        },
        hold: (_s, { until }: { until: Promise<void> }) => until,
      },
      exited: (_s, { address, reason }) => void trapped.push(`${name} heard of ${address.path}: ${describeExit(reason)}`),
      terminated: (_s, { address, reason }) => void trapped.push(`${name} watched ${address.path}: ${describeExit(reason)}`),
    })
    on.system.spawn(definition, { name })
  }
  return { ...on, contexts, trapped, ref: (name) => on.system.ref(`/${name}`) }
}

const failed = 'failed while handling: Error: boom'
const kill = (on: Pair, name: string): void => on.contexts.get(name)!.exit(on.ref(name), 'killed')

/** Why the actor at a path ended; undefined while it lives. */
function ended({ events }: Pair, path: string): string | undefined {
  return events.flatMap((event) => (event.type === 'actor.stopped' && event.path === path ? [event.reason] : []))[0]
}

// OTP's table of exit signals, row by row: what becomes of an actor that does not trap exits, and what one that does is told.
test.each<[how: string, row: string, end: (on: Pair) => void, plain: string, trapping: string]>([
  ['normal', 'linked peer ends with normal', (on) => on.contexts.get('a')!.stop(), 'lives', 'normal'],
  ['shutdown', 'linked peer ends with R', (on) => on.cell('/a').end('shutdown'), 'shutdown', 'shutdown'],
  ['{ shutdown }', 'linked peer ends with R', (on) => on.cell('/a').end({ shutdown: 'enough' }), 'shutdown: enough', 'shutdown: enough'],
  ['failure', 'linked peer ends with R', (on) => on.ref('a').tell({ type: 'fail' }), failed, failed],
  ['killed', 'linked peer was killed', (on) => on.contexts.get('far')!.exit(on.ref('a'), 'killed'), 'killed', 'killed'],
  // ≠ OTP has `kill` for this reason and `killed` for the one above; here a kill is a kill, and either way it can be trapped.
  ['its own kill', 'linked peer itself called exit(kill)', (on) => kill(on, 'a'), 'killed', 'killed'],
])('a linked actor that ends by %s (OTP: %s)', async (_how, _row, end, plain, trapping) => {
  const on = cast('a', 'b', 'trap', 'far')
  // Links are symmetric: who made them does not matter.
  on.contexts.get('a')!.link(on.ref('b'))
  on.contexts.get('trap')!.link(on.ref('a'))
  end(on)
  await on.env.settle()
  expect(ended(on, '/b') ?? 'lives').toBe(plain)
  expect(on.trapped).toEqual([`trap heard of /a: ${trapping}`])
  expect(on.cell('/trap').life).toBe('running')
})

test.each<[reason: ExitReason, row: string, plain: string, trapping: string]>([
  ['normal', 'exit(P, normal) from another process', 'lives', 'normal'],
  ['shutdown', 'exit(P, shutdown)', 'shutdown', 'shutdown'],
  [{ shutdown: 'enough' }, 'exit(P, any other term)', 'shutdown: enough', 'shutdown: enough'],
  ['killed', 'exit(P, kill)', 'killed', 'dead: killed'],
])('an exit signal sent with %j (OTP: %s)', async (reason, _row, plain, trapping) => {
  const on = cast('a', 'b', 'trap')
  on.contexts.get('a')!.exit(on.ref('b'), reason)
  on.contexts.get('a')!.exit(on.ref('trap'), reason)
  await on.env.settle()
  expect(ended(on, '/b') ?? 'lives').toBe(plain)
  const dead = ended(on, '/trap')
  expect(dead === undefined ? on.trapped : `dead: ${dead}`).toEqual(dead === undefined ? [`trap heard of /a: ${trapping}`] : trapping)
})

test.each<[reason: ExitReason, row: string, plain: string, trapping: string]>([
  ['normal', 'exit(self(), normal)', 'normal', 'normal'],
  ['shutdown', 'exit(self(), any other term)', 'shutdown', 'shutdown'],
  ['killed', 'exit(self(), kill)', 'killed', 'dead: killed'],
])('an exit signal with %j to oneself (OTP: %s)', async (reason, _row, plain, trapping) => {
  const on = cast('a', 'trap')
  for (const name of ['a', 'trap']) on.contexts.get(name)!.exit(on.ref(name), reason)
  await on.env.settle()
  expect(ended(on, '/a')).toBe(plain)
  const dead = ended(on, '/trap')
  expect(dead === undefined ? on.trapped : `dead: ${dead}`).toEqual(dead === undefined ? [`trap heard of /trap: ${trapping}`] : trapping)
})

test('a killed actor tells its watchers killed, also one that traps (OTP: exit(P, kill), observers see killed)', async () => {
  const on = cast('trap', 'w')
  on.contexts.get('w')!.watch(on.ref('trap'))
  kill(on, 'trap')
  await on.env.settle()
  expect(on.trapped).toEqual(['w watched /trap: killed'])
})

test('links spread: a chain goes down to the first that traps', async () => {
  const on = cast('a', 'b', 'c', 'trap', 'far')
  for (const [from, to] of [
    ['a', 'b'],
    ['b', 'c'],
    ['c', 'trap'],
    ['trap', 'far'],
  ] as const)
    on.contexts.get(from)!.link(on.ref(to))
  on.ref('a').tell({ type: 'fail' })
  await on.env.settle()
  expect(['/a', '/b', '/c', '/trap', '/far'].map((path) => on.cell(path)?.life)).toEqual([
    undefined,
    undefined,
    undefined,
    'running',
    'running',
  ])
  expect(on.trapped).toEqual([`trap heard of /c: ${failed}`])
})

test('an unlinked actor hears nothing, not even of an exit that was under way', async () => {
  const on = cast('a', 'trap')
  const { contexts, env } = on
  const gate = deferred()
  contexts.get('trap')!.link(on.ref('a'))
  on.ref('trap').tell({ type: 'hold', until: gate.promise })
  await env.settle()
  const gone = on.cell('/a').ref
  gone.tell({ type: 'fail' })
  await env.settle()
  contexts.get('trap')!.unlink(gone)
  gate.resolve()
  await env.settle()
  expect(on.trapped).toEqual([])

  const again = cast('a', 'b')
  again.contexts.get('a')!.link(again.ref('b'))
  again.contexts.get('b')!.unlink(again.ref('a'))
  again.ref('a').tell({ type: 'fail' })
  await again.env.settle()
  expect(again.cell('/b').life).toBe('running')
})

test('linking twice or with oneself changes nothing, and one exit is told once (OTP: at most one link per pair)', async () => {
  const on = cast('a', 'trap')
  const ctx = on.contexts.get('trap')!
  ctx.link(on.ref('a'))
  ctx.link(on.ref('a'))
  ctx.link(on.ref('trap'))
  on.ref('a').tell({ type: 'fail' })
  await on.env.settle()
  expect(on.trapped).toHaveLength(1)
})

test('linking with one that is gone gives an exit signal at once (OTP: EXIT noproc)', async () => {
  const on = cast('a', 'trap')
  on.contexts.get('a')!.link(on.ref('nobody'))
  on.contexts.get('trap')!.link(on.ref('nobody'))
  await on.env.settle()
  expect(on.cell('/a')).toBeUndefined()
  expect(on.trapped).toEqual(['trap heard of /nobody: shutdown: no-such-actor'])
})

test('a link to another node is refused', () => {
  const on = cast('a')
  const far = on.system.ref({ node: { name: 'far', incarnation: 1 }, path: '/a', uid: 0 })
  expect(() => on.contexts.get('a')!.link(far)).toThrow(InvalidOptionError)
})

test('links belong to incarnations: a failure breaks them at once, also when the actor is restarted', async () => {
  const on = cast('trap')
  const { env, system, cell } = on
  const child = actor({
    name: 'child',
    on: {
      fail() {
        throw new Error('boom')
      },
    },
  })
  const supervisor = boss({ start: (control) => void control.spawn(child, { name: 'child' }) })
  system.spawn(supervisor.definition, { name: 'boss' })
  on.contexts.get('trap')!.link(cell('/boss/child').ref)
  cell('/boss/child').ref.tell({ type: 'fail' })
  await env.settle()
  expect(on.trapped).toEqual([`trap heard of /boss/child: ${failed}`])
  supervisor.onDown = () => {}
  supervisor.control.order(cell('/boss/child'), { type: 'restart' })
  await env.settle()
  supervisor.onDown = (down) => supervisor.control.order(down, { type: 'remove' })
  cell('/boss/child').ref.tell({ type: 'fail' })
  await env.settle()
  expect(on.trapped).toHaveLength(1)
})

test('trapped exits wait until an async handler is through', async () => {
  const on = cast('a', 'trap')
  const gate = deferred()
  on.contexts.get('trap')!.link(on.ref('a'))
  on.ref('trap').tell({ type: 'hold', until: gate.promise })
  on.ref('a').tell({ type: 'fail' })
  await on.env.settle()
  expect(on.trapped).toEqual([])
  gate.resolve()
  await on.env.settle()
  expect(on.trapped).toHaveLength(1)
})

test('watchWith sends its message instead of calling the hook, once, also for one that is gone already', async () => {
  const { env, system } = stage()
  const seen: string[] = []
  let context: ActorContext<any> | undefined
  const watcher = actor({
    name: 'watcher',
    state: (_: undefined, ctx) => void (context = ctx),
    on: { gone: (_s, { who }: { who: string }) => void seen.push(`message: ${who}`) },
    terminated: (_s, { address }) => void seen.push(`hook: ${address.path}`),
  })
  system.spawn(watcher, { name: 'watcher' })
  const target = actor({ name: 'x', on: { stop: (_s, _m, ctx) => ctx.stop() } })
  const [a, b, c] = ['a', 'b', 'c'].map((name) => system.spawn(target, { name }))
  context!.watchWith(a!, { type: 'gone', who: 'a' })
  context!.watch(b!)
  context!.watchWith(b!, { type: 'gone', who: 'b, as said last' })
  context!.watchWith(c!, { type: 'gone', who: 'c' })
  context!.watch(c!)
  for (const ref of [a, b, c]) ref!.tell({ type: 'stop' })
  await env.settle()
  expect(seen.sort()).toEqual(['hook: /c', 'message: a', 'message: b, as said last'])
  context!.watchWith(a!, { type: 'gone', who: 'a again' })
  await env.settle()
  expect(seen.at(-1)).toBe('message: a again')
  expectBalanced(system)
})

test('trapped exits of one sender keep their order, also when one comes just as the handler that made the others wait is through', async () => {
  const on = cast('a', 'trap')
  const gate = deferred()
  on.ref('trap').tell({ type: 'hold', until: gate.promise })
  await on.env.settle()
  on.contexts.get('a')!.exit(on.ref('trap'), { shutdown: 'first' })
  await on.env.settle()
  gate.resolve()
  on.contexts.get('a')!.exit(on.ref('trap'), { shutdown: 'second' })
  await on.env.settle()
  expect(on.trapped).toEqual(['trap heard of /a: shutdown: first', 'trap heard of /a: shutdown: second'])
})
