// Process groups, as OTP's `pg` has them: a name leads to all its members on all nodes. Each node says what it has, all remember it;
// no lock, no agreement, and what a lost node had goes with it. What was said is repeated, so a lost message heals by itself.

import { type Address, formatAddress, type Host, isPath, type NodeIdentity, sameNode } from '@understudy/runtime/spi'

/** One node's memberships, as it says them to the others. */
export interface GroupsSaid {
  /** Grows with every change; an older saying does not replace a newer one. */
  readonly version: number
  readonly groups: Readonly<Record<string, readonly (readonly [path: string, uid: number])[]>>
}

interface Remembered {
  readonly node: NodeIdentity
  readonly version: number
  readonly groups: ReadonlyMap<string, readonly Address[]>
}

const mostGroups = 10_000
const mostMembers = 100_000

/** The process groups as one node knows them. */
export class Groups {
  readonly #host: Host
  readonly #say: () => void
  readonly #own = new Map<string, Map<string, Address>>()
  readonly #others = new Map<string, Remembered>()
  #version = 0
  #cache = new Map<string, readonly Address[]>()

  /** `say` is called when this node has something new to say. */
  constructor(host: Host, say: () => void) {
    this.#host = host
    this.#say = say
  }

  join(group: string, member: Address): void {
    let members = this.#own.get(group)
    if (members === undefined) this.#own.set(group, (members = new Map()))
    members.set(`${member.path}#${member.uid}`, member)
    this.#changed()
  }

  leave(group: string, member: Address): void {
    const members = this.#own.get(group)
    if (members === undefined || !members.delete(`${member.path}#${member.uid}`)) return
    if (members.size === 0) this.#own.delete(group)
    this.#changed()
  }

  /** Leaves all groups whose names begin with `prefix`; answers what was a member. */
  withdraw(prefix: string): readonly Address[] {
    const left: Address[] = []
    for (const [group, members] of this.#own) {
      if (!group.startsWith(prefix)) continue
      left.push(...members.values())
      this.#own.delete(group)
    }
    if (left.length > 0) this.#changed()
    return left
  }

  /** All members known now, own ones first, the others by node name. */
  members(group: string): readonly Address[] {
    const cached = this.#cache.get(group)
    if (cached !== undefined) return cached
    const own = [...(this.#own.get(group)?.values() ?? [])].map(({ path, uid }) => ({ node: this.#host.identity, path, uid }))
    const others = [...this.#others.values()].flatMap((said) => said.groups.get(group) ?? [])
    const all = [...own, ...others.sort((a, b) => (formatAddress(a) < formatAddress(b) ? -1 : 1))]
    this.#cache.set(group, all)
    return all
  }

  /** What this node has, to be said to the others. */
  said(): GroupsSaid {
    const groups = Object.fromEntries(
      [...this.#own].map(([name, members]) => [name, [...members.values()].map(({ path, uid }) => [path, uid] as const)]),
    )
    return { version: this.#version, groups }
  }

  /** Another node has said what it has. Malformed parts are left out. */
  hear(node: NodeIdentity, said: GroupsSaid): void {
    if (sameNode(node, this.#host.identity)) return
    const key = `${node.name}~${node.incarnation}`
    const before = this.#others.get(key)
    if (before !== undefined && before.version >= said.version) return
    this.#others.set(key, { node, version: said.version, groups: readGroups(node, said.groups) })
    this.#cache = new Map()
  }

  /** A node is gone, and what it had with it. */
  forget(node: NodeIdentity): void {
    if (this.#others.delete(`${node.name}~${node.incarnation}`)) this.#cache = new Map()
  }

  /** This node has a new identity: its members' addresses changed. */
  renamed(): void {
    this.#changed()
  }

  #changed(): void {
    this.#version++
    this.#cache = new Map()
    this.#say()
  }
}

function readGroups(node: NodeIdentity, said: unknown): ReadonlyMap<string, readonly Address[]> {
  const groups = new Map<string, readonly Address[]>()
  if (typeof said !== 'object' || said === null) return groups
  let total = 0
  for (const [name, members] of Object.entries(said).slice(0, mostGroups)) {
    if (!Array.isArray(members)) continue
    const addresses: Address[] = []
    for (const member of members as unknown[]) {
      if (!Array.isArray(member) || total >= mostMembers) continue
      const [path, uid] = member as unknown[]
      if (typeof path !== 'string' || !isPath(path) || !Number.isSafeInteger(uid) || (uid as number) < 0) continue
      addresses.push({ node, path, uid: uid as number })
      total++
    }
    groups.set(name, addresses)
  }
  return groups
}
