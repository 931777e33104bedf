// The keeper of a node's towers: starts one when an airport first has news here, and closes it when its place is elsewhere.

import { actor, type ActorContext, type Protocol } from '@understudy/actors'
import type { AirportChange } from '../domain/book.ts'
import type { ReadModel } from '../domain/read-model.ts'
import { tower } from './tower.ts'

type Tower = ReturnType<typeof open>

interface State {
  readonly towers: Map<string, Tower>
  /** Of the latest leader heard; older ones are not listened to. */
  epoch: number
}

export const towers = actor({
  name: 'towers',

  state: (): State => ({ towers: new Map(), epoch: 0 }),

  on: {
    changed(state, { epoch, changes }: { epoch: number; changes: readonly AirportChange[] }, ctx) {
      if (epoch < state.epoch) return
      state.epoch = epoch
      for (const { airport, number, change } of changes) {
        towerOf(airport, state, ctx).tell({ type: 'news', news: { type: 'change', epoch, number, change } })
      }
    },

    standing(state, { epoch, numbers }: { epoch: number; numbers: Readonly<Record<string, number>> }, ctx) {
      if (epoch < state.epoch) return
      state.epoch = epoch
      for (const [airport, ref] of state.towers) if (!Object.hasOwn(numbers, airport)) ctx.stop(ref)
      for (const [airport, number] of Object.entries(numbers)) {
        towerOf(airport, state, ctx).tell({ type: 'news', news: { type: 'standing', epoch, number } })
      }
    },

    /** What every tower here knows, by airport. */
    async figures(state): Promise<Record<string, ReadModel>> {
      const answers = await Promise.allSettled(
        Array.from(state.towers, async ([airport, ref]) => [airport, await ref.ask({ type: 'figures' }, { timeoutMs: 1_000 })] as const),
      )
      // A tower that is just being closed does not answer.
      return Object.fromEntries(answers.flatMap((answer) => (answer.status === 'fulfilled' ? [answer.value] : [])))
    },
  },

  // Closed or failed: if its place is here, the next news start it again.
  terminated(state, { address }) {
    for (const [airport, ref] of state.towers) if (ref.address.uid === address.uid) state.towers.delete(airport)
  },
})

function towerOf(airport: string, state: State, ctx: ActorContext<Protocol>): Tower {
  let found = state.towers.get(airport)
  if (found === undefined) {
    found = open(airport, ctx)
    ctx.watch(found)
    state.towers.set(airport, found)
  }
  return found
}

function open(airport: string, ctx: ActorContext<Protocol>) {
  return ctx.spawn(tower, { name: airport, input: airport })
}
