// All customers: each hands in a payment when it is due, and asks again until there is an answer. A customer never takes silence for one.

import { actor } from '@understudy/actors'
import type { Outcome } from '../domain/payment.ts'
import type { Arrival } from '../domain/scenario.ts'
import type { Desk } from './desk.ts'

/** What the customers are given. */
export interface CustomersInput {
  readonly arrivals: readonly Arrival[]
  readonly desk: Desk
  /** Every answer that a customer got, by payment. */
  readonly answers: Map<string, Outcome[]>
}

interface State extends CustomersInput {
  readonly startedAt: number
  next: number
}

const beatMs = 20
const patienceMs = 4_000
const pauseMs = 300

export const customers = actor({
  name: 'customers',
  state: (input: CustomersInput, ctx): State => {
    ctx.every('beat', beatMs, { type: 'beat' })
    return { ...input, startedAt: ctx.now(), next: 0 }
  },
  on: {
    beat(state, _message: object, ctx) {
      const { arrivals, startedAt } = state
      for (let due = arrivals[state.next]; due !== undefined && due.atMs <= ctx.now() - startedAt; due = arrivals[++state.next]) {
        for (let time = 0; time < due.times; time++) ctx.self.tell({ type: 'pay', index: state.next })
      }
      if (state.next === arrivals.length) ctx.cancel('beat')
    },
    pay({ arrivals, desk }, { index }: { index: number }, ctx) {
      const { payment } = arrivals[index]!
      ctx.pipe(
        desk.ask({ type: 'pay', payment }, { timeoutMs: patienceMs }),
        (outcome) => ({ type: 'answered', id: payment.id, outcome }),
        () => ({ type: 'unanswered', index }),
      )
    },
    unanswered: (_state, { index }: { index: number }, ctx) => {
      ctx.after(`again ${index} ${ctx.random()}`, pauseMs, { type: 'pay', index })
    },
    answered({ answers }, { id, outcome }: { id: string; outcome: Outcome }) {
      answers.set(id, [...(answers.get(id) ?? []), outcome])
    },
  },
})
