// Somebody who speaks NATS, but not our language: publishes any bytes on any subject.

import { once } from 'node:events'
import { connect, type Socket } from 'node:net'

/** A connection to a nats-server without any library in between, so that nothing is checked before it is sent. */
export class RawClient {
  readonly #socket: Socket
  #received = Buffer.alloc(0)

  private constructor(socket: Socket) {
    this.#socket = socket
    // A server that refuses hangs up in the middle of a write.
    socket.on('error', () => {})
    socket.on('data', (bytes: Buffer) => (this.#received = Buffer.concat([this.#received, bytes])))
  }

  static async connect(port: number): Promise<RawClient> {
    const socket = connect(port, '127.0.0.1')
    await once(socket, 'connect')
    const client = new RawClient(socket)
    socket.write('CONNECT {"verbose":false,"pedantic":false,"name":"raw"}\r\n')
    await client.flush()
    return client
  }

  publish(subject: string, payload: Uint8Array | string): void {
    const bytes = Buffer.from(payload)
    this.#socket.write(`PUB ${subject} ${bytes.length}\r\n`)
    this.#socket.write(bytes)
    this.#socket.write('\r\n')
  }

  /** Subscribes, then does `cause`, and resolves with the first payload that is larger than an empty frame. */
  async next(subject: string, cause: () => void, moreThanBytes = 100): Promise<Buffer> {
    this.#socket.write(`SUB ${subject} 1\r\n`)
    await this.flush()
    this.#received = Buffer.alloc(0)
    cause()
    for (;;) {
      const payload = this.#payloads().find(({ length }) => length > moreThanBytes)
      if (payload !== undefined) return payload
      await this.#more()
    }
  }

  /** Resolves once the server has taken in all that was published. Rejects when it hangs up instead. */
  async flush(): Promise<void> {
    const before = this.#pongs
    this.#socket.write('PING\r\n')
    while (this.#pongs === before) await this.#more()
  }

  close(): void {
    this.#socket.destroy()
  }

  get #pongs(): number {
    return this.#received.toString('latin1').split('PONG\r\n').length
  }

  async #more(): Promise<void> {
    try {
      if (!this.#socket.destroyed) await Promise.race([once(this.#socket, 'data'), once(this.#socket, 'close')])
    } catch (cause) {
      throw new Error('the server hung up', { cause })
    }
    if (this.#socket.destroyed) throw new Error('the server hung up')
  }

  /** The payloads of all messages that have arrived whole. */
  #payloads(): Buffer[] {
    const found: Buffer[] = []
    for (const { 0: line, 1: size = '0', index } of this.#received.toString('latin1').matchAll(/MSG \S+ 1 (?:\S+ )?(\d+)\r\n/g)) {
      const start = index + line.length
      if (start + Number(size) <= this.#received.length) found.push(this.#received.subarray(start, start + Number(size)))
    }
    return found
  }
}
