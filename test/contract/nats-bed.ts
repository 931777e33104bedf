// The bed on a real nats-server of its own: cutting it is killing the server.

import { systemEnv } from '@understudy/runtime'
import type { NatsOptions, NatsServer } from '@understudy/transport-nats'
import { nats, startNatsServer } from '@understudy/transport-nats'
import type { Bed } from './bed.ts'

/** Small stores, since every test makes one on the same server. */
export const testOptions: NatsOptions = { maxStoreBytes: 16 * 1024 * 1024 }

/** A bed, and its server for what only NATS can be asked. */
export interface NatsBed extends Bed {
  readonly server: NatsServer
}

/** Starts a server and makes a bed of it. */
export async function natsBed(options: NatsOptions = testOptions): Promise<NatsBed> {
  const server = await startNatsServer()
  return {
    server,
    env: systemEnv,
    transport: () => nats({ servers: server.url, ...options }),
    cut: () => server.kill(),
    mend: () => server.restart(),
    close: () => server.stop(),
  }
}
