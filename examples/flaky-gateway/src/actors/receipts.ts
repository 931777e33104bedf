// Prints a receipt for each accepted payment, once.

import { actor } from '@understudy/actors'
import type { Journal } from '../domain/journal.ts'
import type { Printer } from '../world/printer.ts'

export const receipts = actor({
  name: 'receipts',
  state: (input: { journal: Journal; printer: Printer }) => input,
  on: {
    print({ journal, printer }, { id }: { id: string }) {
      const cents = journal.owedReceipts.get(id)
      // It came twice.
      if (cents === undefined) return
      printer.print(id, cents)
      journal.printed(id)
    },
  },
})
