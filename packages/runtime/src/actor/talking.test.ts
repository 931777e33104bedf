import { expect, expectTypeOf, test } from 'vitest'
import type { DeferredReply } from '../contracts/reply.ts'
import type { AnyRef, Ref } from '../contracts/ref.ts'
import { AskCycleError, AskTimeoutError } from '../errors.ts'
import { boss } from '../testing/boss.fixture.ts'
import { deferred, expectBalanced, stage } from '../testing/stage.fixture.ts'
import { actor, type AnyContext } from './define.ts'

const caught = <T>(promise: Promise<T>): Promise<unknown> => promise.catch((error: unknown) => error)

const asking = actor({
  name: 'asking',
  on: {
    /** Asks the next of the way to ask the one after it, and so on. */
    along: async (_state, { way, late }: { way: AnyRef[]; late?: boolean }, ctx): Promise<string> => {
      const [next, ...rest] = way
      if (next === undefined) return ctx.path
      if (late === true) await Promise.resolve()
      return await ctx.ask(next, { type: 'along', way: rest, late })
    },
    /** The same by the ref alone. */
    bare: async (_state, { way }: { way: AnyRef[] }): Promise<unknown> => {
      const [next, ...rest] = way
      return next === undefined ? 'end' : await next.ask({ type: 'bare', way: rest })
    },
    /** Asks and does not wait. */
    aside: (_state, { way }: { way: AnyRef[] }, ctx) => {
      ctx.pipe(
        way[0]!.ask({ type: 'aside', way: way.slice(1) }),
        () => ({ type: 'done' }),
        () => ({ type: 'done' }),
      )
      return 'asked'
    },
    done() {},
  },
})

test.each(['along', 'bare'] as const)(
  'asks that wait for each other in a circle fail at once and say which way they went (%s)',
  async (type) => {
    const { env, system } = stage()
    const [a, b, c] = ['a', 'b', 'c'].map((name) => system.spawn(asking, { name }) as AnyRef)
    const error = await Promise.race([caught(a!.ask({ type, way: [b, c, a] })), env.settle().then(() => undefined)])
    // The innermost ask fails; a handler that does not care passes that on as its own failure.
    expect(error).toMatchObject({ code: 'ACTOR_FAILED' })
    expect(String(error)).toContain('/a → /b → /c → /a')
    expectBalanced(system)
  },
)

test('an ask after an await is in the chain when it goes through the context', async () => {
  const { env, system } = stage()
  const [a, b] = ['a', 'b'].map((name) => system.spawn(asking, { name }) as AnyRef)
  const error = caught(a!.ask({ type: 'along', way: [b, a], late: true }))
  await env.settle()
  expect(String(await error)).toContain('/a → /b → /a')
})

test('an actor that waits for itself fails at once', async () => {
  const { env, system } = stage()
  const errors: unknown[] = []
  const a = system.spawn(
    actor({
      name: 'a',
      on: {
        again: async (_s, _m, ctx) => {
          if (errors.length === 0) errors.push(await caught(ctx.self.ask({ type: 'again' })))
        },
      },
    }),
    { name: 'a' },
  )
  a.tell({ type: 'again' })
  await env.settle()
  expect(errors[0]).toBeInstanceOf(AskCycleError)
  expect((errors[0] as AskCycleError).cycle).toEqual(['/a', '/a'])
})

test('asks in a circle that nobody waits for are answered', async () => {
  const { env, system } = stage()
  const [a, b] = ['a', 'b'].map((name) => system.spawn(asking, { name }) as AnyRef)
  const answer = a!.ask({ type: 'aside', way: [b, a, b] })
  await env.settle()
  expect(await answer).toBe('asked')
  expect(system.counters.deadLettered).toBe(1)
  expectBalanced(system)
})

test('asks along a way without a circle are answered', async () => {
  const { env, system } = stage()
  const [a, b, c] = ['a', 'b', 'c'].map((name) => system.spawn(asking, { name }) as AnyRef)
  const answer = a!.ask({ type: 'along', way: [b, c] })
  await env.settle()
  expect(await answer).toBe('/c')
})

test('a nested ask waits no longer than the ask it serves', async () => {
  const { env, system } = stage()
  const silent = system.spawn(actor({ name: 'silent', on: { go: () => new Promise<never>(() => {}) } }), { name: 'silent' })
  const at: [string, number][] = []
  const middle = system.spawn(
    actor({
      name: 'middle',
      on: {
        sync: async () => {
          await caught(silent.ask({ type: 'go' })).then(() => at.push(['sync', env.now()]))
        },
        late: async (_s, _m, ctx) => {
          await Promise.resolve()
          await caught(ctx.ask(silent, { type: 'go' })).then(() => at.push(['late', env.now()]))
        },
      },
    }),
  )
  for (const type of ['sync', 'late'] as const) {
    const before = env.now()
    const error = caught(middle.ask({ type }, { timeoutMs: 300 }))
    await env.advance(400)
    expect(await error).toBeInstanceOf(AskTimeoutError)
    expect(at.at(-1)![0]).toBe(type)
    expect(at.at(-1)![1] - before).toBeLessThan(350)
  }
})

test('an ask ends at its absolute deadline, or when its signal says so, whichever is first', async () => {
  const { env, system } = stage()
  const gate = deferred<string>()
  const ref = system.spawn(actor({ name: 'a', on: { go: () => gate.promise } }))
  const dated = caught(ref.ask({ type: 'go' }, { deadlineAt: env.now() + 100 }))
  const stop = new AbortController()
  const aborted = caught(ref.ask({ type: 'go' }, { signal: stop.signal }))
  const before = caught(ref.ask({ type: 'go' }, { signal: AbortSignal.abort('no') }))
  await env.settle()
  stop.abort(new Error('enough'))
  await env.advance(150)
  expect(await dated).toMatchObject({ code: 'ASK_TIMEOUT' })
  expect(await aborted).toMatchObject({ code: 'ASK_ABORTED', outcome: 'maybe-handled', cause: new Error('enough') })
  expect(await before).toMatchObject({ code: 'ASK_ABORTED', outcome: 'never-handled' })
  expect(system.counters.sent).toBe(2)
  expect(await caught(ref.ask({ type: 'go' }, { deadlineAt: Number.NaN }))).toMatchObject({ code: 'INVALID_OPTION' })
  gate.resolve('x')
  await env.settle()
  expectBalanced(system)
})

const waiting = actor({
  name: 'waiting',
  mailbox: { capacity: 2, overflow: 'suspend-sender' },
  state: () => ({ seen: [] as number[], gate: deferred<undefined>() }),
  on: {
    hold: ({ gate }) => gate.promise,
    n: ({ seen }, message: { n: number }) => void seen.push(message.n),
    seen: ({ seen }) => seen,
  },
})

test('an offer waits for room in order, tells overflow, and what gives up was never sent', async () => {
  const { env, system, cell } = stage()
  const ref = system.spawn(waiting, { name: 'a' })
  const { gate } = cell('/a').behaviorState as { gate: ReturnType<typeof deferred> }
  ref.tell({ type: 'hold' })
  await env.settle()
  const done: unknown[] = []
  const offer = (n: number, options = {}): void =>
    void ref.offer({ type: 'n', n }, options).then(
      () => done.push(n),
      (error: { code: string }) => done.push([n, error.code]),
    )
  const stop = new AbortController()
  for (const n of [0, 1, 2, 3]) offer(n)
  offer(4, { timeoutMs: 50 })
  offer(5, { signal: stop.signal })
  offer(6)
  ref.tell({ type: 'n', n: 99 })
  await env.settle()
  expect(done).toEqual([0, 1])
  expect(system.deadLetters.counts['mailbox-full']).toBe(1)
  stop.abort()
  await env.advance(50)
  expect(done).toEqual([0, 1, [5, 'ASK_ABORTED'], [4, 'OFFER_TIMEOUT']])
  gate.resolve(undefined)
  await env.settle()
  expect(done.slice(4)).toEqual([2, 3, 6])
  const seen = ref.ask({ type: 'seen' })
  await env.settle()
  expect(await seen).toEqual([0, 1, 2, 3, 6])
  expect(env.pendingTimers).toBe(1)
  expectBalanced(system)
})

test('an offer is refused with the reason where nobody lets it wait, and when the actor goes', async () => {
  const { env, system, cell } = stage()
  const rejecting = actor({ name: 'a', mailbox: { capacity: 1 }, on: { go: () => new Promise<never>(() => {}) } })
  const ref = system.spawn(rejecting, { name: 'a' })
  ref.tell({ type: 'go' })
  await env.settle()
  await ref.offer({ type: 'go' })
  expect(await caught(ref.offer({ type: 'go' }))).toMatchObject({ code: 'MAILBOX_FULL', outcome: 'never-handled' })
  expect(await caught(system.ref('/nobody', rejecting as never).offer({ type: 'go' } as never))).toMatchObject({ code: 'NO_SUCH_ACTOR' })

  const leaving = system.spawn(waiting, { name: 'b' })
  leaving.tell({ type: 'hold' })
  await env.settle()
  await Promise.all([leaving.offer({ type: 'n', n: 1 }), leaving.offer({ type: 'n', n: 2 })])
  const late = caught(leaving.offer({ type: 'n', n: 3 }))
  cell('/b').end('killed')
  await env.settle()
  expect(await late).toMatchObject({ code: 'NO_SUCH_ACTOR' })
  expectBalanced(system)
})

test('a forwarded message is answered by the one it is forwarded to', async () => {
  const { env, system } = stage()
  const worker = system.spawn(actor({ name: 'worker', on: { double: (_s, m: { n: number }) => m.n * 2 } }))
  const seen: string[] = []
  const front = system.spawn(
    actor({
      name: 'front',
      on: {
        double: (_s, _m: { n: number }, ctx): number => {
          ctx.forward(worker)
          expect(() => ctx.forward(worker)).toThrow(expect.objectContaining({ code: 'NOT_HANDLING' }) as Error)
          return seen.push('ignored')
        },
        later: async (_s, _m, ctx) => {
          await Promise.resolve()
          ctx.forward(worker)
        },
      },
    }),
  )
  const four = front.ask({ type: 'double', n: 2 })
  front.tell({ type: 'double', n: 3 })
  const refused = caught(front.ask({ type: 'later' }))
  await env.settle()
  expect(await four).toBe(4)
  // The worker does not know `later`: its refusal reaches the asker.
  expect(await refused).toMatchObject({ code: 'MESSAGE_REFUSED' })
  expect(system.counters.sent).toBe(6)
  expectBalanced(system)
})

test('a reply can be given later, once, by another actor, and its type is known', async () => {
  const { env, system } = stage()
  const kept: DeferredReply<number>[] = []
  const clerk = system.spawn(
    actor({ name: 'clerk', on: { answer: (_s, { to, n }: { to: DeferredReply<number>; n: number }) => to.resolve(n) } }),
  )
  const front = system.spawn(
    actor({
      name: 'front',
      on: {
        get: (_s, _m, ctx) => {
          const reply = ctx.deferReply<number>()
          kept.push(reply)
          return reply
        },
      },
    }),
  )
  const asked = front.ask({ type: 'get' })
  expectTypeOf(asked).toEqualTypeOf<Promise<number>>()
  front.tell({ type: 'get' })
  const failed = caught(front.ask({ type: 'get' }))
  await env.settle()
  expect(kept.map(({ expected }) => expected)).toEqual([true, false, true])
  clerk.tell({ type: 'answer', to: kept[0]!, n: 7 })
  await env.settle()
  expect(await asked).toBe(7)
  expect([kept[0]!.resolve(8), kept[1]!.resolve(9), kept[2]!.reject(new Error('no'))]).toEqual([false, true, true])
  expect(await failed).toEqual(new Error('no'))
  expect(system.counters.lateReplies).toBe(0)
  expectBalanced(system)
})

test('a piped outcome comes as a message, and not into a later incarnation; a function that throws is a failure', async () => {
  const { env, system, cell } = stage()
  const gates = [deferred<number>(), deferred<number>(), deferred<number>(), deferred<number>()]
  const seen: unknown[] = []
  const definition = actor({
    name: 'a',
    on: {
      start: (_s, { n, bad }: { n: number; bad?: boolean }, ctx) =>
        ctx.pipe(
          gates[n]!.promise,
          (value) => {
            if (bad === true) throw new Error('bad map')
            return { type: 'got', value }
          },
          (cause) => ({ type: 'got', value: cause }),
        ),
      got: (_s, message: { value: unknown }) => void seen.push(message.value),
    },
  })
  const supervisor = boss({ start: (control) => void control.spawn(definition, { name: 'a' }) })
  supervisor.onDown = (child) => supervisor.control.order(child, { type: 'restart' })
  system.spawn(supervisor.definition, { name: 'boss' })
  const ref: AnyRef = cell('/boss/a').ref
  for (const n of [0, 1, 3]) ref.tell({ type: 'start', n })
  ref.tell({ type: 'start', n: 2, bad: true })
  await env.settle()
  gates[0]!.resolve(1)
  gates[1]!.reject('two')
  await env.settle()
  expect(seen).toEqual([1, 'two'])
  gates[2]!.resolve(3)
  await env.settle()
  expect(supervisor.told.at(-2)).toMatchObject({ what: 'down', reason: { phase: 'signal', cause: new Error('bad map') } })
  gates[3]!.resolve(4)
  await env.settle()
  expect([seen.length, system.counters.staleContexts]).toEqual([2, 1])
  expectBalanced(system)
})

test('an adapter translates, answers asks through, is found by its address, and ends with its incarnation', async () => {
  const { env, system, cell } = stage()
  type Weather = { rain(message: { mm: number }): number; sun(): void; storm(): void }
  let adapted: Ref<Weather> | undefined
  const definition = actor({
    name: 'a',
    state: (_: undefined, ctx: AnyContext): undefined => {
      adapted = ctx.adapt<Weather>((message) => {
        if (message.type === 'storm') throw new Error('cannot say')
        return message.type === 'rain' ? { type: 'wet', level: message.mm * 10 } : undefined
      })
    },
    on: { wet: (_s, { level }: { level: number }) => level },
  })
  const supervisor = boss({ start: (control) => void control.spawn(definition, { name: 'a' }) })
  supervisor.onDown = (child) => supervisor.control.order(child, { type: 'restart' })
  system.spawn(supervisor.definition, { name: 'boss' })
  const first = adapted!
  const level = first.ask({ type: 'rain', mm: 2 })
  expectTypeOf(level).toEqualTypeOf<Promise<number>>()
  const byAddress = system.ref<Weather>(first.address).ask({ type: 'rain', mm: 3 })
  first.tell({ type: 'sun' })
  await env.settle()
  expect(await Promise.all([level, byAddress])).toEqual([20, 30])
  expect(system.deadLetters.counts.invalid).toBe(1)
  first.tell({ type: 'storm' })
  await env.settle()
  expect([cell('/boss/a').incarnation, system.deadLetters.counts.poison]).toEqual([2, 1])
  first.tell({ type: 'rain', mm: 1 })
  expect(system.deadLetters.counts['stale-incarnation']).toBe(1)
  const again = adapted!.ask({ type: 'rain', mm: 4 })
  await env.settle()
  expect(await again).toBe(40)
  expectBalanced(system)
})

test('an idempotency key travels with any message', async () => {
  const { env, system } = stage()
  const keys: unknown[] = []
  const ref = system.spawn(
    actor({ name: 'a', receive: (_s, m: { type: 'pay'; idempotencyKey?: string }) => void keys.push(m.idempotencyKey) }),
  )
  ref.tell({ type: 'pay', idempotencyKey: 'k1' })
  await env.settle()
  expect(keys).toEqual(['k1'])
})

test('an actor of one system asks one of another without being taken for part of its chains', async () => {
  const { env, system } = stage()
  const other = stage()
  const far = other.system.spawn(asking, { name: 'a' })
  const near = system.spawn(asking, { name: 'a' })
  const answer = near.ask({ type: 'along', way: [far] })
  const bare = near.ask({ type: 'bare', way: [far] })
  await env.settle()
  expect(await Promise.all([answer, bare])).toEqual(['/a', 'end'])
})
