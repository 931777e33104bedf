// XState's actor from a callback. `send` runs the receiver at once, unless it is busy.

import { type ActorRefFrom, type CallbackActorLogic, createActor, fromCallback } from 'xstate'
import type { Competitor, Message } from '../harness/competitor.ts'

type Logic = CallbackActorLogic<Message>

export const competitor: Competitor<ActorRefFrom<Logic>> = {
  spawn(make) {
    const logic: Logic = fromCallback<Message>(({ receive }) => {
      receive(make())
    })
    return createActor(logic).start()
  },
  tell: (ref, message) => ref.send(message),
  stop(ref) {
    ref.stop()
  },
}
