// What runs on every node, and who supervises whom. All nodes run the same; which of them has the two leaders is settled among them.

import { backoff, child, clusterPool, singleton, supervisor } from '@understudy/actors'
import { clearance, type ClearanceInput } from './actors/clearance.ts'
import { feed, type FeedInput } from './actors/feed.ts'
import { operations } from './actors/operations.ts'
import { towers } from './actors/towers.ts'

/** What the example is given. */
export interface RootOptions extends ClearanceInput, FeedInput {
  /** Clearance workers of each node. */
  readonly workers: number
}

/** The root of a node. */
export function flightOperations({ rows, rate, airports, seed, flakiness, workers }: RootOptions): ReturnType<typeof supervisor> {
  return supervisor({
    name: 'flight-operations',
    strategy: 'one-for-one',
    children: [
      child(towers),
      child(
        clusterPool(clearance, {
          size: workers,
          routing: 'least-outstanding',
          input: { airports, seed, flakiness },
          // One worker fails all the time, by design: that is no reason to give up the others.
          intensity: { restarts: 1_000, withinMs: 10_000 },
          recovery: backoff({ minMs: 20, maxMs: 500, restartsAtOnce: 3 }),
        }),
      ),
      child(singleton(operations, { takeover: 'fenced' })),
      child(singleton(feed, { takeover: 'fenced', input: { rows, rate } })),
    ],
  })
}
