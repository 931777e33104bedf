// The actors that the cluster tests' nodes run. Tests import the definitions for their types and names only.

import { actor, type ActorContext, type AnyContext, clusterOf, type Counters, FencedError, type Protocol } from '@understudy/actors'

/** The state of the singletons here, as saved. */
export interface Tally {
  readonly value: number
  /** The numbers that were added, in the order in which they were handled. */
  readonly numbers: readonly number[]
  /** The longest time that a number waited until somebody handled it, in milliseconds, whoever led meanwhile. */
  readonly longestWaitMs: number
}

/** Who answers for a singleton, and what it holds. */
export interface Report extends Tally {
  readonly node: string
  readonly epoch: number
  readonly incarnation: number
}

interface Counting {
  tally: Tally
}

const nothing: Tally = { value: 0, numbers: [], longestWaitMs: 0 }

async function begin(_input: undefined, ctx: ActorContext<Protocol>): Promise<Counting> {
  return { tally: (await ctx.tenure.load<Tally>()) ?? nothing }
}

/** Saves; a refusal is logged with all its causes before it goes its way. */
async function save(ctx: ActorContext<Protocol>, tally: Tally): Promise<void> {
  try {
    await ctx.tenure.save(tally)
  } catch (error) {
    if (error instanceof FencedError)
      ctx.log.warn({ event: 'test.refused', epoch: ctx.epoch, causes: causesOf(error) }, 'a save was refused')
    throw error
  }
}

function causesOf(error: unknown): object[] {
  if (!(error instanceof Error)) return []
  const { code, errCode } = error as { code?: unknown; errCode?: unknown }
  return [{ name: error.name, message: error.message, code, errCode }, ...causesOf(error.cause)]
}

function report(state: Counting, ctx: ActorContext<Protocol>): Report {
  const { name } = clusterOf(ctx).identity
  return { ...state.tally, node: name, epoch: ctx.epoch, incarnation: ctx.incarnation }
}

/** A singleton that saves each number before it handles the next. */
export const counter = actor({
  name: 'counter',
  state: begin,
  on: {
    /** `sentAt` by the clock of the wall, which all processes of a machine share. */
    async add(state, { number, sentAt = Date.now() }: { number: number; sentAt?: number }, ctx) {
      const { value, numbers } = state.tally
      const longestWaitMs = Math.max(state.tally.longestWaitMs, Date.now() - sentAt)
      const tally = { value: value + 1, numbers: [...numbers, number], longestWaitMs }
      await save(ctx, tally)
      state.tally = tally
    },
    report: (state, _message: object, ctx): Report => report(state, ctx),
    /** Answers when the leader may act, fails when it may not. */
    guarded: (_state, _message: object, ctx): number => {
      ctx.guard()
      return ctx.epoch
    },
  },
})

/** A singleton that saves all the time, and can be frozen between the decision to save and the write. */
export const ticker = actor({
  name: 'ticker',
  state: (input: undefined, ctx): Promise<Counting> => {
    ctx.every('tick', 50, { type: 'tick' })
    return begin(input, ctx)
  },
  on: {
    async tick(state, _message: object, ctx) {
      const tally = { ...state.tally, value: state.tally.value + 1 }
      await save(ctx, tally)
      state.tally = tally
    },
    /** The whole process stops here, mid-turn; what it does first when it is continued is to save. */
    async freeze(state, { value }: { value: number }, ctx) {
      ctx.guard()
      const stoppedAt = performance.now()
      process.kill(process.pid, 'SIGSTOP')
      // The signal may take a moment: spin until time has been lost.
      for (let last = stoppedAt, now = stoppedAt; now - last < 500;) [last, now] = [now, performance.now()]
      await save(ctx, { ...state.tally, value })
    },
    report: (state, _message: object, ctx): Report => report(state, ctx),
  },
})

/** A singleton whose successor waits for the end of the lease. */
export const keeper = actor({
  name: 'keeper',
  on: { where: (_state, _message: object, ctx) => ({ node: clusterOf(ctx).identity.name, epoch: ctx.epoch }) },
})

/** A worker of the cluster pool. */
export const worker = actor({
  name: 'worker',
  on: { work: (_state, { number }: { number: number }, ctx) => ({ number, node: clusterOf(ctx).identity.name }) },
})

/** An actor per node, at /app/echo. */
export const echo = actor({
  name: 'echo',
  state: () => ({ numbers: [] as number[] }),
  on: {
    echo: (_state, { text }: { text: unknown }) => text,
    note: (state, { number }: { number: number }) => void state.numbers.push(number),
    noted: (state) => state.numbers,
    life: (state, _message: object, ctx) => ({ incarnation: ctx.incarnation, noted: state.numbers.length }),
    members: (_state, _message: object, ctx) =>
      clusterOf(ctx)
        .members()
        .map(({ identity: { name, incarnation } }) => `${name}~${incarnation}`),
    node: (_state, _message: object, ctx) => clusterOf(ctx).identity,
  },
})

/** Never answers, at /app/silent. */
export const silent = actor({
  name: 'silent',
  state: () => ({ heard: 0 }),
  on: {
    hold(state, _message: object, ctx) {
      ctx.log.info({ event: 'test.held', count: ++state.heard }, 'holds a question')
      return new Promise<never>(() => {})
    },
  },
  shutdownMs: 'brutal',
})

/** Can be told to end, at once or as soon as its node has lost the server, at /app/mortal. */
export const mortal = actor({
  name: 'mortal',
  state: () => ({ endsWhenCutOff: false }),
  on: {
    end: (_state, _message: object, ctx) => end(ctx),
    endWhenCutOff: (state) => {
      state.endsWhenCutOff = true
    },
    /** Told by the node. */
    cutOff: (state, _message: object, ctx) => {
      if (state.endsWhenCutOff) end(ctx)
    },
  },
})

function end(ctx: AnyContext): void {
  ctx.log.info({ event: 'test.ending' }, 'the mortal ends')
  ctx.stop()
}

/** Watches somebody and logs their end, at /app/watcher. */
export const watcher = actor({
  name: 'watcher',
  on: {
    watch: (_state, { node, path }: { node: string; path: string }, ctx) => ctx.watch(clusterOf(ctx).ref(node, path)),
  },
  terminated: (_state, { address, reason }, ctx) =>
    ctx.log.info({ event: 'test.terminated', node: address.node.name, path: address.path, reason }, 'a watched actor is gone'),
})

/** One node's books. */
export interface Books {
  readonly counters: Counters
  readonly deadLetters: Readonly<Record<string, number>>
}

/** Shows the node's books, at /app/books. */
export const books = (read: () => Books) => actor({ name: 'books', on: { read: (): Books => read() } })
