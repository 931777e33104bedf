// Tells the bank what was decided without it, until it knows. Fails when the bank does; its gate keeps it down until the acquirer runs again.

import { actor } from '@understudy/actors'
import type { Journal } from '../domain/journal.ts'
import type { Acquirer } from './refs.ts'

const roundMs = 250
const atOnce = 20
const answerWithinMs = 1_500

export const forwarder = actor({
  name: 'forwarder',
  state: (input: { journal: Journal; acquirer: Acquirer }, ctx) => {
    ctx.repeat('round', roundMs, { type: 'round' })
    return input
  },
  on: {
    async round({ journal, acquirer }, _message: object, ctx) {
      const advices = journal.advices.slice(0, atOnce)
      await Promise.all(
        advices.map(async ({ kind, id, cents }) => {
          await ctx.ask(acquirer, { type: kind, id, cents }, { timeoutMs: answerWithinMs })
          journal.advised(id)
        }),
      )
    },
  },
})
