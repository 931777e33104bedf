// Node's EventEmitter: not an actor but a synchronous call. Shown for what giving up queues would buy.

import { EventEmitter } from 'node:events'
import type { Competitor, Message } from '../harness/competitor.ts'

export const competitor: Competitor<EventEmitter> = {
  spawn(make) {
    const emitter = new EventEmitter()
    const handler = make()
    emitter.on('message', handler)
    emitter.on('ask', (message: Message, reply: (value: unknown) => void) => reply(handler(message)))
    return emitter
  },
  tell(ref, message) {
    ref.emit('message', message)
  },
  ask: (ref, message) => new Promise((resolve) => ref.emit('ask', message, resolve)),
  stop(ref) {
    ref.removeAllListeners()
  },
}
