import { expect, test, vi } from 'vitest'
import { actor } from '../actor/define.ts'
import { InvalidOptionError } from '../errors.ts'
import { expectBalanced, stage } from '../testing/stage.fixture.ts'
import { createSystem, hostOf } from './system.ts'

const echo = actor({ name: 'echo', on: { q: (_, { n }: { n: number }) => n } })

test('dead letters are said once a second per reason, with their number, and kept with what they were', async () => {
  const { env, system, lines, events } = stage()
  const nobody = system.ref<{ q(message: { n: number }): number }>('/nobody')
  for (let n = 0; n < 5; n++) nobody.tell({ type: 'q', n })
  await env.advance(1000)
  nobody.tell({ type: 'q', n: 5 })
  expect(lines.map(({ level, text }) => `${level} ${text}`)).toEqual([
    "warn dead letter 'q' for us://local~0/nobody#0 (no-such-actor)",
    "warn dead letter 'q' for us://local~0/nobody#0 (no-such-actor), and 4 more for this reason",
  ])
  expect(events).toHaveLength(6)
  expect(system.deadLetters.recent().at(-1)).toEqual({
    message: { type: 'q', n: 5 },
    reason: 'no-such-actor',
    target: 'us://local~0/nobody#0',
    at: 1000,
    asked: false,
  })
  expectBalanced(system)
})

test.each([
  ['an object without a prototype', { type: Object.create(null) as unknown }],
  ['an object that does not convert', { type: { toString: 1, valueOf: 1 } }],
  ['a symbol', { type: Symbol('type') }],
])('a message whose type is %s is refused, counted once and said, and nobody fails of it', async (_what, odd) => {
  const { env, system, lines, events } = stage()
  const ref = system.spawn(echo, { name: 'echo' })
  const nobody = system.ref('/nobody', echo)
  for (const target of [ref, nobody]) {
    expect(() => target.tell(odd as never)).not.toThrow()
    const asked = target.ask(odd as never).catch((error: { outcome: string }) => error.outcome)
    await env.settle()
    expect(await asked).toBe('never-handled')
  }
  expect(system.deadLetters.counts).toMatchObject({ invalid: 2, 'no-such-actor': 2 })
  expect(lines.map(({ fields }) => fields.event)).toEqual(['dead-letter', 'dead-letter'])
  expect(events.filter(({ type }) => type === 'actor.failed')).toEqual([])
  expectBalanced(system)
})

test('a message whose type cannot be read fails who handles it, and is told of as any other where nobody does', async () => {
  const { env, system } = stage()
  const odd = (): never => Object.defineProperty({}, 'type', { get: () => expect.fail('looked at') }) as never
  const ref = system.spawn(echo, { name: 'echo' })
  for (let n = 0; n < 3; n++) ref.tell(odd())
  await env.settle()
  expect(() => ref.tell(odd())).not.toThrow()
  expect(system.deadLetters.counts).toMatchObject({ poison: 1, stopped: 3 })
  expectBalanced(system)
})

test('an ask whose message throws when it is looked at ends at its deadline like any other', async () => {
  const { env, system } = stage()
  const forever = actor({ name: 'forever', receive: () => new Promise(() => {}) })
  const ref = system.spawn(forever, { name: 'forever' })
  ref.tell({ type: 'hold' })
  const odd = Object.defineProperty({}, 'type', { get: () => expect.fail('looked at') })
  const asked = ref.ask(odd as never, { timeoutMs: 10 }).catch((error: { code: string }) => error.code)
  const other = ref.ask({ type: 'wait' }, { timeoutMs: 10 }).catch((error: { code: string }) => error.code)
  await env.advance(100)
  expect(await Promise.all([asked, other])).toEqual(['ASK_TIMEOUT', 'ASK_TIMEOUT'])
})

test('whoever asks nobody again and again, at once, keeps neither I/O nor timers waiting', async () => {
  const silent = () => {}
  const system = createSystem({ log: { debug: silent, info: silent, warn: silent, error: silent } })
  const nobody = system.ref('/nobody', echo)
  let isOver = false
  setTimeout(() => (isOver = true), 1)
  for (let n = 0; !isOver && n < 100_000; n++) await nobody.ask({ type: 'q', n }).catch(silent)
  expect(isOver).toBe(true)
  await system.stop()
})

test('an asker that was told needs no log line', async () => {
  const { system, lines } = stage()
  await expect(system.ref<{ q(): number }>('/nobody').ask({ type: 'q' })).rejects.toThrow('Look the actor up again')
  expect(lines).toEqual([])
})

test('a foreign address is unreachable without a cluster, and finds the actor here when it names this node', async () => {
  const { env, system, host } = stage()
  const ref = system.spawn(echo, { name: 'echo' })
  const answer = system.ref<{ q(message: { n: number }): number }>(ref.address).ask({ type: 'q', n: 7 })
  await env.settle()
  expect(await answer).toBe(7)
  const far = system.ref<{ q(message: { n: number }): number }>({ ...ref.address, node: { name: 'far', incarnation: 1 } })
  await expect(far.ask({ type: 'q', n: 1 })).rejects.toMatchObject({ code: 'NODE_UNREACHABLE', outcome: 'never-handled' })
  expect(host.lookup('/echo', ref.address.uid + 1)).toBeUndefined()
  expectBalanced(system)
})

test('an actor without a name is found by its address as long as it lives, and by no invented one', async () => {
  const { env, system, host } = stage()
  const ref = system.spawn(echo)
  const { path, uid } = ref.address
  expect(host.lookup(path, uid)).toBeDefined()
  for (const invented of [`/other~${uid.toString(36)}`, '/echo~zzzz', `/echo~${uid.toString(36)}/x`, '/__proto__', '/constructor']) {
    expect(host.lookup(invented, 0)).toBeUndefined()
  }
  host.lookup(path, 0)!.signal({ type: 'stop', reason: 'shutdown' })
  await env.settle()
  expect(host.lookup(path, uid)).toBeUndefined()
})

test('a listener hears events until it stops listening; one that throws is reported and kept', () => {
  const { system, lines } = stage()
  let heard = 0
  const stop = system.onEvent(() => {
    heard++
    throw new Error('a broken listener')
  })
  const nobody = system.ref<{ q(): number }>('/nobody')
  nobody.tell({ type: 'q' })
  nobody.tell({ type: 'q' })
  stop()
  nobody.tell({ type: 'q' })
  expect(heard).toBe(2)
  expect(lines.filter(({ level }) => level === 'error')).toHaveLength(2)
})

test('without a logger, warnings and errors go to standard error as JSON lines', () => {
  const written: string[] = []
  const write = vi.spyOn(process.stderr, 'write').mockImplementation((line) => written.push(String(line)) > 0)
  try {
    const system = createSystem()
    system.ref<{ q(): number }>('/nobody').tell({ type: 'q' })
  } finally {
    write.mockRestore()
  }
  expect(written.map((line) => JSON.parse(line) as unknown)).toMatchObject([
    { level: 'warn', event: 'dead-letter', reason: 'no-such-actor' },
  ])
})

test('bad options are refused in the caller', () => {
  expect(() => createSystem({ dispatch: { throughput: 0 } })).toThrow(InvalidOptionError)
  expect(() => hostOf({} as never)).toThrow(InvalidOptionError)
})
