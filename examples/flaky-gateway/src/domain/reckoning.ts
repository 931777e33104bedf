// The reckoning: what the customers were told, what the gateway wrote down and what the bank did must be one and the same.

import { floorLimitCents, type Outcome, type Payment, refusals } from './payment.ts'

/** What everybody's books say at the end. */
export interface Books {
  readonly payments: readonly Payment[]
  /** Ids whose card nobody can read. */
  readonly unreadable: ReadonlySet<string>
  /** Every answer that each customer got; some ask twice. */
  readonly answers: ReadonlyMap<string, readonly Outcome[]>
  readonly outcomes: ReadonlyMap<string, Outcome>
  /** What the bank moved, in its order: postings are positive, reversals negative. */
  readonly movements: readonly { readonly id: string; readonly cents: number }[]
  /** Decisions that the bank was never told of. */
  readonly unadvised: number
  /** Receipts in the order they were printed. */
  readonly receipts: readonly string[]
}

/** The result. */
export interface Reckoning {
  readonly payments: number
  readonly accepted: number
  /** Of these, how many without the bank. */
  readonly onStandIn: number
  readonly refused: Readonly<Record<string, number>>
  /** A line for each thing that is not as it must be. */
  readonly complaints: readonly string[]
}

/** Holds all books against each other. */
export function reckon(books: Books): Reckoning {
  const complaints: string[] = []
  const complain = (id: string, what: string): void => void complaints.push(`${id}: ${what}`)
  const moved = Map.groupBy(books.movements, ({ id }) => id)
  const receipts = Map.groupBy(books.receipts, (id) => id)
  const refused: Record<string, number> = Object.fromEntries(refusals.map((why) => [why, 0]))
  let accepted = 0
  let onStandIn = 0

  for (const { id, cents } of books.payments) {
    const outcome = books.outcomes.get(id)
    const told = books.answers.get(id) ?? []
    const atBank = (moved.get(id) ?? []).reduce((sum, movement) => sum + movement.cents, 0)
    const printed = receipts.get(id)?.length ?? 0
    if (told.length === 0) complain(id, 'its customer never got an answer')
    if (outcome === undefined) {
      complain(id, 'lost: nobody decided on it')
      continue
    }
    for (const answer of told) {
      if (JSON.stringify(answer) !== JSON.stringify(outcome))
        complain(id, `its customer was told ${text(answer)}, the journal says ${text(outcome)}`)
    }
    if (outcome.type === 'accepted') {
      accepted++
      if (outcome.by === 'stand-in') onStandIn++
      if (atBank !== cents) complain(id, `accepted for ${cents}, and the bank moved ${atBank}`)
      if (printed !== 1) complain(id, `accepted, and has ${printed} receipts`)
      if (outcome.by === 'stand-in' && cents > floorLimitCents) complain(id, `${cents} were accepted without the bank`)
    } else {
      refused[outcome.why] = (refused[outcome.why] ?? 0) + 1
      if (atBank !== 0) complain(id, `refused, and the bank moved ${atBank}`)
      if (printed !== 0) complain(id, `refused, and has ${printed} receipts`)
    }
    const isUnreadable = outcome.type === 'refused' && outcome.why === 'card cannot be read'
    if (isUnreadable !== books.unreadable.has(id))
      complain(id, `its card ${isUnreadable ? 'can' : 'cannot'} be read, and it was ${text(outcome)}`)
  }

  const known = new Set(books.payments.map(({ id }) => id))
  for (const id of new Set([...moved.keys(), ...books.outcomes.keys()])) if (!known.has(id)) complain(id, 'nobody handed it in')
  if (books.unadvised > 0) complaints.push(`${books.unadvised} decisions never reached the bank`)
  return { payments: books.payments.length, accepted, onStandIn, refused, complaints }
}

function text(outcome: Outcome): string {
  return outcome.type === 'accepted' ? `accepted by the ${outcome.by}` : `refused: ${outcome.why}`
}
