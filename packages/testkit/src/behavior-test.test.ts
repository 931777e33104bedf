import { actor, type AnyContext, type DeferredReply, describeExit, type Ref, serviceKey } from '@understudy/runtime'
import { supervisor } from '@understudy/supervisor'
import { expect, expectTypeOf, test } from 'vitest'
import { behaviorTest } from './behavior-test.ts'

type Customer = { paid(message: { cents: number }): void; confirm(message: { cents: number }): boolean }

const worker = actor({ name: 'worker', state: (input: { id: number }) => input, on: { work: () => 'done' } })
const rates = serviceKey<number>('rates')

const shop = actor({
  name: 'shop',
  state: (input: { stock: number }, ctx: AnyContext) => {
    ctx.every('beat', 1000, { type: 'tick' })
    return { stock: input.stock, gone: [] as string[] }
  },
  on: {
    stock: (state) => state.stock,
    buy: (state, message: { customer: Ref<Customer> }, ctx) => {
      state.stock--
      message.customer.tell({ type: 'paid', cents: 5 })
      ctx.self.tell({ type: 'tick' })
      if (state.stock === 0) ctx.cancel('beat')
    },
    confirm: async (_state, message: { customer: Ref<Customer> }) => {
      const yes = await message.customer.ask({ type: 'confirm', cents: 5 })
      return yes ? 'sold' : 'kept'
    },
    hire: (_state, _message: object, ctx) => {
      const one = ctx.spawn(worker, { name: 'one', input: { id: 1 } })
      const other = ctx.spawn(worker, { input: { id: 2 } })
      ctx.watch(one)
      other.tell({ type: 'work' })
      ctx.stop(other)
    },
    rate: (_state, _message: object, ctx) => ctx.service(rates),
    tick: (_state, _message: object, ctx) => ctx.log.info({ at: ctx.now() }, 'tick'),
    close: (_state, _message: object, ctx) => ctx.stop(),
    crash: () => {
      throw new Error('crash')
    },
  },
  terminated: (state, { address, reason }, ctx) => {
    state.gone.push(`${address.path} ${describeExit(reason)}`)
    ctx.after('rehire', 10, { type: 'hire' })
  },
})

test('the start and each message come back as effects, in order, and nothing else happens', () => {
  const bench = behaviorTest(shop, { stock: 1 })
  expect(bench.effects).toEqual([{ type: 'timer-set', key: 'beat', delayMs: 1000, repeats: true, message: { type: 'tick' } }])
  const customer = bench.inbox<Customer>('customer')
  const { effects, reply, pending } = bench.run({ type: 'buy', customer: customer.ref })
  expect(effects).toEqual([
    { type: 'told', to: '/customer', message: { type: 'paid', cents: 5 } },
    { type: 'told', to: '/shop', message: { type: 'tick' } },
    { type: 'timer-cancelled', key: 'beat' },
  ])
  expect([reply, pending]).toEqual([undefined, false])
  expect(customer.messages).toEqual([{ type: 'paid', cents: 5 }])
  expect(bench.inbox('/shop').messages).toEqual([{ type: 'tick' }])
  expect(bench.state).toEqual({ stock: 0, gone: [] })
  expect(bench.log.lines).toEqual([])
})

test('what a handler returns is its reply, typed as an ask has it', () => {
  const bench = behaviorTest(shop, { stock: 3 }, { services: new Map([[rates, 7]]) })
  const run = bench.run({ type: 'stock' })
  expectTypeOf(run.reply).toEqualTypeOf<number | undefined>()
  expect(run).toEqual({ effects: [{ type: 'replied', value: 3 }], reply: 3, pending: false })
  expect(bench.run({ type: 'rate' }).reply).toBe(7)
})

test('children do not run: they are effects with an inbox each', () => {
  const bench = behaviorTest(shop, { stock: 1 })
  expect(bench.run({ type: 'hire' }).effects).toEqual([
    { type: 'spawned', path: '/shop/one', definition: worker, input: { id: 1 } },
    { type: 'spawned', path: '/shop/worker~1', definition: worker, input: { id: 2 } },
    { type: 'watched', path: '/shop/one' },
    { type: 'told', to: '/shop/worker~1', message: { type: 'work' } },
    { type: 'stopped', path: '/shop/worker~1' },
  ])
  expect(bench.inbox('/shop/worker~1').messages).toEqual([{ type: 'work' }])
  expect(bench.effectsOf('spawned').map(({ path }) => path)).toEqual(['/shop/one', '/shop/worker~1'])
})

test('a watched actor can be said to be gone, and the hook runs', () => {
  const bench = behaviorTest(shop, { stock: 1 })
  expect(() => bench.terminate('/shop/one')).toThrow('nobody stands')
  bench.run({ type: 'hire' })
  expect(() => bench.terminate('/shop/worker~1')).toThrow('nobody watches')
  expect(bench.terminate('/shop/one', 'killed')).toEqual([
    { type: 'timer-set', key: 'rehire', delayMs: 10, repeats: false, message: { type: 'hire' } },
  ])
  expect(bench.state).toMatchObject({ gone: ['/shop/one killed'] })
})

test('an async handler is pending until its asks are answered', async () => {
  const bench = behaviorTest(shop, { stock: 1 })
  const customer = bench.inbox<Customer>('customer')
  expect(bench.run({ type: 'confirm', customer: customer.ref })).toEqual({
    effects: [{ type: 'asked', to: '/customer', message: { type: 'confirm', cents: 5 } }],
    reply: undefined,
    pending: true,
  })
  expect(await bench.settle()).toEqual([])
  customer.reply(true)
  expect(await bench.settle()).toEqual([{ type: 'replied', value: 'sold' }])
  bench.run({ type: 'confirm', customer: customer.ref })
  customer.fail(new Error('hung up'))
  expect(await bench.settle()).toEqual([{ type: 'failed', phase: 'handling', cause: new Error('hung up') }])
  expect(() => customer.reply(true)).toThrow('no ask')
})

test('a failure is an effect and ends the actor, as nobody restarts it', () => {
  const bench = behaviorTest(shop, { stock: 1 })
  expect(bench.run({ type: 'crash' }).effects).toEqual([{ type: 'failed', phase: 'handling', cause: new Error('crash') }])
  expect(bench.alive).toBe(false)
  expect(() => bench.run({ type: 'stock' })).toThrow("/shop has ended; it takes no 'stock'")
  const broken = actor({
    name: 'broken',
    state: () => {
      throw new Error('no')
    },
    on: {},
  })
  expect(behaviorTest(broken).effects).toEqual([{ type: 'failed', phase: 'starting', cause: new Error('no') }])
})

test('an actor that stops itself, or is stopped, ends with its reason', () => {
  const bench = behaviorTest(shop, { stock: 1 })
  expect(bench.run({ type: 'close' }).effects).toEqual([
    { type: 'stopped', path: '/shop' },
    { type: 'ended', reason: 'normal' },
  ])
  expect(behaviorTest(shop, { stock: 1 }).stop('killed')).toEqual([{ type: 'ended', reason: 'killed' }])
})

test('a message that is not understood is refused', () => {
  const bench = behaviorTest(shop, { stock: 1 })
  expect(bench.run({ type: 'nonsense' } as never).effects).toMatchObject([{ type: 'refused', error: { code: 'MESSAGE_REFUSED' } }])
  expect(bench.alive).toBe(true)
})

test('messages wait for an async start', async () => {
  const later = actor({ name: 'later', state: async () => ({ ready: true }), on: { get: (state) => state.ready } })
  const bench = behaviorTest(later)
  expect(bench.run({ type: 'get' }).pending).toBe(true)
  expect(await bench.settle()).toEqual([{ type: 'replied', value: true }])
  expect(bench.state).toEqual({ ready: true })
})

test('a supervisor is refused: it is about others', () => {
  expect(() => behaviorTest(supervisor({ name: 'boss', strategy: 'one-for-one', children: [] }) as never)).toThrow(
    'neither supervises nor routes',
  )
})

test('other methods of the context do what they do, and are reported as called; what an actor becomes is under test, too', () => {
  const door = actor({
    name: 'door',
    on: {
      open: (_state: undefined, _message: object, ctx) => ctx.become(opened),
      knock: (_state: undefined, _message: object, ctx) => ctx.stash(),
      close: () => undefined,
    },
  })
  const opened = {
    close: (_state: undefined, _message: object, ctx: AnyContext) => ctx.unbecome(),
    knock: (_state: undefined, _message: object, ctx: AnyContext) => {
      ctx.after('shut', 10, { type: 'close' })
      return 'come in'
    },
  }
  const bench = behaviorTest(door)
  const first = bench.run({ type: 'knock' })
  expect(first).toEqual({ effects: [{ type: 'called', method: 'stash', arguments: [] }], reply: undefined, pending: true })
  expect(bench.run({ type: 'open' }).effects).toEqual([{ type: 'called', method: 'become', arguments: [opened] }])
  expect(bench.run({ type: 'knock' }).effects).toEqual([
    { type: 'timer-set', key: 'shut', delayMs: 10, repeats: false, message: { type: 'close' } },
    { type: 'replied', value: 'come in' },
  ])
  expect(bench.run({ type: 'close' }).effects).toEqual([{ type: 'called', method: 'unbecome', arguments: [] }])
})

test('hooks are under test, too', () => {
  const seen: string[] = []
  const hooked = actor({
    name: 'hooked',
    started: (_state: undefined, ctx) => ctx.after('a', 1, { type: 'a' }),
    stopping: (_state, _reason, ctx) => ctx.cancel('a'),
    stopped: (_state, reason) => void seen.push(describeExit(reason)),
    on: {},
  })
  const bench = behaviorTest(hooked)
  bench.stop()
  expect(bench.effects.map(({ type }) => type)).toEqual(['timer-set', 'timer-cancelled', 'ended'])
  expect(seen).toEqual(['shutdown'])
})

test('a message passed on, and an answer given later, are effects', async () => {
  const desk = actor({
    name: 'desk',
    on: {
      pass: (_state: undefined, message: { to: Ref<Customer> }, ctx) => ctx.forward(message.to),
      ask: async (_state: undefined, message: { to: Ref<Customer> }, ctx) => ctx.ask(message.to, { type: 'confirm', cents: 1 }),
      later: (_state: undefined, _message: object, ctx) => {
        const reply = ctx.deferReply<number>()
        ctx.pipe(
          Promise.resolve(7),
          (value) => ({ type: 'arrived', value, reply }),
          () => ({ type: 'arrived', value: 0, reply }),
        )
        return reply
      },
      arrived: (_state: undefined, message: { value: number; reply: DeferredReply<number> }) => void message.reply.resolve(message.value),
    },
  })
  const bench = behaviorTest(desk)
  const to = bench.inbox<Customer>('customer')
  expect(bench.run({ type: 'pass', to: to.ref })).toMatchObject({
    effects: [{ type: 'forwarded', to: '/customer', message: { type: 'pass' } }],
    pending: true,
  })
  to.reply('yes')
  expect(bench.effects.at(-1)).toEqual({ type: 'replied', value: 'yes' })
  expect(bench.run({ type: 'ask', to: to.ref }).effects).toEqual([
    { type: 'asked', to: '/customer', message: { type: 'confirm', cents: 1 } },
  ])
  to.reply(true)
  expect(await bench.settle()).toEqual([{ type: 'replied', value: true }])
  const later = bench.run({ type: 'later' })
  expect(later.effects.map((effect) => (effect.type === 'called' ? effect.method : effect.type))).toEqual(['deferReply', 'pipe'])
  expect(later.pending).toBe(true)
  expect(await bench.settle()).toEqual([{ type: 'replied', value: 7 }])
})
