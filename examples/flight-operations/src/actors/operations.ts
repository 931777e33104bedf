// The leader: one for the whole cluster. It keeps the book, and says that a flight is counted only once the store has the book with it.

import { actor, clusterOf, type ActorContext, type Protocol, type Ref } from '@understudy/actors'
import { type AirportChange, type Book, emptyBook, post } from '../domain/book.ts'
import type { Clearance } from '../domain/clear.ts'
import { has, type Ledger, size } from '../domain/ledger.ts'
import { noFlightsAtAirport } from '../domain/totals.ts'
import type { FeedInbox, TowerInbox } from './inboxes.ts'
import { byTown, towersOf, townsOf } from './towns.ts'

/** How far the counting is, and who counts. */
export interface Progress {
  readonly node: string
  readonly epoch: number
  readonly counted: number
  readonly rejected: number
  /** Different flights in the book. */
  readonly distinct: number
  /** Flights that came again although they were in the book or on their way into it; since this leader began. */
  readonly duplicates: number
}

interface State {
  /** As the store has it. */
  book: Book
  /** What came since, by flight, and whom to tell. */
  readonly waiting: Map<number, { readonly clearance: Clearance; readonly feed: Ref<FeedInbox> }>
  duplicates: number
}

const largestBatch = 250
/** How long a batch may wait for more. */
const batchMs = 100
/** How often towers are told how far the book is, so that no loss stays unnoticed. */
const standingMs = 1_000

export const operations = actor({
  name: 'operations',

  state: async (_input: undefined, ctx): Promise<State> => {
    const book = (await ctx.tenure.load<Book>()) ?? emptyBook
    ctx.every('standing', standingMs, { type: 'standing' })
    ctx.log.info({ counted: book.totals.flights, epoch: ctx.epoch }, `operations goes on from ${book.totals.flights} counted flights`)
    return { book, waiting: new Map(), duplicates: 0 }
  },

  on: {
    /** A flight, cleared or rejected. Whoever is told `feed` may forget it when it is acknowledged. */
    async take(state, { clearance, feed }: { clearance: Clearance; feed: Ref<FeedInbox> }, ctx) {
      const { id } = clearance
      if (has(state.book.ledger, id)) {
        state.duplicates++
        feed.tell({ type: 'acknowledged', ids: [id] })
        return
      }
      if (state.waiting.has(id)) state.duplicates++
      state.waiting.set(id, { clearance, feed })
      if (state.waiting.size === 1) ctx.after('store', batchMs, { type: 'store' })
      if (state.waiting.size >= largestBatch) await store(state, ctx)
    },

    store: (state, _message: object, ctx) => store(state, ctx),

    /** Every flight that is safely in the book. */
    ledger: (state): Ledger => state.book.ledger,

    /** A tower asks for all there is to know about its airport. */
    airport(state, { airport, tower }: { airport: string; tower: Ref<TowerInbox> }, ctx) {
      const { numbers, totals } = state.book
      const figures = totals.airports[airport] ?? noFlightsAtAirport
      tower.tell({ type: 'news', news: { type: 'state', epoch: ctx.epoch, number: numbers[airport] ?? 0, figures } })
    },

    standing(state, _message: object, ctx) {
      const cluster = clusterOf(ctx)
      const { numbers } = state.book
      for (const [town, airports] of byTown(townsOf(cluster), Object.keys(numbers))) {
        const here = Object.fromEntries(airports.map((airport) => [airport, numbers[airport]!]))
        towersOf(cluster, town).tell({ type: 'standing', epoch: ctx.epoch, numbers: here })
      }
    },

    progress(state, _message: object, ctx): Progress {
      const { totals, ledger, rejected } = state.book
      const { name } = clusterOf(ctx).identity
      return { node: name, epoch: ctx.epoch, counted: totals.flights, rejected, distinct: size(ledger), duplicates: state.duplicates }
    },

    book: (state): Book => state.book,
  },
})

/** Stores the book with the waiting batch, then says so. A deposed leader ends here: the store refuses, `save` throws, nobody was told anything. */
async function store(state: State, ctx: ActorContext<Protocol>): Promise<void> {
  ctx.cancel('store')
  const batch = [...state.waiting.values()]
  const { book, changes } = post(
    state.book,
    batch.map(({ clearance }) => clearance),
  )
  await ctx.tenure.save(book)
  state.book = book
  state.waiting.clear()
  acknowledge(batch)
  tellTowers(changes, ctx)
}

function acknowledge(batch: readonly { readonly clearance: Clearance; readonly feed: Ref<FeedInbox> }[]): void {
  for (const entries of Map.groupBy(batch, ({ feed }) => String(feed)).values()) {
    entries[0]!.feed.tell({ type: 'acknowledged', ids: entries.map(({ clearance }) => clearance.id) })
  }
}

function tellTowers(changes: readonly AirportChange[], ctx: ActorContext<Protocol>): void {
  const cluster = clusterOf(ctx)
  const changeAt = new Map(changes.map((change) => [change.airport, change]))
  for (const [town, airports] of byTown(townsOf(cluster), [...changeAt.keys()])) {
    if (airports.length === 0) continue
    towersOf(cluster, town).tell({ type: 'changed', epoch: ctx.epoch, changes: airports.map((airport) => changeAt.get(airport)!) })
  }
}
