// What this node says to all others at once, and what it hears from them that way: that they are there, and what they have and know.

import { type Host, type Link, sameNode } from '@understudy/runtime/spi'
import type { Groups } from '../group/groups.ts'
import { type Broadcast, decodeBroadcast, encodeBroadcast } from '../membership/heartbeat.ts'
import type { Roster } from '../membership/roster.ts'
import type { Owners } from '../singleton/owners.ts'
import type { Communication } from './communication.ts'

/** What broadcasts tell of, and whom they tell. */
export interface BroadcastingNode {
  readonly host: Host
  readonly link: Link
  readonly groups: Groups
  readonly owners: Owners
  readonly roster: Roster
  readonly communication: Communication
}

/** The broadcasts of one node. */
export class Broadcasts {
  readonly #node: BroadcastingNode

  constructor(node: BroadcastingNode) {
    this.#node = node
  }

  /** This node is there, and knows the members and owners up to some revision. */
  sayHere(): void {
    const { host, owners, roster } = this.#node
    const from = host.identity
    this.#say({ type: 'heartbeat', from, membersSeen: roster.seen, ownersSeen: owners.seen })
  }

  sayGroups(): void {
    const { host, groups } = this.#node
    this.#say({ type: 'groups', from: host.identity, said: groups.said() })
  }

  heard(bytes: Uint8Array): void {
    const { host, groups, owners, roster, communication } = this.#node
    const broadcast = decodeBroadcast(bytes)
    if (broadcast === undefined) {
      const why = 'it is no broadcast'
      host.report('warn', { type: 'frame.refused', why, bytes: bytes.length }, `refused a broadcast of ${bytes.length} bytes: ${why}`)
      return
    }
    const { from } = broadcast
    if (from.name === host.identity.name) return
    roster.heartbeat(from)
    communication.heard(from)
    // Of members only: what anybody else says is said again once it is one.
    const member = roster.current(from.name)
    if (member === undefined || !sameNode(member, from)) return
    if (broadcast.type === 'groups') {
      groups.hear(from, broadcast.said)
      return
    }
    roster.seenBy.heard(from, broadcast.membersSeen)
    owners.seenBy.heard(from, broadcast.ownersSeen)
  }

  #say(broadcast: Broadcast): void {
    this.#node.link.broadcast(encodeBroadcast(broadcast))
  }
}
