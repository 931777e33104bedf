// Links, as OTP has them: two actors that are to end together. When the incarnation of one fails or ends, the other gets its exit
// signal. Links are between actors of one node, and belong to the incarnations that they were made between.

import type { Address } from '../contracts/address.ts'
import type { ExitReason } from '../contracts/exit-reason.ts'

/** One end of a link. */
export interface Linked {
  readonly address: Address
  /** Created with the first of what is in it. */
  readonly openExtras: { readonly openLinks: Links }
  exitSignal(from: Linked, address: Address, reason: ExitReason): void
}

/** The links of one actor. */
export class Links {
  readonly #peers = new Set<Linked>()
  /** Those whose exit signal is under way: an `unlink` meanwhile takes it back. */
  readonly #exiting = new Set<Linked>()

  get size(): number {
    return this.#peers.size
  }

  add(peer: Linked): void {
    this.#peers.add(peer)
  }

  /** Forgets a peer, and an exit signal of it that has not been handled. */
  remove(peer: Linked): void {
    this.#peers.delete(peer)
    this.#exiting.delete(peer)
  }

  /** The exit signal of a peer is under way. */
  exiting(peer: Linked): void {
    this.#peers.delete(peer)
    this.#exiting.add(peer)
  }

  /** Whether the exit signal of a peer is still to be heard; once. */
  heard(peer: Linked): boolean {
    return this.#exiting.delete(peer)
  }

  /** This end is over: every peer gets its exit signal. */
  break(self: Linked, address: Address, reason: ExitReason): void {
    const peers = [...this.#peers]
    this.#peers.clear()
    this.#exiting.clear()
    for (const peer of peers) {
      peer.openExtras.openLinks.exiting(self)
      peer.exitSignal(self, address, reason)
    }
  }
}

/** Links two actors, both ways; linking an actor with itself, or twice, changes nothing. */
export function link(a: Linked, b: Linked): void {
  if (a === b) return
  a.openExtras.openLinks.add(b)
  b.openExtras.openLinks.add(a)
}

/** Undoes a link, both ways. */
export function unlink(a: Linked, b: Linked): void {
  a.openExtras.openLinks.remove(b)
  b.openExtras.openLinks.remove(a)
}
