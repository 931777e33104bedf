// Actors that tests let live in threads. Loaded by the tests, and by the threads.

import { parentPort, threadId } from 'node:worker_threads'
import { type AnyRef, actor, describeExit, type ExitReason, type StandardSchema } from '@understudy/runtime'

const module = import.meta.url
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

/** Keeps a list, and does whatever harm it is told to. */
export const keeper = actor({
  name: 'keeper',
  module,
  state: (input: { first?: number } | undefined) => ({ items: input?.first === undefined ? [] : [input.first] }),
  on: {
    add: (state, message: { n: number }) => {
      state.items.push(message.n)
    },
    items: (state) => state.items,
    where: () => threadId,
    babble: () => parentPort!.postMessage(null),
    who: (_state, _message, ctx) => ({ self: ctx.self as AnyRef, path: ctx.path, incarnation: ctx.incarnation, now: ctx.now() }),
    fail: (_state, message: { why: string }) => {
      throw new RangeError(message.why)
    },
    spin: () => {
      for (;;);
    },
    exit: (_state, message: { code: number }) => {
      process.exit(message.code)
    },
    stray: () => {
      setTimeout(() => {
        throw new Error('nobody catches this')
      }, 1)
    },
    gorge: () => {
      const hoard: unknown[] = []
      for (;;) hoard.push(new Array(10_000).fill(hoard.length))
    },
    key: (_state, message: { idempotencyKey?: string }) => message.idempotencyKey,
    never: (_state, _message, ctx) => ctx.deferReply<never>(),
    sleep: (_state, message: { ms: number }) => pause(message.ms).then(() => 'slept'),
    odd: () => () => {},
    burn: (_state, message: { ms: number }) => {
      const until = performance.now() + message.ms
      while (performance.now() < until);
      return 'burnt'
    },
  },
})

/** Talks with others by their refs. */
export const talker = actor({
  name: 'talker',
  module,
  state: () => ({ told: [] as unknown[] }),
  terminated: (state, { address, reason }) => {
    state.told.push([address.path, typeof reason === 'string' ? reason : 'failure'])
  },
  on: {
    greet: (_state, message: { whom: AnyRef; with: unknown }, ctx) => {
      message.whom.tell({ type: 'note', text: message.with, from: ctx.self })
    },
    relay: (_state, message: { whom: AnyRef; question: { type: string } }, ctx) => ctx.ask(message.whom, message.question),
    /** Asks, and notes how long it waited in vain; says nothing itself until all who asked have given up. */
    wait: async (state, message: { whom: AnyRef; question: { type: string }; isLate: boolean }, ctx) => {
      if (message.isLate) await pause(1)
      const from = ctx.now()
      const why: unknown = await ctx.ask(message.whom, message.question).catch((error: { code: string }) => error.code)
      state.told.push([ctx.path, why, ctx.now() - from])
      await pause(100)
    },
    pass: (_state, message: { whom: AnyRef }, ctx) => ctx.forward(message.whom),
    later: (_state, message: { ms: number }, ctx) => {
      const answer = ctx.deferReply<string>()
      void pause(message.ms).then(() => answer.resolve('later'))
      return answer
    },
    owe: (_state, message: { pauseMs?: number }, ctx) => {
      const answer = ctx.deferReply<string>()
      if (message.pauseMs === undefined) throw new Error(`owes ${String(answer.expected)}`)
      return pause(message.pauseMs).then(() => Promise.reject(new Error(`owes ${String(answer.expected)}`)))
    },
    note: (state, message: { text: unknown; from?: AnyRef }) => {
      state.told.push(message.text)
    },
    told: (state) => state.told,
    crash: () => process.exit(1),
    bye: (_state, _message, ctx) => ctx.stop(),
    exit: (_state, message: { reason: ExitReason }, ctx) => ctx.exit(ctx.self, message.reason),
    watch: (_state, message: { whom: AnyRef }, ctx) => ctx.watch(message.whom),
    tick: (_state, message: { ms: number }, ctx) => ctx.after('tick', message.ms, { type: 'note', text: 'tick' }),
    log: (_state, _message, ctx) => ctx.log.warn({ colour: 'blue', fn: () => {}, mark: Symbol('mark') }, 'from the thread'),
    say: (_state, message: { whom: AnyRef; what: unknown }) => message.whom.tell(message.what as never),
    lose: (_state, _message, ctx) => ctx.ref({ ...ctx.self.address, path: `${ctx.path}/nobody`, uid: 0 }).tell({ type: 'lost' }),
    child: (_state, message: { name: string }, ctx) => ctx.spawn(keeper, { name: message.name }) as AnyRef,
    unsupported: (_state, message: { what: 'register' | 'whereis' | 'join' | 'guard' | 'thread' | 'link'; whom?: AnyRef }, ctx) => {
      try {
        if (message.what === 'register') ctx.register('x')
        if (message.what === 'whereis') ctx.whereis('x')
        if (message.what === 'join') ctx.join('x')
        if (message.what === 'guard') ctx.guard()
        if (message.what === 'thread') ctx.spawn(keeper, { isolation: 'thread' })
        if (message.what === 'link') ctx.link(message.whom!)
        return 'nothing was thrown'
      } catch (error) {
        return (error as { code?: string }).code
      }
    },
  },
})

/** Puts things aside until it is opened. */
export const shop = actor({
  name: 'shop',
  module,
  state: () => ({ open: false, sold: [] as number[] }),
  mailbox: { stashCapacity: 100 },
  on: {
    buy: (state, message: { n: number }, ctx) => {
      if (!state.open) return ctx.stash()
      state.sold.push(message.n)
      return undefined
    },
    open: (state, _message, ctx) => {
      state.open = true
      ctx.unstashAll()
    },
    fail: () => {
      throw new Error('the roof fell in')
    },
    sold: (state) => state.sold,
  },
})

/** Takes its time to be born and to go, and says so. */
export const slow = actor({
  name: 'slow',
  module,
  state: async (input: { startMs: number; stopMs: number; restartMs?: number; teller: AnyRef }) => {
    await pause(input.startMs)
    return input
  },
  stopping: async (state) => {
    await pause(state.stopMs)
    state.teller.tell({ type: 'note', text: 'stopping' })
  },
  stopped: (state, reason) => state.teller.tell({ type: 'note', text: `stopped ${describeExit(reason)}` }),
  restarting: async (state) => {
    state.teller.tell({ type: 'note', text: 'restarting' })
    if (state.restartMs !== undefined) await pause(state.restartMs)
  },
  on: {
    hi: () => 'hi',
    fail: () => {
      throw new Error('fails')
    },
    await: (state, _message, ctx) => {
      state.teller.tell({ type: 'note', text: 'begun' })
      return new Promise<string>((resolve) => ctx.signal.addEventListener('abort', () => resolve('aborted')))
    },
    forever: (state) => {
      state.teller.tell({ type: 'note', text: 'begun' })
      return new Promise<void>(() => {})
    },
  },
})

/** Never comes to be. */
export const unborn = actor({
  name: 'unborn',
  module,
  state: () => {
    for (;;);
  },
  on: { hi: () => 'hi' },
})

/** Handles what is slow side by side. */
export const waiter = actor({
  name: 'waiter',
  module,
  reentrant: ['slow'],
  on: {
    slow: async (_state, message: { ms: number }) => {
      await pause(message.ms)
      return 'served'
    },
  },
})

/** Wants a number, written as text. */
export const amount: StandardSchema = {
  '~standard': {
    version: 1,
    vendor: 'test',
    validate: (value) => {
      const { by } = value as { by: unknown }
      return typeof by === 'string' && /^\d+$/.test(by)
        ? { value: { by: Number(by) } }
        : { issues: [{ message: 'not a number', path: ['by'] }] }
    },
  },
}

/** Answers for what its handlers leave behind. */
export const careful = actor({
  name: 'careful',
  module,
  strayErrors: 'all',
  on: {
    where: () => threadId,
    stray: () => {
      setTimeout(() => {
        throw new Error('left behind')
      }, 1)
    },
  },
})

/** Tells a witness each number that it has handled, and fails, crashes or puts things aside now and then. */
export const clerk = actor({
  name: 'clerk',
  module,
  state: () => ({ seen: new Set<number>() }),
  on: {
    file: async (state, message: { n: number; how: 'plain' | 'slow' | 'aside' | 'fail' | 'exit'; witness: AnyRef }, ctx) => {
      if (message.how === 'aside' && !state.seen.has(message.n)) {
        state.seen.add(message.n)
        ctx.stash()
        return undefined
      }
      if (message.how === 'slow') await pause(1)
      if (message.how === 'fail') throw new Error('on purpose')
      message.witness.tell({ type: 'note', text: message.n })
      if (message.how === 'exit') process.exit(1)
      ctx.unstashAll()
      return message.n
    },
  },
})

/** Wishes for its end just before it fails, or just after. */
export const waverer = actor({
  name: 'waverer',
  module,
  on: {
    before: (_state, _message, ctx) => {
      ctx.stop()
      throw new Error('wished to stop')
    },
    after: (_state, message: { witness: AnyRef }, ctx) => {
      queueMicrotask(() => {
        ctx.stop()
        message.witness.tell({ type: 'note', text: 'wished to stop' })
      })
      throw new Error('does not wish to stop yet')
    },
    bye: (_state, _message, ctx) => ctx.stop(),
    life: (_state, _message, ctx) => ctx.incarnation,
  },
})

/** Takes only numbers, written as text. */
export const teller = actor({
  name: 'teller',
  module,
  state: () => ({ sum: 0 }),
  schema: { add: amount },
  on: {
    add: (state, message: { by: number }) => (state.sum += message.by),
  },
})
