// Where something lives, decided alike by everybody who knows the same nodes: rendezvous hashing (highest random weight,
// Thaler & Ravishankar 1998). When a node comes or goes, only the keys that it wins or loses move: 1/n of them.

import { fnv1a, mix } from '@understudy/supervisor/spi'

function weight(key: string, node: string): number {
  return mix(fnv1a(key, fnv1a(node) ^ 0x2f))
}

/**
 * The node that `key` lives on: the same answer for the same set of names, in whatever order; `undefined` only without nodes.
 *
 * Use when: something needs one home that all nodes agree on without asking. Algorithm: rendezvous hashing, FNV-1a mixed by murmur3's finalizer.
 */
export function place(key: string, nodes: Iterable<string>): string | undefined {
  let best: string | undefined
  let highest = -1
  for (const node of nodes) {
    const own = weight(key, node)
    if (own > highest || (own === highest && node < best!)) {
      best = node
      highest = own
    }
  }
  return best
}

/** All nodes in the order in which `key` would prefer them: `rank(key, nodes)[0]` is `place(key, nodes)`, the next one takes over when it goes. */
export function rank(key: string, nodes: Iterable<string>): string[] {
  return Array.from(new Set(nodes), (node) => ({ node, own: weight(key, node) }))
    .sort((a, b) => b.own - a.own || (a.node < b.node ? -1 : 1))
    .map(({ node }) => node)
}
