// Process groups of one node, as OTP's `pg` has them: a name leads to all its members. Who is gone is a member no more.

import type { ActorDefinition } from '../contracts/behavior.ts'
import type { Host } from '../contracts/host.ts'
import type { Message, MessageOf, Protocol } from '../contracts/message.ts'
import type { AnyRef, Ref } from '../contracts/ref.ts'
import { checkName } from './registry.ts'
import { keyOf, Vigil } from './vigil.ts'

/** Groups and their members. */
export interface Groups {
  /** Makes an actor a member; one that is already stays it, once. @throws InvalidOptionError */
  join(group: string, member: AnyRef): void
  /** False when it was no member. */
  leave(group: string, member: AnyRef): boolean
  /** The members now, in the order they joined; `definition` says what they speak. */
  members<P extends Protocol>(group: string, definition?: ActorDefinition<P, never>): readonly Ref<P>[]
  /** Tells every member; answers how many there were. */
  broadcast<P extends Protocol>(group: string, message: MessageOf<P>, definition?: ActorDefinition<P, never>): number
  /** The groups that have members. */
  groups(): readonly string[]
}

/** The process groups of one system. */
export class ProcessGroups implements Groups {
  readonly #host: Host
  readonly #groups = new Map<string, Map<string, AnyRef>>()
  readonly #vigil: Vigil

  constructor(host: Host) {
    this.#host = host
    this.#vigil = new Vigil(host, 'groups', (group, key) => void this.#remove(group, key))
  }

  join(group: string, member: AnyRef): void {
    checkName(group)
    const endpoint = this.#host.endpointOf(member)
    let members = this.#groups.get(group)
    if (members === undefined) this.#groups.set(group, (members = new Map()))
    const key = keyOf(endpoint.address)
    if (members.has(key)) return
    members.set(key, member)
    this.#vigil.hold(endpoint, group)
  }

  leave(group: string, member: AnyRef): boolean {
    const endpoint = this.#host.endpointOf(member)
    if (!this.#remove(group, keyOf(endpoint.address))) return false
    this.#vigil.release(endpoint, group)
    return true
  }

  members<P extends Protocol>(group: string): readonly Ref<P>[] {
    return [...(this.#groups.get(group)?.values() ?? [])] as unknown as readonly Ref<P>[]
  }

  broadcast<P extends Protocol>(group: string, message: MessageOf<P>): number {
    const members = this.members<Protocol>(group)
    for (const member of members) member.tell(message as Message)
    return members.length
  }

  groups(): readonly string[] {
    return [...this.#groups.keys()]
  }

  #remove(group: string, key: string): boolean {
    const members = this.#groups.get(group)
    if (members === undefined || !members.delete(key)) return false
    if (members.size === 0) this.#groups.delete(group)
    return true
  }
}
