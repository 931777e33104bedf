// A worker of the clearance pool: looks at one flight at a time and hands the result to operations. It knows nothing, so it may die at any time.

import { actor, clusterOf, type Ref } from '@understudy/actors'
import { type Airports, clear } from '../domain/clear.ts'
import type { Row } from '../domain/flight.ts'
import { seededRandom } from '../domain/seeded-random.ts'
import type { FeedInbox } from './inboxes.ts'
import { operations } from './operations.ts'

/** What each worker is given. */
export interface ClearanceInput {
  readonly airports: Airports
  readonly seed: number
  /** How often the flaky worker throws: 0 to 1. */
  readonly flakiness: number
}

interface State {
  readonly airports: Airports
  /** Whether the worker throws now. */
  readonly throws: () => boolean
}

export const clearance = actor({
  name: 'clearance',

  state: ({ airports, seed, flakiness }: ClearanceInput, ctx): State => {
    // The first worker of each node is flaky on purpose. Its next life throws at other flights, or it would never get past one.
    const isFlaky = ctx.path.endsWith('/w-1')
    const random = seededRandom(`${seed} ${ctx.self.address.node.name} ${ctx.incarnation}`)
    return { airports, throws: () => isFlaky && random() < flakiness }
  },

  on: {
    clear(state, { id, row, feed }: { id: number; row: Row; feed: Ref<FeedInbox> }, ctx) {
      if (state.throws()) throw new Error(`flaky by design, at flight ${id}`)
      clusterOf(ctx)
        .singleton(operations)
        .tell({ type: 'take', clearance: clear(id, row, state.airports), feed })
    },
  },
})
