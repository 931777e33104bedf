// Effect 4: an unbounded Queue and a fiber that takes one message at a time. Asks run inside fibers, with a Deferred for the reply,
// as a program written with Effect would have it.

import { Deferred, Effect, Fiber, Queue } from 'effect'
import type { Competitor, Figures, Message } from '../harness/competitor.ts'
import { perSecond } from '../harness/workload.ts'
import { checkReply, outstanding } from '../workloads/ask.ts'

interface EffectActor {
  readonly queue: Queue.Queue<Message>
  readonly fiber: Fiber.Fiber<unknown, unknown>
}

interface Question {
  readonly value: number
  readonly reply: Deferred.Deferred<number>
}

const forever = { disableYield: true } as const

const answering = Effect.gen(function* () {
  const queue = yield* Queue.unbounded<Question>()
  let asked = 0
  const answer = (question: Question): Effect.Effect<boolean> => {
    asked += 1
    return Deferred.succeed(question.reply, question.value + 1)
  }
  const fiber = yield* Effect.forkDetach(Effect.forever(Effect.flatMap(Queue.take(queue), answer), forever))
  return { queue, fiber }
})

const ask = (queue: Queue.Queue<Question>, value: number): Effect.Effect<number> =>
  Effect.gen(function* () {
    const reply = yield* Deferred.make<number>()
    yield* Queue.offer(queue, { value, reply })
    return yield* Deferred.await(reply)
  })

const askInTurn = (queue: Queue.Queue<Question>, count: number): Effect.Effect<void> =>
  Effect.gen(function* () {
    for (let i = 0; i < count; i++) checkReply(yield* ask(queue, i), i)
  })

const sequential = (count: number): Promise<Figures> =>
  Effect.runPromise(
    Effect.gen(function* () {
      const { queue, fiber } = yield* answering
      const from = performance.now()
      yield* askInTurn(queue, count)
      const elapsedMs = performance.now() - from
      yield* Fiber.interrupt(fiber)
      return { 'ask-sequential': perSecond(count, elapsedMs) }
    }),
  )

const concurrent = (count: number): Promise<Figures> =>
  Effect.runPromise(
    Effect.gen(function* () {
      const { queue, fiber } = yield* answering
      const each = Math.floor(count / outstanding)
      const askers = Array.from({ length: outstanding }, () => askInTurn(queue, each))
      const from = performance.now()
      yield* Effect.all(askers, { concurrency: 'unbounded', discard: true })
      const elapsedMs = performance.now() - from
      yield* Fiber.interrupt(fiber)
      return { 'ask-1000': perSecond(each * outstanding, elapsedMs) }
    }),
  )

export const competitor: Competitor<EffectActor> = {
  module: 'effect',
  spawn(make, options) {
    const queue = Effect.runSync(Queue.unbounded<Message>())
    let handler = make()
    const handling = Effect.forever(
      Effect.map(Queue.take(queue), (message) => {
        handler(message)
      }),
      forever,
    )
    const again = Effect.sync(() => {
      handler = make()
    })
    const body: Effect.Effect<unknown> =
      options?.supervised === true
        ? Effect.forever(
            Effect.catchCause(handling, () => again),
            forever,
          )
        : handling
    return { queue, fiber: Effect.runFork(body) }
  },
  tell(ref, message) {
    Queue.offerUnsafe(ref.queue, message)
  },
  stop(ref) {
    Effect.runFork(Fiber.interrupt(ref.fiber))
  },
  stopAll: (refs) => Effect.runPromise(Effect.forEach(refs, ({ fiber }) => Fiber.interrupt(fiber), { discard: true, concurrency: 1000 })),
  own: { 'ask-sequential': sequential, 'ask-1000': concurrent },
}
