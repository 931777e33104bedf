// What nobody in a supervision tree can know by itself, as it is about nodes and leases: whoever knows it tells the recoveries that have a
// use for it. While none has, nobody is looked at.

import { serviceKey } from '@understudy/runtime/spi'
import type { Host, ServiceKey } from '@understudy/runtime/spi'
import type { RecoveryNews } from './event.ts'
import type { Told } from './facts.ts'
import { listens } from './machine.ts'
import type { RecoveryPolicy } from './machine.ts'

/** An event that comes from outside of the tree. */
export type RecoveryNotice = Extract<RecoveryNews, { readonly type: 'NODE_DOWN' | 'LEASE_LOST' | 'FENCED' }>

/** A supervisor, as far as it is told. */
export interface Informed {
  standings(): Iterable<{ readonly spec: { readonly id: string } }>
  recovery(id: string): { readonly policy: RecoveryPolicy } | undefined
  /** Tells in the supervisor's own turn. */
  tellSoon(id: string, told: Told): void
}

const kinds: readonly RecoveryNotice['type'][] = ['NODE_DOWN', 'LEASE_LOST', 'FENCED']

/**
 * Tells recoveries of nodes and leases. A node of a cluster has one; any other system is given one by `system.provide(recoveryNotices, …)`.
 *
 * Use when: your actors act under a lease or a lock that the cluster knows nothing of, and their recoveries shall know that it was lost.
 */
export class RecoveryNotices {
  readonly #informed = new Map<Informed, string>()

  /** A supervisor, at that path, has a child with such a recovery. */
  join(informed: Informed, path: string, policy: RecoveryPolicy): void {
    if (kinds.some((kind) => listens(policy, kind))) this.#informed.set(informed, path)
  }

  /** A supervisor has ended. */
  leave(informed: Informed): void {
    this.#informed.delete(informed)
  }

  /** Tells all children whose machine has a use for it; with `path`, only those that live there or beneath; none there or beneath `except`. */
  tell(notice: RecoveryNotice, path = '', except: readonly string[] = []): void {
    for (const [informed, at] of [...this.#informed])
      for (const { spec } of informed.standings()) {
        const recovery = informed.recovery(spec.id)
        if (recovery === undefined || !listens(recovery.policy, notice.type)) continue
        const isWithin = (place: string): boolean => `${at}/${spec.id}/`.startsWith(`${place}/`)
        if (isWithin(path) && !except.some(isWithin)) informed.tellSoon(spec.id, notice)
      }
  }
}

/** Under this key a system provides who tells its recoveries of nodes and leases, before its supervisors are spawned. */
export const recoveryNotices: ServiceKey<RecoveryNotices> = serviceKey<RecoveryNotices>('recovery-notices')

/** Who tells the recoveries of a system. */
export function noticesOf(host: Host): RecoveryNotices {
  return host.shared(recoveryNotices, () => new RecoveryNotices())
}
