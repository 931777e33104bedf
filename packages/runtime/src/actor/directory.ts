// Whom and what a system knows by name, as far as its actors use it.

import type { Message } from '../contracts/message.ts'
import type { AnyRef } from '../contracts/ref.ts'

/** The services, names and process groups of one system. */
export interface Directory {
  findService(key: unknown): unknown
  readonly names: { register(name: string, ref: AnyRef): void; whereis(name: string): AnyRef | undefined }
  readonly groups: {
    join(group: string, member: AnyRef): void
    leave(group: string, member: AnyRef): boolean
    broadcast(group: string, message: Message): number
  }
}
