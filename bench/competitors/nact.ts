// nact: an actor is a function over its state; supervised ones are reset on a crash, which keeps the mailbox.

import { dispatch, query, spawn, start, stop } from 'nact'
import type { Competitor, Handler, Message } from '../harness/competitor.ts'

const system = start()
const askTimeoutMs = 10_000
type NactRef = ReturnType<typeof spawn<Message, Handler>>

// Names of our own: nact's generated ones are random numbers of 31 bits, and at 100,000 children two of them collide.
let spawned = 0
const name = (): string => `a${++spawned}`

function answer(handler: Handler, message: Message, context: { sender?: unknown }): Handler {
  const value = handler(message)
  if (value !== undefined) dispatch(context.sender as never, value as never)
  return handler
}

export const competitor: Competitor<NactRef> = {
  module: 'nact',
  spawn: (make, options) =>
    spawn(system, answer as never, name(), {
      initialStateFunc: make,
      ...(options?.supervised === true && { onCrash: (_message: unknown, _error: unknown, context: { reset: unknown }) => context.reset }),
    } as never) as NactRef,
  tell: (ref, message) => dispatch(ref, message),
  ask: (ref, message) => query(ref, message as never, askTimeoutMs) as Promise<unknown>,
  stop: (ref) => stop(ref),
}
