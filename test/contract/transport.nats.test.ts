// The transport contract on a real nats-server, and which servers are refused.

import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { systemEnv } from '@understudy/runtime'
import { TransportError } from '@understudy/runtime/spi'
import { nats } from '@understudy/transport-nats'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { bytesOf, join, newCluster } from './bed.ts'
import type { NatsBed } from './nats-bed.ts'
import { natsBed, testOptions } from './nats-bed.ts'
import { until } from './poll-until.ts'
import { transportContract } from './transport-contract.ts'

transportContract('NATS', natsBed)

describe('NATS: connecting', () => {
  let bed: NatsBed

  beforeAll(async () => {
    bed = await natsBed()
  })
  afterAll(() => bed?.close())

  const refusal = async (options: Parameters<typeof nats>[0]): Promise<Error> => {
    const error = await join({ ...bed, transport: () => nats(options) }, newCluster(), 'a').catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(TransportError)
    return error as Error
  }

  it('tells the version of the server', async () => {
    const { link } = await join(bed, newCluster(), 'a')
    expect(link.serverVersion).toBe(bed.server.version)
    await link.close()
  })

  it('refuses a server that is too old and says which version it found', async () => {
    const server = createServer((socket) => {
      socket.on('error', () => {})
      socket.write(
        `INFO ${JSON.stringify({ server_id: 'OLD', version: '2.9.10', proto: 1, headers: true, max_payload: 1048576, jetstream: true })}\r\n`,
      )
      socket.on('data', (data) => {
        if (data.includes('PING')) socket.write('PONG\r\n')
      })
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    try {
      const url = `nats://127.0.0.1:${(server.address() as AddressInfo).port}`
      expect((await refusal({ servers: url })).message).toMatch(/version 2\.9\.10 .*2\.12 or newer.*Update it/)
    } finally {
      server.close()
    }
  })

  it('refuses an account without JetStream', async () => {
    const error = await refusal({ servers: bed.server.url, user: 'sys', pass: 'sys' })
    expect(error.message).toMatch(/no JetStream for this account/)
  })

  it('takes credentials from an address', async () => {
    const error = await refusal({ servers: bed.server.url.replace('//', '//sys:sys@') })
    expect(error.message).toMatch(/no JetStream for this account/)
  })

  it('says what to do when no server answers', async () => {
    const error = await refusal({ servers: 'nats://me:secret@127.0.0.1:1' })
    expect(error.message).toMatch(/cannot connect to NATS at nats:\/\/127\.0\.0\.1:1: .*Start a nats-server/)
    expect(nats({ servers: 'nats://me:secret@127.0.0.1:1' }).description).not.toContain('secret')
  })

  it('gives up at connect within connectTimeoutMs when the server hangs', async () => {
    await bed.server.pause()
    try {
      expect((await refusal({ servers: bed.server.url, ...testOptions, connectTimeoutMs: 300 })).message).toMatch(/cannot connect to NATS/)
    } finally {
      bed.server.resume()
    }
  })

  it('comes back within a second of the server, and reports the end of a connection that was killed', async () => {
    const cluster = newCluster()
    const [a, b] = [await join(bed, cluster, 'a'), await join(bed, cluster, 'b')]
    await Promise.all([a.link.openInbox({ name: 'a', incarnation: 1 }), b.link.openInbox({ name: 'b', incarnation: 1 })])
    await bed.server.kill()
    await until('both notice', () => [a, b].every(({ link }) => !link.connected))
    await bed.server.restart()
    const back = systemEnv.now()
    await until('both are back', () => [a, b].every(({ link }) => link.connected))
    expect(systemEnv.now() - back).toBeLessThan(1000)
    a.link.send({ name: 'b', incarnation: 1 }, bytesOf('again'))
    await until('it arrived', () => b.frames.length === 1)
    await Promise.all([a.link.close(), b.link.close()])
  })
})
