// The desk decides on payments: reads the card, asks the bank, and when that is away stands in for it as far as the floor limit goes.

import { actor, type ActorContext, DeliveryError, type Protocol, type RefOf } from '@understudy/actors'
import type { Journal } from '../domain/journal.ts'
import { floorLimitCents, type Outcome, type Payment } from '../domain/payment.ts'
import { seededRandom } from '../domain/seeded-random.ts'
import type { Acquirer, Reader, Receipts } from './refs.ts'

/** What the desk is given. */
export interface DeskInput {
  readonly journal: Journal
  readonly reader: Reader
  readonly acquirer: Acquirer
  readonly receipts: Receipts
  readonly seed: number
}

interface State extends DeskInput {
  /** Payments on which it is deciding: who asks again meanwhile gets the same answer. */
  readonly underway: Map<string, Promise<Outcome>>
  readonly random: () => number
}

/** The journal could not be written this time. */
class JournalBusy extends Error {
  override readonly name = 'JournalBusy'
  readonly code = 'EAGAIN'
}

const busyJournals = 0.004
const answerWithinMs = 1_500

export const desk = actor({
  name: 'desk',
  state: (input: DeskInput, ctx): State => {
    // Whatever the last life did not come to.
    for (const id of input.journal.owedReceipts.keys()) input.receipts.tell({ type: 'print', id })
    return { ...input, underway: new Map(), random: seededRandom(`${input.seed} journal ${ctx.incarnation}`) }
  },
  reentrant: true,
  on: {
    pay(state, { payment }: { payment: Payment }, ctx): Outcome | Promise<Outcome> {
      const { id } = payment
      const standing = state.journal.outcomeOf(id) ?? state.underway.get(id)
      if (standing !== undefined) return standing
      const deciding = decide(state, payment, ctx).finally(() => state.underway.delete(id))
      state.underway.set(id, deciding)
      return deciding
    },
  },
})

export type Desk = RefOf<typeof desk>

async function decide(state: State, payment: Payment, ctx: ActorContext<Protocol>): Promise<Outcome> {
  const { id, cents } = payment
  const { journal, reader, acquirer, receipts } = state
  const conclude = (outcome: Outcome, kind?: 'advise' | 'void'): Outcome => {
    // A life that is over decides nothing: its customer asks again.
    ctx.signal.throwIfAborted()
    if (state.random() < busyJournals) throw new JournalBusy('the journal is busy')
    const standing = journal.decide(id, cents, outcome, kind && { id, cents, kind })
    if (standing.type === 'accepted') receipts.tell({ type: 'print', id })
    return standing
  }

  try {
    await ctx.ask(reader, { type: 'read', card: payment.card, idempotencyKey: id })
  } catch {
    return conclude({ type: 'refused', why: 'card cannot be read' })
  }
  const wasAsked = journal.ask(id)
  try {
    const answer = await ctx.ask(acquirer, { type: 'authorise', payment }, { timeoutMs: answerWithinMs })
    return conclude(answer === 'approved' ? { type: 'accepted', by: 'bank' } : { type: 'refused', why: 'declined by the bank' })
  } catch (error) {
    if (!(error instanceof DeliveryError)) throw error
    if (cents <= floorLimitCents) return conclude({ type: 'accepted', by: 'stand-in' }, 'advise')
    // If the bank may have heard of it, now or from a past life of this desk, it must learn that nothing came of it.
    const isUnheard = error.outcome === 'never-handled' && !wasAsked
    return conclude({ type: 'refused', why: 'bank away, above the limit' }, isUnheard ? undefined : 'void')
  }
}
