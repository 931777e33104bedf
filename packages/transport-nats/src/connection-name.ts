// The name a connection carries in the server's lists and events: it is how other nodes learn whose connection ended.

import { isNodeName } from '@understudy/runtime/spi'

/** Makes the name: `us/<cluster>/<node>/<connection>`. The incarnation is not known yet when a node connects. */
export function connectionName(cluster: string, node: string, connection: string): string {
  return `us/${cluster}/${node}/${connection}`
}

/** Whose connection ended, read from a server's disconnect event; `undefined` when it is not one of this cluster's. Never throws. */
export function readDisconnectEvent(json: string, cluster: string): { readonly connectionName: string; readonly node: string } | undefined {
  let event: unknown
  try {
    event = JSON.parse(json)
  } catch {
    return undefined
  }
  const name = (event as { client?: { name?: unknown } } | null)?.client?.name
  if (typeof name !== 'string') return undefined
  const parts = name.split('/')
  const node = parts[2]
  if (parts.length !== 4 || parts[0] !== 'us' || parts[1] !== cluster || node === undefined || !isNodeName(node)) return undefined
  return { connectionName: name, node }
}
