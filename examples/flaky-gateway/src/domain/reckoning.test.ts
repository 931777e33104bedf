import { expect, test } from 'vitest'
import type { Outcome, Payment } from './payment.ts'
import { type Books, reckon } from './reckoning.ts'

const byBank: Outcome = { type: 'accepted', by: 'bank' }
const byUs: Outcome = { type: 'accepted', by: 'stand-in' }
const away: Outcome = { type: 'refused', why: 'bank away, above the limit' }
const unread: Outcome = { type: 'refused', why: 'card cannot be read' }

const payment = (id: string, cents: number): Payment => ({ id, cents, card: { chip: { account: 'a-1' } } })

function books(changes: Partial<Books> = {}): Books {
  return {
    payments: [payment('p-1', 100), payment('p-2', 200), payment('p-3', 9_000), payment('p-4', 400)],
    unreadable: new Set(['p-4']),
    answers: new Map([
      ['p-1', [byBank]],
      ['p-2', [byUs, byUs]],
      ['p-3', [away]],
      ['p-4', [unread]],
    ]),
    outcomes: new Map([
      ['p-1', byBank],
      ['p-2', byUs],
      ['p-3', away],
      ['p-4', unread],
    ]),
    // The third was posted before anybody knew, and taken back.
    movements: [
      { id: 'p-3', cents: 9_000 },
      { id: 'p-1', cents: 100 },
      { id: 'p-2', cents: 200 },
      { id: 'p-3', cents: -9_000 },
    ],
    unadvised: 0,
    receipts: ['p-2', 'p-1'],
    ...changes,
  }
}

test('books that agree have nothing to complain of', () => {
  expect(reckon(books())).toEqual({
    payments: 4,
    accepted: 2,
    onStandIn: 1,
    refused: { 'declined by the bank': 0, 'bank away, above the limit': 1, 'card cannot be read': 1 },
    complaints: [],
  })
})

const { answers, outcomes, movements, receipts } = books()

test.each<[string, Partial<Books>, RegExp]>([
  ['a payment that nobody decided on', { outcomes: new Map([...outcomes].slice(1)) }, /^p-1: lost/],
  ['a customer without an answer', { answers: new Map([...answers].slice(1)) }, /^p-1: its customer never got an answer/],
  [
    'a customer who was told something else',
    { answers: new Map([...answers, ['p-1', [byBank, away]]]) },
    /^p-1: .*told refused: bank away/,
  ],
  [
    'a payment that was posted twice',
    { movements: [...movements, { id: 'p-1', cents: 100 }] },
    /^p-1: accepted for 100, and the bank moved 200/,
  ],
  [
    'one that was accepted and not posted',
    { movements: movements.slice(0, 2).concat(movements[3]!) },
    /^p-2: accepted for 200, and the bank moved 0/,
  ],
  ['one that was refused and is posted', { movements: movements.slice(0, 3) }, /^p-3: refused, and the bank moved 9000/],
  ['a posting that nobody asked for', { movements: [...movements, { id: 'p-9', cents: 1 }] }, /^p-9: nobody handed it in/],
  ['a missing receipt', { receipts: ['p-1'] }, /^p-2: accepted, and has 0 receipts/],
  ['a receipt for a refusal', { receipts: [...receipts, 'p-3'] }, /^p-3: refused, and has 1 receipts/],
  ['a readable card that was refused as unreadable', { unreadable: new Set() }, /^p-4: its card can be read/],
  ['decisions that the bank does not know', { unadvised: 2 }, /^2 decisions never reached the bank/],
  [
    'a large one accepted without the bank',
    { outcomes: new Map([...outcomes, ['p-3', byUs]]) },
    /^p-3: 9000 were accepted without the bank/,
  ],
])('%s is found', (_what, changes, complaint) => {
  expect(reckon(books(changes)).complaints).toContainEqual(expect.stringMatching(complaint))
})
