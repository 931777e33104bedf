// The transport contract on NATS: settles the options and dials. What a connection does then is in link.ts.

import type { NatsConnection } from '@nats-io/nats-core'
import { connect } from '@nats-io/transport-node'
import type { Transport, TransportContext } from '@understudy/runtime/spi'
import { TransportError } from '@understudy/runtime/spi'
import { connectionName } from './connection-name.ts'
import { openLink } from './link.ts'
import type { NatsOptions, Settings } from './options.ts'
import { connectionOptions, settle } from './options.ts'

/**
 * Nodes that reach each other, and share a store, through NATS 2.12 or newer with JetStream.
 *
 * Use when: a cluster has more than one process. Per node: one connection, one inbox subscription, no subscription per actor.
 *
 * Guarantees: frames between two nodes arrive in order, at most once. A lost connection is reported, everything open fails at once,
 * nothing is buffered meanwhile, and the link comes back by itself. Writes of the store hold what the server acknowledged.
 *
 * Watch out: `replicas: 3` and three servers for anything that matters. To hear of dead nodes within milliseconds the nodes' account
 * must import `$SYS.ACCOUNT.<account>.DISCONNECT` of the system account as `us.sys.disconnect`; without it heartbeats still tell.
 *
 * @throws InvalidOptionError
 */
export function nats(options: NatsOptions = {}): Transport {
  const settings = settle(options)
  const servers = settings.servers.join(', ')
  return {
    description: `NATS at ${servers}, ${settings.replicas === 1 ? '1 replica' : `${settings.replicas} replicas`}`,
    async connect(context) {
      const name = connectionName(context.cluster, context.nodeName, context.env.id())
      return openLink(await dial(settings, context, name, servers), name, settings, context)
    },
  }
}

async function dial(settings: Settings, context: TransportContext, name: string, servers: string): Promise<NatsConnection> {
  try {
    return await connect(connectionOptions(settings, context, name))
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    throw new TransportError(
      `cannot connect to NATS at ${servers}: ${why}. Start a nats-server there, or correct \`servers\` and the credentials`,
      {
        cause: error,
      },
    )
  }
}
