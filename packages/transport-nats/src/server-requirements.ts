// Which servers will do. An old server ignores stream settings that it does not know, without a word: leases would never expire and
// fences would let everything through. So the server is asked before anything is built on it.

import type { ServerInfo } from '@nats-io/nats-core'
import { TransportError } from '@understudy/runtime/spi'

/** The API level of nats-server 2.12: message TTL, delete markers, guards on other subjects. */
const neededApiLevel = 2

/** @throws TransportError when the server cannot do what is needed; says which version was found and what to do. */
export function checkServer(info: ServerInfo | undefined, server: string): ServerInfo {
  if (info === undefined) throw new TransportError(`${server} did not say what it is. Check that it is a nats-server`)
  if ((info.api_lvl ?? 0) < neededApiLevel || info.headers !== true) {
    throw new TransportError(
      `the nats-server at ${server} is version ${info.version} (API level ${info.api_lvl ?? 0}); 2.12 or newer (API level ${neededApiLevel}) is needed. ` +
        'Update it, or point `servers` at a newer one',
    )
  }
  return info
}
