import { expect, test } from 'vitest'
import type { Command } from '../contracts/command.ts'
import { describeExit, isFailure } from '../contracts/exit-reason.ts'
import { type Boss, boss } from '../testing/boss.fixture.ts'
import { deferred, expectBalanced, numbered, type Stage, stage } from '../testing/stage.fixture.ts'
import type { Cell } from './cell.ts'
import { actor } from './define.ts'

/** A child that does as it is told, and what it was told. */
function child(seen: unknown[], options: { state?: () => unknown; stopped?: () => unknown } = {}) {
  return actor({
    name: 'child',
    state: options.state ?? (() => ({})),
    on: {
      n: (_, { n }: { n: number }) => void seen.push(n),
      fail() {
        throw new Error('boom')
      },
      hold: (_, { until }: { until: Promise<unknown> }) => until,
      stop: (_s, _m, ctx) => ctx.stop(),
    },
    stopped: () => {
      seen.push('stopped')
      return options.stopped?.()
    },
  })
}

interface Scene extends Stage {
  readonly boss: Boss
  readonly seen: unknown[]
  readonly child: Cell
  order(command: Command['type'] | 'kill'): void
  send(...messages: { readonly type: string; readonly n?: number; readonly until?: Promise<unknown> }[]): void
}

async function scene(options: { state?: () => unknown; stopped?: () => unknown } = {}): Promise<Scene> {
  const on = stage()
  const seen: unknown[] = []
  const supervisor = boss({ start: (control) => void control.spawn(child(seen, options), { name: 'child' }) })
  on.system.spawn(supervisor.definition, { name: 'boss' })
  const cell = on.cell('/boss/child')
  await on.env.settle()
  return {
    ...on,
    boss: supervisor,
    seen,
    child: cell,
    order(type) {
      const command =
        type === 'kill' || type === 'stop' ? ({ type: 'stop', reason: type === 'kill' ? 'killed' : 'shutdown' } as const) : { type }
      supervisor.control.order(cell, command as Command)
    },
    send: (...messages) => messages.forEach((message) => cell.ref.tell(message as never)),
  }
}

const calls = ({ told }: Boss): string[] =>
  told.map(({ what, incarnation, reason }) => {
    const why =
      reason === undefined ? '' : typeof reason === 'string' ? ` ${reason}` : isFailure(reason) ? ` failed ${reason.phase}` : ' other'
    return `${what} ${incarnation}${why}`
  })

test('a supervisor is told of a start, of a failure with its phase, cause and message, and of the restart it orders', async () => {
  const s = await scene()
  s.send({ type: 'fail' })
  await s.env.settle()
  expect(calls(s.boss)).toEqual(['started 1', 'down 1 failed handling'])
  expect(s.boss.told[1]!.reason).toMatchObject({
    phase: 'handling',
    cause: { message: 'boom' },
    message: { type: 'fail' },
    incarnation: 1,
    attempt: 1,
  })
  s.order('restart')
  await s.env.settle()
  expect(calls(s.boss)).toEqual(['started 1', 'down 1 failed handling', 'started 2'])
  expect(s.child.life).toBe('running')
  expect(s.seen).toEqual([])
  expectBalanced(s.system)
})

test('a restart keeps the mailbox: what had not been begun is handled by the new incarnation, in order', async () => {
  const s = await scene()
  s.send({ type: 'n', n: -1 }, { type: 'fail' }, ...numbered(5))
  await s.env.settle()
  s.send({ type: 'n', n: 5 })
  await s.env.settle()
  expect(s.seen).toEqual([-1])
  expect(s.system.counters.waiting).toBe(6)
  s.order('restart')
  s.send({ type: 'n', n: 6 })
  await s.env.settle()
  expect(s.seen).toEqual([-1, 0, 1, 2, 3, 4, 5, 6])
  expect(s.system.deadLetters.counts.poison).toBe(1)
  expectBalanced(s.system)
})

test('a resume goes on with the same state and incarnation, behind the message that failed', async () => {
  let states = 0
  const s = await scene({ state: () => ({ number: ++states }) })
  s.send({ type: 'fail' }, { type: 'n', n: 1 })
  await s.env.settle()
  s.order('resume')
  await s.env.settle()
  expect([states, s.child.incarnation, s.child.life]).toEqual([1, 1, 'running'])
  expect(s.seen).toEqual([1])
  expectBalanced(s.system)
})

test('attempts count failures in a row; a message handled in between begins anew, also within one turn', async () => {
  const s = await scene()
  s.boss.onDown = () => s.order('restart')
  s.send({ type: 'fail' }, { type: 'fail' }, { type: 'n', n: 1 }, { type: 'fail' })
  await s.env.settle()
  const attempts = s.boss.told.flatMap(({ reason }) => (reason !== undefined && isFailure(reason) ? [reason.attempt] : []))
  expect(attempts).toEqual([1, 2, 1])
  expectBalanced(s.system)
})

test('a child that ends is told once, waits, and can be restarted or removed; its mailbox still takes messages', async () => {
  const s = await scene()
  s.send({ type: 'stop' })
  await s.env.settle()
  s.send({ type: 'n', n: 7 })
  s.child.end('shutdown')
  await s.env.settle()
  expect(calls(s.boss)).toEqual(['started 1', 'down 1 normal'])
  expect([s.child.life, s.system.counters.waiting]).toEqual(['suspended', 1])
  s.order('restart')
  await s.env.settle()
  expect(s.seen).toEqual(['stopped', 7])
  s.send({ type: 'stop' })
  await s.env.settle()
  s.order('remove')
  await s.env.settle()
  expect(s.cell('/boss/child')).toBeUndefined()
  expect(s.seen).toEqual(['stopped', 7, 'stopped'])
  expect(s.events.at(-1)).toMatchObject({ type: 'actor.stopped', reason: 'normal' })
  expectBalanced(s.system)
})

test('a stop order ends in a down with its reason, a kill order with killed and without the hook', async () => {
  const s = await scene()
  s.order('stop')
  await s.env.settle()
  expect(calls(s.boss).at(-1)).toBe('down 1 shutdown')
  s.order('restart')
  s.order('kill')
  await s.env.settle()
  expect(calls(s.boss).slice(2)).toEqual(['down 2 killed'])
  expect(s.seen).toEqual(['stopped'])
  s.order('remove')
  expectBalanced(s.system)
})

test.each([
  [
    'sync',
    () => {
      throw new Error('no')
    },
  ],
  ['async', () => Promise.reject(new Error('no'))],
])('a start that fails (%s) is told as down, never as started, and so is a restart', async (_, state) => {
  const s = await scene({ state })
  expect(calls(s.boss)).toEqual(['down 1 failed starting'])
  s.order('resume')
  expect(s.child.life).toBe('suspended')
  s.order('restart')
  await s.env.settle()
  expect(calls(s.boss)).toEqual(['down 1 failed starting', 'down 2 failed starting'])
  s.order('remove')
  await s.env.settle()
  expect([s.cell('/boss/child'), s.seen]).toEqual([undefined, []])
  expectBalanced(s.system)
})

test('a child started within supervise itself is told of like any other', async () => {
  const { env, system } = stage()
  const told: string[] = []
  const seen: unknown[] = []
  const failing = child(seen, {
    state() {
      throw new Error('no')
    },
  })
  system.spawn({
    ...boss().definition,
    supervise(control) {
      control.spawn(child(seen), { name: 'good' })
      control.spawn(failing, { name: 'bad' })
      return { started: ({ name }) => void told.push(`started ${name}`), down: ({ name }) => void told.push(`down ${name}`) }
    },
  } as ReturnType<typeof boss>['definition'])
  await env.settle()
  expect(told).toEqual(['started good', 'down bad'])
})

const orders = ['resume', 'restart', 'stop', 'kill', 'remove'] as const
type State =
  'starting' | 'running' | 'holding' | 'failed' | 'failed and stopped' | 'failed start' | 'ended' | 'stopping' | 'restarting' | 'removed'

/** What becomes of a child in each state by each order, once everything that held it is let go. */
const outcomes: Record<State, Record<(typeof orders)[number], string>> = {
  starting: { resume: 'running 1', restart: 'running 1', stop: 'ended 1 shutdown', kill: 'ended 1 killed', remove: 'gone' },
  running: { resume: 'running 1', restart: 'running 2', stop: 'ended 1 shutdown', kill: 'ended 1 killed', remove: 'gone' },
  holding: { resume: 'running 1', restart: 'running 2', stop: 'ended 1 shutdown', kill: 'ended 1 killed', remove: 'gone' },
  failed: { resume: 'running 1', restart: 'running 2', stop: 'ended 1 shutdown', kill: 'ended 1 killed', remove: 'gone' },
  'failed and stopped': {
    resume: 'ended 1 shutdown',
    restart: 'running 2',
    stop: 'ended 1 shutdown',
    kill: 'ended 1 shutdown',
    remove: 'gone',
  },
  'failed start': { resume: 'failed 1', restart: 'running 2', stop: 'ended 1 shutdown', kill: 'ended 1 killed', remove: 'gone' },
  ended: { resume: 'ended 1 normal', restart: 'running 2', stop: 'ended 1 normal', kill: 'ended 1 normal', remove: 'gone' },
  stopping: { resume: 'ended 1 normal', restart: 'ended 1 normal', stop: 'ended 1 normal', kill: 'ended 1 killed', remove: 'gone' },
  restarting: { resume: 'running 2', restart: 'running 2', stop: 'ended 1 shutdown', kill: 'ended 1 killed', remove: 'gone' },
  removed: { resume: 'gone', restart: 'gone', stop: 'gone', kill: 'gone', remove: 'gone' },
}

for (const [state, byOrder] of Object.entries(outcomes) as [State, (typeof outcomes)[State]][]) {
  test.each(Object.entries(byOrder) as [(typeof orders)[number], string][])(
    `a child that is ${state} and ordered to %s is then %s`,
    async (order, outcome) => {
      const gate = deferred<object>()
      let starts = 0
      const failing = (): object => {
        if (++starts === 1) throw new Error('no')
        return {}
      }
      const s = await scene({
        ...(state === 'starting' && { state: () => gate.promise }),
        ...(state === 'failed start' && { state: failing }),
        ...(state === 'stopping' && { stopped: () => gate.promise }),
      })
      if (state === 'holding' || state === 'restarting') s.send({ type: 'hold', until: gate.promise })
      if (state === 'failed' || state === 'failed and stopped') s.send({ type: 'fail' })
      if (state === 'ended' || state === 'stopping') s.send({ type: 'stop' })
      await s.env.settle()
      if (state === 'restarting') s.order('restart')
      if (state === 'failed and stopped') s.order('stop')
      if (state === 'removed') s.order('remove')
      s.send({ type: 'n', n: 1 })
      s.order(order)
      await s.env.settle()
      gate.resolve({})
      await s.env.settle()
      const { life, incarnation, exit, failure } = s.child
      const stands = life === 'stopped' ? 'gone' : `${life === 'suspended' ? (exit === null ? 'failed' : 'ended') : life} ${incarnation}`
      expect(`${stands}${life === 'suspended' && exit !== null ? ` ${describeExit(exit)}` : ''}`).toBe(outcome)
      if (life === 'running') expect(s.seen.at(-1)).toBe(1)
      // Told of its present standing exactly once.
      const last = s.boss.told.filter(({ what }) => what === 'down').map(({ reason }) => reason)
      if (life === 'suspended') expect(last.filter((reason) => reason === (exit ?? failure))).toHaveLength(1)
      // The hook of each incarnation is called at most once.
      expect(s.seen.filter((each) => each === 'stopped').length).toBeLessThanOrEqual(1)
      expectBalanced(s.system)
      await s.system.stop()
      expect(s.child.life).toBe('stopped')
      expectBalanced(s.system)
    },
  )
}

test('orders for a child that has moved on, or is not its own, do nothing', async () => {
  const s = await scene()
  const other = boss({ name: 'other' })
  s.system.spawn(other.definition)
  await s.env.settle()
  for (const type of ['restart', 'remove'] as const) other.control.order(s.child, { type })
  await s.env.settle()
  expect([s.child.life, s.child.incarnation]).toEqual(['running', 1])
})

test('a supervisor that is stopped while a child waits for an order takes the child with it', async () => {
  const s = await scene()
  s.send({ type: 'fail' }, { type: 'n', n: 1 })
  await s.env.settle()
  expect(s.child.life).toBe('suspended')
  s.boss.control.exit('shutdown')
  await s.env.settle()
  expect([s.child.life, s.cell('/boss')]).toEqual(['stopped', undefined])
  expect(s.system.deadLetters.counts).toMatchObject({ poison: 1, stopped: 1 })
  expectBalanced(s.system)
})

test('a child that fails while its supervisor is stopping is gone, not asked about', async () => {
  const s = await scene()
  const gate = deferred()
  s.send({ type: 'hold', until: gate.promise })
  await s.env.settle()
  s.boss.control.exit('shutdown')
  await s.env.settle()
  gate.reject(new Error('boom'))
  await s.env.settle()
  expect(calls(s.boss)).toEqual(['started 1'])
  expect(s.cell('/boss')).toBeUndefined()
  expectBalanced(s.system)
})

test('a control of a past incarnation orders, spawns, exits and calls back no more: it only counts', async () => {
  const { env, system, cell } = stage()
  const inner = boss({ name: 'inner', start: (control) => void control.spawn(child([]), { name: 'child' }) })
  const outer = boss({ start: (control) => void control.spawn(inner.definition, { name: 'inner' }) })
  system.spawn(outer.definition, { name: 'boss' })
  await env.settle()
  const [old] = inner.controls
  old!.after(10, () => expect.unreachable())
  outer.control.order(cell('/boss/inner'), { type: 'restart' })
  await env.settle()
  const survivor = cell('/boss/inner/child')
  const before = system.counters.staleContexts
  old!.order(survivor, { type: 'remove' })
  const nobody = old!.spawn(child([]), { name: 'nobody' })
  old!.order(nobody, { type: 'restart' })
  old!.exit('shutdown')
  nobody.ref.tell({ type: 'n', n: 1 } as never)
  await env.advance(20)
  expect([survivor.life, nobody.life, cell('/boss/inner').incarnation]).toEqual(['running', 'stopped', 2])
  expect(system.counters.staleContexts - before).toBeGreaterThanOrEqual(3)
  expect(system.deadLetters.counts['stale-incarnation']).toBe(1)
  expectBalanced(system)
})

test('a supervisor calls back in its own turn, and not when cancelled', async () => {
  const { env, system } = stage()
  const fired: number[] = []
  const supervisor = boss({
    start(control) {
      control.after(10, () => fired.push(control.env.now()))
      control.cancel(control.after(5, () => expect.unreachable()))
    },
  })
  system.spawn(supervisor.definition)
  await env.advance(20)
  expect(fired).toEqual([10])
})

test('a restart is one event and one log line', async () => {
  const s = await scene()
  s.send({ type: 'fail' })
  await s.env.settle()
  s.order('restart')
  await s.env.settle()
  s.order('remove')
  await s.env.settle()
  expect(s.events.filter(({ type }) => type.startsWith('actor.'))).toMatchObject([
    { type: 'actor.failed', path: '/boss/child', incarnation: 1, phase: 'handling', cause: 'Error: boom', messageType: 'fail' },
    { type: 'actor.restarted', path: '/boss/child', incarnation: 2, attempt: 1 },
    { type: 'actor.stopped', path: '/boss/child', reason: 'shutdown' },
  ])
  expect(s.lines.map(({ level, fields, text }) => [level, fields.event, text])).toEqual([
    ['warn', 'actor.failed', '/boss/child failed while handling: Error: boom'],
    ['info', 'actor.restarted', '/boss/child runs again, incarnation 2'],
    ['debug', 'actor.stopped', '/boss/child stopped: shutdown'],
  ])
  expect(s.lines[0]!.fields.err).toMatchObject({ message: 'boom', stack: expect.stringContaining('control.test.ts') })
})
