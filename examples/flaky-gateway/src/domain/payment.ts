// What it is about: a payment, and how one can end.

/** What a customer hands in. */
export interface Payment {
  readonly id: string
  readonly cents: number
  /** The card as the terminal has read it. */
  readonly card: CardData
}

/** A card; a damaged one has no `chip`. */
export interface CardData {
  readonly chip?: { readonly account: string }
}

/** Why a payment was refused. */
export const refusals = ['declined by the bank', 'bank away, above the limit', 'card cannot be read'] as const

/** How a payment has ended. */
export type Outcome =
  { readonly type: 'accepted'; readonly by: 'bank' | 'stand-in' } | { readonly type: 'refused'; readonly why: (typeof refusals)[number] }

/** What the bank has still to be told about a payment that was decided without it: post it, or see that it is not posted. */
export interface Advice {
  readonly id: string
  readonly cents: number
  readonly kind: 'advise' | 'void'
}

/** Up to so much is accepted while the bank is away. Usual for cards: the merchant's floor limit. */
export const floorLimitCents = 5_000
