import { expect, expectTypeOf, test } from 'vitest'
import { AskTimeoutError, InvalidOptionError, StashFullError } from '../errors.ts'
import type { Middleware } from '../contracts/handling.ts'
import { boss } from '../testing/boss.fixture.ts'
import { deferred, expectBalanced, stage } from '../testing/stage.fixture.ts'
import { actor } from './define.ts'

type Command = { type: 'add'; by: number } | { type: 'reset' }

const summing = actor({
  name: 'summing',
  state: () => ({ sum: 0 }),
  receive: (state, message: Command) => {
    switch (message.type) {
      case 'add':
        return (state.sum += message.by)
      case 'reset':
        return (state.sum = 0)
    }
  },
})

test('one receive handles a discriminated union, and its protocol is inferred', async () => {
  const { env, system } = stage()
  const ref = system.spawn(summing)
  ref.tell({ type: 'add', by: 2 })
  const sum = ref.ask({ type: 'add', by: 3 })
  expectTypeOf(sum).toEqualTypeOf<Promise<number>>()
  const never = (): void => {
    // @ts-expect-error no such message
    ref.tell({ type: 'fly' })
    // @ts-expect-error the payload is missing
    ref.tell({ type: 'add' })
    // @ts-expect-error what it says to itself is of its protocol, too
    actor({ name: 'a', receive: (_state, _message: { type: 'a' } | { type: 'b' }, ctx) => ctx.after('k', 1, { type: 'c' }) })
  }
  expect(never).toBeTypeOf('function')
  await env.settle()
  expect(await sum).toBe(5)
  ref.tell({ no: 'type' } as never)
  ref.tell(undefined as never)
  await env.settle()
  expect(system.deadLetters.counts.invalid).toBe(2)
  expectBalanced(system)
})

test('a definition has handlers or one receive, not both', () => {
  expect(() => actor({ name: 'a', on: {}, receive: () => 1 } as never)).toThrow(InvalidOptionError)
  expect(() => actor({ name: 'a', receive: 1 } as never)).toThrow(InvalidOptionError)
})

test.each([
  ['started', { started: 1 }],
  ['restarting', { restarting: 'x' }],
  ['reentrant', { reentrant: 'all' }],
  ['maxInFlight', { reentrant: true, maxInFlight: 0 }],
  ['middleware', { middleware: [1] }],
  ['mailbox.stashCapacity', { mailbox: { stashCapacity: 0 } }],
])('a bad %s is refused at definition time', (field, traits) => {
  expect(() => actor({ name: 'a', on: {}, ...traits } as never)).toThrow(
    expect.objectContaining({ code: 'INVALID_OPTION', field }) as Error,
  )
})

test('middleware wraps handling in order, the first outermost, also of what an actor becomes', async () => {
  const { env, system } = stage()
  const seen: string[] = []
  let wrapped = 0
  const layer =
    (name: string): Middleware =>
    (next) => {
      wrapped++
      return (state, message, ctx) => {
        seen.push(`${name} before ${message.type}`)
        const answer = next(state, message, ctx)
        seen.push(`${name} after`)
        return answer
      }
    }
  const other = { go: () => 'other' }
  const ref = system.spawn(
    actor({ name: 'a', middleware: [layer('outer'), layer('inner')], on: { go: () => 'own', turn: (_s, _m, ctx) => ctx.become(other) } }),
  )
  const first = ref.ask({ type: 'go' })
  await env.settle()
  expect(await first).toBe('own')
  expect(seen).toEqual(['outer before go', 'inner before go', 'inner after', 'outer after'])
  expect(wrapped).toBe(4)
  ref.tell({ type: 'turn' })
  const second = ref.ask({ type: 'go' })
  await env.settle()
  expect(await second).toBe('other')
  expect(seen.slice(-4)).toEqual(['outer before go', 'inner before go', 'inner after', 'outer after'])
})

const locked = { knock: () => 'go away', unlock: (_s: unknown, _m: unknown, ctx: { unbecome(): void }) => ctx.unbecome() }
const door = actor({
  name: 'door',
  on: {
    knock: () => 'come in',
    lock: (_state, _message, ctx) => ctx.become(locked),
    unlock() {},
    bolt: (_state, _message, ctx) => ctx.become(() => 'bolted'),
    fail() {
      throw new Error('boom')
    },
  },
})

test('what an actor becomes handles from the next message on, also in the same turn, and unbecome goes back', async () => {
  const { env, system } = stage()
  const ref = system.spawn(door)
  const answers = [ref.ask({ type: 'knock' })]
  ref.tell({ type: 'lock' })
  answers.push(ref.ask({ type: 'knock' }))
  ref.tell({ type: 'unlock' })
  answers.push(ref.ask({ type: 'knock' }))
  ref.tell({ type: 'unlock' })
  ref.tell({ type: 'bolt' })
  answers.push(ref.ask({ type: 'lock' }) as never)
  await env.settle()
  expect(await Promise.all(answers)).toEqual(['come in', 'go away', 'come in', 'bolted'])
  expectBalanced(system)
})

test('a message that the present behaviour does not know is refused as invalid', async () => {
  const { env, system } = stage()
  const ref = system.spawn(door)
  ref.tell({ type: 'lock' })
  ref.tell({ type: 'bolt' })
  await env.settle()
  expect(system.deadLetters.counts.invalid).toBe(1)
})

test('a restarted actor behaves as defined again', async () => {
  const { env, system, cell } = stage()
  const supervisor = boss({ start: (control) => void control.spawn(door, { name: 'door' }) })
  supervisor.onDown = (child) => supervisor.control.order(child, { type: 'restart' })
  system.spawn(supervisor.definition, { name: 'boss' })
  const ref = cell('/boss/door').ref
  ref.tell({ type: 'fail' })
  ref.tell({ type: 'lock' })
  await env.settle()
  cell('/boss/door').end('shutdown')
  await env.settle()
  const answer = ref.ask({ type: 'knock' })
  await env.settle()
  expect(await answer).toBe('come in')
})

const opening = actor({
  name: 'opening',
  mailbox: { stashCapacity: 3 },
  state: () => ({ open: false, seen: [] as number[] }),
  on: {
    work: (state, message: { n: number }, ctx) => {
      if (!state.open) return ctx.stash()
      state.seen.push(message.n)
      return message.n
    },
    open: (state, _message, ctx) => {
      state.open = true
      ctx.unstashAll()
    },
    seen: (state) => state.seen,
    fail() {
      throw new Error('boom')
    },
  },
})

test('stashed messages wait in the books, keep their askers, and come back before all others in order', async () => {
  const { env, system } = stage()
  const ref = system.spawn(opening)
  const asked = ref.ask({ type: 'work', n: 0 })
  ref.tell({ type: 'work', n: 1 })
  await env.settle()
  expect(system.counters).toMatchObject({ waiting: 2, handled: 0 })
  expectBalanced(system)
  ref.tell({ type: 'open' })
  ref.tell({ type: 'work', n: 2 })
  const seen = ref.ask({ type: 'seen' })
  await env.settle()
  expect(await seen).toEqual([0, 1, 2])
  expect(await asked).toBe(0)
  expectBalanced(system)
})

test('a full stash refuses with a typed error, and the message is not lost silently', async () => {
  const { env, system, cell } = stage()
  const supervisor = boss({ start: (control) => void control.spawn(opening, { name: 'a' }) })
  const causes: unknown[] = []
  supervisor.onDown = (child, reason) => {
    causes.push((reason as { cause: unknown }).cause)
    supervisor.control.order(child, { type: 'restart' })
  }
  system.spawn(supervisor.definition, { name: 'boss' })
  const { ref } = cell('/boss/a')
  for (let n = 0; n < 4; n++) ref.tell({ type: 'work', n } as never)
  ref.tell({ type: 'open' })
  await env.settle()
  // The one that did not fit is poison; the restart gave the others back, in order, before what waited.
  expect(causes).toEqual([expect.any(StashFullError)])
  expect(system.deadLetters.counts.poison).toBe(1)
  const seen = ref.ask({ type: 'seen' })
  await env.settle()
  expect(await seen).toEqual([0, 1, 2])
  expectBalanced(system)
})

test('a message stashed by a handler that then throws is kept, and what is stashed when an actor stops is dead-lettered', async () => {
  const { env, system, cell } = stage()
  let failures = 1
  const definition = actor({
    name: 'a',
    on: {
      work: (_state, _message, ctx) => {
        ctx.stash()
        if (failures-- > 0) throw new Error('boom')
      },
    },
  })
  const supervisor = boss({ start: (control) => void control.spawn(definition, { name: 'a' }) })
  supervisor.onDown = (child, reason) => supervisor.control.order(child, { type: reason === 'shutdown' ? 'remove' : 'restart' })
  system.spawn(supervisor.definition, { name: 'boss' })
  cell('/boss/a').ref.tell({ type: 'work' } as never)
  await env.settle()
  expect([failures, system.counters.waiting, system.counters.deadLettered]).toEqual([-1, 1, 0])
  expectBalanced(system)
  cell('/boss/a').end('shutdown')
  await env.settle()
  expect(system.deadLetters.counts.stopped).toBe(1)
  expectBalanced(system)
})

test('an async handler stashes its own message, once, and only while it handles it', async () => {
  const { env, system } = stage()
  const gate = deferred()
  let ready = false
  const errors: unknown[] = []
  let late: () => void = () => {}
  const ref = system.spawn(
    actor({
      name: 'a',
      on: {
        work: async (_state, _message, ctx) => {
          late = () => ctx.stash()
          if (ready) return 'done'
          await gate.promise
          ctx.stash()
          try {
            ctx.stash()
          } catch (error) {
            errors.push(error)
          }
          return 'ignored'
        },
        go: (_state, _message, ctx) => {
          ready = true
          ctx.unstashAll()
        },
      },
    }),
  )
  const asked = ref.ask({ type: 'work' })
  await env.settle()
  gate.resolve()
  await env.settle()
  expectBalanced(system)
  expect(() => late()).toThrow(expect.objectContaining({ code: 'NOT_HANDLING' }) as Error)
  expect(errors).toEqual([expect.objectContaining({ code: 'NOT_HANDLING' })])
  ref.tell({ type: 'go' })
  await env.settle()
  expect(await asked).toBe('done')
  expectBalanced(system)
})

test('reentrant handlers do not hold the actor, at most so many at once', async () => {
  const { env, system, cell } = stage()
  const gates = Array.from({ length: 4 }, () => deferred<string>())
  let begun = 0
  const ref = system.spawn(
    actor({ name: 'a', reentrant: ['slow'], maxInFlight: 2, on: { slow: () => gates[begun++]!.promise, quick: () => begun } }),
    { name: 'a' },
  )
  const slow = [0, 1, 2].map(() => ref.ask({ type: 'slow' }))
  const quick = ref.ask({ type: 'quick' })
  await env.settle()
  expect([begun, cell('/a').outstanding]).toEqual([2, 5])
  expectBalanced(system)
  gates[1]!.resolve('second')
  await env.settle()
  expect(await slow[1]).toBe('second')
  expect(begun).toBe(3)
  gates[0]!.resolve('first')
  await env.settle()
  expect(await quick).toBe(3)
  gates[2]!.resolve('third')
  await env.settle()
  expect(await Promise.all(slow)).toEqual(['first', 'second', 'third'])
  expectBalanced(system)
})

test('a type that is not reentrant holds the actor as ever', async () => {
  const { env, system } = stage()
  const gate = deferred<string>()
  const ref = system.spawn(actor({ name: 'a', reentrant: ['slow'], on: { slow: async () => 1, hold: () => gate.promise, quick: () => 2 } }))
  const held = ref.ask({ type: 'hold' })
  const quick = ref.ask({ type: 'quick' }, { timeoutMs: 100 }).catch((error: unknown) => error)
  await env.advance(200)
  expect(await quick).toBeInstanceOf(AskTimeoutError)
  gate.resolve('x')
  await env.settle()
  expect(await held).toBe('x')
  expectBalanced(system)
})

test('a stop waits for all open handlers, and a kill answers for each of them', async () => {
  for (const kill of [false, true]) {
    const { env, system, cell } = stage()
    const gates = [deferred<string>(), deferred<string>()]
    let begun = 0
    const ref = system.spawn(actor({ name: 'a', reentrant: true, shutdownMs: 100, on: { slow: () => gates[begun++]!.promise } }), {
      name: 'a',
    })
    const asks = Promise.allSettled([ref.ask({ type: 'slow' }), ref.ask({ type: 'slow' })])
    await env.settle()
    cell('/a').end('shutdown')
    await env.settle()
    expect(cell('/a').life).toBe('stopping')
    if (kill) await env.advance(100)
    for (const gate of gates) gate.resolve('done')
    await env.settle()
    expect(cell('/a')).toBeUndefined()
    expect((await asks).map(({ status }) => status)).toEqual(kill ? ['rejected', 'rejected'] : ['fulfilled', 'fulfilled'])
    expectBalanced(system)
  }
})
