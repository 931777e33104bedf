// Talks to the bank. Holds nothing but the line, so it may die of every failure: what to do about that is its recovery's matter.

import { actor } from '@understudy/actors'
import type { Payment } from '../domain/payment.ts'
import type { Authorisation, Bank } from '../world/bank.ts'

export const acquirer = actor({
  name: 'acquirer',
  // It cannot start while nobody picks up.
  state: async (bank: Bank) => {
    await bank.connect()
    return bank
  },
  // The bank takes its time, so many questions are open at once.
  reentrant: true,
  maxInFlight: 50,
  on: {
    authorise: (bank, { payment }: { payment: Payment }): Promise<Authorisation> => bank.authorise(payment),
    advise: (bank, { id, cents }: { id: string; cents: number }): Promise<void> => bank.advise(id, cents),
    void: (bank, { id }: { id: string }): Promise<void> => bank.void(id),
  },
})
