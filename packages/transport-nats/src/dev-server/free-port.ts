// Picks loopback ports that a server can come back to after being killed.
import { createServer } from 'node:net'

/**
 * Below the range from which systems take the ports of outgoing connections: there, a client that redials a dead server can be
 * given the server's own port and end up connected to itself, and the server could not return.
 */
const firstPort = 20_000
const lastPort = 31_999

/** Distinct ports on 127.0.0.1 that nobody listens on at this moment. */
export async function pickFreePorts(count: number): Promise<number[]> {
  const picked = new Set<number>()
  while (picked.size < count) {
    const port = firstPort + Math.floor(Math.random() * (lastPort - firstPort + 1))
    if (!picked.has(port) && (await isFree(port))) picked.add(port)
  }
  return [...picked]
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer()
    probe.once('error', () => resolve(false))
    probe.listen({ port, host: '127.0.0.1', exclusive: true }, () => probe.close(() => resolve(true)))
  })
}
