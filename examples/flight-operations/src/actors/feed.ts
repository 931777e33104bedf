// Streams the flights in order to the clearance pool and keeps each until operations has it. One for the whole cluster; if its node dies, the
// next feed asks operations where it stands and goes on from there.

import { actor, clusterOf, type ActorContext, type Protocol } from '@understudy/actors'
import type { Row } from '../domain/flight.ts'
import { acknowledge, isDone, openOutbox, type Outbox, takeRound } from '../domain/outbox.ts'
import { clearance } from './clearance.ts'
import type { FeedInbox } from './inboxes.ts'
import { operations } from './operations.ts'

/** What the feed is given. */
export interface FeedInput {
  readonly rows: readonly Row[]
  /** New flights per second. */
  readonly rate: number
}

/** How far the feed is. */
export interface FeedProgress {
  readonly node: string
  readonly epoch: number
  readonly redelivered: number
  readonly inFlight: number
  readonly isDone: boolean
}

interface State extends FeedInput {
  /** Until operations has said where it stands there is nothing to send. */
  outbox: Outbox | undefined
  /** When the last round was. */
  pacedAt: number
  /** What the pace has allowed and was not used yet; less than one flight, mostly. */
  allowance: number
}

const paceMs = 50
const mostInFlight = 1_000
/** Longer than a takeover takes: what only waits for the next leader need not be sent again. */
const resendAfterMs = 2_000
const askAgainMs = 200

export const feed = actor({
  name: 'feed',

  state: ({ rows, rate }: FeedInput, ctx): State => {
    ctx.after('begin', 0, { type: 'begin' })
    return { rows, rate, outbox: undefined, pacedAt: 0, allowance: 0 }
  },

  on: {
    async begin(state, _message: object, ctx) {
      try {
        const counted = await clusterOf(ctx).singleton(operations).ask({ type: 'ledger' }, { timeoutMs: 1_000 })
        state.outbox = openOutbox(state.rows.length, counted)
      } catch {
        // Nobody leads yet, or not any more.
        ctx.after('begin', askAgainMs, { type: 'begin' })
        return
      }
      state.pacedAt = ctx.now()
      ctx.every('pace', paceMs, { type: 'pace' })
    },

    async pace(state, _message: object, ctx) {
      if (state.outbox === undefined) return
      if (isDone(state.outbox)) {
        await finish(state, ctx)
        return
      }
      const now = ctx.now()
      // What was missed while nothing could be sent is not made up for.
      state.allowance = Math.min(state.allowance + (state.rate * (now - state.pacedAt)) / 1_000, (state.rate * 4 * paceMs) / 1_000 + 1)
      state.pacedAt = now
      const allowance = Math.floor(state.allowance)
      const { outbox, ids } = takeRound(state.outbox, { now, allowance, mostInFlight, resendAfterMs })
      state.allowance -= Math.min(allowance, outbox.next - state.outbox.next)
      state.outbox = outbox
      const pool = clusterOf(ctx).pool(clearance)
      const self = ctx.ref<FeedInbox>(ctx.self.address)
      for (const id of ids) pool.tell({ type: 'clear', id, row: state.rows[id]!, feed: self })
    },

    acknowledged(state, { ids }: { ids: readonly number[] }) {
      if (state.outbox !== undefined) state.outbox = acknowledge(state.outbox, ids)
    },

    progress: ({ outbox }, _message: object, ctx): FeedProgress => ({
      node: clusterOf(ctx).identity.name,
      epoch: ctx.epoch,
      redelivered: outbox?.redelivered ?? 0,
      inFlight: outbox?.inFlight.size ?? 0,
      isDone: outbox !== undefined && isDone(outbox),
    }),
  },
})

async function finish(state: State, ctx: ActorContext<Protocol>): Promise<void> {
  ctx.cancel('pace')
  const { totals, rejected } = await clusterOf(ctx).singleton(operations).ask({ type: 'book' })
  const { flights, delayMinutes, miles } = totals
  const redelivered = state.outbox?.redelivered
  ctx.log.info(
    { flights, rejected, delayMinutes, miles, redelivered },
    `all ${state.rows.length} flights are done: ${flights} counted, ${rejected} rejected`,
  )
}
