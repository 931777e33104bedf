// XState's machine: one state, one assignment and one action per event.

import { type ActorRefFrom, assign, createActor, setup } from 'xstate'
import type { Competitor, Handler, Message } from '../harness/competitor.ts'

const machine = setup({
  types: { context: {} as { count: number; handler: Handler }, events: {} as Message, input: {} as { handler: Handler } },
  actions: {
    count: assign({ count: ({ context }) => context.count + 1 }),
    handle: ({ context, event }) => {
      context.handler(event)
    },
  },
}).createMachine({
  context: ({ input }) => ({ count: 0, handler: input.handler }),
  initial: 'on',
  states: { on: { on: { inc: { actions: ['count', 'handle'] }, ping: { actions: ['count', 'handle'] } } } },
})

export const competitor: Competitor<ActorRefFrom<typeof machine>> = {
  spawn: (make) => createActor(machine, { input: { handler: make() } }).start(),
  tell: (ref, message) => ref.send(message),
  stop(ref) {
    ref.stop()
  },
}
