// XState's actor from a transition function. `send` runs the receiver at once, unless it is busy.

import { type ActorRefFrom, createActor, fromTransition, type TransitionActorLogic } from 'xstate'
import type { Competitor, Message } from '../harness/competitor.ts'

type Logic = TransitionActorLogic<number, Message, undefined>

export const competitor: Competitor<ActorRefFrom<Logic>> = {
  module: 'xstate',
  spawn(make) {
    const handler = make()
    const logic: Logic = fromTransition((count: number, message: Message) => {
      // The transition function also sees XState's own events, the stop among them.
      if (!message.type.startsWith('xstate.')) handler(message)
      return count + 1
    }, 0)
    return createActor(logic).start()
  },
  tell: (ref, message) => ref.send(message),
  stop(ref) {
    ref.stop()
  },
}
