// Machines that tests let live in threads. Loaded by the tests, and by the threads.

import { threadId } from 'node:worker_threads'
import { type AnyRef, actor, machineActor, type PersistedMachine, postpone, reply, replyLater } from '@understudy/actors'
import { assign, fromCallback, fromPromise, raise, sendTo, setup, spawnChild } from 'xstate'
import { amount } from './guests.fixture.ts'

const module = import.meta.url
const note = (whom: AnyRef, text: unknown): void => whom.tell({ type: 'note', text })
const loop = (): void => {
  for (;;);
}
const fail = (): never => {
  throw new RangeError('on purpose')
}

const cat = setup({ types: { events: {} as { type: 'stroke' } | { type: 'where' } } }).createMachine({
  id: 'cat',
  initial: 'asleep',
  on: { where: { actions: reply(() => threadId) } },
  states: { asleep: { on: { stroke: 'awake' } }, awake: {} },
})

const kiln = setup({
  types: {
    input: {} as { witness: AnyRef },
    context: {} as { witness: AnyRef; loads: number[] },
    events: {} as
      | { type: 'where' | 'loads' | 'cancel' | 'cat' | 'talk' | 'fail' | 'guarded' | 'spin' | 'spin later' | 'ready' | 'close' }
      | { type: 'load'; n: number }
      | { type: 'fire'; ms: number }
      | { type: 'bell' | 'fail later'; ms: number }
      | { type: 'owe and fail' | 'owe' | 'pay' },
    output: {} as { loads: number[] },
  },
  actors: {
    cat,
    heat: fromPromise<string, { ms: number; witness: AnyRef }>(
      ({ input, signal }) =>
        new Promise((resolve) => {
          const timer = setTimeout(() => resolve('fired'), input.ms)
          signal.addEventListener('abort', () => {
            clearTimeout(timer)
            note(input.witness, 'heat is aborted')
          })
        }),
    ),
    draught: fromCallback<{ type: string }, { witness: AnyRef }>(({ input, receive }) => {
      receive(({ type }) => note(input.witness, `draught heard ${type}`))
      return () => note(input.witness, 'draught is cleaned up')
    }),
  },
  guards: { never: () => fail() },
  actions: { owe: replyLater() },
}).createMachine({
  id: 'kiln',
  context: ({ input }) => ({ witness: input.witness, loads: [] }),
  initial: 'cold',
  on: {
    where: { actions: reply(() => threadId) },
    loads: { actions: reply(({ context }) => context.loads) },
    cat: { actions: spawnChild('cat', { id: 'cat' }) },
    fail: { actions: fail },
    guarded: { guard: 'never' },
    spin: { actions: loop },
    'spin later': { actions: raise({ type: 'spin' }, { delay: 1 }) },
    'fail later': { actions: raise({ type: 'fail' }, { delay: ({ event }) => (event as { ms: number }).ms }) },
    bell: { actions: raise({ type: 'talk' }, { delay: ({ event }) => (event as { ms: number }).ms }) },
    talk: { actions: ({ context }) => note(context.witness, 'talk') },
    owe: { actions: 'owe' },
    pay: { actions: reply('paid', { to: 'default' }) },
    'owe and fail': { actions: ['owe', fail] },
    close: '.closed',
  },
  states: {
    cold: {
      on: { fire: 'hot', load: { actions: postpone() }, ready: 'open' },
    },
    open: { on: { load: { actions: assign({ loads: ({ context, event }) => [...context.loads, event.n] }) } } },
    hot: {
      entry: 'owe',
      invoke: [
        {
          src: 'heat',
          input: ({ context, event }) => ({ witness: context.witness, ms: (event as { ms: number }).ms }),
          onDone: { target: 'cold', actions: reply(({ event }) => event.output) },
        },
        { src: 'draught', id: 'draught', input: ({ context }) => ({ witness: context.witness }) },
      ],
      on: { cancel: 'cold', talk: { actions: sendTo('draught', { type: 'talk' }) } },
    },
    closed: { type: 'final' },
  },
  output: ({ context }) => ({ loads: context.loads }),
})

/** Fires what it is loaded with. */
export const kilns = machineActor(kiln, {
  module,
  replies: {} as { where: number; loads: number[]; fire: string },
  mailbox: { stashCapacity: 3 },
})

/** Done as soon as it begins. */
export const brief = machineActor(
  setup({}).createMachine({ id: 'brief', initial: 'over', states: { over: { type: 'final' } }, output: 1 }),
  {
    module,
  },
)

/** Comes to something that cannot leave its thread. */
export const odd = machineActor(
  setup({ types: { events: {} as { type: 'end' } } }).createMachine({
    id: 'odd',
    initial: 'on',
    states: { on: { on: { end: 'off' } }, off: { type: 'final' } },
    output: () => fail,
  }),
  { module },
)

const outputs: unknown[] = ['of the first life']

/** Has an output once. */
export const once = machineActor(
  setup({ types: { events: {} as { type: 'end' } } }).createMachine({
    id: 'once',
    initial: 'on',
    states: { on: { on: { end: 'off' } }, off: { type: 'final' } },
    output: () => outputs.shift(),
  }),
  { module },
)

/** Counts, on paper. */
export const ledger = machineActor(
  setup({ types: { context: {} as { n: number }, events: {} as { type: 'add' | 'lose' } } }).createMachine({
    id: 'ledger',
    context: { n: 0 },
    initial: 'open',
    states: {
      open: {
        on: { add: { actions: assign({ n: ({ context }) => context.n + 1 }) }, lose: { actions: fail } },
        after: { 60_000: 'closed' },
      },
      closed: {},
    },
  }),
  {
    module,
    restore: () => paper,
    persist: (machine) =>
      Promise.resolve().then(() => {
        paper = machine
      }),
  },
)
let paper: PersistedMachine | undefined

/** Writes down in its thread who is gone, and what they have come to. */
export const mourner = actor({
  name: 'mourner',
  module,
  state: () => ({ gone: [] as unknown[] }),
  terminated: (state, { reason, output }) => void state.gone.push([reason, output]),
  on: {
    watch: (_state, message: { whom: AnyRef }, ctx) => ctx.watch(message.whom),
    gone: (state) => state.gone,
    where: () => threadId,
  },
})

/** Takes only numbers, written as text. */
export const purse = machineActor(
  setup({
    types: { context: {} as { sum: number }, events: {} as { type: 'add'; by: number } },
    actions: { answer: reply(({ context }) => (context as { sum: number }).sum) },
  }).createMachine({
    id: 'purse',
    context: { sum: 0 },
    on: { add: { actions: [assign({ sum: ({ context, event }) => context.sum + event.by }), 'answer'] } },
  }),
  { module, schema: { add: amount } },
)
