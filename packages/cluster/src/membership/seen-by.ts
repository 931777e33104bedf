// What the other nodes have said that they know, so that one can wait until all of them do.

import type { NodeIdentity } from '@understudy/runtime/spi'

/** The latest revision that each node has said it has taken in. */
export class SeenBy {
  readonly #revisions = new Map<string, number>()

  /** A member has said what it has taken in. */
  heard(node: NodeIdentity, revision: number): void {
    this.#revisions.set(keyOf(node), revision)
  }

  /** Whether that node has said that it knows what was written at that revision. */
  has(node: NodeIdentity, revision: number): boolean {
    return (this.#revisions.get(keyOf(node)) ?? 0) >= revision
  }

  forget(node: NodeIdentity): void {
    this.#revisions.delete(keyOf(node))
  }
}

function keyOf({ name, incarnation }: NodeIdentity): string {
  return `${name}~${incarnation}`
}
