// A read model of one airport. It may be lost at any time: whoever stands in asks operations and knows it all again.

import { actor, clusterOf, type ActorContext, type Protocol } from '@understudy/actors'
import { type AirportNews, follow, knowsNothing, type ReadModel } from '../domain/read-model.ts'
import type { TowerInbox } from './inboxes.ts'
import { operations } from './operations.ts'

interface State {
  readonly airport: string
  model: ReadModel
  /** When it asked for a fresh state that has not come yet. */
  askedAt: number | undefined
}

/** A question or its answer may get lost; the next news after this time makes it ask again. */
const askAgainMs = 500

export const tower = actor({
  name: 'tower',

  state: (airport: string): State => ({ airport, model: knowsNothing, askedAt: undefined }),

  on: {
    news(state, { news }: { news: AirportNews }, ctx) {
      const { model, isBehind } = follow(state.model, news)
      state.model = model
      if (news.type === 'state') state.askedAt = undefined
      if (isBehind) catchUp(state, ctx)
    },

    figures: ({ model }): ReadModel => model,
  },
})

function catchUp(state: State, ctx: ActorContext<Protocol>): void {
  if (state.askedAt !== undefined && ctx.now() - state.askedAt < askAgainMs) return
  state.askedAt = ctx.now()
  const self = ctx.ref<TowerInbox>(ctx.self.address)
  clusterOf(ctx).singleton(operations).tell({ type: 'airport', airport: state.airport, tower: self })
}
