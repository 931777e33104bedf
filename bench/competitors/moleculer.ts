// Moleculer's local broker: an actor is a service, tell is an event, ask is a call. No mailbox: the handler runs at once.

import { type Context, type Service, ServiceBroker } from 'moleculer'
import type { Competitor, Message } from '../harness/competitor.ts'

interface MoleculerActor {
  readonly service: Service
  readonly event: string
  readonly action: string
}

const broker = new ServiceBroker({ nodeID: 'local', logger: false, metrics: false, tracing: false })
let spawned = 0

export const competitor: Competitor<MoleculerActor> = {
  module: 'moleculer',
  prepare: () => broker.start(),
  async spawn(make) {
    const name = `a${++spawned}`
    const handler = make()
    const answer = (context: Context<Message>): unknown => handler(context.params)
    const hear = (context: Context<Message>): void => {
      handler(context.params)
    }
    const service = broker.createService({
      name,
      actions: { ask: { handler: answer } },
      events: { [`${name}.message`]: { handler: hear } },
    })
    await broker.waitForServices(name, 5000, 1)
    return { service, event: `${name}.message`, action: `${name}.ask` }
  },
  tell(ref, message) {
    void broker.emit(ref.event, message)
  },
  ask: (ref, message) => broker.call(ref.action, message),
  stop: (ref) => broker.destroyService(ref.service),
}
