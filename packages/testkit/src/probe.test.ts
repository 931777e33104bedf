import { actor, createSystem, type Ref } from '@understudy/runtime'
import { expect, expectTypeOf, test } from 'vitest'
import { eventually } from './patience.ts'
import { probe } from './probe.ts'
import { testSystem } from './test-system.ts'

type Customer = { paid(message: { cents: number }): void; price(message: { item: string }): number }

const shop = actor({
  name: 'shop',
  on: {
    buy: (_state: undefined, message: { customer: Ref<Customer> }, ctx) => {
      message.customer.tell({ type: 'paid', cents: 5 })
      const later = { ...message, type: 'later' }
      ctx.after('later', 100, later)
    },
    later: (_state: undefined, message: { customer: Ref<Customer> }) => message.customer.tell({ type: 'paid', cents: 7 }),
    quote: async (_state: undefined, message: { customer: Ref<Customer> }) => message.customer.ask({ type: 'price', item: 'tea' }),
    crash: () => {
      throw new Error('crash')
    },
  },
})

test('a probe reads what it was sent in order, each message by one expectation, and remembers all of it with its time', async () => {
  await using system = testSystem()
  const customer = system.probe<Customer>({ name: 'customer' })
  const ref = system.spawn(shop)
  ref.tell({ type: 'buy', customer: customer.ref })
  await customer.expect({ type: 'paid', cents: 5 })
  await customer.expectNone()
  await system.advance(100)
  const paid = await customer.expectType('paid')
  expectTypeOf(paid.type).toEqualTypeOf<'paid'>()
  expectTypeOf(paid.cents).toBeNumber()
  expect(paid.cents).toBe(7)
  expect(customer.received.map(({ at, asked }) => ({ at, asked }))).toEqual([
    { at: 0, asked: false },
    { at: 100, asked: false },
  ])
  expect(customer.unread).toEqual([])
})

test('an expectation with patience moves virtual time as far as its message, and no further', async () => {
  await using system = testSystem()
  const customer = system.probe<Customer>()
  system.spawn(shop).tell({ type: 'buy', customer: customer.ref })
  await customer.expectType('paid')
  await customer.expectType('paid', { withinMs: 1000 })
  expect(system.env.now()).toBe(100)
  await customer.expectNone({ forMs: 50 })
  expect(system.env.now()).toBe(150)
})

test('an expectation that is not met says what it wanted and what it saw', async () => {
  await using system = testSystem()
  const customer = system.probe<Customer>({ name: 'customer' })
  await expect(customer.expect({ type: 'paid', cents: 1 })).rejects.toThrow(
    "/customer expected { type: 'paid', cents: 1 } but nothing came and time stands still: move it, or give withinMs",
  )
  customer.ref.tell({ type: 'paid', cents: 2 })
  await expect(customer.expect({ type: 'paid', cents: 1 })).rejects.toMatchObject({
    name: 'ExpectationError',
    message: "/customer expected { type: 'paid', cents: 1 } but got { type: 'paid', cents: 2 }",
    expected: { type: 'paid', cents: 1 },
    actual: { type: 'paid', cents: 2 },
  })
  customer.ref.tell({ type: 'paid', cents: 2 })
  await expect(customer.expectType('price')).rejects.toThrow("of type 'price'")
  customer.ref.tell({ type: 'paid', cents: 3 })
  await expect(customer.expectNone()).rejects.toThrow('expected no message but got')
  customer.clear()
  await customer.expectNone()
})

test('a message is equal by its content, refs by their address, and matchers may stand in it', async () => {
  await using system = testSystem()
  const a = system.probe({ name: 'a' })
  const b = system.probe({ name: 'b' })
  for (let n = 0; n < 2; n++) a.ref.tell({ type: 'from', who: b.ref, list: [{ n: 1 }] })
  await a.expect({ type: 'from', who: b.ref, list: [{ n: expect.any(Number) }] })
  await expect(a.expect({ type: 'from', who: a.ref, list: [{ n: 1 }] })).rejects.toThrow('but got')
})

test('fishing keeps, skips, ends or fails as the fisher says', async () => {
  await using system = testSystem()
  const pond = system.probe<{ n(message: { n: number }): void }>()
  for (const n of [1, 2, 3, 4, 5]) pond.ref.tell({ type: 'n', n })
  const caught = await pond.fish(({ n }) => (n === 4 ? 'complete' : n % 2 === 0 ? 'continue-and-ignore' : 'continue'))
  expect(caught.map(({ n }) => n)).toEqual([1, 3, 4])
  await expect(pond.fish(({ n }) => ({ fail: `did not want ${n}` }))).rejects.toThrow('did not want 5')
  await expect(pond.fish(() => 'continue', { withinMs: 10 })).rejects.toThrow('fishing for')
  expect(system.env.now()).toBe(10)
})

test('within shares its time among all expectations in it, and fails when it took longer', async () => {
  await using system = testSystem()
  const customer = system.probe<Customer>()
  const ref = system.spawn(shop)
  ref.tell({ type: 'buy', customer: customer.ref })
  const cents = await customer.within(150, async () => {
    await customer.expectType('paid')
    return (await customer.expectType('paid')).cents
  })
  expect([cents, system.env.now()]).toEqual([7, 100])
  await expect(customer.within(20, () => customer.receive())).rejects.toThrow('nothing came in time')
  expect(system.env.now()).toBe(120)
  await expect(customer.within(10, () => system.advance(11))).rejects.toThrow('within 10 ms, but it took 11 ms')
})

test('a probe answers asks: by hand, with an error, or by itself', async () => {
  await using system = testSystem()
  const customer = system.probe<Customer>()
  const ref = system.spawn(shop)
  expect(() => customer.reply(1)).toThrow('read one first')
  const quote = () => ref.ask({ type: 'quote', customer: customer.ref })
  const first = quote()
  await customer.expect({ type: 'price', item: 'tea' })
  customer.reply(40)
  expect(await first).toBe(40)
  customer.answer('price', ({ item }) => item.length)
  expect(await quote()).toBe(3)
  customer.answer('price', 9)
  expect(await quote()).toBe(9)
  customer.clear()
  customer.answer('price', () => Promise.reject(new Error('sold out')))
  await expect(quote()).rejects.toThrow('sold out')
})

test('a probe sees an actor end, with its reason, also when it has ended already', async () => {
  await using system = testSystem()
  const undertaker = system.probe()
  const watched = system.spawn(shop)
  const late = system.spawn(shop)
  undertaker.watch(watched)
  await expect(undertaker.expectTerminated(watched)).rejects.toThrow('to end, but it lives')
  for (const ref of [watched, late]) ref.tell({ type: 'crash' })
  expect(await undertaker.expectTerminated(watched)).toMatchObject({ phase: 'handling', cause: new Error('crash') })
  expect(await undertaker.expectTerminated(late)).toMatchObject({ phase: 'handling' })
})

test('a stopped probe is gone: its watchers are told, and what is sent to it is a dead letter', async () => {
  await using system = testSystem()
  const dead = system.deadLetterProbe()
  const [one, other] = [system.probe({ name: 'one' }), system.probe()]
  expect(system.ref('/one').tryTell({ type: 'hello' } as never)).toBe(true)
  await one.expectType('hello')
  one.stop()
  expect(await other.expectTerminated(one.ref)).toBe('normal')
  one.ref.tell({ type: 'hello' })
  await dead.expect({ reason: 'stopped', type: 'hello', target: '/one' })
  expect(one.received).toHaveLength(1)
})

test('in real time expectations wait until what they expect is there', async () => {
  const system = createSystem()
  const customer = probe(system, { like: shop })
  const ref = system.spawn(shop)
  const buyer = probe<Customer>(system)
  ref.tell({ type: 'buy', customer: buyer.ref })
  await buyer.within(2000, async () => {
    await buyer.expect({ type: 'paid', cents: 5 })
    await buyer.expect({ type: 'paid', cents: 7 })
  })
  await customer.expectNone({ forMs: 10 })
  expectTypeOf(customer.unread).items.toHaveProperty('type').toEqualTypeOf<'buy' | 'later' | 'quote' | 'crash'>()
  await expect(customer.expectType('crash', { withinMs: 10 })).rejects.toThrow('nothing came in time')
  await system.stop()
})

test('eventually tries again until it holds, and fails with what was thrown last', async () => {
  await using system = testSystem()
  let n = 0
  const tick = system.spawn(
    actor({
      name: 'tick',
      on: { go: (_state: undefined, _message: object, ctx) => ctx.every('t', 10, { type: 'beat' }), beat: () => void n++ },
    }),
  )
  tick.tell({ type: 'go' })
  expect(await eventually(system, () => (expect(n).toBe(3), n), { withinMs: 100 })).toBe(3)
  expect(system.env.now()).toBe(30)
  await expect(system.eventually(() => expect(n).toBe(0), { withinMs: 20 })).rejects.toThrow('to be +0')
  await expect(system.eventually(() => false)).rejects.toThrow('stayed false')
})
